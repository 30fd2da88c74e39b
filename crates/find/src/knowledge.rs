//! What finding knows besides the directory: places, phrases, stems, and how old a fact may be.

use serde::{Deserialize, Serialize};
use throughline_core::geo::DistanceBand;

use crate::geo::Gazetteer;
use crate::postcode_table::TableError;
use crate::text::Splitter;
use crate::thesaurus::Thesaurus;

static SETTINGS: &str = include_str!("../data/settings.toml");

/// Why the built-in data could not be read.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// A table of places.
    #[error(transparent)]
    Places(#[from] TableError),
    /// A TOML file.
    #[error(transparent)]
    Words(#[from] toml::de::Error),
}

/// How old a fact may be before it must be asked again, and other numbers a steward sets (`data/settings.toml`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Days for which a provider's word on free places stands.
    pub capacity_fresh_days: u16,
    /// Days for which a confirmed listing stands.
    pub listing_fresh_days: u16,
    /// The farthest band that somebody who cannot travel is not told to ask about.
    pub near_without_travel: DistanceBand,
    /// Confidential services an area must have before its name is shown for one of them (SPEC 4.8).
    pub confidential_services_to_name_an_area: u16,
}

/// Everything finding knows besides the directory. Make one at start and share it.
#[derive(Debug)]
pub struct Knowledge {
    /// Places.
    pub gazetteer: Gazetteer,
    /// Phrases and needs.
    pub thesaurus: Thesaurus,
    /// Stems.
    pub splitter: Splitter,
    /// Numbers.
    pub settings: Settings,
}

impl Knowledge {
    /// What is part of the program.
    ///
    /// # Errors
    /// Only if the built-in data were damaged, which a test excludes.
    pub fn built_in() -> Result<Self, KnowledgeError> {
        Self::with_gazetteer(Gazetteer::built_in()?)
    }

    /// The built-in words and numbers with another gazetteer.
    pub fn with_gazetteer(gazetteer: Gazetteer) -> Result<Self, KnowledgeError> {
        let splitter = Splitter::default();
        let thesaurus = Thesaurus::built_in(&splitter)?;
        Ok(Self {
            gazetteer,
            thesaurus,
            splitter,
            settings: toml::from_str(SETTINGS)?,
        })
    }
}
