//! A second person, of another organisation, who says yes or no before something guarded is opened (SPEC 4.6; ASSURANCE I4).
//!
//! They learn who asks, where, when and why, and nothing of whose record it is. Each step has a quarter of an hour: what nobody
//! answered lapses, and so does a yes that nobody used.

use crate::code::Code as _;
use crate::machine::IllegalMove;

/// How long somebody has to answer, and then whoever asked to use it, in minutes (our design: as long as a step-up lasts).
pub const SECOND_PERSON_MINUTES: i64 = 15;

crate::code_list! {
    /// What is asked for.
    pub enum Guarded {
        /// A record that is kept to named viewers, for an hour (decision 0019).
        UrgentAccess = "urgent_access",
        /// The address of a place that people flee to, once (decision 0026).
        Place = "place",
    }
}

crate::code_list! {
    /// Where it stands.
    pub enum SecondPersonState {
        /// Asked; nobody has answered yet.
        Asked = "asked",
        /// Somebody of another organisation said yes.
        Approved = "approved",
        /// Somebody of another organisation said no.
        Refused = "refused",
        /// Its time ran out.
        Lapsed = "lapsed",
        /// Whoever asked has used the yes. It is good once.
        Used = "used",
    }
}

crate::code_list! {
    /// What can happen to it.
    pub enum SecondPersonMove {
        /// Somebody of another organisation says yes.
        Approve = "approve",
        /// Somebody of another organisation says no.
        Refuse = "refuse",
        /// Whoever asked uses the yes.
        Use = "use",
        /// Its time ran out.
        Lapse = "lapse",
    }
}

impl SecondPersonState {
    /// Whether nothing more is to come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Refused | Self::Lapsed | Self::Used)
    }

    /// The state after a move.
    pub fn apply(self, by: SecondPersonMove) -> Result<Self, IllegalMove> {
        match (self, by) {
            (Self::Asked, SecondPersonMove::Approve) => Ok(Self::Approved),
            (Self::Asked, SecondPersonMove::Refuse) => Ok(Self::Refused),
            (Self::Approved, SecondPersonMove::Use) => Ok(Self::Used),
            (Self::Asked | Self::Approved, SecondPersonMove::Lapse) => Ok(Self::Lapsed),
            _ => Err(IllegalMove {
                machine: "second_person",
                from: self.code(),
                by: by.code(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    /// Columns: approve refuse use lapse.
    const TABLE: &str = "
        asked    approved refused -    lapsed
        approved -        -       used lapsed
        refused  -        -       -    -
        lapsed   -        -       -    -
        used     -        -       -    -";

    #[test]
    fn a_second_person_answers_once_and_a_yes_is_good_once() {
        for (row, state) in TABLE.trim().lines().zip(SecondPersonState::ALL) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells.len(), SecondPersonMove::ALL.len() + 1);
            assert_eq!(cells[0], state.code());
            for (cell, by) in cells[1..].iter().zip(SecondPersonMove::ALL) {
                let next = state.apply(*by).map_or("-", Code::code);
                assert_eq!(next, *cell, "{state} by {by}");
            }
            assert_eq!(state.is_final(), cells[1..].iter().all(|cell| *cell == "-"));
        }
    }
}
