//! Identifiers. Inside: [`Id`], a UUIDv7 typed by what it names. Outside: [`Ref`], random 128 bits.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::time::At;

/// An internal identifier (UUIDv7) of a `T`. It orders by time and so must never leave the server.
/// It has no `Serialize` and no `Display`: URLs, mail, API and exports carry a [`Ref`].
pub struct Id<T> {
    uuid: Uuid,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// A UUIDv7 from an instant and ten random bytes.
    pub fn new_v7(at: At, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.micros() / 1_000).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// From a stored UUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            of: PhantomData,
        }
    }

    /// The UUID, for storing.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.uuid)
    }
}

/// A random 128-bit reference, written as 26 characters of Crockford base 32 in lower case. Guessing one is hopeless and
/// it says nothing about when or where the thing was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref([u8; 16]);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Text that is not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a reference")]
pub struct NotARef;

impl Ref {
    /// From sixteen random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The same bits in UUID spelling, for standards that insist on one (Open Referral UK).
    pub const fn as_uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }

    /// From UUID spelling.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(*uuid.as_bytes())
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bits = u128::from_be_bytes(self.0);
        let mut out = [b'0'; 26];
        for slot in out.iter_mut().rev() {
            let digit = usize::try_from(bits & 31).unwrap_or(0);
            *slot = ALPHABET.get(digit).copied().unwrap_or(b'0');
            bits >>= 5;
        }
        f.write_str(std::str::from_utf8(&out).unwrap_or_default())
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Ref {
    type Err = NotARef;

    fn from_str(text: &str) -> Result<Self, NotARef> {
        if text.len() != 26 {
            return Err(NotARef);
        }
        let mut bits: u128 = 0;
        for (at, byte) in text.bytes().enumerate() {
            let digit = ALPHABET
                .iter()
                .position(|letter| *letter == byte)
                .ok_or(NotARef)?;
            if at == 0 && digit > 7 {
                return Err(NotARef);
            }
            bits = (bits << 5) | u128::try_from(digit).map_err(|_| NotARef)?;
        }
        Ok(Self(bits.to_be_bytes()))
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Declares marker types for [`Id`], one per entity.
macro_rules! entities {
    ($($(#[$meta:meta])* $marker:ident => $alias:ident),+ $(,)?) => {
        $($(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub enum $marker {}
        #[doc = concat!("Internal id of a [`", stringify!($marker), "`].")]
        pub type $alias = Id<$marker>;)+
    };
}

entities! {
    /// A body that uses the system or offers services.
    Organisation => OrganisationId,
    /// A building or office where people are seen.
    Site => SiteId,
    /// A member of staff who signs in.
    Account => AccountId,
    /// A signed-in browser.
    Session => SessionId,
    /// A program that uses the API for one organisation.
    ApiClient => ApiClientId,
    /// Someone who is helped, or a child with their own needs.
    Person => PersonId,
    /// One person's help at one organisation, from conversation to outcome.
    Case => CaseId,
    /// One conversation between a worker and a person.
    Conversation => ConversationId,
    /// One need in a case.
    Need => NeedId,
    /// A way to reach a person, with the verdict on its safety.
    ContactPoint => ContactPointId,
    /// Something that is to reach a person.
    Message => MessageId,
    /// One judgement of risk.
    RiskAssessment => RiskAssessmentId,
    /// One version of a person's own words.
    Statement => StatementId,
    /// What a person agreed to share, or the reasons for sharing on another basis.
    Consent => ConsentId,
    /// One request to a service to help a person.
    Referral => ReferralId,
    /// A one-time link by which a partner answers a referral.
    ReferralLink => ReferralLinkId,
    /// Something a named human is to do by a certain time.
    Task => TaskId,
    /// A private room asked for at the front desk.
    RoomRequest => RoomRequestId,
    /// An appointment at a site.
    Appointment => AppointmentId,
    /// Whom a person is to be kept apart from.
    ProtectiveLink => ProtectiveLinkId,
    /// A stored draft of a form.
    Draft => DraftId,
    /// A service in the directory.
    Service => ServiceId,
    /// A source of directory entries.
    Feed => FeedId,
    /// One reading of a feed.
    FeedRun => FeedRunId,
    /// A row of a feed set aside for a steward.
    Quarantine => QuarantineId,
    /// One decision to erase a person.
    Erasure => ErasureId,
    /// One time that somebody of another organisation is asked to say yes or no.
    SecondPerson => SecondPersonId,
    /// A message or job to be carried out after commit.
    Outbox => OutboxId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e6_a_reference_survives_being_written_and_read() {
        for seed in 0..=255_u8 {
            let reference = Ref::from_bytes([seed; 16]);
            assert_eq!(reference.to_string().parse(), Ok(reference));
        }
    }

    #[test]
    fn text_that_is_no_reference_is_refused() {
        for bad in [
            "",
            "0",
            "zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "0123456789abcdefghijklmnop",
            "é0000000000000000000000000",
        ] {
            assert_eq!(bad.parse::<Ref>(), Err(NotARef), "{bad}");
        }
    }

    #[test]
    fn ids_made_later_sort_later() {
        let early = At::parse("2026-01-01T00:00:00Z").unwrap();
        let a = Id::<Person>::new_v7(early, [255; 10]);
        let b = Id::<Person>::new_v7(early.plus_seconds(1), [0; 10]);
        assert!(a < b);
    }
}
