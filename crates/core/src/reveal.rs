//! Showing what could lead somebody to a person: for a reason, on record before it is shown, once (ASSURANCE I4). When a life is at
//! risk it is shown at once, and somebody reviews it afterwards.

use crate::reason::Words;

crate::code_list! {
    /// Why it is shown. Chosen from a list, so that nobody has to write while somebody waits.
    pub enum Why {
        /// To make first contact.
        FirstContact = "first_contact",
        /// To agree or change a time.
        Arrange = "arrange",
        /// Nobody has heard from them.
        NotHeardFrom = "not_heard_from",
        /// To tell them where to go.
        TellThem = "tell_them",
        /// To arrange how they get there.
        Travel = "travel",
        /// Something else, in their own words.
        Other = "other",
        /// A life is at risk now.
        LifeAtRisk = "life_at_risk",
    }
}

impl Why {
    /// The reasons to be shown how to reach somebody. A life at risk is on no list: it has a button of its own.
    pub const REACH: [Self; 4] = [
        Self::FirstContact,
        Self::Arrange,
        Self::NotHeardFrom,
        Self::Other,
    ];
    /// The reasons to be shown where somebody can go.
    pub const PLACE: [Self; 3] = [Self::TellThem, Self::Travel, Self::Other];

    /// Whether the list alone does not say enough.
    pub const fn needs_words(self) -> bool {
        matches!(self, Self::Other | Self::LifeAtRisk)
    }
}

/// Somebody's reason to be shown something.
#[derive(Debug, Clone)]
pub struct Reason {
    why: Why,
    words: Option<Words>,
}

/// A reason that needs words and has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this reason needs words")]
pub struct NeedsWords;

impl Reason {
    /// A reason. Errors when it is one that needs words and there are none.
    pub fn new(why: Why, words: Option<Words>) -> Result<Self, NeedsWords> {
        if why.needs_words() && words.is_none() {
            return Err(NeedsWords);
        }
        Ok(Self { why, words })
    }

    /// Which of the list.
    pub const fn why(&self) -> Why {
        self.why
    }

    /// Their own words.
    pub const fn words(&self) -> Option<&Words> {
        self.words.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code as _;

    #[test]
    fn a_reason_that_says_nothing_by_itself_needs_words() {
        let said = Words::new("She rang and the line broke").ok();
        for why in Why::ALL {
            let bare = Reason::new(*why, None);
            assert_eq!(bare.is_err(), why.needs_words(), "{why}");
            assert!(Reason::new(*why, said.clone()).is_ok(), "{why}");
        }
        assert!(Why::LifeAtRisk.needs_words() && !Why::FirstContact.needs_words());
    }

    #[test]
    fn a_life_at_risk_is_never_one_of_a_list_and_every_other_reason_is() {
        let listed = |why: &Why| Why::REACH.contains(why) || Why::PLACE.contains(why);
        for why in Why::ALL {
            assert_eq!(listed(why), *why != Why::LifeAtRisk, "{why}");
        }
    }

    #[test]
    fn a_reason_keeps_what_was_chosen_and_what_was_said() {
        let said = Words::new("She rang and the line broke").unwrap();
        let reason = Reason::new(Why::NotHeardFrom, Some(said.clone())).unwrap();
        assert_eq!(
            (reason.why(), reason.words()),
            (Why::NotHeardFrom, Some(&said))
        );
    }
}
