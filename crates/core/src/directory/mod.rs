//! Directory entries: one service, with everything a person needs to choose it and reach it.
//!
//! An [`Entry`] is shaped like an Open Referral UK / HSDS 3.0 service, with our own names where that standard has none.
//! Every answer a provider may not have given is an `Option`: `None` means *ask*, never *yes* (SPEC 4.9).
//!
//! An entry for a refuge or another confidential kind **cannot hold a place**: [`Place::Confidential`] has no field for an
//! address, a postcode, coordinates or opening hours (ASSURANCE F1), and [`Provision`] does not let a confidential
//! [`ServiceType`] meet any other kind of place, neither when built nor when read from JSON.

pub mod confidential;
mod confidential_words;
mod lists;
mod place;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use lists::{
    ByAndFor, Channel, CommunityServed, LocationType, ProviderModel, ReferralRoute, ServiceType,
    Status, Weekday,
};
pub use place::{AddressNotAllowed, Location, Place, Provision, Schedule};

use crate::need::NeedType;
use crate::time::At;

/// One service of the directory. Public information only: nothing here is about a person who is helped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The identifier that its source uses, as the source spells it. Unique within one feed.
    pub source_id: String,
    /// Name, as people know it. Never empty.
    pub name: String,
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternate_name: Option<String>,
    /// What it does, in plain text with blank lines between paragraphs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Web page, absolute, `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// E-mail address of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether it is running.
    pub status: Status,
    /// The body that runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    /// Kinds of service and where they are given: the part that keeps confidential places out.
    #[serde(default)]
    pub provision: Provision,
    /// Areas served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_areas: Vec<ServiceArea>,
    /// Phone numbers of the service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
    /// People or desks to contact, as the provider publishes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// Languages in which help is given. Empty: not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// What it says about interpreters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpretation: Option<String>,
    /// Whether it costs nothing. `None`: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<bool>,
    /// What it says about cost, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<String>,
    /// Prices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cost_options: Vec<CostOption>,
    /// Who pays for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub funding: Vec<String>,
    /// How to apply, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// How long people wait, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<String>,
    /// Accreditations, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accreditations: Option<String>,
    /// Documents to bring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_documents: Vec<String>,
    /// Whom it serves.
    #[serde(default, skip_serializing_if = "Eligibility::says_nothing")]
    pub eligibility: Eligibility,
    /// Needs it meets, in list order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<NeedType>,
    /// Classification terms of its source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<Term>,
    /// By and for, and who says so. `None`: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_and_for: Option<ByAndFor>,
    /// Communities it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub communities: Vec<CommunityServed>,
    /// Who runs it. `None`: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_model: Option<ProviderModel>,
    /// Room for new people, where the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// When its source last vouched for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assured_date: Option<Date>,
    /// When its source last changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<At>,
    /// When the provider or a steward last confirmed it here. Never set by an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<At>,
    /// Whether it has room, as its own people last said here. Never set by an import, and never published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomSaid>,
}

impl Entry {
    /// An entry of which only the source's identifier and the name are known.
    pub fn new(source_id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            source_id: source_id.into(),
            name: name.into(),
            alternate_name: None,
            description: None,
            url: None,
            email: None,
            status: Status::Active,
            organisation: None,
            provision: Provision::default(),
            service_areas: Vec::new(),
            phones: Vec::new(),
            contacts: Vec::new(),
            languages: Vec::new(),
            interpretation: None,
            free: None,
            fees: None,
            cost_options: Vec::new(),
            funding: Vec::new(),
            application: None,
            wait: None,
            accreditations: None,
            required_documents: Vec::new(),
            eligibility: Eligibility::default(),
            needs: Vec::new(),
            terms: Vec::new(),
            by_and_for: None,
            communities: Vec::new(),
            provider_model: None,
            capacity: None,
            assured_date: None,
            last_modified: None,
            confirmed_at: None,
            room: None,
        }
    }

    /// Kinds of service, in list order.
    pub fn types(&self) -> &[ServiceType] {
        self.provision.types()
    }

    /// Where it is given.
    pub fn place(&self) -> &Place {
        self.provision.place()
    }

    /// Whether where it is must stay unknown.
    pub fn is_confidential(&self) -> bool {
        matches!(self.place(), Place::Confidential { .. })
    }

    /// Locations people may know. Empty for confidential and unknown places.
    pub fn locations(&self) -> &[Location] {
        self.place().locations()
    }

    /// Opening hours people may know. Empty for confidential places.
    pub fn schedules(&self) -> &[Schedule] {
        self.place().schedules()
    }

    /// Canonical JSON: the same entry always gives the same text, so that a digest of it tells whether a feed has
    /// changed the entry. `confirmed_at` and `room` are ours, not the feed's, and are left out.
    ///
    /// # Errors
    /// Never for an entry whose coordinates are finite, which [`crate::geo::Point`] ensures.
    pub fn canonical_json(&self) -> Result<String, serde_json::Error> {
        if self.confirmed_at.is_some() || self.room.is_some() {
            return serde_json::to_string(&Self {
                confirmed_at: None,
                room: None,
                ..self.clone()
            });
        }
        serde_json::to_string(self)
    }
}

/// A body that runs services.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organisation {
    /// The identifier that the source uses.
    pub source_id: String,
    /// Name. Never empty.
    pub name: String,
    /// What it does, plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Web page, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// An area that a service covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceArea {
    /// Name of the area, for example `Bristol`.
    pub name: String,
    /// Official code of the area (ONS GSS, for example `E06000023`), where the source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A phone number as people dial it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// The number, digits with spaces.
    pub number: String,
    /// Extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// What the number is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether it is a text or textphone line rather than voice. `None`: not known, most likely voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Languages spoken on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

impl Phone {
    /// A number with nothing else known about it.
    pub fn new(number: impl Into<String>) -> Self {
        Self {
            number: number.into(),
            extension: None,
            label: None,
            kind: None,
            languages: Vec::new(),
        }
    }

    /// Whether the number says nothing about where it rings: United Kingdom numbers beginning 03, 05, 07, 08, 09 or
    /// 116xxx, 111, 101, 999. Numbers beginning 01 and 02 carry an area code (SPEC 4.8: local codes reveal location);
    /// anything else is not known to be safe and so is not.
    pub fn tells_no_place(&self) -> bool {
        let digits: String = self.number.chars().filter(char::is_ascii_digit).collect();
        let foreign_plus = self.number.trim_start().starts_with('+');
        let national = match (foreign_plus, digits.strip_prefix("44")) {
            (true, Some(rest)) => format!("0{}", rest.trim_start_matches('0')),
            (true, None) => return false,
            (false, _) => digits,
        };
        let is_short = matches!(
            national.as_str(),
            "999" | "112" | "111" | "101" | "119" | "18000"
        ) || (national.len() == 6 && national.starts_with("116"));
        let is_long = (10..=11).contains(&national.len())
            && ["03", "05", "07", "08", "09"]
                .iter()
                .any(|prefix| national.starts_with(prefix));
        is_short || is_long
    }
}

/// A desk or role to contact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// Name as published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
}

/// A language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// English name of the language.
    pub name: String,
    /// ISO 639 code, where the source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A price.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CostOption {
    /// For whom or what the price is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// Amount in hundredths of the currency's unit (pence for GBP).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pence: Option<i64>,
    /// Three-letter currency code, where the source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// More, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// First day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
}

/// A classification term of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The taxonomy (vocabulary) it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taxonomy: Option<String>,
    /// Identifier of the term at its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Name of the term.
    pub name: String,
}

crate::code_list! {
    /// Whether a service has room, in the words in which its people say it with one press.
    pub enum Room {
        /// There is room now.
        Now = "now",
        /// There is a waiting list.
        Waiting = "waiting",
        /// There is no room, and nobody is put on a list.
        Full = "full",
    }
}

/// What a service's own people last said of its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSaid {
    /// Whether there is room.
    pub room: Room,
    /// How long somebody may wait at most, in days, when they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_days: Option<u16>,
    /// When they said it.
    pub said_at: At,
}

/// Room for new people (HSDS 3.1 `service_capacity`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// What is counted, for example `appointments this week`.
    pub unit: String,
    /// How many are free. `None`: the provider only says what it has in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<u32>,
    /// How many there are in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u32>,
    /// When this was true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<At>,
}

/// Whom a service takes (SPEC 4.1 Service; the `unmet_reason` list says why each question matters).
/// Every field has three values: yes, no, and `None` for *ask*.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Eligibility {
    /// The provider's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Takes women.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub women: Option<bool>,
    /// Takes men.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub men: Option<bool>,
    /// Takes trans women.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trans_women: Option<bool>,
    /// Takes trans men.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trans_men: Option<bool>,
    /// Takes non-binary people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_binary: Option<bool>,
    /// Takes lesbian, gay and bisexual people knowingly and well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lgb: Option<bool>,
    /// Youngest age of the person helped, in whole years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_age: Option<u8>,
    /// Oldest age of the person helped, in whole years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_age: Option<u8>,
    /// Takes people with children.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<bool>,
    /// Most children in one family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children_at_most: Option<u8>,
    /// Oldest age of a son, in whole years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boys_up_to_age: Option<u8>,
    /// Takes people with no recourse to public funds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_recourse: Option<bool>,
    /// Can be used by people who use a wheelchair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wheelchair: Option<bool>,
    /// Can serve deaf people (British Sign Language or equal).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deaf: Option<bool>,
    /// Can serve people with a learning disability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_disability: Option<bool>,
    /// Offers interpreters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreters: Option<bool>,
    /// Takes people with serious mental health needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mental_health: Option<bool>,
    /// Takes people who use alcohol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alcohol: Option<bool>,
    /// Takes people who use drugs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drugs: Option<bool>,
    /// Takes people with a history of offending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offending: Option<bool>,
    /// Takes pets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pets: Option<bool>,
    /// Takes people in work (whose rent benefits may not cover).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_work: Option<bool>,
    /// Takes people from outside its area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_outside_area: Option<bool>,
    /// How people come to it. Empty: ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub referral_routes: Vec<ReferralRoute>,
    /// How help is given. Empty: ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// Can see people in a private room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_room: Option<bool>,
}

impl Eligibility {
    /// Whether nothing at all is known.
    pub fn says_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests;
