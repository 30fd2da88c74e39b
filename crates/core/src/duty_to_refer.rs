//! The duty to refer someone who may be homeless to a housing authority they choose: England only (SPEC 3.5, C07, C08).
//! It is a referral with three agreements and its own chasing; it is not an application for somewhere to stay.

use jiff::civil::Date;

use crate::clock::{ClockId, Urgency};
use crate::code::Code as _;
use crate::machine::IllegalMove;
use crate::nation::Nation;
use crate::pack::Pack;
use crate::task::TaskKind;

/// The three separate agreements. All three are recorded; none implies another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
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

crate::code_list! {
    /// Where a duty to refer stands (SPEC 3.5).
    pub enum DutyState {
        /// Begun: the authority was chosen, and not all three agreements are there.
        Draft = "draft",
        /// All three were given.
        Consented = "consented",
        /// It has gone to the authority.
        Sent = "sent",
        /// The authority said that it has it.
        Acknowledged = "acknowledged",
        /// The authority has spoken with the person.
        ContactMade = "contact_made",
        /// The authority has assessed what they are owed.
        Assessed = "assessed",
        /// The authority gave up after trying twice: the person is asked again.
        ClosedNoContact = "closed_no_contact",
        /// What came of it is known.
        Concluded = "concluded",
        /// The person does not want it any more.
        Withdrawn = "withdrawn",
    }
}

crate::code_list! {
    /// What came of it: what the authority decided that it owes (HCoG; the words of the homelessness returns), or why it ended.
    pub enum DutyOutcome {
        /// It owes help so that they do not lose their home.
        PreventionDuty = "prevention_duty",
        /// It owes help to find somewhere.
        ReliefDuty = "relief_duty",
        /// It gave somewhere for now, and goes on looking into it.
        InterimAccommodation = "interim_accommodation",
        /// It decided that they are not homeless and not about to be. They may ask for that to be looked at again.
        NotHomeless = "not_homeless",
        /// It decided that they cannot be helped because of where they come from or what they may claim.
        NotEligible = "not_eligible",
        /// Advice only.
        AdviceOnly = "advice_only",
        /// Passed to another authority.
        PassedOn = "passed_on",
        /// They found somewhere by themselves.
        FoundSomewhere = "found_somewhere",
        /// Nobody knows.
        NotKnown = "not_known",
    }
}

/// How many times an authority tries to reach somebody before it may close (SPEC 3.5: local practice).
pub const ATTEMPTS_BEFORE_CLOSING: u8 = 2;

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DutyMove {
    /// The person gave, or took back, one of the agreements.
    Agree(Agreements),
    /// A worker sends it.
    Send,
    /// The authority says that it has it.
    Acknowledge,
    /// The authority tried to reach the person, and did not.
    Miss,
    /// It has spoken with the person.
    MakeContact,
    /// It has assessed what they are owed.
    Assess,
    /// It closes because it could not reach them.
    Close,
    /// The person still wants it: it is asked again.
    AskAgain,
    /// What came of it.
    Conclude(DutyOutcome),
    /// The person does not want it any more.
    Withdraw,
}

impl DutyMove {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agree(_) => "agree",
            Self::Send => "send",
            Self::Acknowledge => "acknowledge",
            Self::Miss => "miss",
            Self::MakeContact => "make_contact",
            Self::Assess => "assess",
            Self::Close => "close",
            Self::AskAgain => "ask_again",
            Self::Conclude(_) => "conclude",
            Self::Withdraw => "withdraw",
        }
    }
}

impl DutyState {
    /// Whether nothing more is to come of it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Concluded | Self::Withdrawn)
    }

    /// Whether the authority has it.
    pub const fn is_with_the_authority(self) -> bool {
        matches!(
            self,
            Self::Sent | Self::Acknowledged | Self::ContactMade | Self::Assessed
        )
    }

    /// The state after a move, with how often the authority has tried so far (this time included). Errors where it is not possible:
    /// nothing is sent without all three agreements, and nothing is closed before it was tried [`ATTEMPTS_BEFORE_CLOSING`] times.
    pub fn apply(self, by: DutyMove, attempts: u8) -> Result<Self, IllegalMove> {
        use DutyMove as M;
        let next = match (self, by) {
            // An agreement that is taken back stops what was not sent yet; what was sent is withdrawn instead.
            (Self::Draft | Self::Consented, M::Agree(given)) => {
                if given.check().is_ok() {
                    Self::Consented
                } else {
                    Self::Draft
                }
            }
            (Self::Consented, M::Send) | (Self::ClosedNoContact, M::AskAgain) => Self::Sent,
            (Self::Sent, M::Acknowledge) => Self::Acknowledged,
            (Self::Sent | Self::Acknowledged, M::Miss) => self,
            (Self::Sent | Self::Acknowledged, M::MakeContact) => Self::ContactMade,
            (Self::Sent | Self::Acknowledged | Self::ContactMade, M::Assess) => Self::Assessed,
            (Self::Sent | Self::Acknowledged, M::Close) if attempts >= ATTEMPTS_BEFORE_CLOSING => {
                Self::ClosedNoContact
            }
            (
                Self::Sent
                | Self::Acknowledged
                | Self::ContactMade
                | Self::Assessed
                | Self::ClosedNoContact,
                M::Conclude(_),
            ) => Self::Concluded,
            (_, M::Withdraw) if !self.is_final() => Self::Withdrawn,
            _ => {
                return Err(IllegalMove {
                    machine: "duty_to_refer",
                    from: self.code(),
                    by: by.code(),
                });
            }
        };
        Ok(next)
    }

    /// What the case worker has to do next, and by which clock; `None` when it is over. `chased` is how often the authority was chased
    /// since it was sent: the law gives it no deadline (C08), so the chasing is ours and does not end by itself.
    pub const fn next_step(self, chased: u8) -> Option<(TaskKind, ClockId)> {
        Some(match self {
            Self::Draft | Self::Consented => (TaskKind::FinishDutyToRefer, ClockId::ReferralSend),
            Self::Sent | Self::Acknowledged | Self::ContactMade | Self::Assessed => (
                TaskKind::ChaseDutyToRefer,
                match chased {
                    0 => ClockId::DutyToReferChaseFirst,
                    1 => ClockId::DutyToReferChaseSecond,
                    _ => ClockId::DutyToReferChaseThird,
                },
            ),
            Self::ClosedNoContact => (TaskKind::AskAboutHomeAgain, ClockId::NextOffer),
            Self::Concluded | Self::Withdrawn => return None,
        })
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

    const AGREED: Agreements = Agreements {
        referred: true,
        authority: true,
        contact_details: true,
    };

    fn moves() -> Vec<DutyMove> {
        use DutyMove as M;
        let mut all = vec![
            M::Agree(AGREED),
            M::Agree(Agreements::default()),
            M::Send,
            M::Acknowledge,
            M::Miss,
            M::MakeContact,
            M::Assess,
            M::Close,
            M::AskAgain,
            M::Withdraw,
        ];
        all.extend(DutyOutcome::ALL.iter().map(|outcome| M::Conclude(*outcome)));
        all
    }

    #[test]
    fn every_state_has_something_to_do_or_is_over_and_can_be_stopped() {
        for state in DutyState::ALL {
            for chased in 0..9 {
                assert_eq!(
                    state.next_step(chased).is_none(),
                    state.is_final(),
                    "{state}"
                );
            }
            let stopped = state.apply(DutyMove::Withdraw, 0);
            assert_eq!(stopped.is_ok(), !state.is_final(), "{state}");
        }
    }

    #[test]
    fn nothing_is_sent_before_all_three_agreements() {
        for bits in 0..8_u8 {
            let given = Agreements {
                referred: bits & 1 > 0,
                authority: bits & 2 > 0,
                contact_details: bits & 4 > 0,
            };
            let state = DutyState::Draft.apply(DutyMove::Agree(given), 0).unwrap();
            assert_eq!(state.apply(DutyMove::Send, 0).is_ok(), bits == 7);
        }
        // One that is taken back before it was sent stops it.
        let back = DutyState::Consented.apply(DutyMove::Agree(Agreements::default()), 0);
        assert_eq!(back, Ok(DutyState::Draft));
    }

    #[test]
    fn it_is_closed_for_want_of_contact_only_after_two_tries_and_then_they_are_asked_again() {
        for state in [DutyState::Sent, DutyState::Acknowledged] {
            for attempts in 0..ATTEMPTS_BEFORE_CLOSING {
                assert!(state.apply(DutyMove::Close, attempts).is_err());
            }
            let closed = state
                .apply(DutyMove::Close, ATTEMPTS_BEFORE_CLOSING)
                .unwrap();
            assert_eq!(closed, DutyState::ClosedNoContact);
            assert_eq!(closed.next_step(0).unwrap().0, TaskKind::AskAboutHomeAgain);
            assert_eq!(closed.apply(DutyMove::AskAgain, 2), Ok(DutyState::Sent));
        }
        let spoken = DutyState::ContactMade.apply(DutyMove::Close, 9);
        assert!(spoken.is_err(), "whom they spoke with they can reach");
    }

    proptest::proptest! {
        /// However it goes: once sent it was agreed to, and nothing leads out of what is over.
        #[test]
        fn no_way_leads_round_the_agreements_or_out_of_an_end(picks in proptest::collection::vec((0..19_usize, 0..4_u8), 0..30)) {
            let moves = moves();
            let (mut state, mut agreed) = (DutyState::Draft, false);
            for (pick, attempts) in picks {
                let by = moves[pick % moves.len()];
                let Ok(next) = state.apply(by, attempts) else { continue };
                proptest::prop_assert!(!state.is_final());
                if let DutyMove::Agree(given) = by {
                    agreed = given.check().is_ok();
                }
                if next.is_with_the_authority() || next == DutyState::ClosedNoContact {
                    proptest::prop_assert!(agreed);
                }
                state = next;
            }
        }
    }
}
