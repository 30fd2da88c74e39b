//! Consent as a document the person edits: by recipient, purpose and item (SPEC 4.7, SM-SHARE, NE-10, NE-24), and the
//! packet that results. Where sharing rests on another basis, the reasons are on record, for sharing and for not sharing.

use std::collections::BTreeSet;

use crate::code::Code as _;
use crate::conversation::Reach;
use crate::id::OrganisationId;
use crate::packet_line::PacketLine;
use crate::reason::{Reason, Words};
use crate::time::At;

crate::code_list! {
    /// One kind of thing that may be shared. Immigration status and recourse to public funds are not on the list: they are
    /// never in a packet and need a release of their own with two approvals (NE-11).
    pub enum PacketItem {
        /// The name they want to be called by.
        ChosenName = "chosen_name",
        /// The name on documents.
        LegalName = "legal_name",
        /// Age band.
        AgeBand = "age_band",
        /// How to make contact safely. Shown before any number.
        ContactRules = "contact_rules",
        /// The number or address for contact.
        ContactDetails = "contact_details",
        /// What they need beside what is asked for: each need is a line of its own ([`PacketLine`]).
        Needs = "needs",
        /// How urgent it is.
        Urgency = "urgency",
        /// The risk as judged.
        Risk = "risk",
        /// Their own words.
        Statement = "statement",
        /// That there are children, how many and their ages.
        Children = "children",
        /// What the children need for themselves: each need is a line of its own.
        ChildrenNeeds = "children_needs",
        /// Language and interpreter.
        Language = "language",
        /// What they need so that they can take part.
        AccessNeeds = "access_needs",
        /// Pets.
        Pets = "pets",
        /// Areas they must stay away from, as area names only.
        AvoidAreas = "avoid_areas",
    }
}

impl PacketItem {
    /// Whether it holds needs, which are agreed one by one.
    pub const fn is_needs(self) -> bool {
        matches!(self, Self::Needs | Self::ChildrenNeeds)
    }
}

crate::code_list! {
    /// What sharing is for.
    pub enum SharePurpose {
        /// A referral for help.
        Referral = "referral",
        /// Safety of the person or others.
        Safety = "safety",
        /// Safety of a child.
        ChildSafety = "child_safety",
        /// A duty to refer someone who may be homeless (R-DTR; England).
        DutyToRefer = "duty_to_refer",
        /// Money or an easement.
        Money = "money",
    }
}

crate::code_list! {
    /// How the person agreed.
    pub enum HowAgreed {
        /// Spoken, face to face.
        Spoken = "spoken",
        /// By telephone.
        Telephone = "telephone",
        /// They edited and agreed it on the screen.
        OnScreen = "on_screen",
        /// Signed.
        Signed = "signed",
        /// Through a professional interpreter.
        ThroughInterpreter = "through_interpreter",
        /// They were not asked because asking was not safe.
        NotAskedUnsafe = "not_asked_unsafe",
        /// They were asked and did not agree.
        DidNotAgree = "did_not_agree",
    }
}

impl HowAgreed {
    /// Whether the person agreed.
    pub const fn is_agreement(self) -> bool {
        !matches!(self, Self::NotAskedUnsafe | Self::DidNotAgree)
    }
}

crate::code_list! {
    /// Lawful basis, UK GDPR article 6 (SPEC 4.2 `share_basis_art6`). Chosen per purpose, never filled in (NE-24).
    pub enum ShareBasis {
        /// Public task.
        PublicTask = "public_task_6_1_e",
        /// Legal obligation.
        LegalObligation = "legal_obligation_6_1_c",
        /// Vital interests.
        VitalInterests = "vital_interests_6_1_d",
        /// Legitimate interests.
        LegitimateInterests = "legitimate_interests_6_1_f",
        /// Consent.
        Consent = "consent_6_1_a",
        /// Recognised legitimate interest. Prospective: usable only where a pack says it is in force.
        RecognisedLegitimateInterest = "recognised_legitimate_interest_prospective",
    }
}

crate::code_list! {
    /// Condition for special-category data, article 9 (SPEC 4.2 `share_condition_art9`).
    pub enum Art9Condition {
        /// Substantial public interest.
        SubstantialPublicInterest = "substantial_public_interest_9_2_g",
        /// Health or social care.
        HealthOrSocialCare = "health_or_social_care_9_2_h",
        /// Vital interests of someone who cannot consent.
        VitalInterestsIncapable = "vital_interests_incapable_9_2_c",
        /// Legal claims.
        LegalClaims = "legal_claims_9_2_f",
        /// Explicit consent.
        ExplicitConsent = "explicit_consent_9_2_a",
    }
}

crate::code_list! {
    /// Condition in Schedule 1 of the Data Protection Act 2018 (SPEC 4.2 `dpa_sch1_condition`).
    pub enum DpaCondition {
        /// Paragraph 6, statutory purposes.
        StatutoryPurposes = "para_6_statutory_purposes",
        /// Paragraph 8, equality.
        Equality = "para_8_equality",
        /// Paragraph 10, preventing unlawful acts.
        PreventingUnlawfulActs = "para_10_preventing_unlawful_acts",
        /// Paragraph 11, protecting the public.
        ProtectingPublic = "para_11_protecting_public",
        /// Paragraph 16, support for people with a disability or medical condition.
        SupportDisability = "para_16_support_disability_or_medical_condition",
        /// Paragraph 17, counselling.
        Counselling = "para_17_counselling",
        /// Paragraph 18, safeguarding children and individuals at risk. Most adults who face domestic abuse do not fit it (R-IG-02).
        Safeguarding = "para_18_safeguarding_children_and_individuals_at_risk",
        /// Paragraph 19, economic well-being.
        EconomicWellbeing = "para_19_economic_wellbeing_at_risk",
    }
}

crate::code_list! {
    /// Whether the person was told that something was shared first, because a life was at stake (SPEC 4.7).
    pub enum ToldPerson {
        /// They were told.
        Told = "told",
        /// Telling them would not have been safe; the reasons say why.
        NotSafe = "not_safe",
    }
}

/// By when a decision to share first is on record in full, in seconds from sharing: 24 hours (SPEC 4.7).
pub const SHARED_FIRST_SECONDS: i64 = 24 * 60 * 60;

/// What was agreed, or decided, about sharing with one recipient for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Who receives.
    pub recipient: OrganisationId,
    /// For what.
    pub purpose: SharePurpose,
    /// Which lines. Nothing else is ever shared under it (NE-10).
    pub items: BTreeSet<PacketLine>,
    /// How the person agreed, or that they did not.
    pub how: HowAgreed,
    /// Whether the statement is in the person's own words.
    pub own_words: bool,
    /// Lawful basis.
    pub basis: ShareBasis,
    /// Article 9 condition.
    pub art9: Option<Art9Condition>,
    /// Schedule 1 condition.
    pub dpa: Option<DpaCondition>,
    /// Why, when the basis is not consent.
    pub reasons: Option<Reason>,
    /// Whether somebody's life was at stake when it was decided: only then may it rest on vital interests (NE-24), and only then
    /// may it be shared first and reasoned within [`SHARED_FIRST_SECONDS`] (SPEC 4.7).
    pub life_at_risk: bool,
    /// When it was agreed or decided.
    pub agreed_at: At,
    /// When it lapses.
    pub expires_at: At,
    /// When the person took it back.
    pub withdrawn_at: Option<At>,
}

/// Why a consent is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsentFault {
    /// Nothing may be shared under it.
    #[error("Choose at least one line to share.")]
    NothingToShare,
    /// The basis is consent and the person did not agree.
    #[error("They did not agree. Choose another lawful basis and say why, or do not share.")]
    NotAgreed,
    /// The basis is not consent and no reasons are given.
    #[error("Say why it is being shared without resting on their consent.")]
    ReasonsMissing,
    /// The condition is explicit consent and the person did not agree.
    #[error("Explicit consent was chosen but they did not agree.")]
    NoExplicitConsent,
    /// The condition of substantial public interest needs a condition of Schedule 1 as well.
    #[error("Choose the condition in Schedule 1 of the Data Protection Act 2018.")]
    ScheduleMissing,
    /// Every item is about someone's life: a condition for special-category data is needed.
    #[error("Choose the condition for special-category data.")]
    ConditionMissing,
    /// It rests on vital interests and nobody's life is at stake.
    #[error("Vital interests are for when a life is at stake.")]
    LifeNotAtRisk,
    /// It ends before it begins.
    #[error("It must end after it begins.")]
    EndsBeforeItBegins,
}

impl Consent {
    /// Checks that it is complete (SPEC 4.7, NE-24). Errors with the first fault.
    pub fn check(&self) -> Result<(), ConsentFault> {
        if self.items.is_empty() {
            return Err(ConsentFault::NothingToShare);
        }
        if self.expires_at <= self.agreed_at {
            return Err(ConsentFault::EndsBeforeItBegins);
        }
        if self.basis == ShareBasis::Consent && !self.how.is_agreement() {
            return Err(ConsentFault::NotAgreed);
        }
        if self.basis != ShareBasis::Consent && self.reasons.is_none() && !self.life_at_risk {
            return Err(ConsentFault::ReasonsMissing);
        }
        match self.art9 {
            None => Err(ConsentFault::ConditionMissing),
            Some(Art9Condition::ExplicitConsent) if !self.how.is_agreement() => {
                Err(ConsentFault::NoExplicitConsent)
            }
            Some(Art9Condition::SubstantialPublicInterest) if self.dpa.is_none() => {
                Err(ConsentFault::ScheduleMissing)
            }
            Some(_) => Ok(()),
        }
    }

    /// Checks that it may begin: complete, and resting on vital interests only where a life is at stake (NE-24). Errors with the
    /// first fault.
    pub fn check_new(&self) -> Result<(), ConsentFault> {
        self.check()?;
        let vital = self.basis == ShareBasis::VitalInterests
            || self.art9 == Some(Art9Condition::VitalInterestsIncapable);
        if vital && !self.life_at_risk {
            return Err(ConsentFault::LifeNotAtRisk);
        }
        Ok(())
    }

    /// Whether it rests on the person's agreement, by its basis or by its condition: only then is there something to take back.
    /// Where it rests on anything else, somebody decided it with reasons, and decides again (NE-24, NE-28).
    pub fn rests_on_agreement(&self) -> bool {
        self.basis == ShareBasis::Consent || self.art9 == Some(Art9Condition::ExplicitConsent)
    }

    /// Whether it holds at an instant: complete, begun, not lapsed, not taken back.
    pub fn holds_at(&self, now: At) -> bool {
        self.check().is_ok()
            && self.agreed_at <= now
            && now < self.expires_at
            && self.withdrawn_at.is_none_or(|at| now < at)
    }

    /// The consent with fewer lines. A line cannot be added this way: that needs asking again.
    #[must_use]
    pub fn struck(mut self, items: &BTreeSet<PacketLine>) -> Self {
        self.items.retain(|item| !items.contains(item));
        self
    }

    /// The consent taken back. A second withdrawal does not move the first.
    #[must_use]
    pub fn withdrawn(mut self, at: At) -> Self {
        self.withdrawn_at = Some(self.withdrawn_at.map_or(at, |before| before.min(at)));
        self
    }
}

crate::code_list! {
    /// How much of what somebody asked for, or might ask for, is shared with them, where it is not all of it.
    pub enum HowMuch {
        /// Nothing.
        Nothing = "nothing",
        /// Some of it.
        Part = "part",
    }
}

/// The decision to share nothing, or only part: kept like the decision to share (SPEC 4.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessShared {
    /// With whom. Whoever asks may be no organisation that this system knows, or none at all: a parent, a school.
    pub with: Words,
    /// For what it was asked.
    pub purpose: SharePurpose,
    /// How much is shared all the same.
    pub how_much: HowMuch,
    /// What is left out. With [`HowMuch::Nothing`]: what was asked for, where it was said.
    pub left_out: BTreeSet<PacketItem>,
    /// What sharing more could do, or why it is not needed.
    pub reason: Reason,
    /// What could happen because it is not shared, and what is done instead.
    pub if_not: Reason,
    /// Whether the person was told.
    pub told: ToldPerson,
}

/// Why a decision to share less is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LessFault {
    /// A part is shared and it was not said what is not.
    #[error("Say which lines are left out.")]
    NothingLeftOut,
    /// A part is shared and every line is left out.
    #[error("Everything is left out: then nothing is shared.")]
    EverythingLeftOut,
}

impl LessShared {
    /// Checks that it says what is decided. Errors with the fault.
    pub fn check(&self) -> Result<(), LessFault> {
        let part = self.how_much == HowMuch::Part;
        if part && self.left_out.is_empty() {
            return Err(LessFault::NothingLeftOut);
        }
        if part && self.left_out.len() == PacketItem::ALL.len() {
            return Err(LessFault::EverythingLeftOut);
        }
        Ok(())
    }
}

/// What one recipient will see: which lines and, of the statement, which of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    recipient: OrganisationId,
    purpose: SharePurpose,
    items: BTreeSet<PacketLine>,
    struck_lines: BTreeSet<usize>,
}

/// Why no packet can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketRefused {
    /// The consent does not hold now.
    #[error(
        "Nothing was shared. What was agreed has lapsed, was taken back or is not complete. Ask again."
    )]
    NoConsent,
    /// They were not seen alone, or nobody knows: nothing goes beyond the specialist (ASSURANCE C5).
    #[error(
        "Nothing was shared. They have not been seen alone, so it can go only to the specialist service."
    )]
    NotSeenAlone,
    /// A number without the rules for using it.
    #[error(
        "Nothing was shared. Contact details can go only together with how to use them safely."
    )]
    DetailsWithoutRules,
    /// All needs at once.
    #[error("Nothing was shared. What they need is agreed one need at a time.")]
    EveryNeed,
}

impl Packet {
    /// Builds the packet: the items that were agreed, and the statement without the struck lines (counted from 1).
    /// `to_specialist` says whether the recipient is the specialist service for this need.
    pub fn build(
        consent: &Consent,
        struck_lines: BTreeSet<usize>,
        reach: Reach,
        to_specialist: bool,
        now: At,
    ) -> Result<Self, PacketRefused> {
        if !consent.holds_at(now) {
            return Err(PacketRefused::NoConsent);
        }
        if reach == Reach::SpecialistOnly && !to_specialist {
            return Err(PacketRefused::NotSeenAlone);
        }
        let holds = |item: PacketItem| consent.items.contains(&item.into());
        if holds(PacketItem::ContactDetails) && !holds(PacketItem::ContactRules) {
            return Err(PacketRefused::DetailsWithoutRules);
        }
        if consent.items.iter().any(|line| line.is_every_need()) {
            return Err(PacketRefused::EveryNeed);
        }
        Ok(Self {
            recipient: consent.recipient,
            purpose: consent.purpose,
            items: consent.items.clone(),
            struck_lines,
        })
    }

    /// Who receives it.
    pub const fn recipient(&self) -> OrganisationId {
        self.recipient
    }

    /// For what.
    pub const fn purpose(&self) -> SharePurpose {
        self.purpose
    }

    /// The lines, in the order they are shown.
    pub fn items(&self) -> impl Iterator<Item = PacketLine> + '_ {
        self.items.iter().copied()
    }

    /// Whether it holds a line of this kind.
    pub fn holds(&self, item: PacketItem) -> bool {
        self.items.iter().any(|line| line.item() == item)
    }

    /// The statement as the recipient sees it, `None` when it is not in the packet. A struck line leaves no gap and no mark:
    /// hiding leaves no trace (ASSURANCE C2).
    pub fn statement(&self, full: &str) -> Option<String> {
        self.holds(PacketItem::Statement)
            .then(|| without_lines(full, &self.struck_lines))
    }

    /// The struck lines, counted from 1.
    pub const fn struck_lines(&self) -> &BTreeSet<usize> {
        &self.struck_lines
    }
}

/// A statement without some of its lines (counted from 1).
pub fn without_lines(full: &str, struck: &BTreeSet<usize>) -> String {
    let kept: Vec<&str> = full
        .lines()
        .enumerate()
        .filter(|(at, _)| !struck.contains(&(at + 1)))
        .map(|(_, line)| line)
        .collect();
    kept.join("\n")
}

#[cfg(test)]
#[path = "consent_tests.rs"]
mod tests;
