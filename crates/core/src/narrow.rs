//! What was agreed, made less by the person: lines struck out, its time shortened. Never more and never longer: that needs asking
//! again (SPEC 4.7, SM-SHARE).

use std::collections::BTreeSet;

use crate::consent::{Consent, PacketItem};
use crate::packet_line::PacketLine;
use crate::time::At;

/// What is to be less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// The lines that are struck out.
    pub without: BTreeSet<PacketLine>,
    /// When it is to lapse; `None`: as before.
    pub until: Option<At>,
}

/// Why it cannot be made less in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NarrowFault {
    /// No line of it is struck and its time stays.
    #[error("Choose a line to strike out, or a shorter time.")]
    NothingLess,
    /// No line would be left: then it is taken back as a whole.
    #[error("Nothing would be left. Take it back instead.")]
    NothingLeft,
    /// The line says what help is asked for: without it there is no request, so it is taken back as a whole.
    #[error("This line is what help is asked for. Take it back instead.")]
    AskedFor,
    /// It would last longer than was agreed, or be over already.
    #[error("The new end must be sooner than the one that was agreed.")]
    NotSooner,
}

impl Narrowing {
    /// What is left of a consent that holds: agreed now, with fewer lines or less time. `asked_for` are the lines that say what
    /// help its requests ask for. A number never stays without the rules for using it.
    pub fn of(
        &self,
        before: &Consent,
        asked_for: &BTreeSet<PacketLine>,
        now: At,
    ) -> Result<Consent, NarrowFault> {
        let mut without: BTreeSet<PacketLine> =
            self.without.intersection(&before.items).copied().collect();
        if without.contains(&PacketItem::ContactRules.into()) {
            without.insert(PacketItem::ContactDetails.into());
        }
        if without.is_empty() && self.until.is_none() {
            return Err(NarrowFault::NothingLess);
        }
        if !without.is_disjoint(asked_for) {
            return Err(NarrowFault::AskedFor);
        }
        if self
            .until
            .is_some_and(|until| until <= now || before.expires_at <= until)
        {
            return Err(NarrowFault::NotSooner);
        }
        let mut left = before.clone().struck(&without);
        if left.items.is_empty() {
            return Err(NarrowFault::NothingLeft);
        }
        left.agreed_at = now;
        left.expires_at = self.until.unwrap_or(before.expires_at);
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{Art9Condition, HowAgreed, ShareBasis, SharePurpose};
    use crate::id::OrganisationId;
    use crate::need::NeedType;
    use uuid::Uuid;

    const DAY: i64 = 86_400;

    fn now() -> At {
        At::parse("2026-11-23T09:00:00Z").unwrap()
    }

    fn agreed() -> Consent {
        let lines = [
            PacketItem::ChosenName,
            PacketItem::ContactRules,
            PacketItem::ContactDetails,
        ];
        let mut items: BTreeSet<PacketLine> = lines.map(Into::into).into();
        items.extend(PacketLine::of_need(PacketItem::Needs, NeedType::Debt));
        Consent {
            recipient: OrganisationId::from_uuid(Uuid::from_u128(1)),
            purpose: SharePurpose::Referral,
            items,
            how: HowAgreed::Spoken,
            own_words: false,
            basis: ShareBasis::Consent,
            art9: Some(Art9Condition::ExplicitConsent),
            dpa: None,
            reasons: None,
            life_at_risk: false,
            agreed_at: now().plus_seconds(-DAY),
            expires_at: now().plus_seconds(10 * DAY),
            withdrawn_at: None,
        }
    }

    fn less(items: &[PacketItem], days: Option<i64>) -> Narrowing {
        Narrowing {
            without: items.iter().copied().map(Into::into).collect(),
            until: days.map(|days| now().plus_seconds(days * DAY)),
        }
    }

    fn left(less: &Narrowing) -> Result<Consent, NarrowFault> {
        less.of(&agreed(), &BTreeSet::new(), now())
    }

    #[test]
    fn what_is_left_is_never_more_and_never_longer() {
        let before = agreed();
        for days in [None, Some(1), Some(9)] {
            for items in [&[PacketItem::ChosenName][..], &[PacketItem::ContactDetails]] {
                let left = left(&less(items, days)).unwrap();
                assert!(left.items.is_subset(&before.items) && left.items != before.items);
                assert!(left.expires_at <= before.expires_at);
                assert!(left.holds_at(now()));
                let as_before = Consent {
                    items: before.items.clone(),
                    agreed_at: before.agreed_at,
                    expires_at: before.expires_at,
                    ..left
                };
                assert_eq!(as_before, before, "nothing else changes");
            }
        }
        for days in [-1, 0, 10, 11] {
            let longer = left(&less(&[], Some(days)));
            assert_eq!(longer, Err(NarrowFault::NotSooner), "{days}");
        }
    }

    #[test]
    fn striking_nothing_that_is_there_is_nothing_less() {
        assert_eq!(left(&less(&[], None)), Err(NarrowFault::NothingLess));
        let not_there = less(&[PacketItem::Risk], None);
        assert_eq!(left(&not_there), Err(NarrowFault::NothingLess));
    }

    #[test]
    fn a_number_never_stays_without_the_rules_for_using_it() {
        let left = left(&less(&[PacketItem::ContactRules], None)).unwrap();
        assert!(!left.items.contains(&PacketItem::ContactDetails.into()));
    }

    #[test]
    fn what_help_is_asked_for_and_the_last_line_are_only_taken_back() {
        let debt: BTreeSet<PacketLine> = PacketLine::of_need(PacketItem::Needs, NeedType::Debt)
            .into_iter()
            .collect();
        let strike = Narrowing {
            without: debt.clone(),
            until: None,
        };
        assert_eq!(
            strike.of(&agreed(), &debt, now()),
            Err(NarrowFault::AskedFor)
        );
        assert!(strike.of(&agreed(), &BTreeSet::new(), now()).is_ok());
        let all = Narrowing {
            without: agreed().items,
            until: None,
        };
        assert_eq!(
            all.of(&agreed(), &BTreeSet::new(), now()),
            Err(NarrowFault::NothingLeft)
        );
    }
}
