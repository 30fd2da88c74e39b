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
    fn two_ids_are_two_keys_of_a_map() {
        let ids = (0..9_u8).map(|n| Id::<Person>::new_v7(At::from_micros(0).unwrap(), [n; 10]));
        let states = std::hash::RandomState::new();
        let hashes: std::collections::BTreeSet<u64> = ids
            .map(|id| std::hash::BuildHasher::hash_one(&states, id))
            .collect();
        assert_eq!(hashes.len(), 9);
    }

    #[test]
    fn ids_made_later_sort_later() {
        let early = At::parse("2026-01-01T00:00:00Z").unwrap();
        let a = Id::<Person>::new_v7(early, [255; 10]);
        let b = Id::<Person>::new_v7(early.plus_seconds(1), [0; 10]);
        assert!(a < b);
    }

    #[test]
    fn a_reference_is_the_same_in_every_spelling() {
        let bytes = [
            0x01, 0x9a, 0x02, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
            0xee, 0xff,
        ];
        let reference = Ref::from_bytes(bytes);
        assert_eq!(reference.bytes(), bytes);
        let uuid = "019a0233-4455-6677-8899-aabbccddeeff";
        assert_eq!(reference.as_uuid().to_string(), uuid);
        assert_eq!(Ref::from_uuid(reference.as_uuid()), reference);
        let text = reference.to_string();
        assert_eq!(format!("{reference:?}"), text);
        assert_eq!(
            serde_json::to_string(&reference).unwrap(),
            format!("\"{text}\"")
        );
        let read: Ref = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        assert_eq!(read, reference);
        assert!(serde_json::from_str::<Ref>("\"no reference\"").is_err());
    }

    #[test]
    fn the_first_letter_holds_three_bits_and_no_more() {
        let with = |first: &str| format!("{first}{}", "0".repeat(25)).parse::<Ref>();
        assert!(with("7").is_ok() && with("8").is_err());
        let last = format!("{}1", "0".repeat(25)).parse::<Ref>().unwrap();
        assert_eq!(last.bytes()[15], 1);
    }

    #[test]
    fn an_id_tells_when_it_was_made_to_the_millisecond_and_which_is_which() {
        let made = At::parse("2026-01-01T00:00:00.123Z").unwrap();
        let id = Id::<Person>::new_v7(made, [7; 10]);
        let (seconds, nanos) = id.uuid().get_timestamp().unwrap().to_unix();
        assert_eq!(
            (i64::try_from(seconds).unwrap(), nanos),
            (made.micros() / 1_000_000, 123_000_000)
        );
        let other = Id::<Person>::new_v7(made, [8; 10]);
        assert_eq!(id, Id::from_uuid(id.uuid()));
        assert_ne!(id, other);
        assert_eq!(format!("{id:?}"), id.uuid().to_string());
        let both: std::collections::HashSet<_> = [id, other, id].into();
        assert_eq!(both.len(), 2);
    }
}
