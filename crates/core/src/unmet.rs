//! A need for which nobody is asked, because nothing that was found is worth sending: unmet need that no service ever sees, and that
//! a picture of what is missing must hold all the same (SPEC 3.7 "unmet need is captured at each offer decision", 4.9; PRODUCT 5).

use serde::{Deserialize, Serialize};

crate::code_list! {
    /// Why nobody was asked, as a worker says it in one press. Short, so that it is read while somebody waits.
    pub enum NotSent {
        /// Nothing that is listed does this.
        NothingListed = "nothing_listed",
        /// Nobody has room.
        NoRoom = "no_room",
        /// The wait is too long to be of use.
        WaitTooLong = "wait_too_long",
        /// Too far, or no way to get there.
        TooFar = "too_far",
        /// They do not take people in this situation.
        DoesNotTakeThem = "does_not_take_them",
        /// Nobody answers there.
        NobodyAnswers = "nobody_answers",
        /// Not safe for them.
        NotSafe = "not_safe",
        /// Another reason.
        Other = "other",
    }
}

/// What ruled services out when the worker looked: by which rule how many, and by which single change how many would open. Confidential
/// services are in neither number (SPEC 4.8), as on the page that the worker read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Blocked {
    /// How many were found that may help.
    pub found: u32,
    /// Rule and number ruled out, in the order of the rules.
    pub ruled_out: Vec<(String, u32)>,
    /// Rule and number that its loosening alone would open, most first.
    pub if_only: Vec<(String, u32)>,
}
