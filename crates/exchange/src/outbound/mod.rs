//! Entries out: Open Referral UK 3.0 JSON, a superset of HSDS 3.0 that the UK schemas accept.
//!
//! Fields without a value are left out, never `null` or empty. Identifiers are UUIDs: the caller gives those of services and
//! organisations, those of everything below are made from them (version 5) and stay the same. A confidential entry shows its areas
//! and what tells no place, nothing else. Our own fields (`needs`, `service_types`, `eligibility`, `by_and_for`, `provider_model`,
//! `communities_served`, `free`, `confidential`) stand beside the standard's, which allows them.

mod lists;
mod query;
mod service;

pub use lists::{ApiDetails, envelope, ndjson, taxonomies, taxonomy_terms};
pub use query::{BadQuery, ListFormat, ServiceQuery};
pub use service::{
    Published, location, organization, service_at_location, service_at_locations, service_full,
    service_minimal, service_row,
};

use throughline_core::directory::{Entry, Term};
use uuid::Uuid;

/// The version as the official validator reads it; it takes anything else for version 1.0.
pub const VERSION: &str = "HSDS-UK-3.0";

/// Taxonomy of our own need types.
pub const NEEDS: &str = "Throughline needs";

/// Taxonomy of our own service types.
pub const SERVICE_TYPES: &str = "Throughline service types";

/// Taxonomy of terms whose source names none.
pub const OTHER_TERMS: &str = "Other terms";

/// The UUID of a part: made from its parent's and its path below it.
pub(crate) fn part_id(parent: Uuid, path: &str) -> Uuid {
    Uuid::new_v5(&parent, path.as_bytes())
}

/// The UUID of a taxonomy, from its name.
pub fn taxonomy_id(name: &str) -> Uuid {
    Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("urn:throughline:taxonomy:{name}").as_bytes(),
    )
}

/// A classification term as published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicTerm {
    /// Name of its taxonomy.
    pub taxonomy: String,
    /// Name of the term.
    pub name: String,
    /// The code by which its source knows it.
    pub code: Option<String>,
}

impl PublicTerm {
    /// UUID of the term, from its taxonomy and its code (its name where it has none).
    pub fn id(&self) -> Uuid {
        part_id(
            taxonomy_id(&self.taxonomy),
            self.code.as_deref().unwrap_or(&self.name),
        )
    }

    fn of(term: &Term) -> Self {
        Self {
            taxonomy: term
                .taxonomy
                .clone()
                .unwrap_or_else(|| OTHER_TERMS.to_owned()),
            name: term.name.clone(),
            code: term.source_id.clone(),
        }
    }

    fn ours(taxonomy: &str, code: &str) -> Self {
        let mut name = code.replace('_', " ");
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self {
            taxonomy: taxonomy.to_owned(),
            name,
            code: Some(code.to_owned()),
        }
    }
}

/// Every term of an entry as published: those of its source, its needs and its kinds of service.
pub fn public_terms(entry: &Entry) -> Vec<PublicTerm> {
    use throughline_core::code::Code as _;
    let needs = entry
        .needs
        .iter()
        .map(|need| PublicTerm::ours(NEEDS, need.code()));
    let kinds = entry
        .types()
        .iter()
        .map(|kind| PublicTerm::ours(SERVICE_TYPES, kind.code()));
    entry
        .terms
        .iter()
        .map(PublicTerm::of)
        .chain(needs)
        .chain(kinds)
        .collect()
}

/// A zip of texts by their names. Its files bear no time and no name but their own.
///
/// # Errors
/// When it cannot be written, which a name made here cannot cause.
pub fn zip_of(files: &std::collections::BTreeMap<String, String>) -> std::io::Result<Vec<u8>> {
    use std::io::Write as _;
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        out.start_file(name.as_str(), zip::write::SimpleFileOptions::default())?;
        out.write_all(text.as_bytes())?;
    }
    Ok(out.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    #[test]
    fn a_zip_gives_back_every_text_under_its_name() {
        let files = BTreeMap::from([
            ("a.html".to_owned(), "<p>Ŵy</p>".to_owned()),
            ("b.json".to_owned(), "{}".repeat(5_000)),
        ]);
        let bytes = super::zip_of(&files).unwrap();
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        assert_eq!(zip.len(), files.len());
        for (name, text) in files {
            let mut inside = String::new();
            zip.by_name(&name)
                .unwrap()
                .read_to_string(&mut inside)
                .unwrap();
            assert_eq!(inside, text, "{name}");
        }
    }
}
