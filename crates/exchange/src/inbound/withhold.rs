//! Keeping places that must not be known out of the directory (ASSURANCE F1, F2; SPEC 4.8).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use throughline_core::directory::confidential::{Because, Evidence, Verdict, judge};
use throughline_core::directory::{
    Contact, CostOption, Eligibility, Entry, Language, Location, Organisation, Phone, Place,
    Provision, ServiceArea, Term,
};
use throughline_core::need::NeedType;

use super::notes::Notes;
use super::oruk_v3::Draft;
use super::scrub::{is_map, scrub};

/// Councils, counties, regions, nations and police areas: names wide enough to be shown for a confidential service. Made from the
/// specification's table of local authorities.
static WIDE_AREAS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    include_str!("../../data/wide_areas.txt")
        .lines()
        .map(plain)
        .collect()
});

const DID: &str = "kept out of the directory; shown to the steward";

/// Decides what may be known of a draft's place, and takes away what may not. With the rule that withheld something, if one did.
/// `cleared` tells whether a steward has looked at what that rule withholds and cleared it.
pub(crate) fn settle(
    draft: Draft,
    cleared: impl Fn(Because) -> bool,
    notes: &mut Notes,
) -> (Entry, Option<Because>) {
    let Draft {
        mut entry,
        mut types,
        locations,
        schedules,
        marked,
    } = draft;
    let terms: Vec<&str> = entry.terms.iter().map(|term| term.name.as_str()).collect();
    let verdict = judge(&Evidence {
        types: &types,
        name: &entry.name,
        organisation: entry
            .organisation
            .as_ref()
            .map(|body| body.name.as_str())
            .unwrap_or_default(),
        description: entry.description.as_deref().unwrap_or_default(),
        terms: &terms,
        marked,
    });
    let verdict = match verdict {
        Verdict::Confidential {
            because: Because::KindOfService,
            ..
        } => verdict,
        Verdict::Confidential { because, .. } | Verdict::Doubtful { because }
            if cleared(because) =>
        {
            Verdict::Open
        }
        judged => judged,
    };
    let because = match verdict {
        Verdict::Open => {
            let place = if locations.is_empty() {
                Place::Unknown { schedules }
            } else {
                Place::Public {
                    locations,
                    schedules,
                }
            };
            entry.provision = Provision::new(types.clone(), place)
                .unwrap_or_else(|_| Provision::confidential(types, None));
            return (entry, None);
        }
        Verdict::Confidential { kind, because } => {
            if !types.contains(&kind) {
                types.push(kind);
            }
            if !entry.needs.contains(&NeedType::SafeAccommodation) {
                entry.needs.push(NeedType::SafeAccommodation);
                entry.needs.sort_unstable();
            }
            because
        }
        Verdict::Doubtful { because } => because,
    };
    let mut taken = Taken {
        because,
        any: false,
        known: known_words(&entry, &locations),
        notes,
    };
    if !locations.is_empty() {
        taken.note("service_at_locations");
    }
    if !schedules.is_empty() {
        taken.note("schedules");
    }
    strip(&mut entry, &mut taken);
    let withheld = taken.any.then_some(because);
    let sure = types.iter().any(|kind| kind.is_confidential());
    let place_said = withheld.is_some() || sure || marked;
    entry.provision = if place_said {
        Provision::confidential(types, label(&entry.service_areas))
    } else {
        Provision::new(types.clone(), Place::default())
            .unwrap_or_else(|_| Provision::confidential(types, None))
    };
    (entry, withheld)
}

/// An entry as it may leave the system: a confidential one is stripped once more, whatever was typed into it since it was read.
pub(crate) fn outward(entry: &Entry) -> Cow<'_, Entry> {
    if !entry.is_confidential() {
        return Cow::Borrowed(entry);
    }
    let mut stripped = entry.clone();
    let mut notes = Notes::new(0);
    strip(
        &mut stripped,
        &mut Taken {
            because: Because::KindOfService,
            any: false,
            known: Vec::new(),
            notes: &mut notes,
        },
    );
    stripped.provision =
        Provision::confidential(entry.types().to_vec(), label(&stripped.service_areas));
    Cow::Owned(stripped)
}

/// A wide area's name for the listing.
fn label(areas: &[ServiceArea]) -> Option<String> {
    let names: Vec<&str> = areas.iter().map(|area| area.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Notes what is taken away.
struct Taken<'n> {
    because: Because,
    any: bool,
    /// Words of the addresses that were withheld, to be taken out of every text.
    known: Vec<String>,
    notes: &'n mut Notes,
}

impl Taken<'_> {
    fn note(&mut self, field: &'static str) {
        self.any = true;
        self.notes.add(field, self.because.sentence(), DID);
    }
}

/// Takes from an entry everything that tells where it is. Every structure is taken apart to its last field, so that a new one
/// cannot be forgotten here: a text goes through [`scrub_field`], or it is said why not.
fn strip(entry: &mut Entry, taken: &mut Taken<'_>) {
    let Entry {
        // Its name at the source, which is not published; the next reading knows it by it.
        source_id: _,
        name,
        alternate_name,
        description,
        url,
        // The way to reach it.
        email: _,
        status: _,
        organisation,
        // Replaced as a whole by who calls this.
        provision: _,
        service_areas,
        phones,
        contacts,
        languages,
        interpretation,
        free: _,
        fees,
        cost_options,
        funding,
        application,
        wait,
        accreditations,
        required_documents,
        eligibility,
        needs: _,
        terms,
        by_and_for: _,
        communities: _,
        provider_model: _,
        capacity,
        assured_date: _,
        last_modified: _,
        confirmed_at: _,
    } = entry;
    keep(service_areas, is_wide, "service_areas", taken);
    strip_phones(phones, "phones", taken);
    for contact in contacts.iter_mut() {
        let Contact {
            name,
            title,
            email: _,
            phones,
        } = contact;
        strip_phones(phones, "contacts.phones", taken);
        scrub_optional(title, "contacts.title", taken);
        if name.take().is_some() {
            taken.note("contacts.name");
        }
    }
    contacts.retain(|contact| *contact != Contact::default());
    if capacity.take().is_some() {
        taken.note("capacities");
    }
    strip_link(url, "url", taken);
    // The list that a tag comes from may carry a place in its name; the tag itself still says what the service does.
    for term in terms.iter_mut() {
        let said = |text: &String| !is_clean(text, &taken.known);
        if term.taxonomy.take_if(|text| said(text)).is_some() {
            taken.note("attributes.taxonomy");
        }
    }
    keep_clean(terms, "attributes", taken, |term| {
        let Term {
            taxonomy: _,
            source_id,
            name,
        } = term;
        source_id
            .as_deref()
            .into_iter()
            .chain([name.as_str()])
            .collect()
    });
    keep_clean(languages, "languages", taken, |language| {
        let Language { name, code } = language;
        code.as_deref().into_iter().chain([name.as_str()]).collect()
    });
    for document in required_documents {
        scrub_field(document, "required_documents", taken);
    }
    for source in funding {
        scrub_field(source, "funding", taken);
    }
    for option in cost_options {
        let CostOption {
            option,
            pence: _,
            currency,
            detail,
            valid_from: _,
            valid_to: _,
        } = option;
        for text in [option, currency, detail] {
            scrub_optional(text, "cost_options", taken);
        }
    }
    scrub_name(name, "name", taken);
    for (text, field) in [
        (alternate_name, "alternate_name"),
        (description, "description"),
        (interpretation, "interpretation_services"),
        (fees, "fees_description"),
        (application, "application_process"),
        (wait, "wait_time"),
        (accreditations, "accreditations"),
        (words_of(eligibility), "eligibility_description"),
    ] {
        scrub_optional(text, field, taken);
    }
    if let Some(Organisation {
        source_id: _,
        name,
        description,
        website,
        email: _,
    }) = organisation
    {
        scrub_name(name, "organization.name", taken);
        scrub_optional(description, "organization.description", taken);
        strip_link(website, "organization.website", taken);
    }
}

/// What is text in it; everything else is a number, a yes or a no, or a code of a list.
fn words_of(eligibility: &mut Eligibility) -> &mut Option<String> {
    let Eligibility {
        words,
        women: _,
        men: _,
        trans_women: _,
        trans_men: _,
        non_binary: _,
        lgb: _,
        minimum_age: _,
        maximum_age: _,
        children: _,
        children_at_most: _,
        boys_up_to_age: _,
        no_recourse: _,
        wheelchair: _,
        deaf: _,
        learning_disability: _,
        interpreters: _,
        mental_health: _,
        alcohol: _,
        drugs: _,
        offending: _,
        pets: _,
        in_work: _,
        from_outside_area: _,
        referral_routes: _,
        channels: _,
        private_room: _,
    } = eligibility;
    words
}

fn strip_phones(phones: &mut Vec<Phone>, field: &'static str, taken: &mut Taken<'_>) {
    keep(phones, Phone::tells_no_place, field, taken);
    for phone in phones {
        let Phone {
            number,
            extension,
            label,
            kind,
            languages,
        } = phone;
        scrub_field(number, field, taken);
        for text in [extension, label, kind] {
            scrub_optional(text, "phones.description", taken);
        }
        keep_clean(languages, "phones.languages", taken, |name| {
            vec![name.as_str()]
        });
    }
}

/// A link to a map or with an address in it is taken away whole.
fn strip_link(link: &mut Option<String>, field: &'static str, taken: &mut Taken<'_>) {
    if link
        .as_deref()
        .is_some_and(|link| is_map(link) || scrub(link) != link)
    {
        *link = None;
        taken.note(field);
    }
}

/// Takes out whole those that have anything in their texts that must not be known: half a tag is no use to anybody.
fn keep_clean<T>(
    list: &mut Vec<T>,
    field: &'static str,
    taken: &mut Taken<'_>,
    texts: impl for<'t> Fn(&'t T) -> Vec<&'t str>,
) {
    let before = list.len();
    list.retain(|one| {
        texts(one)
            .into_iter()
            .all(|text| is_clean(text, &taken.known))
    });
    if list.len() != before {
        taken.note(field);
    }
}

/// Whether nothing in a text must be taken out.
fn is_clean(text: &str, known: &[String]) -> bool {
    scrub(&without(text, known)) == text
}

fn keep<T>(
    list: &mut Vec<T>,
    may_stay: impl Fn(&T) -> bool,
    field: &'static str,
    taken: &mut Taken<'_>,
) {
    let before = list.len();
    list.retain(may_stay);
    if list.len() != before {
        taken.note(field);
    }
}

fn scrub_optional(text: &mut Option<String>, field: &'static str, taken: &mut Taken<'_>) {
    if let Some(text) = text {
        scrub_field(text, field, taken);
    }
}

/// A name stays a name: only addresses are taken out of it, not the town that people know it by.
fn scrub_name(text: &mut String, field: &'static str, taken: &mut Taken<'_>) {
    let scrubbed = scrub(text);
    if scrubbed != *text {
        *text = scrubbed;
        taken.note(field);
    }
}

fn scrub_field(text: &mut String, field: &'static str, taken: &mut Taken<'_>) {
    let scrubbed = scrub(&without(text, &taken.known));
    if scrubbed != *text {
        *text = scrubbed;
        taken.note(field);
    }
}

/// Every name and part of an address of places that are withheld, to be taken out wherever else it is written: lines and what stands
/// between their commas, town, county, postcode, name of the place, areas too narrow to be shown, people. But for names of wide
/// areas, and the names by which people know the service.
fn known_words(entry: &Entry, locations: &[Location]) -> Vec<String> {
    let known_by: Vec<String> = [
        Some(&entry.name),
        entry.organisation.as_ref().map(|o| &o.name),
    ]
    .into_iter()
    .flatten()
    .map(|name| plain(name))
    .collect();
    let of_places = locations.iter().flat_map(|one| {
        let Location {
            // Published nowhere without the place.
            source_id: _,
            name,
            location_type: _,
            address,
            city,
            region,
            postcode,
            // A country is wide.
            country: _,
            // A point is taken away with the place; in a text, [`scrub`] knows one.
            point: _,
            // Sentences, which nobody repeats to the letter: [`scrub`] knows what in them is an address.
            accessibility: _,
            transport: _,
            schedules: _,
        } = one;
        address
            .iter()
            .chain(name)
            .chain(city)
            .chain(region)
            .chain(postcode)
    });
    let narrow = entry
        .service_areas
        .iter()
        .filter(|area| !is_wide(area))
        .map(|area| &area.name);
    let people = entry
        .contacts
        .iter()
        .filter_map(|contact| contact.name.as_ref());
    let mut words: Vec<String> = of_places
        .chain(narrow)
        .chain(people)
        .flat_map(|text| text.split([',', ';']).chain([text.as_str()]))
        .map(str::trim)
        .filter(|word| word.chars().count() >= 4)
        .filter(|word| !WIDE_AREAS.contains(&plain(word)) && !known_by.contains(&plain(word)))
        .filter(|word| !names_a_kind(word))
        .map(str::to_owned)
        .collect();
    words.sort_by_key(|word| (std::cmp::Reverse(word.len()), word.clone()));
    words.dedup();
    words
}

/// Words that say what kind of building it is, in many names of places and in every description of a service.
const KINDS: [&str; 20] = [
    "accommodation",
    "building",
    "center",
    "centre",
    "charity",
    "flat",
    "hall",
    "home",
    "hostel",
    "house",
    "housing",
    "main",
    "office",
    "project",
    "refuge",
    "safe",
    "service",
    "shelter",
    "site",
    "women",
];

/// Whether a name is made of nothing but such words: it tells no place, and without it a text would say nothing.
fn names_a_kind(name: &str) -> bool {
    name.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.len() > 1)
        .all(|word| KINDS.contains(&word.trim_end_matches('s')))
}

/// The text without the words, whatever their case.
fn without(text: &str, known: &[String]) -> String {
    known.iter().fold(text.to_owned(), |text, word| {
        let (lower, word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for (at, _) in lower.match_indices(&word) {
            out.push_str(text.get(copied..at).unwrap_or_default());
            out.push_str("[withheld]");
            copied = at + word.len();
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        out
    })
}

fn is_wide(area: &ServiceArea) -> bool {
    WIDE_AREAS.contains(&plain(&area.name))
}

fn plain(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::oruk_v3;
    use serde_json::json;

    fn settled(json: &serde_json::Value) -> (Entry, Option<Because>) {
        let mut notes = Notes::new(1);
        settle(
            oruk_v3::draft(json.as_object().unwrap(), "1".to_owned(), &mut notes),
            |_| false,
            &mut notes,
        )
    }

    fn leaky(name: &str) -> serde_json::Value {
        json!({
            "id": "1", "name": name, "url": "https://harbour.example", "email": "help@harbour.example",
            "description": "Safe and warm at 14 Quay Street, Anytown, ZZ1 2ZZ. Ring 0117 496 0123 or 0808 2000 247.",
            "service_areas": [{"id": "a", "name": "Bristol"}, {"id": "b", "name": "Quayside estate"}],
            "phones": [{"id": "p", "number": "0117 496 0123"}, {"id": "q", "number": "0808 2000 247"}],
            "contacts": [{"id": "c", "name": "Pat Example", "phones": [{"id": "r", "number": "0117 496 0124"}]}],
            "schedules": [{"id": "s", "opens_at": "09:00", "closes_at": "17:00", "byday": "MO"}],
            "service_at_locations": [{"id": "l", "location": {"id": "m", "location_type": "physical", "latitude": 51.45123, "longitude": -2.59123,
                "addresses": [{"id": "n", "address_1": "14 Quay Street", "city": "Anytown", "postal_code": "ZZ1 2ZZ"}]}}],
        })
    }

    #[test]
    fn nothing_that_tells_where_a_refuge_is_reaches_the_entry() {
        let (entry, because) = settled(&leaky("Harbour Refuge"));
        assert_eq!(because, Some(Because::Name));
        assert!(entry.is_confidential());
        assert_eq!(
            entry.place(),
            &Place::Confidential {
                area_label: Some("Bristol".into())
            }
        );
        let text = serde_json::to_string(&entry).unwrap();
        for secret in [
            "Quay", "ZZ1", "2ZZ", "0117", "51.45", "-2.59", "Pat", "Anytown", "09:00",
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("0808 2000 247") && text.contains("help@harbour.example"));
    }

    /// Whatever field of the feed the town and the street stand in, they are not in the entry; but the name by which people know a
    /// service keeps its town.
    #[test]
    fn a_withheld_town_survives_in_no_field() {
        let mut feed = leaky("Harbour Refuge");
        let more = json!({
            "accreditations": "Canarytown standard", "interpretation_services": "Canarytown interpreters", "wait_time": "Canarytown",
            "fees_description": "Canarytown", "application_process": "Canarytown", "eligibility_description": "Canarytown",
            "alternate_name": "Canarytown house", "url": "https://h.example/14+Quay+Street?near=maps.example",
            "languages": [{"id": "1", "name": "Canarytown Welsh"}, {"id": "2", "name": "Welsh"}],
            "description": "A safe house in Canarytown: Rose Cottage, for women of the Quayside estate. Ask for Pat Example.",
            "service_areas": [{"id": "a", "name": "Bristol"}, {"id": "b", "name": "Quayside estate"}],
            "funding": [{"id": "1", "source": "Canarytown fund"}],
            "required_documents": [{"id": "1", "document": "Canarytown library card"}],
            "cost_options": [{"id": "1", "option": "Canarytown", "amount": 5, "amount_description": "in Canarytown", "currency": "GBP"}],
            "phones": [{"id": "p", "number": "0808 2000 247", "extension": "Canarytown", "type": "Canarytown", "description": "Canarytown",
                "languages": [{"id": "1", "name": "Canarytown"}]}],
            "contacts": [{"id": "c", "name": "Pat Example", "title": "Manager, Canarytown", "email": "c@h.example"}],
            "organization": {"id": "o", "name": "Harbour", "description": "Of Canarytown.", "website": "https://maps.example/?q=14+Quay"},
            "attributes": [
                {"id": "1", "taxonomy_term": {"id": "t", "name": "Canarytown", "taxonomy": "places"}},
                {"id": "2", "taxonomy_term": {"id": "Canarytown", "name": "One", "taxonomy": "places"}},
                {"id": "3", "taxonomy_term": {"id": "u", "name": "Two", "taxonomy": "Wards of Canarytown"}},
                {"id": "4", "taxonomy_term": {"id": "v", "name": "Counselling", "taxonomy": "kinds"}}],
        });
        feed.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        // The town in its field, at the end of a line, and as a line of its own.
        let mut last = None;
        for (place, address) in [
            (
                "Rose Cottage",
                json!({"id": "n", "address_1": "14 Quay Street", "city": "Canarytown", "postal_code": "ZZ1 2ZZ"}),
            ),
            (
                "Rose Cottage",
                json!({"id": "n", "address_1": "14 Quay Street, Canarytown", "postal_code": "ZZ1 2ZZ"}),
            ),
            (
                "Safe House",
                json!({"id": "n", "address_1": "14 Quay Street", "address_2": "Canarytown", "state_province": "Bristol"}),
            ),
            (
                "Refuge",
                json!({"id": "n", "address_1": "14 Quay Street", "state_province": "Canarytown"}),
            ),
        ] {
            feed["service_at_locations"] = json!([{"id": "l", "location": {"id": "m", "location_type": "physical", "name": place,
                "addresses": [address]}}]);
            let (entry, because) = settled(&feed);
            assert!(because.is_some());
            let text = serde_json::to_string(&entry).unwrap();
            for secret in ["Canarytown", "Quay", "maps.", "Pat"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
            // The name of the place goes too, unless it only says what kind of place it is.
            assert_eq!(text.contains("Rose Cottage"), place != "Rose Cottage");
            for kept in [
                "Counselling",
                "0808 2000 247",
                "c@h.example",
                "Welsh",
                "Bristol",
                "safe house",
                "Harbour Refuge",
            ] {
                assert!(text.contains(kept), "{kept} not in {text}");
            }
            last = Some(entry);
        }
        // Where the reader cannot yet bring a text, somebody may still type it in.
        let mut typed = last.unwrap();
        let canary = || Some("14 Quay Street, ZZ1 2ZZ".to_owned());
        typed.phones[0].extension = canary();
        typed.phones[0].kind = canary();
        typed.contacts[0].title = canary();
        typed.organisation.as_mut().unwrap().website = Some("https://what3words.com/a.b.c".into());
        typed.terms[0].taxonomy = canary();
        typed.languages[0].code = canary();
        let text = serde_json::to_string(&*outward(&typed)).unwrap();
        for secret in ["Quay", "ZZ1", "what3words"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }

    #[test]
    fn an_ordinary_service_keeps_everything() {
        let (entry, because) = settled(&leaky("Harbour café"));
        assert_eq!(because, None);
        assert_eq!(
            (
                entry.locations().len(),
                entry.schedules().len(),
                entry.phones.len()
            ),
            (1, 1, 2)
        );
    }

    #[test]
    fn a_steward_can_clear_a_doubt_but_not_a_kind_that_is_confidential() {
        let mut notes = Notes::new(1);
        let draft = |json: &serde_json::Value| {
            oruk_v3::draft(
                json.as_object().unwrap(),
                "1".to_owned(),
                &mut Notes::new(1),
            )
        };
        let (entry, _) = settle(draft(&leaky("Refuge outreach")), |_| true, &mut notes);
        assert_eq!(entry.locations().len(), 1);
        let mut typed = leaky("Harbour");
        typed
            .as_object_mut()
            .unwrap()
            .insert("service_types".into(), json!(["refuge"]));
        let (entry, because) = settle(draft(&typed), |_| true, &mut notes);
        assert!(entry.is_confidential() && because == Some(Because::KindOfService));
    }

    #[test]
    fn a_doubt_about_a_listing_that_shows_no_place_withholds_nothing() {
        let (entry, because) = settled(
            &json!({"id": "1", "name": "Play", "description": "Staff visit a domestic violence shelter."}),
        );
        assert_eq!((because, entry.place()), (None, &Place::default()));
    }
}
