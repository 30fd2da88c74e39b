//! Open Referral UK 3 and HSDS 3: the shape to which every other dialect is brought.

use serde_json::{Map, Value};
use throughline_core::directory::{
    Channel, Eligibility, Entry, Location, ReferralRoute, Schedule, ServiceType, Term,
};
use throughline_core::need::NeedType;

use super::notes::Notes;
use super::parts::{self, line, list, raw, text, truth, web};
use super::unpublished::Unpublished;
use crate::outbound::{NEEDS, SERVICE_TYPES};
use crate::repair::{numbers, when};

/// A service as read, before it is decided what of its place may be known.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Everything but kinds of service and place.
    pub entry: Entry,
    /// Kinds of service said in our own words.
    pub types: Vec<ServiceType>,
    /// Where it is.
    pub locations: Vec<Location>,
    /// When it is open.
    pub schedules: Vec<Schedule>,
    /// Whether the feed marks its address as not to be shown.
    pub marked: bool,
    /// What else the row says in words.
    pub unpublished: Unpublished,
}

impl Draft {
    /// How many opening hours were read, of the service and its places.
    pub(crate) fn schedules_read(&self) -> u64 {
        let of_places: usize = self
            .locations
            .iter()
            .map(|location| location.schedules.len())
            .sum();
        u64::try_from(self.schedules.len() + of_places).unwrap_or(u64::MAX)
    }
}

/// Reads one service whose fields have their version 3 names.
pub(crate) fn draft(map: &Map<String, Value>, source_id: String, notes: &mut Notes) -> Draft {
    let mut entry = Entry::new(source_id, String::new());
    entry.alternate_name = line(map, "alternate_name", notes);
    entry.organisation = map
        .get("organization")
        .and_then(Value::as_object)
        .and_then(|body| parts::organisation(body, notes));
    entry.name = name(map, &entry, notes);
    entry.description = text(map, "description", notes);
    entry.url = web(map, "url", notes);
    entry.email = parts::mail(map, "email", "email", notes);
    let status = raw(map, "status", "status", notes);
    entry.status = notes.take(
        "status",
        numbers::status(
            status
                .as_deref()
                .map(str::trim)
                .filter(|word| !word.is_empty()),
        ),
    );
    entry.interpretation = text(map, "interpretation_services", notes);
    entry.fees = text(map, "fees_description", notes);
    entry.application = text(map, "application_process", notes);
    if let Some(more) = text(map, "pc_attendingAccess_additionalInfo", notes) {
        entry.application = Some(
            entry
                .application
                .map_or(more.clone(), |first| format!("{first}\n\n{more}")),
        );
    }
    entry.wait = text(map, "wait_time", notes);
    entry.accreditations = text(map, "accreditations", notes);
    entry.required_documents = list(map, "required_documents")
        .into_iter()
        .filter_map(|document| line(document, "document", notes))
        .collect();
    entry.funding = list(map, "funding")
        .into_iter()
        .filter_map(|funding| line(funding, "source", notes))
        .collect();
    entry.languages = parts::languages(map, notes);
    entry.service_areas = parts::service_areas(map, notes);
    entry.phones = parts::phones(map, notes);
    entry.contacts = parts::contacts(map, notes);
    entry.cost_options = parts::cost_options(map, notes);
    entry.free = free(map, &entry);
    entry.terms = terms(map, notes);
    entry.eligibility = eligibility(map, notes);
    entry.capacity = list(map, "capacities")
        .first()
        .and_then(|capacity| parts::capacity(capacity, notes));
    dates(map, &mut entry, notes);
    entry.by_and_for = code(map, "by_and_for");
    entry.provider_model = code(map, "provider_model");
    entry.communities = codes(map, "communities_served");
    entry.needs = codes::<NeedType>(map, "needs");
    let unpublished = Unpublished::of(map);
    let places = parts::places(map, &entry.name, notes);
    entry.phones.extend(places.phones);
    entry.contacts.extend(places.contacts);
    Draft {
        types: codes(map, "service_types"),
        schedules: parts::schedules(map, notes),
        locations: places.locations,
        marked: places.marked
            || [
                "confidential",
                "is_confidential",
                "address_withheld",
                "redacted",
            ]
            .iter()
            .any(|key| truth(map, key) == Some(true)),
        unpublished,
        entry,
    }
}

/// A name, if need be another name or its organisation's. Empty when it has none: then nobody can be sent there.
fn name(map: &Map<String, Value>, entry: &Entry, notes: &mut Notes) -> String {
    if let Some(name) = line(map, "name", notes) {
        return name;
    }
    if let Some(other) = entry.alternate_name.clone() {
        notes.add("name", "no name", "its other name taken");
        return other;
    }
    if let Some(body) = &entry.organisation {
        notes.add("name", "no name", "its organisation's name taken");
        return body.name.clone();
    }
    String::new()
}

fn dates(map: &Map<String, Value>, entry: &mut Entry, notes: &mut Notes) {
    let vendor = map.get("pc_metadata").and_then(Value::as_object);
    let of = |key: &'static str, vendor_key: &'static str, notes: &mut Notes| {
        let own = raw(map, key, key, notes)
            .filter(|text| !text.trim().is_empty())
            .map(std::borrow::Cow::into_owned);
        own.or_else(|| {
            vendor
                .and_then(|vendor| vendor.get(vendor_key))
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        })
    };
    if let Some(assured) = of("assured_date", "date_assured", notes) {
        entry.assured_date = notes.take("assured_date", when::date(&assured));
    }
    if let Some(modified) = of("last_modified", "date_modified", notes) {
        entry.last_modified = notes.take("last_modified", when::instant(&modified));
    }
}

/// Free when it says so or its one price is nothing; not free when every price is something.
fn free(map: &Map<String, Value>, entry: &Entry) -> Option<bool> {
    let says_free = entry.fees.as_deref().is_some_and(|fees| {
        matches!(
            fees.trim_end_matches(['.', '!']).to_lowercase().as_str(),
            "free" | "no charge" | "none" | "free of charge"
        )
    });
    let prices: Option<Vec<i64>> = entry
        .cost_options
        .iter()
        .map(|option| option.pence)
        .collect();
    truth(map, "free")
        .or(says_free.then_some(true))
        .or_else(|| {
            let prices = prices.filter(|prices| !prices.is_empty())?;
            match (
                prices.iter().all(|price| *price == 0),
                prices.iter().all(|price| *price > 0),
            ) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            }
        })
}

/// Classification terms, wherever a dialect keeps them. Our own come back as needs and kinds of service.
fn terms(map: &Map<String, Value>, notes: &mut Notes) -> Vec<Term> {
    let mut terms: Vec<Term> = list(map, "attributes")
        .into_iter()
        .filter_map(|attribute| {
            let inner = ["taxonomy_term", "taxonomy"]
                .iter()
                .find_map(|key| attribute.get(*key).and_then(Value::as_object))
                .unwrap_or(attribute);
            let detail = inner
                .get("taxonomy_detail")
                .and_then(Value::as_object)
                .and_then(|detail| line(detail, "name", notes));
            let source_id = parts::id(inner).or_else(|| {
                raw(
                    attribute,
                    "taxonomy_term_id",
                    "attributes.taxonomy_term_id",
                    notes,
                )
                .map(std::borrow::Cow::into_owned)
            });
            let name = line(inner, "name", notes)
                .or_else(|| line(attribute, "label", notes))
                .or_else(|| source_id.clone())?;
            let taxonomy = detail
                .or_else(|| line(inner, "taxonomy", notes))
                .or_else(|| line(inner, "vocabulary", notes));
            Some(Term {
                taxonomy,
                source_id,
                name,
            })
        })
        .collect();
    terms.retain(|term| {
        !term
            .taxonomy
            .as_deref()
            .is_some_and(|name| name == NEEDS || name == SERVICE_TYPES)
    });
    for audience in list(map, "pc_targetAudience") {
        if let Some(name) = line(audience, "audienceType", notes) {
            terms.push(Term {
                taxonomy: Some("target audience".to_owned()),
                source_id: parts::id(audience),
                name,
            });
        }
    }
    if let Some(name) = line(map, "deliverable_type", notes) {
        terms.push(Term {
            taxonomy: Some("deliverable type".to_owned()),
            source_id: None,
            name,
        });
    }
    terms
}

/// Whom it serves: our own structured answers where the feed is one of ours, otherwise only what is certain.
fn eligibility(map: &Map<String, Value>, notes: &mut Notes) -> Eligibility {
    let mut known: Eligibility = map
        .get("eligibility")
        .filter(|own| own.is_object())
        .and_then(|own| serde_json::from_value(own.clone()).ok())
        .unwrap_or_default();
    let listed = list(map, "eligibilities");
    let said: Vec<String> = listed
        .iter()
        .filter_map(|one| text(one, "eligibility", notes))
        .collect();
    known.words = known
        .words
        .or_else(|| text(map, "eligibility_description", notes))
        .or_else(|| (!said.is_empty()).then(|| said.join("\n")));
    let mut age = |key: &'static str| {
        let given = parts::number(map, key)
            .or_else(|| listed.iter().find_map(|one| parts::number(one, key)));
        given.and_then(|age| notes.take(key, numbers::age(age)))
    };
    let ages = (age("minimum_age"), age("maximum_age"));
    let ages = notes.take("minimum_age, maximum_age", numbers::ages(ages.0, ages.1));
    known.minimum_age = known.minimum_age.or(ages.0);
    known.maximum_age = known.maximum_age.or(ages.1);
    attending(map, &mut known, notes);
    known
}

/// How people come and how help is given, in the words of version 1.
fn attending(map: &Map<String, Value>, known: &mut Eligibility, notes: &mut Notes) {
    if let Some(how) = line(map, "attending_type", notes) {
        let channel = match how.to_lowercase().as_str() {
            "venue" | "in person" => Some(Channel::InPerson),
            "phone" | "telephone" => Some(Channel::Phone),
            "online" | "web" => Some(Channel::Online),
            "home visit" | "home" => Some(Channel::HomeVisit),
            _ => None,
        };
        known
            .channels
            .extend(channel.filter(|channel| !known.channels.contains(channel)));
    }
    let by_access = line(map, "attending_access", notes).and_then(|access| {
        match access.to_lowercase().as_str() {
            "self referral" | "self-referral" => Some(ReferralRoute::SelfReferral),
            "drop-in" | "drop in" => Some(ReferralRoute::DropIn),
            "professional referral" | "referral" => Some(ReferralRoute::Professional),
            _ => None,
        }
    });
    let by_flag = truth(map, "needs_referral").map(|needed| {
        if needed {
            ReferralRoute::Professional
        } else {
            ReferralRoute::SelfReferral
        }
    });
    for route in [by_access, by_flag].into_iter().flatten() {
        if !known.referral_routes.contains(&route) {
            known.referral_routes.push(route);
        }
    }
}

fn code<C: throughline_core::code::Code>(map: &Map<String, Value>, key: &str) -> Option<C> {
    map.get(key)
        .and_then(Value::as_str)
        .and_then(|code| C::from_code(code).ok())
}

fn codes<C: throughline_core::code::Code>(map: &Map<String, Value>, key: &str) -> Vec<C> {
    let said: Vec<&str> = map
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    C::ALL
        .iter()
        .copied()
        .filter(|one| said.contains(&one.code()))
        .collect()
}
