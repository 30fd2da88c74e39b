//! Who is asking, and what for.

use throughline_core::code_list;
use throughline_core::id::{AccountId, ApiClientId, CaseId, OrganisationId, ReferralId, SiteId};
use throughline_core::role::Role;
use throughline_core::time::At;

use crate::decide::STEP_UP_SECONDS;

code_list! {
    /// The columns of the permission table: every kind of actor there is.
    pub enum Standing {
        /// See [`Role::WorkCoach`].
        WorkCoach = "work_coach",
        /// See [`Role::FrontDesk`].
        FrontDesk = "front_desk",
        /// See [`Role::DaLead`].
        DaLead = "da_lead",
        /// See [`Role::PartnerWorker`].
        PartnerWorker = "partner_worker",
        /// See [`Role::DirectorySteward`].
        DirectorySteward = "directory_steward",
        /// See [`Role::SecurityOfficer`].
        SecurityOfficer = "security_officer",
        /// See [`Role::Administrator`].
        Administrator = "administrator",
        /// Someone who holds a one-time link and the code given another way.
        LinkHolder = "link_holder",
        /// The person whose record it is, with the link that their worker told them and its phrase (decision 0021).
        PersonHolder = "person_holder",
        /// A program bound to one organisation.
        ApiClient = "api_client",
        /// The system's own jobs.
        System = "system",
        /// Anyone at all.
        Public = "public",
    }
}

code_list! {
    /// Why something is being done; stored with every permit and audit entry (SPEC 3.16 R-IG-01: chosen per purpose).
    pub enum Purpose {
        /// Help one person: conversation, needs, plan, referral.
        HelpAPerson = "help_a_person",
        /// Answer a referral made to us.
        AnswerAReferral = "answer_a_referral",
        /// Keep the directory of services true.
        RunTheDirectory = "run_the_directory",
        /// Check who looked at what, and the integrity of the record.
        ReviewSecurity = "review_security",
        /// Give, change and end access.
        AdministerAccess = "administer_access",
        /// Keep, show or erase a record as the person's rights and the law ask.
        AnswerRights = "answer_rights",
        /// Sign in, stay signed in, sign out.
        SignIn = "sign_in",
        /// Carry out what was promised: deliver, remind, escalate.
        KeepPromises = "keep_promises",
    }
}

/// Who is asking. Made by `identity` from a session, link or client secret; by jobs as [`Actor::System`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in member of staff.
    Staff {
        /// Their account.
        account: AccountId,
        /// The organisation they act for.
        organisation: OrganisationId,
        /// The site they work at, if they have one.
        site: Option<SiteId>,
        /// Their role.
        role: Role,
        /// When they last proved themselves again (step-up), if they have.
        stepped_up_at: Option<At>,
    },
    /// The holder of a one-time link to one referral who has also given its code.
    LinkHolder {
        /// The referral that the link opens.
        referral: ReferralId,
        /// The organisation it was sent to.
        organisation: OrganisationId,
        /// When they gave the code: what proving oneself again is to others.
        code_given_at: At,
    },
    /// The person themselves, by the link to their own case and its phrase.
    PersonHolder {
        /// Their case.
        case: CaseId,
        /// The organisation that holds it.
        organisation: OrganisationId,
    },
    /// A program.
    Client {
        /// The client.
        client: ApiClientId,
        /// The organisation that it is bound to.
        organisation: OrganisationId,
        /// The actions it was given; nothing else is decided for it.
        scopes: Vec<crate::ActionKind>,
    },
    /// The system's own jobs, which act for the organisation that runs the installation.
    System {
        /// The operator's organisation.
        organisation: OrganisationId,
    },
    /// Anyone: no session at all.
    Public,
}

impl Actor {
    /// The column of the permission table.
    pub const fn standing(&self) -> Standing {
        match self {
            Self::Staff { role, .. } => match role {
                Role::WorkCoach => Standing::WorkCoach,
                Role::FrontDesk => Standing::FrontDesk,
                Role::DaLead => Standing::DaLead,
                Role::PartnerWorker => Standing::PartnerWorker,
                Role::DirectorySteward => Standing::DirectorySteward,
                Role::SecurityOfficer => Standing::SecurityOfficer,
                Role::Administrator => Standing::Administrator,
            },
            Self::LinkHolder { .. } => Standing::LinkHolder,
            Self::PersonHolder { .. } => Standing::PersonHolder,
            Self::Client { .. } => Standing::ApiClient,
            Self::System { .. } => Standing::System,
            Self::Public => Standing::Public,
        }
    }

    /// The organisation acted for; none for the public.
    pub const fn organisation(&self) -> Option<OrganisationId> {
        match self {
            Self::Staff { organisation, .. }
            | Self::LinkHolder { organisation, .. }
            | Self::PersonHolder { organisation, .. }
            | Self::Client { organisation, .. }
            | Self::System { organisation } => Some(*organisation),
            Self::Public => None,
        }
    }

    /// The account, for staff.
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Staff { account, .. } => Some(*account),
            _ => None,
        }
    }

    /// The site, for staff who have one.
    pub const fn site(&self) -> Option<SiteId> {
        match self {
            Self::Staff { site, .. } => *site,
            _ => None,
        }
    }

    /// Whether this is somebody who proved themselves again lately enough for what asks for it: staff by their second factor, the
    /// holder of a link by its code.
    pub fn proved_lately(&self, now: At) -> bool {
        let proved = match self {
            Self::Staff { stepped_up_at, .. } => *stepped_up_at,
            Self::LinkHolder { code_given_at, .. } => Some(*code_given_at),
            // Nothing that asks for it is theirs to do.
            Self::PersonHolder { .. }
            | Self::Client { .. }
            | Self::System { .. }
            | Self::Public => None,
        };
        proved.is_some_and(|at| at <= now && now.seconds_since(at) <= STEP_UP_SECONDS)
    }
}
