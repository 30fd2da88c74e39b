//! The duty to refer someone who may be homeless to a housing authority they choose: England only (SPEC 3.5, C07, C08).
//! It is a referral with three agreements and its own chasing; it is not an application for somewhere to stay.

use jiff::civil::Date;

use crate::clock::{ClockId, Urgency};
use crate::nation::Nation;
use crate::pack::Pack;

/// The three separate agreements. All three are recorded; none implies another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreements {
    /// To be referred.
    pub referred: bool,
    /// To which authority: the person chooses any in England.
    pub authority: bool,
    /// That contact details may be passed on.
    pub contact_details: bool,
}

/// Whether the duty applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// It applies: refer if they agree.
    Applies,
    /// It does not apply on these dates. Help is offered all the same.
    NotYet,
    /// Another nation: offer the local route.
    LocalRoute,
}

/// Whether the duty applies to someone who is or may become homeless on a date, seen from today.
pub fn scope(pack: &Pack, today: Date, homeless_on: Date) -> Scope {
    if pack.nation() != Nation::England {
        return Scope::LocalRoute;
    }
    if homeless_on <= pack.end_date(ClockId::DutyToReferThreshold, Urgency::Routine, today) {
        Scope::Applies
    } else {
        Scope::NotYet
    }
}

/// What is missing before it may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAgreed {
    /// They did not agree to be referred.
    #[error("Ask whether they agree to be referred.")]
    Referral,
    /// They did not choose an authority.
    #[error(
        "Ask which authority they choose. They may choose any in England; ask where they must stay away from first."
    )]
    Authority,
    /// They did not agree to pass on contact details.
    #[error("Ask whether their contact details may be passed on.")]
    ContactDetails,
}

impl Agreements {
    /// Whether it may be sent. Errors with the first agreement that is missing.
    pub const fn check(self) -> Result<(), NotAgreed> {
        if !self.referred {
            Err(NotAgreed::Referral)
        } else if !self.authority {
            Err(NotAgreed::Authority)
        } else if !self.contact_details {
            Err(NotAgreed::ContactDetails)
        } else {
            Ok(())
        }
    }
}

/// The dates on which an unanswered referral is chased: the law gives the authority no deadline (C08).
pub fn chase_dates(pack: &Pack, sent_on: Date) -> [Date; 3] {
    [
        ClockId::DutyToReferChaseFirst,
        ClockId::DutyToReferChaseSecond,
        ClockId::DutyToReferChaseThird,
    ]
    .map(|clock| pack.end_date(clock, Urgency::Routine, sent_on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::pack::Packs;
    use jiff::civil::date;

    #[test]
    fn fifty_six_days_are_in_scope_and_fifty_seven_are_not() {
        let packs = Packs::embedded().unwrap();
        let today = date(2026, 3, 2);
        let pack = packs.in_force(Nation::England, today).unwrap();
        let in_days = |days: i64| {
            scope(
                pack,
                today,
                today.checked_add(jiff::Span::new().days(days)).unwrap(),
            )
        };
        assert_eq!(in_days(56), Scope::Applies);
        assert_eq!(in_days(57), Scope::NotYet);
        assert_eq!(in_days(0), Scope::Applies);
        assert_eq!(in_days(-3), Scope::Applies, "already homeless");
    }

    #[test]
    fn elsewhere_the_local_route_is_offered() {
        let packs = Packs::embedded().unwrap();
        let today = date(2026, 3, 2);
        for nation in Nation::ALL
            .iter()
            .filter(|nation| **nation != Nation::England)
        {
            assert_eq!(
                scope(packs.in_force(*nation, today).unwrap(), today, today),
                Scope::LocalRoute
            );
        }
    }

    #[test]
    fn all_three_agreements_are_needed() {
        for bits in 0..8_u8 {
            let agreed = Agreements {
                referred: bits & 1 > 0,
                authority: bits & 2 > 0,
                contact_details: bits & 4 > 0,
            };
            assert_eq!(agreed.check().is_ok(), bits == 7);
        }
    }

    #[test]
    fn silence_is_chased_on_days_three_seven_and_fourteen() {
        let packs = Packs::embedded().unwrap();
        let pack = packs.in_force(Nation::England, date(2026, 3, 2)).unwrap();
        assert_eq!(
            chase_dates(pack, date(2026, 3, 2)),
            [date(2026, 3, 5), date(2026, 3, 9), date(2026, 3, 16)]
        );
    }
}
