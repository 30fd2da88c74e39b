//! The invented directory: 37 services in each town. Refuges have no point; what anyone may know stands at the middle of its
//! council, moved a little.

use throughline_core::directory::{
    Entry, Location, Organisation, Phone, Place, Provision, ReferralRoute, ServiceArea, ServiceType,
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
    kind: ServiceType,
    needs: &'static [NeedType],
    answers: Answers,
}

const fn of(
    name: &'static str,
    kind: ServiceType,
    needs: &'static [NeedType],
    answers: Answers,
) -> Template {
    Template {
        name,
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
        S::Idva,
        &[N::ImmediateDanger, N::LegalProtection, N::EmotionalSupport],
        Answers::Specialist,
    ),
    of(
        "Lantern Safe Homes",
        S::Refuge,
        &[N::SafeAccommodation],
        Answers::Specialist,
    ),
    of(
        "Lantern Outreach",
        S::OutreachOrFloatingSupport,
        &[N::EmotionalSupport],
        Answers::Specialist,
    ),
    of(
        "Lantern Children and Young People",
        S::ChildrensSupport,
        &[N::ChildrenSafety],
        Answers::Specialist,
    ),
    of(
        "Housing Options Team",
        S::HousingAdvice,
        &[N::HousingLongerTerm, N::SafeAccommodation],
        Answers::Housing,
    ),
    of(
        "Housing Sanctuary Scheme",
        S::SanctuaryScheme,
        &[N::SafeAccommodation],
        Answers::Housing,
    ),
    of(
        "Fair Money Debt Advice",
        S::DebtAndMoneyAdvice,
        &[N::Debt],
        Answers::Money,
    ),
    of(
        "Fair Money Crisis Fund",
        S::DebtAndMoneyAdvice,
        &[N::MoneyToday, N::FoodAndEssentials],
        Answers::Money,
    ),
    of(
        "Juniper Safe Homes",
        S::Refuge,
        &[N::SafeAccommodation],
        Answers::Nobody,
    ),
    of(
        "Willow Dispersed Homes",
        S::DispersedAccommodation,
        &[N::SafeAccommodation],
        Answers::Nobody,
    ),
    of(
        "Orchard Second Stage",
        S::SecondStage,
        &[N::HousingLongerTerm],
        Answers::Nobody,
    ),
    of(
        "Bridge Counselling",
        S::CounsellingAdult,
        &[N::EmotionalSupport, N::MentalHealth],
        Answers::Nobody,
    ),
    of(
        "Bridge Young Counselling",
        S::CounsellingChild,
        &[N::ChildrenSafety],
        Answers::Nobody,
    ),
    of(
        "Kestrel Support Group",
        S::SupportGroup,
        &[N::EmotionalSupport, N::CommunityAndIsolation],
        Answers::Nobody,
    ),
    of(
        "Acorn Law Centre",
        S::LegalAdvice,
        &[N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Acorn Family Law Clinic",
        S::LegalAdvice,
        &[N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Compass Immigration Advice",
        S::ImmigrationAdvice,
        &[N::Immigration],
        Answers::Nobody,
    ),
    of(
        "Harbour Recovery",
        S::SubstanceRecovery,
        &[N::SubstanceUse],
        Answers::Nobody,
    ),
    of(
        "Harbour Women's Recovery",
        S::SubstanceRecovery,
        &[N::SubstanceUse],
        Answers::Nobody,
    ),
    of(
        "Northgate Talking Therapies",
        S::MentalHealth,
        &[N::MentalHealth],
        Answers::Nobody,
    ),
    of(
        "Northgate Crisis Team",
        S::MentalHealth,
        &[N::MentalHealth],
        Answers::Nobody,
    ),
    of(
        "Riverside Health Advocates",
        S::HealthBasedAdvocacy,
        &[N::PhysicalHealth],
        Answers::Nobody,
    ),
    of(
        "Riverside Sexual Violence Advisers",
        S::Isva,
        &[N::EmotionalSupport, N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Threshold Stalking Advice",
        S::StalkingIntervention,
        &[N::LegalProtection],
        Answers::Nobody,
    ),
    of(
        "Threshold Change Programme",
        S::PerpetratorBehaviourChange,
        &[],
        Answers::Nobody,
    ),
    of(
        "Beacon Contact Centre",
        S::ChildContactSupport,
        &[N::ChildrenSafety, N::FamilyRelationships],
        Answers::Nobody,
    ),
    of(
        "Beacon Digital Safety",
        S::DigitalSafety,
        &[N::DigitalAccess],
        Answers::Nobody,
    ),
    of(
        "Beacon Phones and Data",
        S::DigitalSafety,
        &[N::DigitalAccess],
        Answers::Nobody,
    ),
    of(
        "Ladder Employment",
        S::EmploymentSupport,
        &[N::Employment, N::TrainingAndSkills],
        Answers::Nobody,
    ),
    of(
        "Ladder Training",
        S::EmploymentSupport,
        &[N::TrainingAndSkills],
        Answers::Nobody,
    ),
    of(
        "Ladder Returners",
        S::EmploymentSupport,
        &[N::Employment],
        Answers::Nobody,
    ),
    of(
        "Market Hall Food Pantry",
        S::OutreachOrFloatingSupport,
        &[N::FoodAndEssentials],
        Answers::Nobody,
    ),
    of(
        "Market Hall Baby Bank",
        S::OutreachOrFloatingSupport,
        &[N::FoodAndEssentials],
        Answers::Nobody,
    ),
    of(
        "Carers' Circle",
        S::SupportGroup,
        &[N::Caring],
        Answers::Nobody,
    ),
    of(
        "Neighbours' Table",
        S::SupportGroup,
        &[N::CommunityAndIsolation],
        Answers::Nobody,
    ),
    of(
        "Renters' Desk",
        S::HousingAdvice,
        &[N::HousingLongerTerm],
        Answers::Nobody,
    ),
    of(
        "Evening Helpline",
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
        "An invented service for the demonstration, in {}.",
        town.name
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
            schedules: Vec::new(),
        },
    )
    .unwrap_or_else(|_| Provision::confidential(vec![kind], Some(town.name.to_owned())))
}
