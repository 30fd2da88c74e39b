//! Rules rendered into conditions: the only place.

use sea_orm::{ColumnTrait, Condition};
use throughline_policy::{Atom, Rule};
use uuid::Uuid;

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
}

/// One condition per branch, so that each can use its own index; the caller asks once per branch and merges.
/// A branch that no row of this table can satisfy is left out: an empty list means nothing at all.
pub(crate) fn branches<C: ColumnTrait>(rule: &Rule, columns: &TieColumns<C>) -> Vec<Condition> {
    rule.any
        .iter()
        .filter_map(|branch| render(branch, columns))
        .collect()
}

/// All branches in one condition; `None` when nothing may be seen.
pub(crate) fn condition<C: ColumnTrait>(rule: &Rule, columns: &TieColumns<C>) -> Option<Condition> {
    let branches = branches(rule, columns);
    (!branches.is_empty()).then(|| branches.into_iter().fold(Condition::any(), Condition::add))
}

fn render<C: ColumnTrait>(branch: &[Atom], columns: &TieColumns<C>) -> Option<Condition> {
    branch.iter().try_fold(Condition::all(), |all, atom| {
        let (column, id) = column(*atom, columns);
        column.map(|column| all.add(column.eq(id)))
    })
}

fn column<C: ColumnTrait>(atom: Atom, columns: &TieColumns<C>) -> (Option<C>, Uuid) {
    match atom {
        Atom::Organisation(id) => (columns.organisation, id.uuid()),
        Atom::Site(id) => (columns.site, id.uuid()),
        Atom::Lead(id) => (columns.lead, id.uuid()),
        Atom::To(id) => (columns.to, id.uuid()),
        Atom::AcceptedBy(id) => (columns.accepted_by, id.uuid()),
        Atom::Referral(id) => (columns.referral, id.uuid()),
    }
}
