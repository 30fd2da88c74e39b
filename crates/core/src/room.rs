//! A private room, asked for at the front desk (SPEC 3.4, NE-21). The request says that and nothing more: no code word, no
//! topic, no name has a place to go.

use crate::clock::ClockId;
use crate::code::Code;
use crate::machine::IllegalMove;
use crate::task::{Duty, OnTimeout, Owner};

crate::code_list! {
    /// Where a request stands.
    pub enum RoomState {
        /// Asked for.
        Asked = "asked",
        /// The lead has been alerted.
        LeadAlerted = "lead_alerted",
        /// The deputy has been alerted too.
        DeputyAlerted = "deputy_alerted",
        /// The site manager has been alerted too.
        ManagerAlerted = "manager_alerted",
        /// Someone came.
        Answered = "answered",
        /// Closed.
        Closed = "closed",
    }
}

crate::code_list! {
    /// What can happen.
    pub enum RoomMove {
        /// The lead is alerted.
        AlertLead = "alert_lead",
        /// Nobody came in time: the next one is alerted.
        Climb = "climb",
        /// Someone came.
        Answer = "answer",
        /// It is closed: they talked, or the person left.
        Close = "close",
    }
}

impl RoomState {
    /// Whether nothing more is to come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed)
    }

    /// The state after a move. At the top of the ladder a climb alerts again.
    pub fn apply(self, by: RoomMove) -> Result<Self, IllegalMove> {
        match (self, by) {
            (Self::Asked, RoomMove::AlertLead) => Ok(Self::LeadAlerted),
            (Self::Asked | Self::LeadAlerted, RoomMove::Climb) => Ok(Self::DeputyAlerted),
            (Self::DeputyAlerted | Self::ManagerAlerted, RoomMove::Climb) => {
                Ok(Self::ManagerAlerted)
            }
            (
                Self::Asked | Self::LeadAlerted | Self::DeputyAlerted | Self::ManagerAlerted,
                RoomMove::Answer,
            ) => Ok(Self::Answered),
            (
                Self::Asked
                | Self::LeadAlerted
                | Self::DeputyAlerted
                | Self::ManagerAlerted
                | Self::Answered,
                RoomMove::Close,
            ) => Ok(Self::Closed),
            _ => Err(IllegalMove {
                machine: "room",
                from: self.code(),
                by: by.code(),
            }),
        }
    }

    /// Who must come, and when the next one is alerted; `None` when it is closed. Once someone came, the request closes by
    /// itself when the talk must be over.
    pub const fn duty(self) -> Option<Duty<RoomMove>> {
        let (owner, clock, by) = match self {
            Self::Asked | Self::LeadAlerted => (Owner::Lead, ClockId::RoomAnswer, RoomMove::Climb),
            Self::DeputyAlerted => (Owner::Deputy, ClockId::RoomAnswer, RoomMove::Climb),
            Self::ManagerAlerted => (Owner::SiteManager, ClockId::RoomAnswer, RoomMove::Climb),
            Self::Answered => (Owner::Lead, ClockId::ConversationResume, RoomMove::Close),
            Self::Closed => return None,
        };
        Some(Duty {
            owner,
            clock,
            on_timeout: OnTimeout::Move(by),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns: alert climb answer close.
    const TABLE: &str = "
        asked           lead_alerted deputy_alerted  answered closed
        lead_alerted    -            deputy_alerted  answered closed
        deputy_alerted  -            manager_alerted answered closed
        manager_alerted -            manager_alerted answered closed
        answered        -            -               -        closed
        closed          -            -               -        -";

    #[test]
    fn every_state_answers_every_move_as_the_table_says() {
        for (row, state) in TABLE.trim().lines().zip(RoomState::ALL) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells[0], state.code());
            assert_eq!(cells.len(), RoomMove::ALL.len() + 1);
            for (cell, by) in cells[1..].iter().zip(RoomMove::ALL) {
                assert_eq!(
                    state.apply(*by).map_or("-", Code::code),
                    *cell,
                    "{state} by {by}"
                );
            }
        }
    }

    #[test]
    fn nobody_waits_in_silence() {
        for state in RoomState::ALL {
            assert_eq!(state.duty().is_none(), state.is_final());
            if let Some(Duty {
                on_timeout: OnTimeout::Move(by),
                ..
            }) = state.duty()
            {
                assert!(state.apply(by).is_ok(), "{state}");
            }
        }
    }

    #[test]
    fn no_state_of_a_room_says_why_it_was_asked_for() {
        for state in RoomState::ALL {
            assert!(!state.code().contains("ani") && !state.code().contains("abuse"));
        }
    }

    #[test]
    fn a_room_climbs_to_the_next_owner_and_ends_once_somebody_came() {
        use RoomState as S;
        for (state, expected) in [
            (S::Asked, Some((Owner::Lead, RoomMove::Climb))),
            (S::LeadAlerted, Some((Owner::Lead, RoomMove::Climb))),
            (S::DeputyAlerted, Some((Owner::Deputy, RoomMove::Climb))),
            (
                S::ManagerAlerted,
                Some((Owner::SiteManager, RoomMove::Climb)),
            ),
            (S::Answered, Some((Owner::Lead, RoomMove::Close))),
            (S::Closed, None),
        ] {
            let duty = state.duty().map(|duty| (duty.owner, duty.on_timeout));
            let expected = expected.map(|(owner, by)| (owner, OnTimeout::Move(by)));
            assert_eq!(duty, expected, "{state}");
            assert_eq!(state.is_final(), state == S::Closed, "{state}");
        }
    }
}
