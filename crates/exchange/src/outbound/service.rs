//! One service as JSON.

use serde_json::{Map, Value, json};
use throughline_core::code::Code as _;
use throughline_core::directory::{Contact, Entry, Location, Organisation, Phone, Schedule};
use throughline_core::geo::Postcode;
use throughline_core::time::At;
use uuid::Uuid;

use super::{part_id, public_terms, taxonomy_id};
use crate::inbound::outward;

/// An entry with its public identifiers.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Public UUID of the service.
    pub id: Uuid,
    /// Public UUID of its organisation; the same for every service of one organisation.
    pub organisation_id: Uuid,
    /// When the directory last changed the entry. `None`: it is in no directory.
    pub changed_at: Option<At>,
}

impl Published<'_> {
    /// When what is published last changed: when its source changed it, or when we did, if that was later. An address that was withheld
    /// here is no change of the source's, and whoever has a copy must fetch it.
    pub fn modified(&self) -> Option<At> {
        self.entry.last_modified.max(self.changed_at)
    }
}

/// An object without empty fields.
struct Object(Map<String, Value>);

impl Object {
    fn of(id: Uuid) -> Self {
        Self(Map::from_iter([("id".to_owned(), json!(id))]))
    }

    fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !empty {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// Identifier and time of last change, for `minimal=true`.
pub fn service_minimal(published: &Published<'_>) -> Value {
    Object::of(published.id)
        .put(
            "last_modified",
            published.modified().map(|at| at.to_string()),
        )
        .done()
}

/// The row of the list `/services`: the service's own fields and its organisation.
pub fn service_row(published: &Published<'_>) -> Value {
    flat(published, &outward(published.entry)).done()
}

/// The whole service with everything that belongs to it, as `/services/{id}` answers.
pub fn service_full(published: &Published<'_>) -> Value {
    let entry = outward(published.entry);
    let id = published.id;
    let list = |name: &str, values: Vec<Value>| numbered(id, name, values);
    let languages = entry
        .languages
        .iter()
        .map(|one| json_of(&[("name", Some(one.name.clone())), ("code", one.code.clone())]))
        .collect();
    let funding = entry
        .funding
        .iter()
        .map(|source| json!({ "source": source }))
        .collect();
    let documents = entry
        .required_documents
        .iter()
        .map(|document| json!({ "document": document }))
        .collect();
    let capacities = entry
        .capacity
        .iter()
        .map(|one| {
            let unit = json!({ "id": part_id(id, "unit"), "name": one.unit });
            drop_nulls(json!({ "unit": unit, "available": one.available, "maximum": one.maximum, "updated": one.updated.map(|at| at.to_string()) }))
        })
        .collect();
    let costs = entry
        .cost_options
        .iter()
        .map(|one| {
            drop_nulls(json!({
                "option": one.option, "amount": one.pence.and_then(amount), "currency": one.currency, "amount_description": one.detail,
                "valid_from": one.valid_from, "valid_to": one.valid_to, "service_id": id,
            }))
        })
        .collect();
    let attributes = public_terms(&entry)
        .iter()
        .enumerate()
        .map(|(at, term)| {
            let taxonomy = taxonomy_id(&term.taxonomy);
            let inner = Object::of(term.id())
                .put("name", term.name.clone())
                .put("description", term.name.clone())
                .put("term", term.code.clone())
                .put("taxonomy", term.taxonomy.clone())
                .put("taxonomy_id", taxonomy.to_string());
            Object::of(part_id(id, &format!("attributes/{at}")))
                .put("link_id", id.to_string())
                .put("link_entity", "service")
                .put("taxonomy_term_id", term.id().to_string())
                .put("taxonomy_term", inner.done())
                .done()
        })
        .collect::<Vec<_>>();
    flat(published, &entry)
        .put("phones", phones(id, &entry.phones))
        .put("contacts", contacts(id, &entry.contacts))
        .put(
            "schedules",
            schedules(id, entry.schedules(), ("service_id", id)),
        )
        .put("service_areas", service_areas(id, &entry))
        .put("service_at_locations", places(id, &entry))
        .put("languages", list("languages", languages))
        .put("funding", list("funding", funding))
        .put("cost_options", list("cost_options", costs))
        .put("required_documents", list("required_documents", documents))
        .put("capacities", list("capacities", capacities))
        .put("attributes", attributes)
        .done()
}

/// The service's own fields and its organisation.
fn flat(published: &Published<'_>, entry: &Entry) -> Object {
    let (id, organisation_id) = (published.id, published.organisation_id);
    let body = entry
        .organisation
        .as_ref()
        .map(|body| organisation(body, organisation_id));
    let own = serde_json::to_value(&entry.eligibility).unwrap_or_default();
    Object::of(id)
        .put(
            "organization_id",
            body.as_ref().map(|_| organisation_id.to_string()),
        )
        .put("name", entry.name.clone())
        .put("alternate_name", entry.alternate_name.clone())
        .put("description", entry.description.clone())
        .put("url", entry.url.clone())
        .put("email", entry.email.clone())
        .put("status", entry.status.code())
        .put("interpretation_services", entry.interpretation.clone())
        .put("application_process", entry.application.clone())
        .put("wait_time", entry.wait.clone())
        .put("fees", entry.fees.clone())
        .put("fees_description", entry.fees.clone())
        .put("accreditations", entry.accreditations.clone())
        .put("eligibility_description", entry.eligibility.words.clone())
        .put("minimum_age", entry.eligibility.minimum_age)
        .put("maximum_age", entry.eligibility.maximum_age)
        .put(
            "assured_date",
            entry.assured_date.map(|date| date.to_string()),
        )
        .put(
            "last_modified",
            published.modified().map(|at| at.to_string()),
        )
        .put("organization", body)
        .put("needs", codes(entry.needs.iter().map(|need| need.code())))
        .put(
            "service_types",
            codes(entry.types().iter().map(|kind| kind.code())),
        )
        .put(
            "communities_served",
            codes(entry.communities.iter().map(|one| one.code())),
        )
        .put("eligibility", own)
        .put(
            "by_and_for",
            entry.by_and_for.map(throughline_core::code::Code::code),
        )
        .put(
            "provider_model",
            entry.provider_model.map(throughline_core::code::Code::code),
        )
        .put("free", entry.free)
        .put("confidential", entry.is_confidential().then_some(true))
}

fn codes<'a>(list: impl Iterator<Item = &'a str>) -> Vec<Value> {
    list.map(Value::from).collect()
}

/// The organisation of a service, as `/organizations/{id}` answers. `None`: it says none.
pub fn organization(published: &Published<'_>) -> Option<Value> {
    let entry = outward(published.entry);
    let body = entry.organisation.as_ref()?;
    Some(organisation(body, published.organisation_id))
}

/// The standard insists on a description: its name stands in.
fn organisation(body: &Organisation, id: Uuid) -> Value {
    Object::of(id)
        .put("name", body.name.clone())
        .put(
            "description",
            body.description
                .clone()
                .unwrap_or_else(|| body.name.clone()),
        )
        .put("email", body.email.clone())
        .put("website", body.website.clone())
        .put("uri", body.website.clone())
        .done()
}

/// Every place of a service, whole, as the list `/service_at_locations` with `full=true` and `/service_at_locations/{id}` answer.
/// A confidential service has none.
pub fn service_at_locations(published: &Published<'_>) -> Vec<Value> {
    let count = published.entry.locations().len();
    (0..count)
        .filter_map(|at| service_at_location(published, at))
        .collect()
}

/// One place of a service, by its position, with the service.
pub fn service_at_location(published: &Published<'_>, at: usize) -> Option<Value> {
    let entry = published.entry;
    let Value::Object(place) = place(published.id, at, entry.locations().get(at)?) else {
        return None;
    };
    Some(Object(place).put("service", service_row(published)).done())
}

fn places(id: Uuid, entry: &Entry) -> Vec<Value> {
    entry
        .locations()
        .iter()
        .enumerate()
        .map(|(at, one)| place(id, at, one))
        .collect()
}

fn place(id: Uuid, at: usize, one: &Location) -> Value {
    let link = part_id(id, &format!("service_at_locations/{at}"));
    let inner = part_id(link, "location");
    Object::of(link)
        .put("service_id", id.to_string())
        .put("location_id", inner.to_string())
        .put("location", location(one, inner))
        .put(
            "schedules",
            schedules(link, &one.schedules, ("service_at_location_id", link)),
        )
        .done()
}

/// A location. An address that lacks what the standard requires of one is said in words instead.
pub fn location(one: &Location, id: Uuid) -> Value {
    let address = address(one, id);
    let words = address.is_none().then(|| in_words(one)).flatten();
    let accessibility = one
        .accessibility
        .iter()
        .map(|said| json!({ "description": said, "location_id": id }))
        .collect();
    Object::of(id)
        .put("location_type", one.location_type.code())
        .put("name", one.name.clone())
        .put("description", words)
        .put("latitude", one.point.map(throughline_core::geo::Point::lat))
        .put(
            "longitude",
            one.point.map(throughline_core::geo::Point::lon),
        )
        .put("transportation", one.transport.clone())
        .put("addresses", address.into_iter().collect::<Vec<_>>())
        .put(
            "accessibility",
            numbered(id, "accessibility", accessibility),
        )
        .done()
}

fn address(one: &Location, id: Uuid) -> Option<Value> {
    let (first, rest) = one.address.split_first()?;
    let postcode = one.postcode.as_ref()?;
    let city = one.city.as_ref()?;
    let british = Postcode::parse(postcode).is_ok_and(|code| code.is_full());
    let country = one
        .country
        .clone()
        .or_else(|| british.then(|| "GB".to_owned()))?;
    let kind = if one.location_type == throughline_core::directory::LocationType::Postal {
        "postal"
    } else {
        "physical"
    };
    Some(
        Object::of(part_id(id, "address"))
            .put("location_id", id.to_string())
            .put("address_1", first.clone())
            .put("address_2", rest.join(", "))
            .put("city", city.clone())
            .put(
                "state_province",
                one.region.clone().unwrap_or_else(|| city.clone()),
            )
            .put("postal_code", postcode.clone())
            .put("country", country)
            .put("address_type", kind)
            .done(),
    )
}

fn in_words(one: &Location) -> Option<String> {
    let parts: Vec<&str> = one
        .address
        .iter()
        .chain(&one.city)
        .chain(&one.region)
        .chain(&one.postcode)
        .map(String::as_str)
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn service_areas(id: Uuid, entry: &Entry) -> Vec<Value> {
    let areas = entry
        .service_areas
        .iter()
        .map(|area| {
            drop_nulls(json!({
                "name": area.name, "service_area": area.name, "service_id": id, "extent_type": area.code.as_ref().map(|_| "gss"),
                "uri": area.code.as_ref().map(|code| format!("http://statistics.data.gov.uk/id/statistical-geography/{code}")),
            }))
        })
        .collect();
    numbered(id, "service_areas", areas)
}

fn phones(parent: Uuid, phones: &[Phone]) -> Vec<Value> {
    let listed = phones
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let own = part_id(parent, &format!("phones/{at}"));
            let languages = one
                .languages
                .iter()
                .map(|name| json!({ "name": name, "phone_id": own }))
                .collect();
            Object(Map::new())
                .put("number", one.number.clone())
                .put("extension", one.extension.clone())
                .put("description", one.label.clone())
                .put("type", one.kind.clone())
                .put("languages", numbered(own, "languages", languages))
                .done()
        })
        .collect();
    numbered(parent, "phones", listed)
}

fn contacts(parent: Uuid, contacts: &[Contact]) -> Vec<Value> {
    contacts
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let own = part_id(parent, &format!("contacts/{at}"));
            Object::of(own)
                .put("service_id", parent.to_string())
                .put("name", one.name.clone())
                .put("title", one.title.clone())
                .put("email", one.email.clone())
                .put("phones", phones(own, &one.phones))
                .done()
        })
        .collect()
}

fn schedules(parent: Uuid, schedules: &[Schedule], owner: (&str, Uuid)) -> Vec<Value> {
    let listed = schedules
        .iter()
        .map(|one| {
            let days: Vec<String> = one
                .weekdays
                .iter()
                .map(|day| {
                    format!(
                        "{}{day}",
                        one.week_of_month
                            .map(|week| week.to_string())
                            .unwrap_or_default()
                    )
                })
                .collect();
            let freq = (!days.is_empty()).then(|| {
                if one.week_of_month.is_some() {
                    "MONTHLY"
                } else {
                    "WEEKLY"
                }
            });
            let clock =
                |time: jiff::civil::Time| format!("{:02}:{:02}", time.hour(), time.minute());
            Object(Map::new())
                .put(owner.0, owner.1.to_string())
                .put("freq", freq)
                .put("interval", one.every_weeks)
                .put("byday", days.join(","))
                .put("opens_at", one.opens.map(clock))
                .put("closes_at", one.closes.map(clock))
                .put("valid_from", one.valid_from.map(|date| date.to_string()))
                .put("valid_to", one.valid_to.map(|date| date.to_string()))
                .put("description", one.words.clone())
                .put("notes", one.closed.then_some("Closed at these times"))
                .put("closed", one.closed.then_some(true))
                .done()
        })
        .collect();
    numbered(parent, "schedules", listed)
}

/// Gives each object of a list its own identifier.
fn numbered(parent: Uuid, name: &str, values: Vec<Value>) -> Vec<Value> {
    let mut list = values;
    for (at, value) in list.iter_mut().enumerate() {
        if let Value::Object(map) = value {
            map.insert(
                "id".to_owned(),
                json!(part_id(parent, &format!("{name}/{at}"))),
            );
        }
    }
    list
}

fn json_of(fields: &[(&str, Option<String>)]) -> Value {
    fields
        .iter()
        .fold(Object(Map::new()), |object, (name, value)| {
            object.put(name, value.clone())
        })
        .done()
}

fn drop_nulls(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|_, value| !value.is_null());
    }
    value
}

/// Pounds from pence, exact to the penny when written.
fn amount(pence: i64) -> Option<Value> {
    let text = format!("{}.{:02}", pence / 100, (pence % 100).abs());
    text.parse::<f64>().ok().map(Value::from)
}
