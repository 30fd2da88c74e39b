//! A message to the person, from when somebody asks for it until it has reached them or somebody knows that it did not
//! (SPEC 4.5, NE-01). It has no words of its own: they are made from its artefact at the moment it goes.

use crate::code::Code;
use crate::machine::IllegalMove;

crate::code_list! {
    /// Where a message stands.
    pub enum MessageState {
        /// It waits for the gate to open.
        Waiting = "waiting",
        /// The gate opened, and a worker has it: to say, to post, to type or to put in a hand.
        Handed = "handed",
        /// It went.
        Sent = "sent",
        /// The gate said no: nothing went, and somebody has the task to agree a safe way.
        Denied = "denied",
        /// It was tried and did not reach them: somebody has the task to agree a safe way.
        Failed = "failed",
        /// It is not wanted any more. Where a mail server had it by then, it may still turn out to have gone.
        Dropped = "dropped",
    }
}

crate::code_list! {
    /// What can happen to a message.
    pub enum MessageMove {
        /// The gate lets it through to a worker who hands it over.
        Hand = "hand",
        /// It went.
        Send = "send",
        /// The gate says no, and not only for now.
        Deny = "deny",
        /// It could not be delivered.
        Fail = "fail",
        /// Nobody wants it to go any more.
        Drop = "drop",
    }
}

impl MessageState {
    /// Whether nobody is to do anything with it any more.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Handed)
    }

    /// The state after a move.
    pub fn apply(self, by: MessageMove) -> Result<Self, IllegalMove> {
        match (self, by) {
            (Self::Waiting, MessageMove::Hand) => Ok(Self::Handed),
            (Self::Waiting | Self::Handed | Self::Dropped, MessageMove::Send) => Ok(Self::Sent),
            (Self::Waiting, MessageMove::Deny) => Ok(Self::Denied),
            (Self::Waiting | Self::Handed, MessageMove::Fail) => Ok(Self::Failed),
            (Self::Waiting | Self::Handed, MessageMove::Drop) => Ok(Self::Dropped),
            _ => Err(IllegalMove {
                machine: "message",
                from: self.code(),
                by: by.code(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns: hand send deny fail drop.
    const TABLE: &str = "
        waiting handed sent denied failed dropped
        handed  -      sent -      failed dropped
        sent    -      -    -      -      -
        denied  -      -    -      -      -
        failed  -      -    -      -      -
        dropped -      sent -      -      -";

    #[test]
    fn every_state_answers_every_move_as_the_table_says() {
        for (row, state) in TABLE.trim().lines().zip(MessageState::ALL) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells.len(), MessageMove::ALL.len() + 1);
            assert_eq!(cells[0], state.code());
            for (cell, by) in cells[1..].iter().zip(MessageMove::ALL) {
                let next = state.apply(*by).map_or("-", Code::code);
                assert_eq!(next, *cell, "{state} by {by}");
            }
            let to_do = cells[1..].contains(&"dropped");
            assert_eq!(state.is_over(), !to_do, "{state}");
        }
    }
}
