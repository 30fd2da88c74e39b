//! What the decision looks at: a subject and what ties it to organisations, sites and people. Only plain columns, never
//! anything personal, so that facts can be read before anything is permitted.

use throughline_core::id::{AccountId, CaseId, OrganisationId, PersonId, ReferralId, SiteId};

/// The ties of one subject. `None` means that the subject has no such tie, and then no relation through it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ties {
    /// The organisation that holds the record.
    pub organisation: Option<OrganisationId>,
    /// The site at which the person is seen.
    pub site: Option<SiteId>,
    /// The member of staff who leads, or whose own thing it is.
    pub lead: Option<AccountId>,
    /// The organisation that a live referral was sent to: set from sending until declined, withdrawn, unanswered or ended long ago.
    pub to_organisation: Option<OrganisationId>,
    /// The organisation that accepted, from acceptance on.
    pub accepted_by: Option<OrganisationId>,
    /// The referral itself, for a link holder.
    pub referral: Option<ReferralId>,
    /// The case itself, for the person whose own it is.
    pub case: Option<CaseId>,
    /// Whether the person is closed to whoever asks: they are barred, or the record is kept to named viewers and they are none of
    /// them (decision 0019). It wins over every other tie.
    pub closed: bool,
    /// Whether the person's record is kept to others and is open to whoever asks for an hour only: then nothing is allowed that
    /// would outlast it (decision 0019).
    pub for_now: bool,
}

/// A subject of type `S` (an id) with its ties and, where there is one, the person it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<S> {
    /// The subject.
    pub subject: S,
    /// The person whom the subject is about; named in the audit entry so that "who has looked" can be answered.
    pub person: Option<PersonId>,
    /// What ties the subject to others.
    pub ties: Ties,
}
