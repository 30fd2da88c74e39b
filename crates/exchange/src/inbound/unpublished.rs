//! What a row says in words and the directory has no field for. It is published nowhere, and tells what a service is all the same: a
//! refuge may say so in the description of its place alone.

use serde_json::{Map, Value};

use super::notes::Notes;
use super::parts::{list, text};
use crate::outbound::{NEEDS, SERVICE_TYPES};

type Object = Map<String, Value>;

/// Such words, by what they are evidence of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unpublished {
    /// Other names of its places.
    pub names: Vec<String>,
    /// How its source classifies it and its places.
    pub terms: Vec<String>,
    /// Everything else.
    pub sentences: Vec<String>,
}

impl Unpublished {
    /// Reads them from a row whose fields have their version 3 names.
    pub(crate) fn of(map: &Object) -> Self {
        let mut found = Self::default();
        found.classified(map);
        found.sentences.extend(said(map, &["alert"]));
        for one in list(map, "program")
            .into_iter()
            .chain(list(map, "service_areas"))
        {
            found.sentences.extend(said(one, &["name", "description"]));
        }
        for at in list(map, "service_at_locations") {
            found.sentences.extend(said(at, &["description"]));
            found.classified(at);
            for place in list(at, "location") {
                found.place(place);
            }
        }
        for place in list(map, "locations") {
            found.place(place);
        }
        // What an organisation is classified as, each of its services need not be: it is something said, and not their class.
        for body in list(map, "organization") {
            let mut of_body = Self::default();
            of_body.classified(body);
            found.sentences.extend(said(body, &["alternate_name"]));
            found.sentences.extend(of_body.terms);
            found.sentences.extend(of_body.sentences);
        }
        found
    }

    fn place(&mut self, place: &Object) {
        self.names.extend(said(place, &["alternate_name"]));
        self.sentences.extend(said(place, &["description"]));
        self.classified(place);
    }

    /// The attributes of an object, but for those of our own lists, which come back as needs and kinds of service.
    fn classified(&mut self, map: &Object) {
        for attribute in list(map, "attributes") {
            let inner = ["taxonomy_term", "taxonomy"]
                .iter()
                .find_map(|key| attribute.get(*key).and_then(Value::as_object));
            let objects = || inner.into_iter().chain([attribute]);
            let lists: Vec<String> = objects()
                .flat_map(|one| {
                    let detail = list(one, "taxonomy_detail");
                    let names = said(one, &["taxonomy", "vocabulary"]);
                    names.chain(detail.into_iter().flat_map(|one| said(one, &["name"])))
                })
                .collect();
            if lists
                .iter()
                .any(|name| name == NEEDS || name == SERVICE_TYPES)
            {
                continue;
            }
            self.sentences.extend(lists);
            for one in objects() {
                self.terms.extend(said(one, &["name", "label", "value"]));
                self.sentences.extend(said(one, &["description"]));
            }
        }
    }
}

/// What stands in these fields. Repairs of texts that nobody reads are on no report.
fn said<'m>(map: &'m Object, keys: &'m [&'static str]) -> impl Iterator<Item = String> + 'm {
    keys.iter()
        .filter_map(|key| text(map, key, &mut Notes::new(0)))
}
