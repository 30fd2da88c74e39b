//! The invented directory: 37 services in each town. Refuges have no point; what anyone may know stands at the middle of its
//! council, moved a little.

use jiff::civil::Time;
use throughline_core::directory::{
    Entry, Location, Organisation, Phone, Place, Provision, ReferralRoute, Schedule, ServiceArea,
    ServiceType, Weekday,
};
use throughline_core::geo::Point;
use throughline_core::need::NeedType;
use throughline_find::bench::Stream;
use throughline_store::Result;
use throughline_store::directory::NewService;

use super::names;
use super::staff::{TOWNS, Town};

/// Who answers for a service, of the three partners in each town.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// The specialist charity.
    Specialist,
    /// The council's housing team.
    Housing,
    /// The money advice charity.
    Money,
    /// Nobody with an account here: a call.
    Nobody,
}

/// One service of a town.
#[derive(Debug, Clone, Copy)]
struct Template {
    name: &'static str,
    about: &'static str,
    kind: ServiceType,
    needs: &'static [NeedType],
    answers: Answers,
}

const fn of(
    name: &'static str,
    about: &'static str,
    kind: ServiceType,
    needs: &'static [NeedType],
    answers: Answers,
) -> Template {
    Template {
        name,
        about,
        kind,
        needs,
        answers,
    }
}

use NeedType as N;
use ServiceType as S;

const TEMPLATES: [Template; 37] = [
    of(
        "Lantern Advocacy",
        "One named adviser who works with you on safety, courts and housing, for as long as the risk is high.",
        S::Idva,
        &[N::ImmediateDanger, N::LegalProtection, N::EmotionalSupport],
        Answers::Specialist,
    ),
    of(
        "Lantern Safe Homes",
        "A safe place to stay, with staff by day and somebody on call at night.",
        S::Refuge,
        &[N::SafeAccommodation],
        Answers::Specialist,
    ),
    of(
        "Lantern Outreach",
        "Somebody who meets you where you choose, weekly, whether or not you have left.",
        S::OutreachOrFloatingSupport,
        &[N::EmotionalSupport],
        Answers::Specialist,
    ),
    of(
        "Lantern Children and Young People",
        "One to one sessions for children from 4 to 17 who have lived with abuse at home.",
        S::ChildrensSupport,
        &[N::ChildrenSafety],
        Answers::Specialist,
    ),
    of(
        "Housing Options Team",
        "The council's team for people who have nowhere safe to stay, or soon will not.",
        S::HousingAdvice,
        &[N::HousingLongerTerm, N::SafeAccommodation],
        Answers::Housing,
    ),
    of(
        "Housing Sanctuary Scheme",
        "Locks, alarms and a safe room, so that people who want to stay at home can.",
        S::SanctuaryScheme,
        &[N::SafeAccommodation],
        Answers::Housing,
    ),
    of(
        "Fair Money Debt Advice",
        "Free, confidential debt advice; debts run up by a partner are looked at first.",
        S::DebtAndMoneyAdvice,
        &[N::Debt],
        Answers::Money,
    ),
    of(
        "Fair Money Crisis Fund",
        "Small grants and vouchers for food, heating and travel, often on the same day.",
        S::DebtAndMoneyAdvice,
        &[N::MoneyToday, N::FoodAndEssentials],
        Answers::Money,
    ),
    of(
        "Juniper Safe Homes",
        "A small safe home for women and their children from this region and beyond.",
        S::Refuge,
        &[N::SafeAccommodation],
        Answers::Nobody,
    ),
    of(
        "Willow Dispersed Homes",
        "Self-contained flats for families, for men, and for people with older sons.",
        S::DispersedAccommodation,
        &[N::SafeAccommodation],
        Answers::Nobody,
    ),
    of(
        "Orchard Second Stage",
        "Flats for people who leave a refuge and want some support for up to a year.",
        S::SecondStage,
        &[N::HousingLongerTerm],
        Answers::Nobody,
    ),
    of(
        "Bridge Counselling",
        "Up to twelve sessions with a trained counsellor, in person or by video.",
        S::CounsellingAdult,
        &[N::EmotionalSupport, N::MentalHealth],
        Answers::Nobody,
    ),
    of(
        "Bridge Young Counselling",
        "Play and talking therapy for children and young people.",
        S::CounsellingChild,
        &[N::ChildrenSafety],
        Answers::Nobody,
    ),
    of(
        "Kestrel Support Group",
        "A weekly group for women who want to talk with others who have been there.",
        S::SupportGroup,
        &[N::EmotionalSupport, N::CommunityAndIsolation],
        Answers::Nobody,
    ),
    of(
        "Acorn Law Centre",
        "Free first advice on injunctions, housing and benefits.",
        S::LegalAdvice,
        &[N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Acorn Family Law Clinic",
        "An evening clinic on separation, children and money.",
        S::LegalAdvice,
        &[N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Compass Immigration Advice",
        "Regulated advice on visas that depend on a partner, and on having no recourse to public funds.",
        S::ImmigrationAdvice,
        &[N::Immigration],
        Answers::Nobody,
    ),
    of(
        "Harbour Recovery",
        "Help with alcohol and drugs: a talk first, a plan after it.",
        S::SubstanceRecovery,
        &[N::SubstanceUse],
        Answers::Nobody,
    ),
    of(
        "Harbour Women's Recovery",
        "A women-only day each week, with a room for children.",
        S::SubstanceRecovery,
        &[N::SubstanceUse],
        Answers::Nobody,
    ),
    of(
        "Northgate Talking Therapies",
        "Talking therapies for worry, low mood and trauma.",
        S::MentalHealth,
        &[N::MentalHealth],
        Answers::Nobody,
    ),
    of(
        "Northgate Crisis Team",
        "For people in a mental health crisis, day and night.",
        S::MentalHealth,
        &[N::MentalHealth],
        Answers::Nobody,
    ),
    of(
        "Riverside Health Advocates",
        "Advocates in the hospital and in surgeries who can see you where you are treated.",
        S::HealthBasedAdvocacy,
        &[N::PhysicalHealth],
        Answers::Nobody,
    ),
    of(
        "Riverside Sexual Violence Advisers",
        "Advice and company through the police and the courts, or without either.",
        S::Isva,
        &[N::EmotionalSupport, N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Threshold Stalking Advice",
        "Advice and a safety plan for people who are followed, watched or contacted again and again.",
        S::StalkingIntervention,
        &[N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Threshold Change Programme",
        "A programme for people who want to stop harming a partner.",
        S::PerpetratorBehaviourChange,
        &[],
        Answers::Nobody,
    ),
    of(
        "Beacon Contact Centre",
        "A supervised place where children can see a parent.",
        S::ChildContactSupport,
        &[N::ChildrenSafety, N::FamilyRelationships],
        Answers::Nobody,
    ),
    of(
        "Beacon Digital Safety",
        "A check of telephones, accounts and trackers, without leaving a trace.",
        S::DigitalSafety,
        &[N::DigitalAccess],
        Answers::Nobody,
    ),
    of(
        "Beacon Phones and Data",
        "A telephone that nobody else has had, with data for six months.",
        S::DigitalSafety,
        &[N::DigitalAccess],
        Answers::Nobody,
    ),
    of(
        "Ladder Employment",
        "A job coach who knows that work may have to wait, or be kept quiet.",
        S::EmploymentSupport,
        &[N::Employment, N::TrainingAndSkills],
        Answers::Nobody,
    ),
    of(
        "Ladder Training",
        "Short courses in English, maths and computers, some with a crèche.",
        S::EmploymentSupport,
        &[N::TrainingAndSkills],
        Answers::Nobody,
    ),
    of(
        "Ladder Returners",
        "For people who come back to work after years away.",
        S::EmploymentSupport,
        &[N::Employment],
        Answers::Nobody,
    ),
    of(
        "Market Hall Food Pantry",
        "Food for three days, no letter needed, twice a week.",
        S::OutreachOrFloatingSupport,
        &[N::FoodAndEssentials],
        Answers::Nobody,
    ),
    of(
        "Market Hall Baby Bank",
        "Nappies, clothes and cots for children under five.",
        S::OutreachOrFloatingSupport,
        &[N::FoodAndEssentials],
        Answers::Nobody,
    ),
    of(
        "Carers' Circle",
        "A monthly group, and somebody to ring between, for people who care for others.",
        S::SupportGroup,
        &[N::Caring],
        Answers::Nobody,
    ),
    of(
        "Neighbours' Table",
        "A shared meal on Thursdays. Come when you like.",
        S::SupportGroup,
        &[N::CommunityAndIsolation],
        Answers::Nobody,
    ),
    of(
        "Renters' Desk",
        "Advice on tenancies, repairs and rent in arrears.",
        S::HousingAdvice,
        &[N::HousingLongerTerm],
        Answers::Nobody,
    ),
    of(
        "Evening Helpline",
        "Somebody to talk to every evening until midnight.",
        S::Helpline,
        &[N::EmotionalSupport, N::ImmediateDanger],
        Answers::Nobody,
    ),
];

/// A listing with who answers for it.
pub(super) struct Listing {
    /// What is stored.
    pub(super) new: NewService,
    /// Who answers.
    pub(super) answers: Answers,
    /// Which town, as an index.
    pub(super) town: usize,
}

/// Every listing, town by town.
pub(super) fn all(seed: u64) -> Result<Vec<Listing>> {
    let mut stream = Stream::new(seed ^ 0x5e41_1ce5);
    let mut out = Vec::new();
    for (at, town) in TOWNS.iter().enumerate() {
        for (n, template) in TEMPLATES.iter().enumerate() {
            let entry = entry(town, n, template, &mut stream);
            let digest = throughline_exchange::digest(&entry).map_err(|_| {
                throughline_store::Error::Illegal("an invented entry cannot be written")
            })?;
            out.push(Listing {
                new: NewService {
                    entry,
                    digest: digest.into_bytes(),
                },
                answers: template.answers,
                town: at,
            });
        }
    }
    Ok(out)
}

fn entry(town: &Town, n: usize, template: &Template, stream: &mut Stream) -> Entry {
    let mut entry = Entry::new(
        format!("{}-{n}", town.area),
        format!("{} {}", town.name, template.name),
    );
    entry.description = Some(format!(
        "{} An invented service for the demonstration, in {}.",
        template.about, town.name
    ));
    entry.organisation = Some(Organisation {
        source_id: format!(
            "{}-{}",
            town.area,
            template.name.split(' ').next().unwrap_or_default()
        ),
        name: format!(
            "{} {}",
            town.name,
            template.name.split(' ').next().unwrap_or_default()
        ),
        description: None,
        website: None,
        email: None,
    });
    entry.provision = match Provision::new(vec![template.kind], Place::default()) {
        Ok(provision) if template.kind.is_confidential() => provision,
        _ => public(town, template.kind, stream),
    };
    entry.service_areas = vec![ServiceArea {
        name: town.name.to_owned(),
        code: Some(town.area.to_owned()),
    }];
    entry.phones = vec![Phone::new(names::landline(stream))];
    entry.needs = template.needs.to_vec();
    entry.needs.sort_unstable();
    entry.free = Some(true);
    // A third of all answers are not given: the demo must show what "ask them" looks like.
    let mut maybe = |yes_in_ten: usize| match stream.below(10) {
        0..=2 => None,
        n => Some(n - 3 < yes_in_ten),
    };
    let eligibility = &mut entry.eligibility;
    eligibility.women = Some(true);
    eligibility.men = if template.kind == S::Refuge {
        Some(false)
    } else {
        maybe(6)
    };
    eligibility.children = maybe(6);
    eligibility.no_recourse = maybe(1);
    eligibility.wheelchair = maybe(4);
    eligibility.interpreters = maybe(5);
    eligibility.mental_health = maybe(4);
    eligibility.referral_routes = vec![ReferralRoute::SelfReferral, ReferralRoute::Professional];
    entry
}

fn public(town: &Town, kind: ServiceType, stream: &mut Stream) -> Provision {
    let spread = |stream: &mut Stream| {
        (f64::from(u32::try_from(stream.below(200)).unwrap_or(0)) - 100.0) / 5_000.0
    };
    let point = Point::new(
        town.latitude + spread(stream),
        town.longitude + spread(stream),
    )
    .ok();
    let location = Location {
        city: Some(town.name.to_owned()),
        point,
        ..Location::default()
    };
    Provision::new(
        vec![kind],
        Place::Public {
            locations: vec![location],
            schedules: hours(stream),
        },
    )
    .unwrap_or_else(|_| Provision::confidential(vec![kind], Some(town.name.to_owned())))
}

/// Office hours for most, two days for some, and for the others nobody has said: that is what "ask them" is for.
fn hours(stream: &mut Stream) -> Vec<Schedule> {
    let weekdays = match stream.below(10) {
        0..=5 => vec![
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
        ],
        6 | 7 => vec![Weekday::Tuesday, Weekday::Thursday],
        _ => return Vec::new(),
    };
    vec![Schedule {
        weekdays,
        opens: Some(Time::constant(9, 30, 0, 0)),
        closes: Some(Time::constant(16, 30, 0, 0)),
        ..Schedule::default()
    }]
}
