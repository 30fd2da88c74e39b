//! What a person gets when they take back what they agreed, or strike lines from it: what was recalled, what stays, and what had
//! been seen before (SPEC SM-SHARE).
//!
//! It names no person. It is signed, so that what it says can be checked later, also by somebody who does not trust this server.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::Ref;
use crate::need::NeedType;
use crate::packet_line::PacketLine;
use crate::time::At;

/// The first line of the signed text. With what follows it, no signed checkpoint can ever be read as a receipt, nor a receipt
/// as a checkpoint, though one key signs both.
pub const KIND: &str = "throughline-receipt/1";

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Reference of what had been agreed.
    pub agreed: Ref,
    /// When it was taken back.
    pub taken_back_at: At,
    /// Whose access was recalled, by name.
    pub recipient: String,
    /// The lines that were recalled; none where only its time was shortened.
    pub lines: BTreeSet<PacketLine>,
    /// The lines that stay shared; none where all of it was taken back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kept: BTreeSet<PacketLine>,
    /// Until when they stay shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<At>,
    /// Each request under it.
    pub requests: Vec<Recalled>,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// Its reference.
    pub request: Ref,
    /// What help it asked for.
    pub need: NeedType,
    /// Whether it was still open and ended now; else it was over before.
    pub ended_now: bool,
    /// Whether it goes on, with what stays shared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_on: bool,
    /// When the service first read what was shared; `None`: never.
    pub first_read_at: Option<At>,
    /// When it last did.
    pub last_read_at: Option<At>,
    /// When it last saw how to make contact; `None`: never.
    pub contact_seen_at: Option<At>,
}

impl Receipt {
    /// Whether the service had seen anything before it was recalled: that cannot be undone, and is said.
    pub fn had_been_seen(&self) -> bool {
        self.requests
            .iter()
            .any(|one| one.first_read_at.is_some() || one.contact_seen_at.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_in_any_way_had_been_seen() {
        let (read, contact) = (At::from_micros(1_000_000), At::from_micros(2_000_000));
        let one = |first_read_at, contact_seen_at| Recalled {
            request: Ref::from_bytes([1; 16]),
            need: NeedType::Debt,
            ended_now: true,
            goes_on: false,
            first_read_at,
            last_read_at: first_read_at,
            contact_seen_at,
        };
        let seen = |requests: Vec<Recalled>| {
            let receipt = Receipt {
                agreed: Ref::from_bytes([2; 16]),
                taken_back_at: At::from_micros(3_000_000).unwrap(),
                recipient: "Harbour".to_owned(),
                lines: BTreeSet::new(),
                kept: BTreeSet::new(),
                kept_until: None,
                requests,
            };
            receipt.had_been_seen()
        };
        assert!(!seen(vec![]));
        assert!(!seen(vec![one(None, None)]));
        assert!(seen(vec![one(None, None), one(read, None)]));
        assert!(seen(vec![one(None, contact)]));
    }
}
