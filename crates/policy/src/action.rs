//! Every action on personal or protected data, typed.

use throughline_core::id::{
    AccountId, ApiClientId, AppointmentId, CaseId, ConversationId, DraftId, ErasureId,
    OrganisationId, PersonId, QuarantineId, ReferralId, RoomRequestId, SecondPersonId, ServiceId,
    SiteId, TaskId,
};

/// An action: a marker type that a [`crate::Permit`] is typed by.
pub trait Action: Send + Sync + 'static {
    /// The kind of thing acted on.
    type Subject: Copy + std::fmt::Debug + Send + Sync;
    /// The action as a value.
    const KIND: ActionKind;
}

/// Declares the actions: `Name = "code" on Subject [step_up];`
macro_rules! actions {
    ($($(#[$meta:meta])* $name:ident = $code:literal on $subject:ty $(, $step:ident)?;)+) => {
        throughline_core::code_list! {
            /// Every action, as a value: for the table, the audit and API scopes.
            pub enum ActionKind { $($(#[$meta])* $name = $code),+ }
        }
        $($(#[$meta])*
        #[derive(Debug)]
        pub enum $name {}
        impl Action for $name { type Subject = $subject; const KIND: ActionKind = ActionKind::$name; })+
        impl ActionKind {
            /// Whether the actor must have proved themselves again lately.
            pub const fn needs_step_up(self) -> bool {
                match self { $(Self::$name => actions!(@step $($step)?)),+ }
            }
        }
    };
    (@step) => { false };
    (@step step_up) => { true };
}

actions! {
    /// Record that 999 was called. Never refused to anyone who is signed in.
    EmergencyRecord = "emergency_record" on OrganisationId;
    /// Ask for a private room at the front desk (SPEC 3.4).
    RoomRequest = "room_request" on SiteId;
    /// See the neutral list of room requests of a site.
    RoomList = "room_list" on RoomRequestId;
    /// Answer a room request: take it, or say that the person is seen.
    RoomAnswer = "room_answer" on RoomRequestId;
    /// Start a conversation at a site.
    ConversationStart = "conversation_start" on SiteId;
    /// Read and change a conversation.
    ConversationKeep = "conversation_keep" on ConversationId;
    /// Take up the conversation that a task in hand is about: what is safe to know of it, never its words, and a case from it.
    ConversationTakeUp = "conversation_take_up" on TaskId;
    /// Make a record of a person and their case at a site.
    CaseOpen = "case_open" on SiteId;
    /// Search for a person by what they tell; lists only what the scope allows.
    PersonSearch = "person_search" on PersonId;
    /// Read a case: needs, plan, story.
    CaseRead = "case_read" on CaseId;
    /// Change a case: needs, immediate needs, children, risk, contact, statement, consent, tasks.
    CaseChange = "case_change" on CaseId;
    /// Send a message to the person by a way that is safe, hand it over, and see what became of it. Never for a program: no
    /// program is shown a number (decision 0017).
    MessageSend = "message_send" on CaseId;
    /// Hand a case over to another worker.
    CaseHandOver = "case_hand_over" on CaseId;
    /// Say who may not see a person's record, or that only named colleagues may (SPEC 4.6).
    CaseRestrict = "case_restrict" on CaseId, step_up;
    /// Open, for an hour, a record at one's own site that is kept to others: with a second person of another organisation, or as the
    /// duty officer alone when a life is at risk (SPEC 4.6).
    UrgentAccess = "urgent_access" on SiteId, step_up;
    /// Say yes or no, as the second person of another organisation, to what somebody asks to open.
    SecondPersonDecide = "second_person_decide" on SecondPersonId, step_up;
    /// See what a person agreed to share, and the receipts of what they took back.
    SharingRead = "sharing_read" on CaseId;
    /// Strike lines from what was agreed, shorten its time, or take it back. Nothing can be added to it.
    SharingNarrow = "sharing_narrow" on CaseId;
    /// See who looked at a person's record.
    CaseLookers = "case_lookers" on CaseId;
    /// Answer somebody who asks what is held about them: item by item, and the copy.
    AccessAnswer = "access_answer" on CaseId, step_up;
    /// Set and lift a legal hold on a person's record, and ask for it to be erased. Somebody else decides.
    CaseErase = "case_erase" on CaseId, step_up;
    /// Decide an erasure that somebody else asked for: it cannot be undone.
    ErasureDecide = "erasure_decide" on ErasureId, step_up;
    /// Send a referral from a case.
    ReferralSend = "referral_send" on CaseId;
    /// Read a referral as the one who sent it.
    ReferralRead = "referral_read" on ReferralId;
    /// Withdraw, or record what the partner or the person said.
    ReferralRecord = "referral_record" on ReferralId;
    /// End a request, or let the service read less of it, because the person takes back what it rests on.
    ReferralTakeBack = "referral_take_back" on ReferralId;
    /// See that a referral waits, without its content: the partner's inbox.
    ReferralReceive = "referral_receive" on ReferralId;
    /// Read the packet as the partner.
    PacketRead = "packet_read" on ReferralId;
    /// Answer a referral as the partner: accept, waitlist, decline, ask.
    ReferralAnswer = "referral_answer" on ReferralId;
    /// Read contact rules and, where they allow it now, the contact itself: only after acceptance, for a reason.
    ContactReveal = "contact_reveal" on ReferralId, step_up;
    /// The same at once, because a life is at risk: without proving oneself again, and reviewed afterwards.
    ContactRevealAtRisk = "contact_reveal_at_risk" on ReferralId;
    /// Give, as a service that said yes, the one address that a worker needs; and take it back before it was seen.
    PlaceSay = "place_say" on ReferralId;
    /// See that address, once.
    PlaceReveal = "place_reveal" on ReferralId, step_up;
    /// The same at once and alone, because a life is at risk: without proving oneself again, and reviewed afterwards.
    PlaceRevealAtRisk = "place_reveal_at_risk" on ReferralId;
    /// Record what came of it: first contact, started, ended.
    OutcomeRecord = "outcome_record" on ReferralId;
    /// List and do tasks.
    TaskDo = "task_do" on TaskId;
    /// See which tasks wait, whose they are and by when: never what they are about beyond their kind. Taking and ending one is
    /// `task_do`, and for people.
    TaskList = "task_list" on TaskId;
    /// See the appointments of a site by their times: the front desk, and whoever they are with.
    AppointmentList = "appointment_list" on AppointmentId;
    /// Confirm that two people are to be kept apart, on something else than the word of one of them.
    LinkConfirm = "link_confirm" on CaseId, step_up;
    /// Plan two appointments apart: their times and nothing of whose they are.
    PlanApart = "plan_apart" on TaskId;
    /// Keep one's own drafts.
    DraftKeep = "draft_keep" on DraftId;
    /// Import feeds and publish listings.
    DirectoryImport = "directory_import" on OrganisationId;
    /// Change one listing.
    ServiceEdit = "service_edit" on ServiceId;
    /// See rows set aside, with what was stripped from them.
    QuarantineRead = "quarantine_read" on QuarantineId, step_up;
    /// Propose a referral address for a service, after a call-back.
    AddressPropose = "address_propose" on ServiceId;
    /// Confirm a referral address that somebody else proposed.
    AddressConfirm = "address_confirm" on ServiceId, step_up;
    /// Propose that a partner organisation joins, after a call-back, or take that back. On the organisation that runs the
    /// installation: nobody else lets organisations in.
    PartnerPropose = "partner_propose" on OrganisationId, step_up;
    /// Approve a partner that somebody else proposed: its organisation, its tie to a service and its first account.
    PartnerConfirm = "partner_confirm" on OrganisationId, step_up;
    /// Read the audit record: who, what, when; never content.
    AuditRead = "audit_read" on OrganisationId;
    /// Give, change or end a colleague's access.
    AccountManage = "account_manage" on AccountId;
    /// Name who holds the posts of a site: who is told there when nobody acts (SPEC 4.3 SM-SPOC).
    SitePostName = "site_post_name" on SiteId, step_up;
    /// Say of oneself whom and which places one must not deal with, and see and end what one said. Nobody else does.
    InterestKeep = "interest_keep" on AccountId;
    /// Compare what a record holds with what members of staff said of themselves: the service itself, and it shows nothing.
    InterestCompare = "interest_compare" on OrganisationId;
    /// Make and revoke API clients.
    ClientManage = "client_manage" on ApiClientId, step_up;
}
