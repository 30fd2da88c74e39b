//! What every state machine here shares: the refusal of a move that the state does not allow.

/// A move that the state it was tried on does not allow. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{machine}: “{by}” is not possible from “{from}”")]
pub struct IllegalMove {
    /// Which machine: a fixed word such as `referral`.
    pub machine: &'static str,
    /// Code of the state it was in.
    pub from: &'static str,
    /// Code of the move that was tried.
    pub by: &'static str,
}
