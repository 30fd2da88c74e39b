//! The decision.

use throughline_core::code_list;
use throughline_core::id::{OrganisationId, PersonId};
use throughline_core::time::At;

use crate::actor::Purpose;
use crate::table::outlasts_an_hour;
use crate::{Action, ActionKind, Actor, Facts, Rule};

/// How long a permit is good for, in seconds: one request. A permit is never stored.
const PERMIT_SECONDS: i64 = 60;
/// How long a step-up lasts, in seconds (15 minutes) (our design).
pub const STEP_UP_SECONDS: i64 = 15 * 60;

/// Permission to do `A` to one subject, for one purpose, now. It has private fields: only [`decide`] makes one.
#[derive(Debug)]
pub struct Permit<A: Action> {
    subject: A::Subject,
    person: Option<PersonId>,
    organisation: OrganisationId,
    purpose: Purpose,
    expires_at: At,
}

impl<A: Action> Permit<A> {
    /// What the permit is for.
    pub const fn on(&self) -> A::Subject {
        self.subject
    }
    /// The person it is about, where there is one.
    pub const fn person(&self) -> Option<PersonId> {
        self.person
    }
    /// The organisation that holds the record: its keys open it.
    pub const fn organisation(&self) -> OrganisationId {
        self.organisation
    }
    /// Why.
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }
    /// When the permit stops being good.
    pub const fn expires_at(&self) -> At {
        self.expires_at
    }
}

code_list! {
    /// Why a decision was no. Never shown to the person who asked: to them it is "not found".
    pub enum Reason {
        /// No relation to the subject.
        NoRelation = "no_relation",
        /// The role may never do this.
        NotForThisRole = "not_for_this_role",
        /// They must prove themselves again first. The only reason that is shown, and only to those otherwise allowed.
        StepUpNeeded = "step_up_needed",
        /// There is no such thing. Recorded like the others so that present and absent cost the same.
        NoSuchThing = "no_such_thing",
        /// The person is closed to whoever asks (decision 0019). Recorded where they work as "no such thing"; the truth goes to
        /// an organisation that is not theirs.
        Closed = "closed",
        /// They looked for more people in an hour than anybody's work needs.
        TooManySearches = "too_many_searches",
        /// The e-mail address signs in already, perhaps in another organisation.
        AddressTaken = "address_taken",
    }
}

/// A refusal. It becomes an audit entry and a 404 with the same bytes as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("refused")]
pub struct Denied {
    /// What was asked.
    pub action: ActionKind,
    /// Why not.
    pub reason: Reason,
    /// Who is closed to the actor, where that is why: for the organisation that watches, and nobody else.
    pub closed: Option<PersonId>,
}

/// Decides whether `actor` may do `A` to the subject of `facts` now, for `purpose`.
///
/// Errors with [`Denied`] unless the table gives this standing a relation that holds and the person is not closed to the actor.
/// Absence of a rule is a refusal.
pub fn decide<A: Action>(
    actor: &Actor,
    purpose: Purpose,
    facts: &Facts<A::Subject>,
    now: At,
) -> Result<Permit<A>, Denied> {
    let refuse = |reason| Denied {
        action: A::KIND,
        reason,
        closed: facts.person.filter(|_| reason == Reason::Closed),
    };
    let rule = Rule::of(actor, A::KIND);
    if rule.any.is_empty() {
        return Err(refuse(Reason::NotForThisRole));
    }
    if facts.ties.closed {
        return Err(refuse(Reason::Closed));
    }
    if !rule.allows(&facts.ties) {
        return Err(refuse(Reason::NoRelation));
    }
    if facts.ties.for_now && outlasts_an_hour(A::KIND) {
        return Err(refuse(Reason::NoRelation));
    }
    if A::KIND.needs_step_up() && !stepped_up(actor, now) {
        return Err(refuse(Reason::StepUpNeeded));
    }
    let organisation = facts
        .ties
        .organisation
        .or_else(|| actor.organisation())
        .ok_or(refuse(Reason::NoRelation))?;
    Ok(Permit {
        subject: facts.subject,
        person: facts.person,
        organisation,
        purpose,
        expires_at: now.plus_seconds(PERMIT_SECONDS),
    })
}

/// Whether people proved themselves again lately: staff by their second factor, the holder of a link by its code. Actors that are
/// not people have nothing to ask for.
fn stepped_up(actor: &Actor, now: At) -> bool {
    let is_a_person = matches!(actor, Actor::Staff { .. } | Actor::LinkHolder { .. });
    !is_a_person || actor.proved_lately(now)
}
