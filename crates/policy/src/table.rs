//! The exhaustive table of who may do what (SPEC 4.10). One arm per action; every standing not named gets nothing.

use crate::ActionKind;
use crate::actor::Standing::Administrator;
use crate::actor::Standing::{
    self, ApiClient, DaLead, DirectorySteward, FrontDesk, LinkHolder, PartnerWorker, PersonHolder,
    SecurityOfficer, System, WorkCoach,
};

throughline_core::code_list! {
    /// How an actor may stand to a subject.
    pub enum Relation {
        /// No tie is needed: the standing suffices.
        Anyone = "anyone",
        /// The actor's organisation holds the record.
        OwnOrganisation = "own_organisation",
        /// Another organisation than the actor's holds the record.
        OtherOrganisation = "other_organisation",
        /// The person is seen at the actor's own site, of the actor's own organisation.
        OwnSite = "own_site",
        /// The actor leads, within the organisation that holds the record.
        Lead = "lead",
        /// A live referral was sent to the actor's organisation.
        ReferredTo = "referred_to",
        /// The actor's organisation accepted.
        Accepted = "accepted",
        /// The actor holds the link to this very referral.
        ThisLink = "this_link",
        /// It is the actor's own record: they are the person.
        OwnRecord = "own_record",
    }
}

use Relation::{
    Accepted, Anyone, Lead, OtherOrganisation, OwnOrganisation, OwnRecord, OwnSite, ReferredTo,
    ThisLink,
};

/// What would outlast the hour for which a record that is kept to others was opened: who may see it, who leads, whether it is kept at
/// all, a copy of it, and what is true of it from then on (decision 0019).
pub const fn outlasts_an_hour(action: ActionKind) -> bool {
    use ActionKind as A;
    matches!(
        action,
        A::CaseRestrict | A::CaseHandOver | A::CaseErase | A::AccessAnswer | A::LinkConfirm
    )
}

/// The relations, any one of which lets `standing` do `action`. Empty: never.
pub const fn relations(standing: Standing, action: ActionKind) -> &'static [Relation] {
    use ActionKind as A;
    match action {
        A::EmergencyRecord => match standing {
            // Whoever is signed in may say that they called 999, at a site or not.
            WorkCoach | FrontDesk | DaLead | PartnerWorker | DirectorySteward | SecurityOfficer
            | Administrator => &[OwnOrganisation],
            _ => &[],
        },
        A::RoomRequest => match standing {
            FrontDesk | WorkCoach | DaLead => &[OwnSite],
            _ => &[],
        },
        A::RoomList => match standing {
            FrontDesk | WorkCoach | DaLead => &[OwnSite],
            System => &[Anyone],
            _ => &[],
        },
        A::RoomAnswer => match standing {
            DaLead | WorkCoach => &[OwnSite],
            _ => &[],
        },
        A::ConversationStart | A::CaseOpen => match standing {
            WorkCoach | DaLead => &[OwnSite],
            ApiClient => &[OwnOrganisation],
            _ => &[],
        },
        A::ConversationKeep => match standing {
            WorkCoach | DaLead => &[Lead],
            _ => &[],
        },
        // Only who has the task in hand: the ladder brought it to them, or they took it.
        A::ConversationTakeUp => match standing {
            WorkCoach | DaLead => &[Lead],
            _ => &[],
        },
        A::CaseLookers => match standing {
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            ApiClient => &[OwnOrganisation],
            PersonHolder => &[OwnRecord],
            _ => &[],
        },
        A::PersonSearch | A::CaseRead | A::CaseChange => match standing {
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            ApiClient => &[OwnOrganisation],
            _ => &[],
        },
        // Taking back is asked of the case and of each request that rests on it.
        A::SharingRead | A::SharingNarrow | A::ReferralTakeBack => match standing {
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            PersonHolder => &[OwnRecord],
            _ => &[],
        },
        A::CaseRestrict => match standing {
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            _ => &[],
        },
        A::UrgentAccess => match standing {
            DaLead => &[OwnSite],
            _ => &[],
        },
        // Nobody who works beside whoever asks: another organisation answers for it too.
        A::SecondPersonDecide => match standing {
            DaLead | SecurityOfficer => &[OtherOrganisation],
            _ => &[],
        },
        A::CaseHandOver => match standing {
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            // An administrator hands a leaver's caseload over without seeing any of it.
            Administrator => &[OwnOrganisation],
            _ => &[],
        },
        // Whoever answers for a site's safety knows what must be kept; who decides sees grounds and dates, never the story.
        // When a life is at risk they see alone where somebody can come.
        A::CaseErase | A::AccessAnswer | A::LinkConfirm | A::PlaceRevealAtRisk => match standing {
            DaLead => &[Lead, OwnSite],
            _ => &[],
        },
        A::ErasureDecide => match standing {
            SecurityOfficer => &[OwnOrganisation],
            _ => &[],
        },
        A::ReferralSend | A::ReferralRead | A::ReferralRecord => match standing {
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            ApiClient => &[OwnOrganisation],
            System => &[Anyone],
            _ => &[],
        },
        A::ReferralReceive | A::PacketRead | A::ReferralAnswer => match standing {
            PartnerWorker | ApiClient => &[ReferredTo],
            LinkHolder => &[ThisLink],
            _ => &[],
        },
        // A service without an account must reach the person too; the use case shows nothing before acceptance.
        A::ContactReveal | A::ContactRevealAtRisk | A::PlaceSay => match standing {
            PartnerWorker => &[Accepted],
            LinkHolder => &[ThisLink],
            _ => &[],
        },
        // The worker who brings the person there, and nobody beside them.
        A::PlaceReveal => match standing {
            WorkCoach | DaLead => &[Lead],
            _ => &[],
        },
        A::OutcomeRecord => match standing {
            PartnerWorker | ApiClient => &[Accepted],
            LinkHolder => &[ThisLink],
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            _ => &[],
        },
        A::TaskDo | A::MessageSend => match standing {
            WorkCoach => &[Lead],
            DaLead => &[Lead, OwnSite],
            System => &[Anyone],
            _ => &[],
        },
        // A program shows its organisation what waits; nobody has taken a task because a program says so (decision 0018).
        A::TaskList => match standing {
            ApiClient => &[OwnOrganisation],
            _ => &[],
        },
        // Times and workers, never a name: a coach sees their own, so that nobody else's appointments can be counted.
        A::AppointmentList => match standing {
            WorkCoach => &[Lead],
            FrontDesk => &[OwnSite],
            DaLead => &[Lead, OwnSite],
            _ => &[],
        },
        // Only who was told of it: never everybody at the site.
        A::PlanApart => match standing {
            DaLead => &[Lead],
            System => &[Anyone],
            _ => &[],
        },
        A::DraftKeep => match standing {
            WorkCoach | FrontDesk | DaLead | PartnerWorker | DirectorySteward => &[Lead],
            _ => &[],
        },
        // Whoever is signed in says it of themselves, and nobody else reads it.
        A::InterestKeep => match standing {
            WorkCoach | FrontDesk | DaLead | PartnerWorker | DirectorySteward | SecurityOfficer
            | Administrator => &[Lead],
            _ => &[],
        },
        A::InterestCompare => match standing {
            System => &[Anyone],
            _ => &[],
        },
        A::DirectoryImport => match standing {
            DirectorySteward => &[OwnOrganisation],
            System => &[Anyone],
            _ => &[],
        },
        A::ServiceEdit => match standing {
            DirectorySteward => &[Anyone],
            PartnerWorker => &[OwnOrganisation],
            _ => &[],
        },
        A::QuarantineRead => match standing {
            DirectorySteward => &[OwnOrganisation],
            _ => &[],
        },
        A::AddressPropose | A::AddressConfirm => match standing {
            DirectorySteward => &[Anyone],
            _ => &[],
        },
        A::AuditRead => match standing {
            SecurityOfficer => &[OwnOrganisation],
            System => &[Anyone],
            _ => &[],
        },
        // Partners are let in on the organisation that runs the installation: an administrator of another has no part in it.
        A::AccountManage
        | A::SitePostName
        | A::ClientManage
        | A::PartnerPropose
        | A::PartnerConfirm => match standing {
            Administrator => &[OwnOrganisation],
            _ => &[],
        },
    }
}
