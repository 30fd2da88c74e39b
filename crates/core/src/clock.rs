//! Clocks by name. Their lengths are data in policy packs ([`crate::pack`]); no number lives here.

use crate::risk::RiskBand;

crate::code_list! {
    /// How soon something must happen (SPEC 4.3 SM-ESCALATION). Which need and risk make which urgency is data in the pack.
    pub enum Urgency {
        /// Within minutes.
        Immediate = "immediate",
        /// Before the day ends.
        SameDay = "same_day",
        /// In working days.
        Routine = "routine",
    }
}

impl Urgency {
    /// The more urgent of two.
    #[must_use]
    pub fn or_sooner(self, other: Self) -> Self {
        self.min(other)
    }
}

crate::code_list! {
    /// Every clock the system runs. `c…` are the clocks of SPEC 4.4; the others are our own `[design]`.
    pub enum ClockId {
        /// First contact by the service that accepted (C01).
        FirstContact = "c01_first_contact",
        /// The easement of work requirements: 13 weeks from notification (C05).
        Easement = "c05_easement",
        /// Evidence for the easement (C05).
        EasementEvidence = "c05_easement_evidence",
        /// A decision on money today (C06).
        MoneyDecision = "c06_money_decision",
        /// Payment after the decision (C06).
        MoneyPayment = "c06_money_payment",
        /// Homeless within this time means the duty to refer may apply (C07; England only).
        DutyToReferThreshold = "c07_duty_to_refer_threshold",
        /// First chase of a duty to refer that nobody answered (C08).
        DutyToReferChaseFirst = "c08_duty_to_refer_chase_first",
        /// Second chase (C08).
        DutyToReferChaseSecond = "c08_duty_to_refer_chase_second",
        /// Third chase (C08).
        DutyToReferChaseThird = "c08_duty_to_refer_chase_third",
        /// A safe way to make contact lapses unless asked again (C20).
        SafeContactExpiry = "c20_safe_contact_expiry",
        /// A directory entry is due for review (C21).
        ListingDueReview = "c21_listing_due_review",
        /// A directory entry is stale (C21).
        ListingStale = "c21_listing_stale",
        /// Subject access (C22).
        SubjectAccess = "c22_subject_access",
        /// A breach of personal data is told to the Information Commissioner (C23).
        BreachReport = "c23_breach_report",
        /// A referral that was begun must not sit unsent.
        ReferralSend = "referral_send",
        /// A line is looked at again, where nothing that became of a request has set it going.
        LineReview = "line_review",
        /// A referral that left us must reach the service.
        ReferralDelivery = "referral_delivery",
        /// The service answers.
        ReferralAnswer = "referral_answer",
        /// The person is told where they are on a waiting list.
        WaitlistReview = "waitlist_review",
        /// After silence or a bounce, the next option is offered.
        NextOffer = "next_offer",
        /// An offer held while the person chooses is looked at again.
        HeldReview = "held_review",
        /// Help begins after first contact.
        ServiceStart = "service_start",
        /// Help under way is looked at again.
        ServiceReview = "service_review",
        /// A risk that nobody has judged is judged.
        RiskJudged = "risk_judged",
        /// An escalation is acknowledged (SM-ESCALATION t1).
        EscalationAcknowledge = "escalation_acknowledge",
        /// An escalation is acted on (SM-ESCALATION t2).
        EscalationAct = "escalation_act",
        /// A private room that was asked for is answered before the next person is alerted.
        RoomAnswer = "room_answer",
        /// An immediate need that could not be met is tried again.
        ImmediateRetry = "immediate_retry",
        /// A child's own needs are looked at.
        ChildReview = "child_review",
        /// A one-time link to a referral lapses.
        LinkExpiry = "link_expiry",
        /// A consent lapses unless agreed again.
        ConsentExpiry = "consent_expiry",
        /// How long before a consent lapses the person is asked again.
        ConsentAskAgain = "consent_ask_again",
        /// A conversation left for later is taken up again.
        ConversationResume = "conversation_resume",
        /// A break-glass look is reviewed (SPEC 4.6).
        BreakGlassReview = "break_glass_review",
    }
}

/// The band whose clock a risk runs on: a risk that nobody has judged runs on the clock of a high one.
pub const fn clock_band(risk: RiskBand) -> RiskBand {
    match risk {
        RiskBand::Standard => RiskBand::Standard,
        RiskBand::Medium => RiskBand::Medium,
        RiskBand::High | RiskBand::NotAssessed => RiskBand::High,
    }
}
