//! Money today: asked, decided, paid, each on its clock (SPEC R-UC-06, C06). Refused money is not the end: other sources
//! run beside it.

use crate::answer::Answer;
use crate::clock::ClockId;
use crate::code::Code;
use crate::immediate::{NotTheirsAlone, may_pay_into};
use crate::machine::IllegalMove;
use crate::task::{Duty, OnTimeout, Owner, TaskKind};

crate::code_list! {
    /// Where a request for money stands.
    pub enum PaymentState {
        /// Asked for.
        Asked = "asked",
        /// Agreed; not paid yet.
        Agreed = "agreed",
        /// Refused. Another source is tried.
        Refused = "refused",
        /// Paid.
        Paid = "paid",
        /// The person no longer wants it.
        NotWanted = "not_wanted",
    }
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentMove {
    /// It is agreed.
    Agree,
    /// It is refused.
    Refuse,
    /// It is paid into an account; the answer to "is it only theirs?".
    PayIntoAccount {
        /// The answer.
        only_theirs: Answer,
    },
    /// It is paid in cash or by voucher.
    PayInHand,
    /// The bank sent it back.
    Return,
    /// The person no longer wants it.
    Drop,
}

impl PaymentMove {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Refuse => "refuse",
            Self::PayIntoAccount { .. } => "pay_into_account",
            Self::PayInHand => "pay_in_hand",
            Self::Return => "return",
            Self::Drop => "drop",
        }
    }
}

/// Why a payment did not move on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefused {
    /// The move is not possible from here.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// The account is not plainly theirs alone.
    #[error(transparent)]
    Account(#[from] NotTheirsAlone),
}

impl PaymentState {
    /// Whether nothing more is to come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Paid | Self::NotWanted)
    }

    /// The state after a move. Errors also when the account is not plainly theirs alone: nothing is paid.
    pub fn apply(self, by: PaymentMove) -> Result<Self, PaymentRefused> {
        use PaymentMove as M;
        let next = match (self, by) {
            (Self::Asked | Self::Refused, M::Agree) | (Self::Paid, M::Return) => Self::Agreed,
            (Self::Asked | Self::Agreed, M::Refuse) => Self::Refused,
            (Self::Agreed, M::PayIntoAccount { only_theirs }) => {
                may_pay_into(only_theirs)?;
                Self::Paid
            }
            (Self::Agreed, M::PayInHand) => Self::Paid,
            (Self::Asked | Self::Agreed | Self::Refused, M::Drop) => Self::NotWanted,
            _ => {
                return Err(IllegalMove {
                    machine: "payment",
                    from: self.code(),
                    by: by.code(),
                }
                .into());
            }
        };
        Ok(next)
    }

    /// Whose turn it is and by which clock; `None` when it is final.
    pub const fn duty(self) -> Option<Duty<PaymentMove>> {
        let (owner, clock) = match self {
            Self::Asked => (Owner::CaseWorker, ClockId::MoneyDecision),
            Self::Agreed => (Owner::CaseWorker, ClockId::MoneyPayment),
            Self::Refused => (Owner::Lead, ClockId::ImmediateRetry),
            Self::Paid | Self::NotWanted => return None,
        };
        Some(Duty {
            owner,
            clock,
            on_timeout: OnTimeout::Climb(TaskKind::RetryImmediate),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVES: [PaymentMove; 6] = [
        PaymentMove::Agree,
        PaymentMove::Refuse,
        PaymentMove::PayIntoAccount {
            only_theirs: Answer::Yes,
        },
        PaymentMove::PayInHand,
        PaymentMove::Return,
        PaymentMove::Drop,
    ];

    /// Columns: agree refuse account hand return drop.
    const TABLE: &str = "
        asked      agreed refused -    -    -      not_wanted
        agreed     -      refused paid paid -      not_wanted
        refused    agreed -       -    -    -      not_wanted
        paid       -      -       -    -    agreed -
        not_wanted -      -       -    -    -      -";

    #[test]
    fn every_state_answers_every_move_as_the_table_says() {
        for (row, state) in TABLE.trim().lines().zip(PaymentState::ALL) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells[0], state.code());
            assert_eq!(cells.len(), MOVES.len() + 1);
            for (cell, by) in cells[1..].iter().zip(MOVES) {
                assert_eq!(
                    state.apply(by).map_or("-", Code::code),
                    *cell,
                    "{state} by {}",
                    by.code()
                );
            }
        }
    }

    #[test]
    fn nothing_is_paid_into_an_account_that_is_not_plainly_theirs() {
        for only_theirs in Answer::ALL.iter().filter(|answer| !answer.is_yes()) {
            let paid = PaymentState::Agreed.apply(PaymentMove::PayIntoAccount {
                only_theirs: *only_theirs,
            });
            assert_eq!(
                paid,
                Err(PaymentRefused::Account(NotTheirsAlone)),
                "{only_theirs}"
            );
        }
    }

    #[test]
    fn refused_money_still_has_an_owner_and_a_clock() {
        for state in PaymentState::ALL {
            assert_eq!(state.duty().is_none(), state.is_final(), "{state}");
        }
    }

    #[test]
    fn money_is_decided_and_paid_by_the_worker_and_once_refused_the_lead_tries_again() {
        use PaymentState as S;
        for (state, expected) in [
            (S::Asked, Some((Owner::CaseWorker, ClockId::MoneyDecision))),
            (S::Agreed, Some((Owner::CaseWorker, ClockId::MoneyPayment))),
            (S::Refused, Some((Owner::Lead, ClockId::ImmediateRetry))),
            (S::Paid, None),
            (S::NotWanted, None),
        ] {
            let duty = state.duty().map(|duty| (duty.owner, duty.clock));
            assert_eq!(duty, expected, "{state}");
            assert_eq!(state.is_final(), expected.is_none(), "{state}");
        }
    }

    #[test]
    fn each_move_has_a_code_of_its_own() {
        assert_eq!(
            MOVES.map(PaymentMove::code),
            [
                "agree",
                "refuse",
                "pay_into_account",
                "pay_in_hand",
                "return",
                "drop"
            ]
        );
    }
}
