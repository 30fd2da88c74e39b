//! Lists, pages and the root of the API.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};
use throughline_core::directory::Entry;

use super::{PublicTerm, VERSION, public_terms, taxonomy_id};
use crate::inbound::outward;

/// What the root of the API says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiDetails {
    /// Always [`VERSION`].
    pub version: &'static str,
    /// Address of the profile.
    pub profile: String,
    /// Address of the OpenAPI document.
    pub openapi_url: String,
}

impl ApiDetails {
    /// For an OpenAPI document at this absolute address.
    pub fn new(openapi_url: impl Into<String>) -> Self {
        Self {
            version: VERSION,
            profile: "https://docs.openreferraluk.org/".to_owned(),
            openapi_url: openapi_url.into(),
        }
    }
}

/// The envelope of a list: `rows` are those of this page, `total` counts all pages. Pages begin at 1; an empty list has one page.
pub fn envelope(rows: &[Value], total: u64, page: u64, per_page: u64) -> Value {
    let pages = total.div_ceil(per_page.max(1)).max(1);
    json!({
        "total_items": total,
        "total_pages": pages,
        "page_number": page,
        "size": rows.len(),
        "first_page": page == 1,
        "last_page": page >= pages,
        "empty": rows.is_empty(),
        "contents": rows,
    })
}

/// One JSON object a line.
pub fn ndjson(rows: &[Value]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        text.push_str(&row.to_string());
        text.push('\n');
        text
    })
}

/// Every taxonomy that the entries use, by name.
pub fn taxonomies<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Value> {
    let names: BTreeSet<String> = entries
        .into_iter()
        .flat_map(|entry| public_terms(&outward(entry)))
        .map(|term| term.taxonomy)
        .collect();
    names.into_iter().map(|name| json!({ "id": taxonomy_id(&name), "description": format!("Terms of: {name}"), "name": name })).collect()
}

/// Every term that the entries use, by taxonomy and name, each identifier once.
pub fn taxonomy_terms<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Value> {
    let terms: BTreeMap<_, PublicTerm> = entries
        .into_iter()
        .flat_map(|entry| public_terms(&outward(entry)))
        .map(|term| (term.id(), term))
        .collect();
    let mut terms: Vec<PublicTerm> = terms.into_values().collect();
    terms.sort();
    terms
        .into_iter()
        .map(|term| {
            let mut value = json!({
                "id": term.id(), "description": term.name, "taxonomy_id": taxonomy_id(&term.taxonomy), "taxonomy": term.taxonomy, "name": term.name,
            });
            if let (Some(map), Some(code)) = (value.as_object_mut(), term.code) {
                map.insert("term".to_owned(), json!(code));
            }
            value
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arithmetic_of_pages_adds_up() {
        for total in 0..30_u64 {
            for per_page in 1..8_u64 {
                let pages = envelope(&[], total, 1, per_page)["total_pages"]
                    .as_u64()
                    .unwrap();
                assert!(pages * per_page >= total && (pages - 1) * per_page < total.max(1));
                assert_eq!(
                    envelope(&[json!({})], total, pages, per_page)["last_page"],
                    true
                );
            }
        }
    }

    #[test]
    fn ndjson_is_one_object_a_line() {
        assert_eq!(
            ndjson(&[json!({"a": "x\ny"}), json!({})]),
            "{\"a\":\"x\\ny\"}\n{}\n"
        );
    }
}
