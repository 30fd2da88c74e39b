//! Keeping places that must not be known out of the directory (ASSURANCE F1, F2; SPEC 4.8).

use std::borrow::Cow;

use throughline_core::directory::confidential::{Because, Verdict};
use throughline_core::directory::{
    Contact, CostOption, Eligibility, Entry, Language, Organisation, Phone, Place, Provision,
    ServiceArea, Term,
};
use throughline_core::need::NeedType;

use super::evidence;
use super::meaning;
use super::notes::Notes;
use super::oruk_v3::Draft;
use super::scrub::{is_map, scrub};
use super::withheld_words::{Known, is_function, is_wide, is_wide_code};

const DID: &str = "kept out of the directory; shown to the steward";

/// Decides what may be known of a draft's place, and takes away what may not. With the rule that withheld something, if one did.
/// `cleared` tells whether a steward has looked at what that rule withholds and cleared it; `withheld_before`, whether its place was
/// withheld until now: other words do not make a refuge's address public, only a steward does.
pub(crate) fn settle(
    draft: Draft,
    cleared: impl Fn(Because) -> bool,
    withheld_before: bool,
    notes: &mut Notes,
) -> (Entry, Option<Because>) {
    let Draft {
        mut entry,
        mut types,
        locations,
        schedules,
        marked,
        unpublished,
    } = draft;
    let verdict = evidence::verdict(&entry, &types, &locations, &schedules, marked, &unpublished);
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
        Verdict::Open if withheld_before && !cleared(Because::WithheldBefore) => {
            Verdict::Doubtful {
                because: Because::WithheldBefore,
            }
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
        known: Known::of(&entry, &locations, &unpublished.names),
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
    // What was withheld stays so while there is nothing to withhold, or a later reading would know nothing of it.
    let place_said = withheld.is_some() || sure || marked || because == Because::WithheldBefore;
    entry.provision = if place_said {
        Provision::confidential(types, label(&entry.service_areas))
    } else {
        Provision::new(types.clone(), Place::default())
            .unwrap_or_else(|_| Provision::confidential(types, None))
    };
    (entry, withheld)
}

/// Whether the place of a draft would be withheld, were it published by itself.
pub(crate) fn is_to_be_withheld(mut draft: Draft) -> bool {
    meaning::add(&mut draft);
    let Draft {
        entry,
        types,
        locations,
        schedules,
        marked,
        unpublished,
    } = &draft;
    evidence::verdict(entry, types, locations, schedules, *marked, unpublished) != Verdict::Open
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
            known: Known::default(),
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
    known: Known,
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
        room: _,
    } = entry;
    keep(service_areas, is_wide, "service_areas", taken);
    // A wide name over a narrow code: the code would tell the ward.
    for ServiceArea { name: _, code } in service_areas.iter_mut() {
        if code.take_if(|code| !is_wide_code(code)).is_some() {
            taken.note("service_areas.code");
        }
    }
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
        // A person's name can lead to them; that of a team leads to nobody.
        let stays = |name: &String| is_function(name) && is_clean(name, &taken.known);
        if name.take_if(|name| !stays(name)).is_some() {
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
fn is_clean(text: &str, known: &Known) -> bool {
    scrub(&known.taken_out_of(text)) == text
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
    let scrubbed = scrub(&taken.known.taken_out_of(text));
    if scrubbed != *text {
        *text = scrubbed;
        taken.note(field);
    }
}

#[cfg(test)]
#[path = "withhold_tests.rs"]
mod tests;
