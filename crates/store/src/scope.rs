//! Rules rendered into conditions: the only place.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait as _};
use throughline_core::time::At;
use throughline_policy::{Action, Actor, Atom, Scope};
use uuid::Uuid;

use crate::closed::closed_people;
use crate::entity::support_case;
use crate::error::Error;

/// A page that is asked for after what is no row of the list, or none that this actor may see: the same words.
pub(crate) const NOT_A_ROW: Error = Error::Invalid {
    field: "after",
    problem: "api-after-unknown",
};

/// Which column of a table holds each tie. A tie without a column never holds, as with `None` in `Ties`.
pub(crate) struct TieColumns<C> {
    pub organisation: Option<C>,
    pub site: Option<C>,
    pub lead: Option<C>,
    pub to: Option<C>,
    pub accepted_by: Option<C>,
    pub referral: Option<C>,
    /// Whom a row is about: who is closed to the actor is in none of their lists.
    pub about: About<C>,
}

/// Which column says whom a row is about. Every list must say: there is no default.
#[derive(Clone, Copy)]
pub(crate) enum About<C> {
    /// The person's id.
    Person(C),
    /// The id of their case, where the row has one.
    Case(C),
    /// No row of this table is about a person who is helped.
    Nobody,
}

/// One condition per branch, so that each can use its own index; the caller asks once per branch and merges.
/// A branch that no row of this table can satisfy is left out: an empty list means nothing at all.
pub(crate) fn branches<A: Action, C: ColumnTrait>(
    scope: &Scope<A>,
    columns: &TieColumns<C>,
    now: At,
) -> Vec<Condition> {
    let open = open_people(scope.actor(), columns.about, now);
    scope
        .rule()
        .any
        .iter()
        .filter_map(|branch| render(branch, columns))
        .map(|branch| open.iter().cloned().fold(branch, Condition::add))
        .collect()
}

/// All branches in one condition; `None` when nothing may be seen.
pub(crate) fn condition<A: Action, C: ColumnTrait>(
    scope: &Scope<A>,
    columns: &TieColumns<C>,
    now: At,
) -> Option<Condition> {
    let branches = branches(scope, columns, now);
    (!branches.is_empty()).then(|| branches.into_iter().fold(Condition::any(), Condition::add))
}

/// The rows are of nobody who is closed to the actor: one condition for each reason there is.
fn open_people<C: ColumnTrait>(actor: &Actor, about: About<C>, now: At) -> Vec<Condition> {
    if matches!(about, About::Nobody) {
        return Vec::new();
    }
    closed_people(actor, now)
        .into_iter()
        .filter_map(|people| match about {
            About::Person(person) => Some(Condition::all().add(person.not_in_subquery(people))),
            About::Case(case) => {
                let cases = support_case::Entity::find()
                    .select_only()
                    .column(support_case::Column::Id)
                    .filter(support_case::Column::PersonId.in_subquery(people))
                    .into_query();
                // "Not in" is neither yes nor no of what is empty: a row that is about nobody yet must not vanish.
                let none = Condition::any().add(case.is_null());
                Some(none.add(case.not_in_subquery(cases)))
            }
            About::Nobody => None,
        })
        .collect()
}

fn render<C: ColumnTrait>(branch: &[Atom], columns: &TieColumns<C>) -> Option<Condition> {
    branch.iter().try_fold(Condition::all(), |all, atom| {
        let (column, id) = column(*atom, columns);
        column.map(|column| match atom {
            Atom::NotOrganisation(_) => all.add(column.ne(id)),
            _ => all.add(column.eq(id)),
        })
    })
}

fn column<C: ColumnTrait>(atom: Atom, columns: &TieColumns<C>) -> (Option<C>, Uuid) {
    match atom {
        Atom::Organisation(id) | Atom::NotOrganisation(id) => (columns.organisation, id.uuid()),
        Atom::Site(id) => (columns.site, id.uuid()),
        Atom::Lead(id) => (columns.lead, id.uuid()),
        Atom::To(id) => (columns.to, id.uuid()),
        Atom::AcceptedBy(id) => (columns.accepted_by, id.uuid()),
        Atom::Referral(id) => (columns.referral, id.uuid()),
        // No list is made for a person: what they may see is of one case.
        Atom::Case(id) => (None, id.uuid()),
    }
}
