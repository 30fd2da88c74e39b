//! Rules over ties: one meaning, evaluated in memory by `decide` and rendered into SQL by the store.

use std::marker::PhantomData;

use throughline_core::id::{AccountId, CaseId, OrganisationId, ReferralId, SiteId};

use crate::table::{Relation, relations};
use crate::{Action, Actor, Ties};

/// One condition on one tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atom {
    /// The record is held by this organisation.
    Organisation(OrganisationId),
    /// The record is held by an organisation, and it is not this one.
    NotOrganisation(OrganisationId),
    /// The person is seen at this site.
    Site(SiteId),
    /// This account leads.
    Lead(AccountId),
    /// A live referral was sent to this organisation.
    To(OrganisationId),
    /// This organisation accepted.
    AcceptedBy(OrganisationId),
    /// It is this referral.
    Referral(ReferralId),
    /// It is this case, or of it.
    Case(CaseId),
}

/// Any branch whose every atom holds. No branches: nothing. A branch with no atoms: everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// The branches.
    pub any: Vec<Vec<Atom>>,
}

impl Atom {
    /// Whether the ties satisfy this condition.
    pub fn holds(self, ties: &Ties) -> bool {
        match self {
            Self::Organisation(id) => ties.organisation == Some(id),
            Self::NotOrganisation(id) => ties.organisation.is_some_and(|held| held != id),
            Self::Site(id) => ties.site == Some(id),
            Self::Lead(id) => ties.lead == Some(id),
            Self::To(id) => ties.to_organisation == Some(id),
            Self::AcceptedBy(id) => ties.accepted_by == Some(id),
            Self::Referral(id) => ties.referral == Some(id),
            Self::Case(id) => ties.case == Some(id),
        }
    }
}

impl Rule {
    /// Whether the ties satisfy this rule: what is closed to whoever asks satisfies none.
    pub fn allows(&self, ties: &Ties) -> bool {
        !ties.closed
            && self
                .any
                .iter()
                .any(|branch| branch.iter().all(|atom| atom.holds(ties)))
    }

    /// What the permission table says for this actor and action.
    pub(crate) fn of(actor: &Actor, action: crate::ActionKind) -> Self {
        if let Actor::Client { scopes, .. } = actor
            && !scopes.contains(&action)
        {
            return Self::default();
        }
        let any = relations(actor.standing(), action)
            .iter()
            .filter_map(|relation| branch(*relation, actor))
            .collect();
        Self { any }
    }
}

/// The atoms that make a relation hold for this actor; `None` where the actor cannot stand in that relation at all.
fn branch(relation: Relation, actor: &Actor) -> Option<Vec<Atom>> {
    let own = |make: fn(OrganisationId) -> Atom| actor.organisation().map(|id| vec![make(id)]);
    match relation {
        Relation::Anyone => Some(vec![]),
        Relation::OwnOrganisation => own(Atom::Organisation),
        Relation::OtherOrganisation => own(Atom::NotOrganisation),
        // A site means the site of the actor's own organisation: both must agree.
        Relation::OwnSite => Some(vec![
            Atom::Organisation(actor.organisation()?),
            Atom::Site(actor.site()?),
        ]),
        // A leaver who moved organisation keeps nothing: the lead must still be of the organisation that holds the record.
        Relation::Lead => Some(vec![
            Atom::Organisation(actor.organisation()?),
            Atom::Lead(actor.account()?),
        ]),
        Relation::ReferredTo => own(Atom::To),
        Relation::Accepted => own(Atom::AcceptedBy),
        Relation::OwnRecord => match actor {
            Actor::PersonHolder { case, organisation } => {
                Some(vec![Atom::Organisation(*organisation), Atom::Case(*case)])
            }
            _ => None,
        },
        Relation::ThisLink => match actor {
            Actor::LinkHolder {
                referral,
                organisation,
                ..
            } => Some(vec![Atom::To(*organisation), Atom::Referral(*referral)]),
            _ => None,
        },
    }
}

/// The rows that an actor may list for an action. Made only here; lists of personal data take one.
#[derive(Debug, Clone)]
pub struct Scope<A: Action> {
    rule: Rule,
    actor: Actor,
    action: PhantomData<fn() -> A>,
}

impl<A: Action> Scope<A> {
    /// The scope of this actor for `A`: possibly nothing, never more than `decide` would grant one by one.
    pub fn of(actor: &Actor) -> Self {
        Self {
            rule: Rule::of(actor, A::KIND),
            actor: actor.clone(),
            action: PhantomData,
        }
    }

    /// The rule, for rendering into a query.
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Who asks, for the audit entry.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }
}
