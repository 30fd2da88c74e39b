//! Repairs: what real feeds get wrong, put right one small function at a time. Each says what was wrong and what it did,
//! so that a steward can see it; none invents anything.

pub(crate) mod contact;
pub(crate) mod html;
pub(crate) mod mojibake;
pub(crate) mod numbers;
pub(crate) mod text;
pub(crate) mod when;

/// One repair: what was wrong and what was done about it. Never holds the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mend {
    /// What was wrong.
    pub problem: &'static str,
    /// What was done.
    pub did: &'static str,
}

/// A value with the repairs that made it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mended<T> {
    /// What is left to use.
    pub value: T,
    /// The repairs, in the order in which they were made.
    pub mends: Vec<Mend>,
}

impl<T> Mended<T> {
    /// A value that needed no repair.
    pub(crate) const fn sound(value: T) -> Self {
        Self {
            value,
            mends: Vec::new(),
        }
    }

    /// A value after one repair.
    pub(crate) fn after(value: T, mend: Mend) -> Self {
        Self {
            value,
            mends: vec![mend],
        }
    }
}
