//! The root key split among people: any `needed` of the shares give it back, fewer say nothing of it.
//!
//! A share is printed on paper and typed in by somebody on a bad day. So each group of five signs carries its own check
//! sign: a mistake is found and named by share and group.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

use blahaj::Sharks;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use throughline_core::env::Env;
use zeroize::Zeroizing;

use crate::keys::{Bytes32, RootKey};

const HEADING: &str = "throughline-share-v1";
/// 32 signs without I, L, O and U (Crockford's base 32).
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Signs of a group that carry data; one more checks them.
const DATA: usize = 4;
const GROUP: usize = DATA + 1;
const GROUPS: usize = 16;

/// Why a key could not be split or a share not be used. Shares are named by the number in their heading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// These numbers make no safe split.
    #[error("at least 2 shares must be needed, and no more than there are")]
    Numbers,
    /// The text does not start like a share.
    #[error(
        "this does not start like a share: it begins with \"throughline-share-v1\", the share's number, \"needs\" and the key"
    )]
    NotAShare,
    /// A group is mistyped.
    #[error(
        "share {share}: group {group} is mistyped; nothing was lost, check that group against the paper"
    )]
    Group {
        /// The share's number.
        share: u8,
        /// Which group, from 1.
        group: usize,
    },
    /// There are too few or too many groups.
    #[error(
        "share {share}: it has {found} groups and needs 16; nothing was lost, check it against the paper"
    )]
    Groups {
        /// The share's number.
        share: u8,
        /// How many there are.
        found: usize,
    },
    /// All groups are right by themselves, but not together with the heading.
    #[error(
        "share {share}: its first line is mistyped; nothing was lost, check its numbers and the key against the paper"
    )]
    Heading {
        /// The share's number as it was typed.
        share: u8,
    },
    /// No shares were given.
    #[error("no shares were given")]
    Nothing,
    /// A share belongs to another key than the first one.
    #[error("share {share} belongs to key {key}, the first one does not")]
    OtherKey {
        /// The share's number.
        share: u8,
        /// The id of the key that it belongs to.
        key: String,
    },
    /// A share comes from another time that this key was split.
    #[error(
        "share {share} comes from another time that this key was split; shares of different times do not fit together"
    )]
    OtherSplit {
        /// The share's number.
        share: u8,
    },
    /// Too few different shares.
    #[error("{have} different shares were given and {need} are needed")]
    TooFew {
        /// How many different ones there are.
        have: usize,
        /// How many are needed.
        need: u8,
    },
    /// What came out is not the key that the shares name.
    #[error("these shares do not give the key that they name")]
    WrongKey,
}

/// One share of a root key. Alone it says nothing of the key; it is wiped when dropped.
#[derive(Clone)]
pub struct Share {
    number: u8,
    needed: u8,
    key_id: String,
    /// Random, the same in all shares of one split.
    split: [u8; 4],
    data: Bytes32,
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({} of key {})", self.number, self.key_id)
    }
}

impl Share {
    /// The share's number, from 1.
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// How many shares are needed.
    pub const fn needed(&self) -> u8 {
        self.needed
    }

    /// The id of the key that it belongs to (see [`RootKey::id`]).
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The text to print: a heading and four lines of four groups.
    pub fn to_text(&self) -> String {
        let signs = Zeroizing::new(encode(&self.payload()));
        let mut text = format!(
            "{HEADING} {} needs {} key {}",
            self.number, self.needed, self.key_id
        );
        for (at, group) in signs.chunks(DATA).enumerate() {
            text.push(if at % 4 == 0 { '\n' } else { ' ' });
            text.extend(
                group
                    .iter()
                    .chain([&check(at, group)])
                    .map(|value| sign(*value)),
            );
        }
        text.push('\n');
        text
    }

    /// Reads what somebody typed. Case, spaces, dashes and line ends do not matter; I and L are read as 1, O as 0.
    /// Errors name the share and the group.
    pub fn from_text(text: &str) -> Result<Self, ShareError> {
        let lower = Zeroizing::new(text.to_lowercase());
        let words: Vec<&str> = lower.split_whitespace().collect();
        let [HEADING, number, "needs", needed, "key", key_id, groups @ ..] = words.as_slice()
        else {
            return Err(ShareError::NotAShare);
        };
        let (Ok(number), Ok(needed)) = (number.parse::<u8>(), needed.parse::<u8>()) else {
            return Err(ShareError::NotAShare);
        };
        let bytes = Zeroizing::new(decode(&values(groups, number)?));
        let (data, rest) = bytes
            .split_first_chunk::<32>()
            .ok_or(ShareError::Heading { share: number })?;
        let (split, sum) = rest
            .split_first_chunk::<4>()
            .ok_or(ShareError::Heading { share: number })?;
        let share = Self {
            number,
            needed,
            key_id: (*key_id).to_owned(),
            split: *split,
            data: Bytes32(*data),
        };
        let fits = number > 0 && needed > 1 && share.sum() == *sum;
        if fits {
            Ok(share)
        } else {
            Err(ShareError::Heading { share: number })
        }
    }

    /// Share, split and checksum: 40 bytes.
    fn payload(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.data.0.as_slice(), &self.split, &self.sum()].concat())
    }

    /// The checksum over the heading and the share.
    fn sum(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(HEADING)
            .chain_update([self.number, self.needed])
            .chain_update(&self.key_id)
            .chain_update(self.split)
            .chain_update(self.data.0)
            .finalize();
        let mut out = [0; 4];
        out.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        out
    }
}

/// Splits a key into `total` shares of which any `needed` give it back (2 ≤ needed ≤ total ≤ 255).
pub fn split(key: &RootKey, needed: u8, total: u8, env: &Env) -> Result<Vec<Share>, ShareError> {
    if needed < 2 || needed > total {
        return Err(ShareError::Numbers);
    }
    let (key_id, split) = (key.id(), env.bytes());
    let dealt = Sharks(needed)
        .dealer_rng(key.expose(), &mut Drawn(env))
        .take(usize::from(total))
        .collect::<Vec<_>>();
    let share = |dealt: &blahaj::Share| {
        let bytes = Zeroizing::new(Vec::from(dealt));
        let (number, data) = bytes.split_first()?;
        let data = Bytes32(data.try_into().ok()?);
        Some(Share {
            number: *number,
            needed,
            key_id: key_id.clone(),
            split,
            data,
        })
    };
    dealt
        .iter()
        .map(share)
        .collect::<Option<_>>()
        .ok_or(ShareError::Numbers)
}

/// Puts shares together. Errors when they do not belong together, are too few, or do not give the key that they name.
pub fn recover(shares: &[Share]) -> Result<RootKey, ShareError> {
    let first = shares.first().ok_or(ShareError::Nothing)?;
    let mut points = BTreeMap::new();
    for share in shares {
        if share.key_id != first.key_id {
            return Err(ShareError::OtherKey {
                share: share.number,
                key: share.key_id.clone(),
            });
        }
        if share.split != first.split || share.needed != first.needed {
            return Err(ShareError::OtherSplit {
                share: share.number,
            });
        }
        let bytes = Zeroizing::new([[share.number].as_slice(), &share.data.0].concat());
        points.insert(
            share.number,
            blahaj::Share::try_from(bytes.as_slice()).map_err(|_| ShareError::WrongKey)?,
        );
    }
    if points.len() < usize::from(first.needed) {
        return Err(ShareError::TooFew {
            have: points.len(),
            need: first.needed,
        });
    }
    let secret = Zeroizing::new(
        Sharks(first.needed)
            .recover(points.values())
            .map_err(|_| ShareError::WrongKey)?,
    );
    let key = RootKey::from_bytes(
        secret
            .as_slice()
            .try_into()
            .map_err(|_| ShareError::WrongKey)?,
    );
    if key.id() == first.key_id {
        Ok(key)
    } else {
        Err(ShareError::WrongKey)
    }
}

/// The surroundings' entropy as the library wants it.
struct Drawn<'a>(&'a Env);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.entropy.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

/// Checked values, without the check signs, of the groups that were typed.
fn values(words: &[&str], share: u8) -> Result<Zeroizing<Vec<u8>>, ShareError> {
    let words: Vec<&str> = words
        .iter()
        .flat_map(|word| word.split('-'))
        .filter(|word| !word.is_empty())
        .collect();
    let signs = Zeroizing::new(words.concat());
    // Typed without spaces, or with spaces elsewhere: what counts is the signs. Otherwise a wrong length names its group.
    if signs.chars().count() != GROUPS * GROUP {
        return Err(
            match words.iter().position(|word| word.chars().count() != GROUP) {
                Some(at) => ShareError::Group {
                    share,
                    group: at + 1,
                },
                None => ShareError::Groups {
                    share,
                    found: words.len(),
                },
            },
        );
    }
    let signs = Zeroizing::new(signs.chars().map(value).collect::<Vec<_>>());
    let mut out = Zeroizing::new(Vec::with_capacity(GROUPS * DATA));
    for (at, group) in signs.chunks(GROUP).enumerate() {
        let wrong = ShareError::Group {
            share,
            group: at + 1,
        };
        let group = Zeroizing::new(
            group
                .iter()
                .copied()
                .collect::<Option<Vec<u8>>>()
                .ok_or_else(|| wrong.clone())?,
        );
        match group.split_last() {
            Some((last, data)) if *last == check(at, data) => out.extend(data),
            _ => return Err(wrong),
        }
    }
    Ok(out)
}

/// The check sign of a group: a polynomial over GF(32), so that any one wrong sign and any two swapped signs are found.
/// The group's place counts too, so that a group in another's place is found.
fn check(at: usize, data: &[u8]) -> u8 {
    let place = u8::try_from(at + 1).unwrap_or(u8::MAX) & 31;
    double(data.iter().fold(place, |sum, value| double(sum) ^ value))
}

/// Times x in GF(32) modulo x⁵ + x² + 1.
const fn double(value: u8) -> u8 {
    (value << 1) ^ (if value & 16 == 0 { 0 } else { 0b10_0101 })
}

fn sign(value: u8) -> char {
    SIGNS
        .get(usize::from(value))
        .map_or('0', |sign| char::from(*sign))
}

fn value(typed: char) -> Option<u8> {
    let tidy = match typed.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    SIGNS
        .iter()
        .position(|sign| char::from(*sign) == tidy)
        .and_then(|at| u8::try_from(at).ok())
}

/// Bytes (a multiple of 5) as five-bit values.
fn encode(bytes: &[u8]) -> Vec<u8> {
    let five = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(0_u64, |all, byte| (all << 8) | u64::from(*byte))
    };
    let eight = |all: u64| {
        (0..8)
            .rev()
            .filter_map(move |at| u8::try_from((all >> (at * 5)) & 31).ok())
    };
    bytes.chunks(5).map(five).flat_map(eight).collect()
}

/// Five-bit values (a multiple of 8) as bytes.
fn decode(values: &[u8]) -> Vec<u8> {
    let eight = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(0_u64, |all, value| (all << 5) | u64::from(*value))
    };
    values
        .chunks(8)
        .map(eight)
        .flat_map(|all| all.to_be_bytes().into_iter().skip(3))
        .collect()
}

#[cfg(test)]
#[path = "shares_tests.rs"]
mod tests;
