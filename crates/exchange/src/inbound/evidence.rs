//! Everything that a listing says in words, for the rules of confidential places: a refuge may say what it is in any field.

use throughline_core::directory::confidential::{Evidence, Verdict, judge};
use throughline_core::directory::{Contact, Entry, Location, Phone, Schedule, ServiceType};

use super::scrub::scrub;
use super::unpublished::Unpublished;

/// What the rules say about a listing, its place not yet decided.
pub(crate) fn verdict(
    entry: &Entry,
    types: &[ServiceType],
    locations: &[Location],
    schedules: &[Schedule],
    marked: bool,
    unpublished: &Unpublished,
) -> Verdict {
    let terms: Vec<&str> = entry
        .terms
        .iter()
        .map(|term| &term.name)
        .chain(&unpublished.terms)
        .map(String::as_str)
        .collect();
    let other_names: Vec<&str> = entry
        .alternate_name
        .iter()
        .chain(locations.iter().filter_map(|place| place.name.as_ref()))
        .chain(&unpublished.names)
        .map(String::as_str)
        .collect();
    let body = entry.organisation.as_ref();
    let mut also = sentences(entry, locations, schedules);
    let description = entry.description.as_deref().unwrap_or_default();
    // An address in a sentence is an address; where nobody publishes the sentence, there is nothing to withhold.
    let tells_where = also
        .iter()
        .chain([&description])
        .any(|text| scrub(text) != **text);
    also.extend(unpublished.sentences.iter().map(String::as_str));
    judge(&Evidence {
        types,
        name: &entry.name,
        other_names: &other_names,
        organisation: body.map(|body| body.name.as_str()).unwrap_or_default(),
        description,
        also: &also,
        terms: &terms,
        placed: !locations.is_empty() || tells_where,
        marked,
    })
}

/// Every text of a listing that is published but its names, its description and its classification.
fn sentences<'a>(
    entry: &'a Entry,
    locations: &'a [Location],
    schedules: &'a [Schedule],
) -> Vec<&'a str> {
    let own = [
        &entry.application,
        &entry.eligibility.words,
        &entry.interpretation,
        &entry.fees,
        &entry.wait,
        &entry.accreditations,
    ];
    let body = entry.organisation.iter().map(|body| &body.description);
    let prices = entry
        .cost_options
        .iter()
        .flat_map(|price| [&price.option, &price.detail]);
    let contacts = entry.contacts.iter().flat_map(|contact| {
        let Contact { name, title, .. } = contact;
        [name, title]
    });
    let phones = entry
        .phones
        .iter()
        .chain(entry.contacts.iter().flat_map(|contact| &contact.phones))
        .map(|Phone { label, .. }| label);
    let hours = schedules
        .iter()
        .chain(locations.iter().flat_map(|place| &place.schedules))
        .map(|Schedule { words, .. }| words);
    let places = locations
        .iter()
        .flat_map(|place| place.address.iter().chain(&place.accessibility));
    own.into_iter()
        .chain(body)
        .chain(prices)
        .chain(contacts)
        .chain(phones)
        .chain(hours)
        .chain(locations.iter().map(|place| &place.transport))
        .filter_map(Option::as_ref)
        .chain(places)
        .chain(&entry.required_documents)
        .chain(&entry.funding)
        .map(String::as_str)
        .collect()
}
