//! A child is a person with needs of their own, not a field of a parent (R-DAA-04, SPEC 4.3 SM-CHILD). A parent's case may
//! close; the child's does not close with it.

use crate::clock::ClockId;
use crate::code::Code;
use crate::machine::IllegalMove;
use crate::reason::Reason;
use crate::task::{Duty, OnTimeout, Owner, TaskKind};

/// What was decided about safeguarding a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Safeguarding {
    /// Referred to children's social care.
    Referred,
    /// Children's social care already has an open case.
    AlreadyOpen,
    /// Not needed, because.
    NotNeeded(Reason),
}

crate::code_list! {
    /// The code of a safeguarding decision.
    pub enum SafeguardingCode {
        /// Referred.
        Referred = "referred",
        /// Already open.
        AlreadyOpen = "already_open",
        /// Not needed.
        NotNeeded = "not_needed",
    }
}

impl Safeguarding {
    /// Its code.
    pub const fn code(&self) -> SafeguardingCode {
        match self {
            Self::Referred => SafeguardingCode::Referred,
            Self::AlreadyOpen => SafeguardingCode::AlreadyOpen,
            Self::NotNeeded(_) => SafeguardingCode::NotNeeded,
        }
    }
}

crate::code_list! {
    /// Where a child's own help stands.
    pub enum ChildState {
        /// We know of the child.
        Identified = "identified",
        /// Their own needs are known.
        OwnNeeds = "own_needs",
        /// A service helps them.
        InService = "in_service",
        /// No service; looked at again.
        UnderReview = "under_review",
        /// Closed, in their own right.
        Closed = "closed",
    }
}

crate::code_list! {
    /// What can happen.
    pub enum ChildMove {
        /// Their needs are heard.
        HearNeeds = "hear_needs",
        /// A service begins.
        StartService = "start_service",
        /// There is no service, or it ended.
        NoService = "no_service",
        /// Their own case closes: a decision about this child, never a consequence of a parent's.
        Close = "close",
        /// They are known of again.
        Reopen = "reopen",
    }
}

impl ChildState {
    /// Whether nothing more is to come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed)
    }

    /// The state after a move.
    pub fn apply(self, by: ChildMove) -> Result<Self, IllegalMove> {
        match (self, by) {
            (Self::Identified | Self::UnderReview, ChildMove::HearNeeds) => Ok(Self::OwnNeeds),
            (Self::OwnNeeds | Self::UnderReview, ChildMove::StartService) => Ok(Self::InService),
            (Self::OwnNeeds | Self::InService, ChildMove::NoService) => Ok(Self::UnderReview),
            // A child nobody has listened to cannot be closed.
            (Self::OwnNeeds | Self::InService | Self::UnderReview, ChildMove::Close) => {
                Ok(Self::Closed)
            }
            (Self::Closed, ChildMove::Reopen) => Ok(Self::Identified),
            _ => Err(IllegalMove {
                machine: "child",
                from: self.code(),
                by: by.code(),
            }),
        }
    }

    /// Who must act and by which clock; `None` when it is closed.
    pub const fn duty(self) -> Option<Duty<ChildMove>> {
        match self {
            Self::Closed => None,
            _ => Some(Duty {
                owner: Owner::CaseWorker,
                clock: ClockId::ChildReview,
                on_timeout: OnTimeout::Climb(TaskKind::ReviewChild),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns: hear start none close reopen.
    const TABLE: &str = "
        identified   own_needs -          -            -      -
        own_needs    -         in_service under_review closed -
        in_service   -         -          under_review closed -
        under_review own_needs in_service -            closed -
        closed       -         -          -            -      identified";

    #[test]
    fn every_state_answers_every_move_as_the_table_says() {
        for (row, state) in TABLE.trim().lines().zip(ChildState::ALL) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells[0], state.code());
            assert_eq!(cells.len(), ChildMove::ALL.len() + 1);
            for (cell, by) in cells[1..].iter().zip(ChildMove::ALL) {
                assert_eq!(
                    state.apply(*by).map_or("-", Code::code),
                    *cell,
                    "{state} by {by}"
                );
            }
        }
    }

    #[test]
    fn a_child_nobody_has_listened_to_stays_open_with_an_owner() {
        assert!(ChildState::Identified.apply(ChildMove::Close).is_err());
        for state in ChildState::ALL {
            assert_eq!(state.duty().is_none(), state.is_final());
        }
    }
}
