//! What a person tells, for finding help. Nothing in it says who they are, every field may be left out, and leaving one
//! out is never an answer: *not told* is kept apart from *no*.
//!
//! To add a question: a field here, its line in [`JSON_SCHEMA`], and a rule in `throughline-find` that reads it.
//! It must never be stored on its own or logged: with a place and a date it can point at one family.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::directory::{Channel, CommunityServed, Weekday};
use crate::geo::{AreaCode, Postcode};
use crate::id::Ref;
use crate::need::NeedType;

crate::code_list! {
    /// How a person describes their gender, where a service serves some people and not others (lawful single-sex
    /// services are stated plainly: SPEC 4.9).
    pub enum Gender {
        /// A woman.
        Woman = "woman",
        /// A man.
        Man = "man",
        /// A trans woman.
        TransWoman = "trans_woman",
        /// A trans man.
        TransMan = "trans_man",
        /// Non-binary.
        NonBinary = "non_binary",
    }
}

crate::code_list! {
    /// Whether a person may claim benefits and housing (`reference_enums.json` `nrpf_state`). Leaves the system only by
    /// its own release (NE-11).
    pub enum NrpfState {
        /// Has recourse to public funds.
        Recourse = "recourse",
        /// Has no recourse to public funds.
        NoRecourse = "no_recourse",
        /// Not sure.
        Unsure = "unsure",
        /// Left out on purpose, for safety. Never asked again.
        NotRecordedOnPurpose = "not_recorded_on_purpose",
    }
}

crate::code_list! {
    /// What a person needs in order to use a service at all.
    pub enum AccessNeed {
        /// Step-free access and room for a wheelchair.
        Wheelchair = "wheelchair",
        /// British Sign Language or another way for deaf people.
        Deaf = "deaf",
        /// Support for people with a learning disability.
        LearningDisability = "learning_disability",
        /// Support for serious mental health needs.
        MentalHealth = "mental_health",
    }
}

crate::code_list! {
    /// Who is asking, which decides the ways into a service that are open.
    pub enum Asker {
        /// The person themselves.
        Person = "person",
        /// A worker, for or with the person.
        Worker = "worker",
    }
}

/// A child who would come too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Child {
    /// Age in whole years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<u8>,
    /// Whether the child is a son: some refuges take boys only up to an age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub son: Option<bool>,
}

/// A time of the week, Europe/London wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafeTime {
    /// The day.
    pub day: Weekday,
    /// From.
    pub from: Time,
    /// Until; when it is not later than `from`, until that time on the next day.
    pub until: Time,
}

/// What a person tells. Made by [`Default`] it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Circumstances {
    /// What they need. Empty: not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<NeedType>,
    /// Where they are or want to be helped: a postcode or its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<Postcode>,
    /// Where they are or want to be helped: a council or county. Used where no postcode is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// How they describe their gender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Lesbian, gay or bisexual, where they want a service that serves them knowingly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lgb: Option<bool>,
    /// Age in whole years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<u8>,
    /// Children who would come too. `None`: not told. An empty list: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<Child>>,
    /// Pregnant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pregnant: Option<bool>,
    /// Recourse to public funds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nrpf: Option<NrpfState>,
    /// Worried that asking for help reaches the immigration authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immigration_worry: Option<bool>,
    /// What they need to use a service at all. `None`: not told. An empty list: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Vec<AccessNeed>>,
    /// Languages in which they can talk of this: English names or ISO 639 codes. Empty: not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Has animals that must come too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pets: Option<bool>,
    /// Drinks in a way a service would ask about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alcohol: Option<bool>,
    /// Uses drugs in a way a service would ask about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drugs: Option<bool>,
    /// Has a history of offending that a service would ask about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offending: Option<bool>,
    /// In paid work (benefits may not cover the rent of a refuge).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_work: Option<bool>,
    /// Can pay something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_pay: Option<bool>,
    /// Communities whose own services they would rather use. Empty: not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub communities: Vec<CommunityServed>,
    /// Can travel to a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_travel: Option<bool>,
    /// Ways of being helped that are safe and work for them. Empty: not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Channel>,
    /// When it is safe for them. Empty: not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub safe_times: Vec<SafeTime>,
    /// Areas they must stay away from: council, county or wider.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub avoid_areas: Vec<AreaCode>,
    /// Postcodes, or beginnings of postcodes, they must stay away from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub avoid_postcodes: Vec<Postcode>,
    /// Services they must not meet again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub avoid_services: Vec<Ref>,
    /// Who is asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asker: Option<Asker>,
}

impl Circumstances {
    /// What of it may be kept with a request, sealed: never what somebody's immigration status is or whether they fear for it, which is
    /// recorded nowhere by the way (NE-11).
    #[must_use]
    pub fn to_keep(mut self) -> Self {
        self.nrpf = None;
        self.immigration_worry = None;
        self
    }
}

/// The JSON Schema (draft 2020-12) of a circumstances file, for `find --circumstances` and the API.
pub const JSON_SCHEMA: &str = include_str!("circumstances.schema.json");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    fn everything() -> Circumstances {
        Circumstances {
            needs: vec![NeedType::SafeAccommodation],
            postcode: Postcode::parse("SE15 4QL").ok(),
            area: AreaCode::parse("E09000028").ok(),
            gender: Some(Gender::Woman),
            lgb: Some(false),
            age: Some(34),
            children: Some(vec![Child {
                age: Some(13),
                son: Some(true),
            }]),
            pregnant: Some(true),
            nrpf: Some(NrpfState::Unsure),
            immigration_worry: Some(true),
            access: Some(vec![AccessNeed::Wheelchair]),
            languages: vec!["Urdu".into()],
            pets: Some(true),
            alcohol: Some(false),
            drugs: Some(false),
            offending: Some(false),
            in_work: Some(true),
            can_pay: Some(false),
            communities: vec![CommunityServed::Migrant],
            can_travel: Some(true),
            ways: vec![Channel::Phone],
            safe_times: vec![SafeTime {
                day: Weekday::Tuesday,
                from: Time::midnight(),
                until: Time::constant(15, 0, 0, 0),
            }],
            avoid_areas: vec![AreaCode::WALES],
            avoid_postcodes: vec![Postcode::parse("SE1").unwrap()],
            avoid_services: vec![Ref::from_bytes([7; 16])],
            asker: Some(Asker::Worker),
        }
    }

    #[test]
    fn saying_nothing_is_an_empty_object() {
        assert_eq!(
            serde_json::to_string(&Circumstances::default()).unwrap(),
            "{}"
        );
        assert_eq!(
            serde_json::from_str::<Circumstances>("{}").unwrap(),
            Circumstances::default()
        );
    }

    #[test]
    fn everything_told_survives_being_written_and_read() {
        let text = serde_json::to_string(&everything()).unwrap();
        assert_eq!(
            serde_json::from_str::<Circumstances>(&text).unwrap(),
            everything()
        );
    }

    #[test]
    fn no_children_is_not_the_same_as_not_told() {
        let none: Circumstances = serde_json::from_str(r#"{"children":[]}"#).unwrap();
        assert_eq!(none.children, Some(Vec::new()));
        assert_ne!(none, Circumstances::default());
    }

    #[test]
    fn of_immigration_nothing_is_kept() {
        let kept = serde_json::to_string(&everything().to_keep()).unwrap();
        assert!(!kept.contains("nrpf") && !kept.contains("immigration"));
        let expected = Circumstances {
            nrpf: None,
            immigration_worry: None,
            ..everything()
        };
        assert_eq!(everything().to_keep(), expected);
    }

    #[test]
    fn a_misspelt_question_is_refused_not_ignored() {
        assert!(serde_json::from_str::<Circumstances>(r#"{"avoid_area":["W92000004"]}"#).is_err());
        assert!(serde_json::from_str::<Circumstances>(r#"{"children":[{"boy":true}]}"#).is_err());
    }

    fn codes<C: Code>(value: &serde_json::Value) {
        let listed: Vec<&str> = value
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap())
            .collect();
        let all: Vec<&str> = C::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(listed, all);
    }

    #[test]
    fn the_schema_lists_every_field_and_every_code() {
        let schema: serde_json::Value = serde_json::from_str(JSON_SCHEMA).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        let listed: std::collections::BTreeSet<String> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        let written = serde_json::to_value(everything()).unwrap();
        let fields: std::collections::BTreeSet<String> =
            written.as_object().unwrap().keys().cloned().collect();
        assert_eq!(listed, fields);
        let properties = &schema["properties"];
        codes::<NeedType>(&properties["needs"]["items"]["enum"]);
        codes::<Gender>(&properties["gender"]["enum"]);
        codes::<NrpfState>(&properties["nrpf"]["enum"]);
        codes::<AccessNeed>(&properties["access"]["items"]["enum"]);
        codes::<CommunityServed>(&properties["communities"]["items"]["enum"]);
        codes::<Channel>(&properties["ways"]["items"]["enum"]);
        codes::<Asker>(&properties["asker"]["enum"]);
        codes::<Weekday>(&properties["safe_times"]["items"]["properties"]["day"]["enum"]);
    }
}
