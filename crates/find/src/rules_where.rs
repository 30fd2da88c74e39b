//! Rules about where a service is and whom it covers.

use throughline_core::code::Code;
use throughline_core::directory::Channel;
use throughline_core::geo::DistanceBand;

use crate::home::{is_avoided, lies_in};
use crate::rule::{Case, Finding, Param, Verdict};

/// Does it cover where the person is?
pub(crate) fn area_served(case: &Case<'_>) -> Option<Finding> {
    let home = case.home?;
    let from_outside = case.entry().eligibility.from_outside_area;
    if from_outside == Some(true) {
        return Some(Finding::new(Verdict::Yes).with("outside", Param::Code("taken")));
    }
    let gazetteer = &case.knowledge.gazetteer;
    if case.listed.served.is_empty() {
        return Some(Finding::new(Verdict::AskService));
    }
    let named = case
        .listed
        .served
        .first()
        .map_or_else(String::new, |served| served.name.clone());
    if case.listed.widened {
        // The area that is shown is wider than the one served: a yes or a no would tell which that is.
        return Some(Finding::new(Verdict::AskService).with("area", Param::Text(named)));
    }
    let (mut some_in, mut all_in, mut doubt) =
        (false, !home.areas.is_empty(), home.areas.is_empty());
    for area in &home.areas {
        let covers: Vec<Option<bool>> = case
            .listed
            .served
            .iter()
            .map(|served| lies_in(gazetteer, *area, served.code?))
            .collect();
        if covers.contains(&Some(true)) {
            some_in = true;
        } else {
            all_in = false;
            doubt |= covers.contains(&None);
        }
    }
    let verdict = if all_in {
        Verdict::Yes
    } else if some_in || doubt {
        Verdict::AskService
    } else if from_outside.is_none() && case.listed.is_accommodation() {
        // Places to flee to commonly take people from anywhere (SPEC 3.7, known): not said, so asked.
        Verdict::AskService
    } else {
        Verdict::No
    };
    Some(Finding::new(verdict).with("area", Param::Text(named)))
}

/// Does it help in a way that is safe and works for the person?
pub(crate) fn ways(case: &Case<'_>) -> Option<Finding> {
    if case.told.ways.is_empty() {
        return None;
    }
    let offered = &case.entry().eligibility.channels;
    Some(
        match (
            case.told.ways.iter().find(|way| offered.contains(way)),
            offered.is_empty(),
        ) {
            (Some(way), _) => Finding::new(Verdict::Yes).with("way", Param::Code(way.code())),
            (None, true) => Finding::new(Verdict::AskService),
            (None, false) => Finding::new(Verdict::No),
        },
    )
}

/// Can somebody who cannot travel use it?
pub(crate) fn travel(case: &Case<'_>) -> Option<Finding> {
    if case.told.can_travel != Some(false) {
        return None;
    }
    let comes = |way: &&Channel| **way != Channel::InPerson;
    if let Some(way) = case.entry().eligibility.channels.iter().find(comes) {
        return Some(Finding::new(Verdict::Yes).with("way", Param::Code(way.code())));
    }
    let near = |band: DistanceBand| band <= case.knowledge.settings.near_without_travel;
    let near_and_public = !case.entry().is_confidential() && case.band.is_some_and(near);
    Some(Finding::new(if near_and_public {
        Verdict::Yes
    } else {
        Verdict::AskService
    }))
}

/// Is it away from where the person must not go? What is surely there was taken out before any rule; what may be there is
/// asked.
pub(crate) fn stay_away(case: &Case<'_>) -> Option<Finding> {
    let (told, listed, gazetteer) = (case.told, case.listed, &case.knowledge.gazetteer);
    if (told.avoid_areas.is_empty() && told.avoid_postcodes.is_empty()) || listed.is_remote_only() {
        return None;
    }
    let away = if case.entry().is_confidential() {
        // A postcode says nothing against a wide area, so with one to stay away from the answer is always to ask.
        told.avoid_postcodes.is_empty()
            && listed.shown_area.is_some_and(|area| {
                told.avoid_areas
                    .iter()
                    .all(|out| lies_in(gazetteer, area, *out) == Some(false))
            })
    } else {
        !listed.places.is_empty()
            && listed
                .places
                .iter()
                .all(|place| is_avoided(place, told, gazetteer) == Some(false))
    };
    Some(Finding::new(if away {
        Verdict::Yes
    } else {
        Verdict::AskService
    }))
}
