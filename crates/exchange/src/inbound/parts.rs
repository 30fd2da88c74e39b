//! The parts of a service: organisation, places, hours, phones, contacts and the rest.

use std::borrow::Cow;

use serde_json::{Map, Value};
use throughline_core::directory::{
    Capacity, Contact, CostOption, Language, Location, LocationType, Organisation, Phone, Schedule,
    ServiceArea, Weekday,
};

use super::notes::Notes;
use crate::repair::{contact, numbers, text as texts, when};

type Object = Map<String, Value>;

/// A field as text. Numbers become text; nulls are noted as empty.
pub(crate) fn raw<'a>(
    map: &'a Object,
    key: &str,
    field: &'static str,
    notes: &mut Notes,
) -> Option<Cow<'a, str>> {
    match map.get(key)? {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Null => {
            notes.empty(field);
            None
        }
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Text of several lines.
pub(crate) fn text(map: &Object, key: &'static str, notes: &mut Notes) -> Option<String> {
    raw(map, key, key, notes).and_then(|value| notes.take(key, texts::clean(&value)))
}

/// Text of one line.
pub(crate) fn line(map: &Object, key: &'static str, notes: &mut Notes) -> Option<String> {
    raw(map, key, key, notes).and_then(|value| notes.take(key, texts::line(&value)))
}

/// A web address.
pub(crate) fn web(map: &Object, key: &'static str, notes: &mut Notes) -> Option<String> {
    raw(map, key, key, notes).and_then(|value| notes.take(key, contact::url(&value)))
}

/// An e-mail address.
pub(crate) fn mail(
    map: &Object,
    key: &str,
    field: &'static str,
    notes: &mut Notes,
) -> Option<String> {
    raw(map, key, field, notes).and_then(|value| notes.take(field, contact::email(&value)))
}

/// A number, or text that is one.
pub(crate) fn number(map: &Object, key: &str) -> Option<f64> {
    match map.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Yes or no, as JSON or as a word.
pub(crate) fn truth(map: &Object, key: &str) -> Option<bool> {
    match map.get(key)? {
        Value::Bool(yes) => Some(*yes),
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Some(true),
            "false" | "no" | "n" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The objects of a list; one object alone counts as a list of one.
pub(crate) fn list<'a>(map: &'a Object, key: &str) -> Vec<&'a Object> {
    match map.get(key) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

/// An identifier as text.
pub(crate) fn id(map: &Object) -> Option<String> {
    match map.get("id")? {
        Value::String(id) => Some(id.trim().to_owned()).filter(|id| !id.is_empty()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The organisation; one without a name says nothing.
pub(crate) fn organisation(body: &Object, notes: &mut Notes) -> Option<Organisation> {
    let name = raw(body, "name", "organization.name", notes)
        .and_then(|name| notes.take("organization.name", texts::line(&name)));
    let Some(name) = name else {
        notes.add("organization", "an organisation without a name", "left out");
        return None;
    };
    let description = raw(body, "description", "organization.description", notes)
        .and_then(|it| notes.take("organization.description", texts::clean(&it)));
    let website = ["website", "url", "uri"].iter().find_map(|key| {
        raw(body, key, "organization.website", notes)
            .and_then(|it| notes.take("organization.website", contact::url(&it)))
    });
    let email = mail(body, "email", "organization.email", notes);
    Some(Organisation {
        source_id: id(body).unwrap_or_else(|| name.clone()),
        name,
        description,
        website,
        email,
    })
}

/// Languages, each once.
pub(crate) fn languages(map: &Object, notes: &mut Notes) -> Vec<Language> {
    let mut languages: Vec<Language> = Vec::new();
    for one in list(map, "languages") {
        let code = line(one, "code", notes);
        let name = line(one, "name", notes)
            .or_else(|| line(one, "language", notes))
            .or_else(|| code.clone());
        let language = name.map(|name| Language { name, code });
        languages.extend(language.filter(|language| !languages.contains(language)));
    }
    languages
}

/// Areas served, each once.
pub(crate) fn service_areas(map: &Object, notes: &mut Notes) -> Vec<ServiceArea> {
    let mut areas: Vec<ServiceArea> = Vec::new();
    for one in list(map, "service_areas") {
        let name = line(one, "name", notes)
            .or_else(|| line(one, "service_area", notes))
            .or_else(|| line(one, "description", notes));
        let code = ["code", "identifier", "uri", "extent"]
            .iter()
            .find_map(|key| one.get(*key).and_then(Value::as_str).and_then(gss_code));
        let area = name.map(|name| ServiceArea { name, code });
        areas.extend(area.filter(|area| !areas.contains(area)));
    }
    areas
}

/// The official code at the end of a text, if there is one: a letter and eight digits.
fn gss_code(text: &str) -> Option<String> {
    let last = text.trim().rsplit(['/', ':']).next()?.to_uppercase();
    let good = last.len() == 9
        && last.starts_with(['E', 'W', 'S', 'N', 'K'])
        && last.get(1..)?.chars().all(|c| c.is_ascii_digit());
    good.then_some(last)
}

/// The phone numbers of an object, each once.
pub(crate) fn phones(map: &Object, notes: &mut Notes) -> Vec<Phone> {
    let mut phones: Vec<Phone> = Vec::new();
    let mut add = |found: Vec<Phone>| {
        for phone in found {
            if !phones.contains(&phone) {
                phones.push(phone);
            }
        }
    };
    for one in list(map, "phones") {
        let mut found = raw(one, "number", "phones.number", notes)
            .map(|number| notes.take("phones.number", contact::phones(&number)))
            .unwrap_or_default();
        let label = line(one, "description", notes).or_else(|| line(one, "department", notes));
        let extension = raw(one, "extension", "phones.extension", notes)
            .map(Cow::into_owned)
            .filter(|it| !it.trim().is_empty());
        let kind = line(one, "type", notes);
        let languages: Vec<String> = line(one, "language", notes)
            .map(|names| {
                names
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .filter(|name| !name.is_empty())
                    .collect()
            })
            .unwrap_or_default();
        for phone in &mut found {
            phone.label = phone.label.take().or_else(|| label.clone());
            phone.extension = phone.extension.take().or_else(|| extension.clone());
            phone.kind.clone_from(&kind);
            phone.languages.clone_from(&languages);
        }
        add(found);
    }
    if let Some(single) = raw(map, "phone", "phone", notes) {
        add(notes.take("phone", contact::phones(&single)));
    }
    phones
}

/// Desks and roles to contact. A contact that says nothing is left out.
pub(crate) fn contacts(map: &Object, notes: &mut Notes) -> Vec<Contact> {
    let mut contacts: Vec<Contact> = Vec::new();
    for one in list(map, "contacts") {
        let mut phones = phones(one, notes);
        if let Some(rest) = raw(one, "phone_number", "contacts.phone_number", notes) {
            let area =
                raw(one, "phone_areacode", "contacts.phone_areacode", notes).unwrap_or_default();
            let digits = area
                .chars()
                .chain(rest.chars())
                .filter(char::is_ascii_digit)
                .count();
            if digits >= 10 {
                phones.extend(notes.take(
                    "contacts.phone_number",
                    contact::phones(&format!("{area} {rest}")),
                ));
            } else if digits > 0 {
                notes.add(
                    "contacts.phone_number",
                    "part of a phone number is missing",
                    "left out",
                );
            } else {
                notes.empty("contacts.phone_number");
            }
        }
        let contact = Contact {
            name: line(one, "name", notes),
            title: line(one, "title", notes),
            email: mail(one, "email", "contacts.email", notes),
            phones,
        };
        if contact != Contact::default() && !contacts.contains(&contact) {
            contacts.push(contact);
        }
    }
    contacts
}

/// Prices.
pub(crate) fn cost_options(map: &Object, notes: &mut Notes) -> Vec<CostOption> {
    list(map, "cost_options")
        .into_iter()
        .map(|one| CostOption {
            option: line(one, "option", notes),
            pence: raw(one, "amount", "cost_options.amount", notes)
                .and_then(|amount| notes.take("cost_options.amount", numbers::pence(&amount))),
            currency: line(one, "currency", notes),
            detail: line(one, "amount_description", notes)
                .or_else(|| line(one, "cost_type", notes)),
            valid_from: day(one, "valid_from", notes),
            valid_to: day(one, "valid_to", notes),
        })
        .filter(|option| *option != CostOption::default())
        .collect()
}

/// Room for new people.
pub(crate) fn capacity(one: &Object, notes: &mut Notes) -> Option<Capacity> {
    let count = |key: &str| {
        one.get(key)
            .and_then(Value::as_u64)
            .and_then(|count| u32::try_from(count).ok())
    };
    let unit = one
        .get("unit")
        .and_then(Value::as_object)
        .and_then(|unit| line(unit, "name", notes))?;
    let updated = raw(one, "updated", "capacities.updated", notes)
        .and_then(|at| notes.take("capacities.updated", when::instant(&at)));
    Some(Capacity {
        unit,
        available: count("available"),
        maximum: count("maximum"),
        updated,
    })
}

fn day(map: &Object, key: &'static str, notes: &mut Notes) -> Option<jiff::civil::Date> {
    let given = raw(map, key, key, notes).filter(|text| !text.trim().is_empty())?;
    notes.take(key, when::date(&given))
}

/// Opening hours and holidays. Every row of the feed stays one schedule; what cannot be read stays as words.
pub(crate) fn schedules(map: &Object, notes: &mut Notes) -> Vec<Schedule> {
    let open = list(map, "schedules")
        .into_iter()
        .map(|one| (one, truth(one, "closed").unwrap_or(false)));
    let holidays = list(map, "holidays")
        .into_iter()
        .map(|one| (one, truth(one, "closed").unwrap_or(true)));
    open.chain(holidays)
        .map(|(one, closed)| schedule(one, closed, notes))
        .collect()
}

fn schedule(one: &Object, closed: bool, notes: &mut Notes) -> Schedule {
    let mut unread: Vec<String> = Vec::new();
    let mut clock = |key: &'static str, notes: &mut Notes| {
        let given = raw(one, key, key, notes).filter(|text| !text.trim().is_empty())?;
        let read = notes.take(key, when::time(&given));
        if read.is_none() {
            unread.push(given.trim().to_owned());
        }
        read
    };
    let (opens, closes) = (clock("opens_at", notes), clock("closes_at", notes));
    let given = ["byday", "weekday"].iter().find_map(|key| {
        raw(one, key, "schedules.byday", notes).filter(|text| !text.trim().is_empty())
    });
    let (mut weekdays, mut week_of_month) = given
        .map(|days| notes.take("schedules.byday", when::weekdays(&days)))
        .unwrap_or_default();
    let freq = one
        .get("freq")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_uppercase();
    if freq == "DAILY" && weekdays.is_empty() {
        weekdays = <Weekday as throughline_core::code::Code>::ALL.to_vec();
    }
    if freq == "MONTHLY" && week_of_month.is_none() {
        week_of_month = number(one, "bysetpos")
            .and_then(small)
            .filter(|week| (1..=5).contains(&week.abs()));
    }
    let every_weeks = number(one, "interval")
        .and_then(small)
        .filter(|every| freq == "WEEKLY" && *every > 1)
        .and_then(|every| u8::try_from(every).ok());
    let words = ["description", "original_text", "notes"]
        .iter()
        .find_map(|key| text(one, key, notes));
    let monthly_by_date = (freq == "MONTHLY" && weekdays.is_empty())
        .then(|| {
            raw(one, "bymonthday", "schedules.bymonthday", notes)
                .map(|day| format!("Day {day} of each month"))
        })
        .flatten();
    let unread = (!unread.is_empty()).then(|| unread.join(" to "));
    Schedule {
        weekdays,
        week_of_month,
        every_weeks,
        opens,
        closes,
        valid_from: day(one, "valid_from", notes)
            .or_else(|| day(one, "start_date", notes))
            .or_else(|| day(one, "dtstart", notes)),
        valid_to: day(one, "valid_to", notes)
            .or_else(|| day(one, "end_date", notes))
            .or_else(|| day(one, "until", notes)),
        closed,
        words: words.or(monthly_by_date).or(unread),
    }
}

fn small(number: f64) -> Option<i8> {
    (-100..=100_i8).find(|whole| (f64::from(*whole) - number).abs() < 0.01)
}

/// Where a service is, and what hangs on its places.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub locations: Vec<Location>,
    pub phones: Vec<Phone>,
    pub contacts: Vec<Contact>,
    /// Whether the feed marks a place as not to be shown.
    pub marked: bool,
}

/// The places of a service, those it is at and those given directly.
pub(crate) fn places(map: &Object, service: &str, notes: &mut Notes) -> Places {
    let mut places = Places::default();
    for at in list(map, "service_at_locations") {
        let schedules = schedules(at, notes);
        places.phones.extend(phones(at, notes));
        places.contacts.extend(contacts(at, notes));
        match at.get("location").and_then(Value::as_object) {
            Some(inner) => place(inner, service, schedules, &mut places, notes),
            None => notes.add(
                "service_at_locations",
                "a place that is not described",
                "left out",
            ),
        }
    }
    for inner in list(map, "locations") {
        place(inner, service, Vec::new(), &mut places, notes);
    }
    places
}

fn place(
    inner: &Object,
    service: &str,
    mut hours: Vec<Schedule>,
    places: &mut Places,
    notes: &mut Notes,
) {
    places.marked |= [
        "mask_exact_address",
        "confidential",
        "is_confidential",
        "address_withheld",
        "redacted",
    ]
    .iter()
    .any(|key| truth(inner, key) == Some(true));
    places.phones.extend(phones(inner, notes));
    places.contacts.extend(contacts(inner, notes));
    hours.extend(schedules(inner, notes));
    let addresses = list(inner, "addresses");
    let is_postal =
        |address: &&&Object| address.get("address_type").and_then(Value::as_str) == Some("postal");
    let address = addresses
        .iter()
        .find(|address| !is_postal(address))
        .or(addresses.first())
        .copied()
        .unwrap_or(inner);
    let postal_only = !addresses.is_empty() && addresses.iter().all(|address| is_postal(&address));
    let said: Option<LocationType> = inner
        .get("location_type")
        .and_then(Value::as_str)
        .and_then(|word| word.trim().to_lowercase().parse().ok());
    let lines: Vec<String> = [
        "attention",
        "address_1",
        "address_2",
        "address_3",
        "address_4",
    ]
    .iter()
    .filter_map(|key| line(address, key, notes))
    .collect();
    let location = Location {
        source_id: id(inner),
        name: line(inner, "name", notes),
        location_type: said.unwrap_or(if postal_only {
            LocationType::Postal
        } else {
            LocationType::Physical
        }),
        address: lines,
        city: line(address, "city", notes),
        region: line(address, "state_province", notes).or_else(|| line(address, "region", notes)),
        postcode: line(address, "postal_code", notes)
            .map(|code| notes.take("postal_code", numbers::postcode(&code))),
        country: line(address, "country", notes),
        point: point(inner, notes),
        accessibility: accessibility(inner, notes),
        transport: text(inner, "transportation", notes),
        schedules: hours,
    };
    let somewhere = !location.address.is_empty()
        || location.postcode.is_some()
        || location.city.is_some()
        || location.point.is_some();
    let named = location.name.as_deref().is_some_and(|name| name != service);
    if somewhere
        || named
        || location.location_type == LocationType::Virtual
        || !location.schedules.is_empty()
    {
        places.locations.push(location);
    } else {
        notes.add(
            "location",
            "a place that is not described",
            "left out: place unknown",
        );
    }
}

fn point(inner: &Object, notes: &mut Notes) -> Option<throughline_core::geo::Point> {
    let flat = number(inner, "latitude").zip(number(inner, "longitude"));
    let geometry = || {
        let pair = inner.get("geometry")?.get("coordinates")?.as_array()?;
        pair.get(1)?.as_f64().zip(pair.first()?.as_f64())
    };
    let (latitude, longitude) = flat.or_else(geometry)?;
    notes.take("latitude, longitude", numbers::point(latitude, longitude))
}

fn accessibility(inner: &Object, notes: &mut Notes) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for one in list(inner, "accessibility") {
        let said: Vec<String> = ["accessibility", "label", "name", "description", "details"]
            .iter()
            .filter_map(|key| line(one, key, notes))
            .collect();
        let said = said.join(": ");
        if !said.is_empty() && !all.contains(&said) {
            all.push(said);
        }
    }
    all
}
