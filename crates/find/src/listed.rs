//! One service of the directory, and what can be worked out about it once, before anybody asks.

use std::sync::Arc;

use throughline_core::directory::{Channel, Entry, ServiceType};
use throughline_core::geo::{AreaCode, Point, Postcode};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::time::At;

use crate::text::{Splitter, Word};

/// One service as the directory keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The reference that leaves the server.
    pub reference: Ref,
    /// Version of the entry.
    pub version: u64,
    /// When the provider or a steward last confirmed it.
    pub confirmed_at: Option<At>,
    /// The entry.
    pub entry: Entry,
}

/// A place that anyone may know, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicPlace {
    /// Where; `None` when neither coordinates nor a known postcode are given.
    pub point: Option<Point>,
    /// The council, where it is known.
    pub area: Option<AreaCode>,
    /// The postcode, where one is given.
    pub postcode: Option<Postcode>,
}

/// An area served, as far as it could be resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// Its code; `None` when neither code nor name is known.
    pub code: Option<AreaCode>,
    /// Its name as the provider writes it.
    pub name: String,
}

/// A service in the snapshot, with what was worked out about it once.
#[derive(Debug, Clone)]
pub struct Listed {
    /// As anybody may see it: of a confidential service, no area but the one that may be shown.
    pub listing: Arc<Listing>,
    /// Needs it says it meets, or that its kind meets by what it is.
    pub needs: Vec<NeedType>,
    /// Needs its words hint at, when it says none: a reason to ask, never a yes.
    pub hinted_needs: Vec<NeedType>,
    /// Places anyone may know. Empty for a confidential service.
    pub places: Vec<PublicPlace>,
    /// Areas served, as far as they may be known.
    pub served: Vec<Served>,
    /// When its facts were last vouched for, by us or by its source.
    pub vouched_at: Option<At>,
    /// The area that may be shown for a confidential service: wide enough to hold another one. No rule, order or distance knows
    /// a narrower one, so no answer can tell it.
    pub(crate) shown_area: Option<AreaCode>,
    /// Whether the area that is shown is wider than the one the service lets be known.
    pub(crate) widened: bool,
    /// As the directory keeps it. Never shown; the next snapshot is made from it.
    pub(crate) kept: Arc<Listing>,
}

impl Listed {
    /// The entry.
    pub fn entry(&self) -> &Entry {
        &self.listing.entry
    }

    /// The reference that leaves the server.
    pub fn reference(&self) -> Ref {
        self.listing.reference
    }

    /// Whether it is known to see nobody face to face. Not known is not remote.
    pub fn is_remote_only(&self) -> bool {
        let channels = &self.entry().eligibility.channels;
        !channels.is_empty()
            && channels
                .iter()
                .all(|way| matches!(way, Channel::Phone | Channel::Online | Channel::Text))
    }

    /// Whether people live there: questions of family, pets and rent are asked of it.
    pub fn is_accommodation(&self) -> bool {
        self.entry()
            .types()
            .iter()
            .any(|kind| kind.is_confidential())
    }
}

/// Every word by which a service can be found.
pub(crate) fn words_of(entry: &Entry, splitter: &Splitter) -> Vec<Word> {
    let texts = [
        Some(entry.name.as_str()),
        entry.alternate_name.as_deref(),
        entry.description.as_deref(),
    ];
    let organisation = entry.organisation.as_ref().map(|body| body.name.as_str());
    let kinds: Vec<String> = entry
        .types()
        .iter()
        .map(|kind| kind.to_string().replace('_', " "))
        .collect();
    texts
        .into_iter()
        .chain([organisation])
        .flatten()
        .chain(entry.terms.iter().map(|term| term.name.as_str()))
        .chain(kinds.iter().map(String::as_str))
        .flat_map(|text| splitter.words(text))
        .collect()
}

/// Needs that a kind of service meets by being what it is.
pub(crate) const fn needs_of_kind(kind: ServiceType) -> &'static [NeedType] {
    use NeedType as N;
    use ServiceType as S;
    match kind {
        S::Refuge
        | S::SpecialistSafeAccommodation
        | S::DispersedAccommodation
        | S::SecondStage
        | S::OtherDesignatedEmergency
        | S::RespiteRoom => &[N::SafeAccommodation],
        S::SanctuaryScheme => &[N::SafeAccommodation, N::HousingLongerTerm],
        S::Idva
        | S::Isva
        | S::CaseworkerBelowIdva
        | S::StalkingIntervention
        | S::ForcedMarriageUnit => &[N::ImmediateDanger, N::LegalProtection],
        S::Helpline | S::CounsellingAdult | S::SupportGroup => &[N::EmotionalSupport],
        S::CounsellingChild | S::ChildrensSupport => &[N::ChildrenSafety],
        S::LegalAdvice => &[N::LegalProtection],
        S::ImmigrationAdvice => &[N::Immigration],
        S::HousingAdvice => &[N::HousingLongerTerm],
        S::DebtAndMoneyAdvice => &[N::Debt],
        S::SubstanceRecovery => &[N::SubstanceUse],
        S::MentalHealth => &[N::MentalHealth],
        S::HealthBasedAdvocacy => &[N::PhysicalHealth],
        S::ChildContactSupport => &[N::FamilyRelationships],
        S::DigitalSafety => &[N::DigitalAccess],
        S::EmploymentSupport => &[N::Employment],
        S::TrainingProvider => &[N::TrainingAndSkills],
        // What these do differs too much from place to place to be told from the kind alone.
        S::OutreachOrFloatingSupport
        | S::PerpetratorBehaviourChange
        | S::DriveTypeHighHarm
        | S::PreventionEducation
        | S::CommunityNavigator => &[],
    }
}
