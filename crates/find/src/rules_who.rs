//! Rules about whom a service takes.

use throughline_core::circumstances::{AccessNeed, Asker, Child, Gender, NrpfState};
use throughline_core::code::Code;
use throughline_core::directory::{ByAndFor, CommunityServed, ReferralRoute, ServiceType};

use crate::rule::{Case, Finding, Param, Verdict, takes};
use crate::text::fold;

/// Does it meet a need the person has? What it says, or its kind, gives a yes; what its words hint at gives an ask.
pub(crate) fn need(case: &Case<'_>) -> Option<Finding> {
    if case.wanted.is_empty() {
        return None;
    }
    let first = |held: &[throughline_core::need::NeedType]| {
        case.wanted.iter().find(|need| held.contains(need)).copied()
    };
    Some(
        match (first(&case.listed.needs), first(&case.listed.hinted_needs)) {
            (Some(met), _) => Finding::new(Verdict::Yes).with("need", Param::Code(met.code())),
            (None, Some(hinted)) => {
                Finding::new(Verdict::AskService).with("need", Param::Code(hinted.code()))
            }
            (None, None) => Finding::new(Verdict::No),
        },
    )
}

/// Is the person's age within what it takes? A provider that gives one bound has answered; the other is open.
pub(crate) fn age(case: &Case<'_>) -> Option<Finding> {
    let takes = &case.entry().eligibility;
    let (least, most) = (takes.minimum_age, takes.maximum_age);
    let verdict = match (case.told.age, least.is_some() || most.is_some()) {
        (None, false) => return None,
        (None, true) => Verdict::AskPerson,
        (Some(_), false) => Verdict::AskService,
        (Some(age), true)
            if least.is_some_and(|least| age < least) || most.is_some_and(|most| age > most) =>
        {
            Verdict::No
        }
        (Some(_), true) => Verdict::Yes,
    };
    let mut found = Finding::new(verdict);
    if let Some(least) = least {
        found = found.with("minimum", Param::Number(least.into()));
    }
    if let Some(most) = most {
        found = found.with("maximum", Param::Number(most.into()));
    }
    Some(found)
}

/// Does it serve people of the person's gender?
pub(crate) fn gender(case: &Case<'_>) -> Option<Finding> {
    let takes = &case.entry().eligibility;
    let Some(gender) = case.told.gender else {
        let all = [
            takes.women,
            takes.men,
            takes.trans_women,
            takes.trans_men,
            takes.non_binary,
        ];
        let only: Vec<Gender> = Gender::ALL
            .iter()
            .zip(all)
            .filter(|(_, taken)| *taken == Some(true))
            .map(|(gender, _)| *gender)
            .collect();
        if !all.contains(&Some(false)) {
            return None;
        }
        return Some(match only.as_slice() {
            [only] => Finding::new(Verdict::AskPerson).with("only", Param::Code(only.code())),
            _ => Finding::new(Verdict::AskPerson),
        });
    };
    let taken = match gender {
        Gender::Woman => takes.women,
        Gender::Man => takes.men,
        Gender::TransWoman => takes.trans_women,
        Gender::TransMan => takes.trans_men,
        Gender::NonBinary => takes.non_binary,
    };
    crate::rule::takes(Some(true), taken)
        .map(|found| found.with("gender", Param::Code(gender.code())))
}

/// Does it serve lesbian, gay and bisexual people knowingly?
pub(crate) fn lgb(case: &Case<'_>) -> Option<Finding> {
    // Not asked of the person where they did not raise it: being asked can out somebody.
    case.told.lgb?;
    takes(case.told.lgb, case.entry().eligibility.lgb)
}

/// Does it take people with children?
pub(crate) fn children(case: &Case<'_>) -> Option<Finding> {
    let with_children = case
        .told
        .children
        .as_ref()
        .map(|children| !children.is_empty());
    takes(with_children, case.entry().eligibility.children)
}

/// Does it take so many children in one family?
pub(crate) fn family_size(case: &Case<'_>) -> Option<Finding> {
    let count = case
        .told
        .children
        .as_ref()
        .map(Vec::len)
        .filter(|count| *count > 0)?;
    let takes = &case.entry().eligibility;
    let Some(most) = takes.children_at_most else {
        // Where nobody sleeps, a family's size is no question; where no children are taken, the rule before has said so.
        let arises = case.listed.is_accommodation() && takes.children != Some(false);
        return arises.then(|| Finding::new(Verdict::AskService));
    };
    let verdict = if count <= usize::from(most) {
        Verdict::Yes
    } else {
        Verdict::No
    };
    Some(Finding::new(verdict).with("maximum", Param::Number(most.into())))
}

/// Does it take sons of this age?
pub(crate) fn sons(case: &Case<'_>) -> Option<Finding> {
    let children = case.told.children.as_deref().unwrap_or_default();
    let may_be_sons: Vec<&Child> = children
        .iter()
        .filter(|child| child.son != Some(false))
        .collect();
    if may_be_sons.is_empty() {
        return None;
    }
    let takes = &case.entry().eligibility;
    let Some(oldest) = takes.boys_up_to_age else {
        let arises = case.listed.is_accommodation() && takes.children != Some(false);
        return arises.then(|| Finding::new(Verdict::AskService));
    };
    let too_old = |child: &&Child| child.age.is_some_and(|age| age > oldest);
    let verdict = if may_be_sons
        .iter()
        .any(|child| child.son == Some(true) && too_old(child))
    {
        Verdict::No
    } else if may_be_sons
        .iter()
        .any(|child| child.age.is_none() || (child.son.is_none() && too_old(child)))
    {
        Verdict::AskPerson
    } else {
        Verdict::Yes
    };
    Some(Finding::new(verdict).with("oldest", Param::Number(oldest.into())))
}

/// Can it house somebody who is pregnant? The directory has no field for it, so the answer is always to ask.
pub(crate) fn pregnancy(case: &Case<'_>) -> Option<Finding> {
    (case.told.pregnant == Some(true) && case.listed.is_accommodation())
        .then(|| Finding::new(Verdict::AskService))
}

/// Does it take people with no recourse to public funds?
pub(crate) fn no_recourse(case: &Case<'_>) -> Option<Finding> {
    let taken = case.entry().eligibility.no_recourse;
    let verdict = match (case.told.nrpf, taken) {
        (Some(NrpfState::Recourse), _) | (None, Some(true) | None) => return None,
        (Some(_), Some(true)) => Verdict::Yes,
        (Some(NrpfState::NoRecourse), Some(false)) => Verdict::No,
        (None, Some(false)) => Verdict::AskPerson,
        // Unsure, or left out on purpose: never asked of the person again, never taken for a no.
        (Some(_), _) => Verdict::AskService,
    };
    Some(Finding::new(verdict))
}

/// Is it safe for somebody who fears the immigration authorities? Only a service for migrants gives a yes.
pub(crate) fn immigration_worry(case: &Case<'_>) -> Option<Finding> {
    if case.told.immigration_worry != Some(true) {
        return None;
    }
    let entry = case.entry();
    let for_migrants = entry.communities.contains(&CommunityServed::Migrant)
        || entry.types().contains(&ServiceType::ImmigrationAdvice);
    Some(Finding::new(if for_migrants {
        Verdict::Yes
    } else {
        Verdict::AskService
    }))
}

fn access(case: &Case<'_>, need: AccessNeed, offered: Option<bool>) -> Option<Finding> {
    let needed = case.told.access.as_ref().map(|needs| needs.contains(&need));
    // Where nothing was told, an access statement is no reason to question the person.
    takes(Some(needed?), offered)
}

/// Can somebody who uses a wheelchair use it?
pub(crate) fn wheelchair(case: &Case<'_>) -> Option<Finding> {
    if case.listed.is_remote_only() {
        return None;
    }
    access(
        case,
        AccessNeed::Wheelchair,
        case.entry().eligibility.wheelchair,
    )
}

/// Can it serve deaf people?
pub(crate) fn deaf(case: &Case<'_>) -> Option<Finding> {
    access(case, AccessNeed::Deaf, case.entry().eligibility.deaf)
}

/// Can it serve people with a learning disability?
pub(crate) fn learning_disability(case: &Case<'_>) -> Option<Finding> {
    access(
        case,
        AccessNeed::LearningDisability,
        case.entry().eligibility.learning_disability,
    )
}

/// Does it take people with serious mental health needs?
pub(crate) fn mental_health(case: &Case<'_>) -> Option<Finding> {
    access(
        case,
        AccessNeed::MentalHealth,
        case.entry().eligibility.mental_health,
    )
}

/// Can the person talk there in a language of theirs?
pub(crate) fn language(case: &Case<'_>) -> Option<Finding> {
    let wanted: Vec<String> = case.told.languages.iter().map(|name| fold(name)).collect();
    if wanted.is_empty()
        || wanted
            .iter()
            .any(|name| matches!(name.as_str(), "english" | "en" | "eng"))
    {
        return None;
    }
    let entry = case.entry();
    let spoken = entry.languages.iter().find(|spoken| {
        wanted.contains(&fold(&spoken.name))
            || spoken
                .code
                .as_deref()
                .is_some_and(|code| wanted.contains(&fold(code)))
    });
    if let Some(spoken) = spoken {
        return Some(Finding::new(Verdict::Yes).with("language", Param::Text(spoken.name.clone())));
    }
    Some(Finding::new(
        match (entry.eligibility.interpreters, entry.languages.is_empty()) {
            (Some(true), _) => Verdict::Yes,
            (Some(false), false) => Verdict::No,
            (Some(false), true) | (None, _) => Verdict::AskService,
        },
    ))
}

/// Does it take animals?
pub(crate) fn pets(case: &Case<'_>) -> Option<Finding> {
    let taken = case.entry().eligibility.pets;
    if !case.listed.is_accommodation() && taken.is_none() {
        return None;
    }
    takes(case.told.pets, taken)
}

/// Does it take people who use alcohol?
pub(crate) fn alcohol(case: &Case<'_>) -> Option<Finding> {
    takes(case.told.alcohol, case.entry().eligibility.alcohol)
}

/// Does it take people who use drugs?
pub(crate) fn drugs(case: &Case<'_>) -> Option<Finding> {
    takes(case.told.drugs, case.entry().eligibility.drugs)
}

/// Does it take people with a history of offending?
pub(crate) fn offending(case: &Case<'_>) -> Option<Finding> {
    takes(case.told.offending, case.entry().eligibility.offending)
}

/// Does it take people in paid work?
pub(crate) fn in_work(case: &Case<'_>) -> Option<Finding> {
    let taken = case.entry().eligibility.in_work;
    if !case.listed.is_accommodation() && taken.is_none() {
        return None;
    }
    takes(case.told.in_work, taken)
}

/// Is it free for somebody who cannot pay?
pub(crate) fn cost(case: &Case<'_>) -> Option<Finding> {
    let entry = case.entry();
    let costs = entry
        .cost_options
        .iter()
        .any(|price| price.pence.is_some_and(|pence| pence > 0));
    let free = entry.free.or(if costs { Some(false) } else { None });
    takes(case.told.can_pay.map(|can_pay| !can_pay), free)
}

/// Is there a way in for whoever is asking?
pub(crate) fn referral_route(case: &Case<'_>) -> Option<Finding> {
    let asker = case.told.asker?;
    let routes = &case.entry().eligibility.referral_routes;
    let open = routes.iter().find(|route| match route {
        ReferralRoute::SelfReferral | ReferralRoute::DropIn => true,
        ReferralRoute::Professional => asker == Asker::Worker,
        ReferralRoute::NamedBodiesOnly => false,
    });
    // A closed route is not a closed door: somebody else may open it, so it is asked, never ruled out.
    let shut = routes.first().copied();
    Some(match (open, shut) {
        (Some(route), _) => Finding::new(Verdict::Yes).with("route", Param::Code(route.code())),
        (None, Some(route)) => {
            Finding::new(Verdict::AskService).with("route", Param::Code(route.code()))
        }
        (None, None) => Finding::new(Verdict::AskService),
    })
}

/// Is it for a community whose own services the person would rather use? Says whether anybody checked "by and for".
pub(crate) fn community(case: &Case<'_>) -> Option<Finding> {
    let entry = case.entry();
    let shared = case
        .told
        .communities
        .iter()
        .find(|community| entry.communities.contains(community))?;
    let led = entry.by_and_for.map_or("not_known", ByAndFor::code);
    Some(
        Finding::new(Verdict::Yes)
            .with("community", Param::Code(shared.code()))
            .with("by_and_for", Param::Code(led)),
    )
}
