//! The easement of work requirements after domestic violence: which of its tests hold, and its dates (SPEC R-UC-01, R-UC-02, C05).
//!
//! The day of notification starts the clock; evidence neither starts, stops nor restarts it. A test that fails leads to the
//! easement that is at the jobcentre's discretion, never to "no help".

use jiff::civil::Date;

use crate::answer::Answer;
use crate::calendar::add_months;
use crate::clock::{ClockId, Urgency};
use crate::code::Code as _;
use crate::pack::{Pack, ThresholdId};

crate::code_list! {
    /// A test of the law (SPEC R-UC-01).
    pub enum EasementTest {
        /// Violence or a threat by a partner, former partner or family member, in the months before notification.
        Recent = "recent",
        /// No such easement in the months before notification.
        NoneBefore = "none_before",
        /// Not at the same address as that person on the day of notification. It is a fact about that day: it is never said as
        /// something to do (R-UC-02).
        Apart = "apart",
        /// Evidence within its month, by somebody of the list.
        Evidence = "evidence",
    }
}

crate::code_list! {
    /// Who can give evidence, each in an official capacity (SPEC R-UC-03). Family and friends are not on the list; a telephone
    /// call is enough.
    pub enum EvidenceFrom {
        /// A health professional.
        Health = "health",
        /// A police officer.
        Police = "police",
        /// A registered social worker.
        SocialWorker = "social_worker",
        /// Their employer.
        Employer = "employer",
        /// A representative of their trade union.
        TradeUnion = "trade_union",
        /// A public, voluntary or charitable body in direct contact with them about the violence.
        Body = "body",
    }
}

/// What was told about the day of notification. What is not known stays not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The day on which the jobcentre was told.
    pub notified_on: Date,
    /// See [`EasementTest::Recent`].
    pub recent: Answer,
    /// See [`EasementTest::NoneBefore`].
    pub none_before: Answer,
    /// See [`EasementTest::Apart`].
    pub apart: Answer,
    /// Who gave evidence, and on which day; `None`: not given yet.
    pub evidence: Option<(EvidenceFrom, Date)>,
}

/// The dates that follow from the day of notification alone. Each is the last or first whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// Violence or a threat counts from this day on.
    pub recent_from: Date,
    /// An easement that applied on or after this day counts as one before.
    pub none_before_from: Date,
    /// The last day for evidence.
    pub evidence_by: Date,
    /// The last day without any work requirement.
    pub last_day: Date,
    /// The first day of the second part, for the responsible carer of a child under the benefit's age alone: only searching for work
    /// and being available for it are off.
    pub second_from: Date,
    /// The last day of the second part.
    pub second_last_day: Date,
}

/// What the tests come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Every test holds.
    Holds,
    /// Nothing fails; these are still to be asked or given. The clock runs all the same.
    Ask(Vec<EasementTest>),
    /// These fail: ask for the easement at discretion.
    Discretionary(Vec<EasementTest>),
}

/// The dates of an easement that was notified on a day, by the law of a nation.
pub fn dates(pack: &Pack, notified_on: Date) -> Dates {
    let end = |clock, from| pack.end_date(clock, Urgency::Routine, from);
    let last_day = end(ClockId::Easement, notified_on);
    let second_from = last_day.tomorrow().unwrap_or(last_day);
    Dates {
        recent_from: months_before(pack, ThresholdId::EasementAbuseWithinMonths, notified_on),
        none_before_from: months_before(pack, ThresholdId::EasementNotWithinMonths, notified_on),
        evidence_by: end(ClockId::EasementEvidence, notified_on),
        last_day,
        second_from,
        second_last_day: end(ClockId::Easement, second_from),
    }
}

/// The first day that is within some months before `on`, counted back from `on` or forward from that day, whichever is earlier: what a
/// shorter month cuts off is given, not taken.
fn months_before(pack: &Pack, threshold: ThresholdId, on: Date) -> Date {
    let months = pack.threshold(threshold).map_or(0, |months| months.value);
    let mut first = on
        .checked_sub(jiff::Span::new().months(i64::from(months)))
        .unwrap_or(Date::MIN);
    while let Ok(earlier) = first.yesterday() {
        if add_months(earlier, u16::try_from(months).unwrap_or(u16::MAX)) < on {
            break;
        }
        first = earlier;
    }
    first
}

/// How one test stands on a day: yes, no, or (anything else) to be asked.
pub fn test(pack: &Pack, told: &Told, test: EasementTest, today: Date) -> Answer {
    match test {
        EasementTest::Recent => told.recent,
        EasementTest::NoneBefore => told.none_before,
        EasementTest::Apart => told.apart,
        EasementTest::Evidence => {
            let by = dates(pack, told.notified_on).evidence_by;
            match told.evidence {
                Some((_, given_on)) if given_on <= by => Answer::Yes,
                None if today <= by => Answer::NotAsked,
                Some(_) | None => Answer::No,
            }
        }
    }
}

/// What the tests come to on a day.
pub fn finding(pack: &Pack, told: &Told, today: Date) -> Finding {
    let which = |wanted: fn(Answer) -> bool| -> Vec<EasementTest> {
        let all = EasementTest::ALL.iter().copied();
        all.filter(|one| wanted(test(pack, told, *one, today)))
            .collect()
    };
    let failed = which(Answer::is_no);
    if !failed.is_empty() {
        return Finding::Discretionary(failed);
    }
    let open = which(|answer| !answer.is_yes());
    if open.is_empty() {
        Finding::Holds
    } else {
        Finding::Ask(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nation::Nation;
    use crate::pack::Packs;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn england() -> Pack {
        let packs = Packs::embedded().unwrap();
        packs
            .in_force(Nation::England, date(2026, 3, 2))
            .unwrap()
            .clone()
    }

    fn all_yes() -> Told {
        Told {
            notified_on: date(2026, 3, 2),
            recent: Answer::Yes,
            none_before: Answer::Yes,
            apart: Answer::Yes,
            evidence: Some((EvidenceFrom::Police, date(2026, 4, 2))),
        }
    }

    #[test]
    fn thirteen_weeks_run_from_the_day_of_notification_and_the_second_thirteen_follow_at_once() {
        let dates = dates(&england(), date(2026, 3, 2));
        assert_eq!(dates.last_day, date(2026, 5, 31));
        assert_eq!(dates.second_from, date(2026, 6, 1));
        assert_eq!(dates.second_last_day, date(2026, 8, 30));
        assert_eq!(dates.evidence_by, date(2026, 4, 2));
        assert_eq!(dates.recent_from, date(2025, 9, 2));
        assert_eq!(dates.none_before_from, date(2025, 3, 2));
    }

    #[test]
    fn months_that_end_sooner_give_days_and_never_take_them() {
        let of = |day| dates(&england(), day);
        assert_eq!(of(date(2028, 1, 31)).evidence_by, date(2028, 2, 29));
        assert_eq!(of(date(2027, 1, 31)).evidence_by, date(2027, 2, 28));
        // Six months after 29, 30 and 31 August is the last of February: all of them are within six months of it.
        assert_eq!(of(date(2027, 2, 28)).recent_from, date(2026, 8, 28));
        assert_eq!(of(date(2028, 2, 29)).recent_from, date(2027, 8, 29));
        assert_eq!(of(date(2025, 3, 31)).recent_from, date(2024, 9, 30));
    }

    #[test]
    fn when_every_test_holds_it_holds() {
        assert_eq!(
            finding(&england(), &all_yes(), date(2026, 4, 2)),
            Finding::Holds
        );
    }

    #[test]
    fn what_nobody_knows_is_asked_and_is_neither_yes_nor_no() {
        for unknown in Answer::ALL.iter().copied() {
            if unknown.is_yes() || unknown.is_no() {
                continue;
            }
            let told = Told {
                apart: unknown,
                ..all_yes()
            };
            assert_eq!(
                finding(&england(), &told, date(2026, 4, 2)),
                Finding::Ask(vec![EasementTest::Apart]),
                "{unknown}"
            );
        }
    }

    #[test]
    fn each_test_that_fails_leads_to_discretion_and_is_named() {
        let no = Answer::No;
        for (told, failed) in [
            (
                Told {
                    recent: no,
                    ..all_yes()
                },
                EasementTest::Recent,
            ),
            (
                Told {
                    none_before: no,
                    ..all_yes()
                },
                EasementTest::NoneBefore,
            ),
            (
                Told {
                    apart: no,
                    ..all_yes()
                },
                EasementTest::Apart,
            ),
        ] {
            assert_eq!(
                finding(&england(), &told, date(2026, 4, 2)),
                Finding::Discretionary(vec![failed])
            );
        }
    }

    #[test]
    fn evidence_may_come_until_the_end_of_its_month_and_is_not_awaited_for_longer() {
        let with = |evidence, today| {
            let told = Told {
                evidence,
                ..all_yes()
            };
            test(&england(), &told, EasementTest::Evidence, today)
        };
        let police = |day| Some((EvidenceFrom::Police, day));
        assert_eq!(with(None, date(2026, 4, 2)), Answer::NotAsked);
        assert_eq!(with(None, date(2026, 4, 3)), Answer::No);
        assert_eq!(
            with(police(date(2026, 4, 2)), date(2026, 6, 1)),
            Answer::Yes
        );
        assert_eq!(with(police(date(2026, 4, 3)), date(2026, 6, 1)), Answer::No);
    }

    proptest! {
        #[test]
        fn whatever_the_day_it_is_ninety_one_days_and_evidence_moves_no_date(
            day in 0_i64..1_500, evidence_after in 0_i64..60,
        ) {
            let pack = england();
            let notified_on = date(2024, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            let of = dates(&pack, notified_on);
            let count = |from: Date, to: Date| from.until(to).unwrap().get_days() + 1;
            prop_assert_eq!(count(notified_on, of.last_day), 91);
            prop_assert_eq!(count(of.second_from, of.second_last_day), 91);
            prop_assert_eq!(of.last_day.tomorrow().unwrap(), of.second_from);
            let back = notified_on.checked_sub(jiff::Span::new().months(6)).unwrap();
            prop_assert!(of.recent_from <= back);
            prop_assert!(of.recent_from == back || add_months(of.recent_from, 6) >= notified_on);
            prop_assert!(add_months(of.recent_from.yesterday().unwrap(), 6) < notified_on);
            let given_on = notified_on.checked_add(jiff::Span::new().days(evidence_after)).unwrap();
            let told = Told { notified_on, evidence: Some((EvidenceFrom::Body, given_on)), ..all_yes() };
            let held = finding(&pack, &told, given_on) == Finding::Holds;
            prop_assert_eq!(held, given_on <= of.evidence_by);
        }
    }
}
