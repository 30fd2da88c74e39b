//! Answers to questions. "Don't know" is not "no", and not asked is neither (SPEC 0, engineering rule 2).

crate::code_list! {
    /// The answer to a yes-or-no question.
    pub enum Answer {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// They do not know or are not sure.
        NotSure = "not_sure",
        /// Nobody asked.
        NotAsked = "not_asked",
        /// They would rather not say.
        Declined = "declined",
    }
}

impl Answer {
    /// Whether it is a plain yes. Everything else, unknown included, is not.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }

    /// Whether it is a plain no. Everything else, unknown included, is not.
    pub const fn is_no(self) -> bool {
        matches!(self, Self::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code as _;

    #[test]
    fn only_a_plain_yes_is_yes_and_only_a_plain_no_is_no() {
        for answer in Answer::ALL {
            assert_eq!(answer.is_yes(), answer.code() == "yes", "{answer}");
            assert_eq!(answer.is_no(), answer.code() == "no", "{answer}");
        }
    }
}
