//! Tests of the policy packs.

use jiff::civil::date;

use super::*;

const ENGLAND: &str = include_str!("../packs/england/england-2024.toml");

fn packs() -> Packs {
    Packs::embedded().unwrap()
}

#[test]
fn every_nation_has_a_pack_and_none_is_used_outside_its_dates() {
    for nation in Nation::ALL {
        let packs = packs();
        let pack = packs.in_force(*nation, date(2026, 11, 22)).unwrap();
        assert_eq!(pack.nation(), *nation);
        let (from, to) = pack.valid();
        assert!(packs.in_force(*nation, from.yesterday().unwrap()).is_err());
        assert!(packs.in_force(*nation, to.tomorrow().unwrap()).is_err());
        assert_eq!(packs.get(pack.id(), pack.version()), Some(pack));
    }
}

#[test]
fn a_pack_that_is_not_law_yet_or_no_more_decides_nothing() {
    for status in ["prospective", "repealed"] {
        let text = ENGLAND.replace("status = \"in_force\"", &format!("status = \"{status}\""));
        let packs = Packs::parse(&[&text]).unwrap();
        assert!(packs.in_force(Nation::England, date(2026, 6, 1)).is_err());
        assert!(
            packs.get("england-2024", 1).is_some(),
            "but a case may still look it up"
        );
    }
}

#[test]
fn a_pack_with_an_unknown_key_or_a_missing_clock_is_refused() {
    assert!(matches!(
        Pack::parse(&format!("surprise = 1\n{ENGLAND}")),
        Err(PackError::Unreadable(_))
    ));
    let without = |part: String| {
        ENGLAND
            .lines()
            .filter(|line| !line.contains(&part))
            .collect::<Vec<_>>()
            .join("\n")
    };
    for id in ClockId::ALL {
        assert!(
            matches!(
                Pack::parse(&without(format!("id = \"{id}\""))),
                Err(PackError::Missing { .. })
            ),
            "{id}"
        );
    }
    for need in NeedType::ALL {
        assert!(
            matches!(
                Pack::parse(&without(format!("{need} = "))),
                Err(PackError::Missing { .. })
            ),
            "{need}"
        );
    }
}

#[test]
fn a_clock_that_is_stated_twice_is_refused() {
    let line = ENGLAND
        .lines()
        .find(|line| line.contains("c20_safe_contact_expiry"))
        .unwrap();
    assert!(matches!(
        Pack::parse(&ENGLAND.replace(line, &format!("{line}\n{line}"))),
        Err(PackError::Twice { .. })
    ));
}

#[test]
fn two_packs_in_force_on_one_day_are_refused() {
    let other = ENGLAND.replace("england-2024", "england-2026");
    assert!(matches!(
        Packs::parse(&[ENGLAND, &other]),
        Err(PackError::Overlap(..))
    ));
    assert!(matches!(
        Packs::parse(&[ENGLAND, ENGLAND]),
        Err(PackError::Twice { .. })
    ));
}

#[test]
fn a_safe_way_lapses_after_twenty_eight_days_and_a_room_climbs_after_fifteen_minutes() {
    let packs = packs();
    let at = At::parse("2026-01-10T10:00:00Z").unwrap();
    for pack in packs.iter() {
        assert_eq!(
            pack.due(ClockId::SafeContactExpiry, Urgency::Routine, at),
            At::parse("2026-02-07T10:00:00Z").unwrap()
        );
        assert_eq!(
            pack.due(ClockId::RoomAnswer, Urgency::Routine, at),
            at.plus_minutes(15)
        );
        assert_eq!(
            pack.due(ClockId::EscalationAcknowledge, Urgency::Immediate, at),
            at.plus_minutes(15)
        );
    }
}

#[test]
fn the_easement_ends_as_the_golden_dates_say() {
    let packs = packs();
    let pack = packs.in_force(Nation::England, date(2026, 3, 2)).unwrap();
    let end = |id, from| pack.end_date(id, Urgency::Routine, from);
    assert_eq!(end(ClockId::Easement, date(2026, 3, 2)), date(2026, 5, 31));
    assert_eq!(
        end(ClockId::EasementEvidence, date(2026, 3, 2)),
        date(2026, 4, 2)
    );
    assert_eq!(end(ClockId::Easement, date(2026, 1, 31)), date(2026, 5, 1));
    assert_eq!(
        end(ClockId::EasementEvidence, date(2026, 1, 31)),
        date(2026, 2, 28)
    );
}

#[test]
fn a_working_day_depends_on_the_nation() {
    let packs = packs();
    let working = |nation, day| {
        packs
            .in_force(nation, day)
            .unwrap()
            .working_days()
            .is_working(day)
    };
    assert!(
        !working(Nation::England, date(2026, 4, 6)) && working(Nation::Scotland, date(2026, 4, 6)),
        "Easter Monday"
    );
    assert!(
        working(Nation::Wales, date(2026, 7, 13))
            && !working(Nation::NorthernIreland, date(2026, 7, 13)),
        "the Twelfth, in lieu"
    );
    assert!(
        !working(Nation::Scotland, date(2026, 11, 30))
            && working(Nation::England, date(2026, 11, 30)),
        "St Andrew’s Day"
    );
    assert!(
        !working(Nation::Scotland, date(2026, 6, 15)),
        "proclaimed for 2026"
    );
    assert!(
        !working(Nation::England, date(2026, 12, 28)),
        "Boxing Day in lieu"
    );
}

#[test]
fn every_bank_holiday_is_a_weekday_and_every_year_has_as_many_as_the_law_gives() {
    for pack in packs().iter() {
        let per_year = match pack.nation() {
            Nation::England | Nation::Wales => 8,
            Nation::Scotland => 9,
            Nation::NorthernIreland => 10,
        };
        for year in 2024..=2028 {
            let weekdays = |date: &Date| date.weekday().to_monday_zero_offset() < 5;
            let days = date(year, 1, 1)
                .series(jiff::Span::new().days(1))
                .take_while(|day| day.year() == year);
            let out = days
                .filter(weekdays)
                .filter(|day| !pack.working_days().is_working(*day))
                .count();
            let extra = usize::from(pack.nation() == Nation::Scotland && year == 2026);
            assert_eq!(out, per_year + extra, "{} {year}", pack.nation());
        }
    }
}

#[test]
fn more_danger_never_means_a_longer_clock() {
    for pack in packs().iter() {
        for id in ClockId::ALL {
            for hour in 0..(24 * 8) {
                let from = At::parse("2026-12-23T00:00:00Z").unwrap().plus_hours(hour);
                let due = |urgency| pack.due(*id, urgency, from);
                assert!(
                    due(Urgency::Immediate) <= due(Urgency::SameDay)
                        && due(Urgency::SameDay) <= due(Urgency::Routine),
                    "{} {id}",
                    pack.id()
                );
                assert!(
                    due(Urgency::Immediate) > from,
                    "{id} is due before it starts"
                );
            }
        }
        for need in NeedType::ALL {
            let urgency = |risk| pack.urgency(*need, risk);
            assert!(
                urgency(RiskBand::High) <= urgency(RiskBand::Medium)
                    && urgency(RiskBand::Medium) <= urgency(RiskBand::Standard),
                "{need}"
            );
            assert_eq!(
                urgency(RiskBand::NotAssessed),
                urgency(RiskBand::High),
                "a risk nobody judged runs on the clock of high"
            );
        }
        assert_eq!(
            pack.urgency(NeedType::ImmediateDanger, RiskBand::Standard),
            Urgency::Immediate
        );
    }
}

#[test]
fn a_link_outlives_the_clock_for_the_answer() {
    let from = At::parse("2026-12-24T10:00:00Z").unwrap();
    for pack in packs().iter() {
        for urgency in Urgency::ALL {
            assert!(
                pack.due(ClockId::LinkExpiry, *urgency, from)
                    > pack.due(ClockId::ReferralAnswer, *urgency, from),
                "{} {urgency}",
                pack.id()
            );
        }
    }
}

#[test]
fn no_helpline_claims_to_be_verified_and_config_check_says_so() {
    let warnings = packs().warnings(date(2026, 11, 22));
    assert_eq!(warnings.len(), Nation::ALL.len(), "{warnings:?}");
    assert!(warnings.iter().all(
        |warning| matches!(warning, PackWarning::HelplinesNotVerified { count, .. } if *count >= 10)
    ));
}

#[test]
fn a_pack_whose_helplines_are_all_verified_is_not_warned_of() {
    let text = ENGLAND.replace(
        ", mark = \"known\" },",
        ", mark = \"known\", last_verified = 2026-11-01 },",
    );
    // Only the helplines have such a field.
    let text: Vec<&str> = text
        .lines()
        .zip(ENGLAND.lines())
        .map(|(with, without)| {
            if with.contains("hours = ") {
                with
            } else {
                without
            }
        })
        .collect();
    let packs = Packs::parse(&[&text.join("\n")]).unwrap();
    let unverified =
        |warning: &PackWarning| matches!(warning, PackWarning::HelplinesNotVerified { .. });
    assert!(!packs.warnings(date(2026, 11, 22)).iter().any(unverified));
}

#[test]
fn a_pack_may_hold_for_one_day_and_never_for_less() {
    let line = |name: &str| {
        let line = ENGLAND.lines().find(|line| line.starts_with(name));
        line.unwrap().to_owned()
    };
    let of = |from: &str, to: &str| {
        let text = ENGLAND
            .replace(&line("valid_from"), &format!("valid_from = {from}"))
            .replace(&line("valid_to"), &format!("valid_to = {to}"));
        Packs::parse(&[&text])
    };
    let packs = of("2026-06-01", "2026-06-01").unwrap();
    assert_eq!(packs.iter().count(), 1);
    assert!(packs.in_force(Nation::England, date(2026, 6, 1)).is_ok());
    assert_eq!(
        of("2026-06-02", "2026-06-01").unwrap_err(),
        PackError::EndsBeforeItBegins("england-2024".to_owned())
    );
}

#[test]
fn what_ends_within_one_hundred_and_eighty_days_is_named() {
    let packs = packs();
    let named = |today| {
        packs
            .warnings(today)
            .iter()
            .any(|w| matches!(w, PackWarning::EndsSoon { .. }))
    };
    let holidays = |today| {
        packs
            .warnings(today)
            .iter()
            .any(|w| matches!(w, PackWarning::BankHolidaysEndSoon { .. }))
    };
    assert!(!named(date(2028, 7, 3)) && !holidays(date(2028, 7, 3)));
    assert!(named(date(2028, 7, 4)) && holidays(date(2028, 7, 4)));
    assert!(
        packs
            .warnings(date(2030, 1, 1))
            .contains(&PackWarning::NoneInForce(Nation::Scotland))
    );
}

#[test]
fn every_number_has_a_source() {
    for pack in packs().iter() {
        assert!(!pack.source().is_empty());
        for id in ClockId::ALL {
            assert!(
                !pack.clock(*id, Urgency::Routine).unwrap().source.is_empty(),
                "{id}"
            );
        }
        for id in ThresholdId::ALL {
            assert!(!pack.threshold(*id).unwrap().source.is_empty(), "{id}");
        }
    }
}

#[test]
fn they_are_asked_again_long_before_consent_lapses() {
    let at = At::parse("2026-01-10T10:00:00Z").unwrap();
    for pack in packs().iter() {
        for urgency in Urgency::ALL {
            let lapses = pack.due(ClockId::ConsentExpiry, *urgency, at);
            let notice = pack.due(ClockId::ConsentAskAgain, *urgency, at);
            assert!(
                at.plus_days(14) <= notice && notice < lapses,
                "{}",
                pack.id()
            );
        }
    }
}

#[test]
fn whoever_may_be_anywhere_is_shown_the_helplines_of_every_nation_and_where_each_is_for() {
    let packs = Packs::embedded().unwrap();
    let on = date(2026, 11, 22);
    let names = |first| -> Vec<(String, Vec<Nation>)> {
        let all = packs.helplines_everywhere(first, on);
        all.into_iter()
            .map(|(line, of)| (line.name.clone(), of))
            .collect()
    };
    let all = names(None);
    for nation in Nation::ALL {
        let pack = packs.in_force(*nation, on).unwrap();
        for line in pack.helplines() {
            let (_, of) = all.iter().find(|(name, _)| *name == line.name).unwrap();
            assert!(of.is_empty() || of.contains(nation), "{}", line.name);
        }
    }
    assert!(all.contains(&("Live Fear Free".to_owned(), vec![Nation::Wales])));
    assert!(
        all.iter()
            .any(|(name, of)| name == "Samaritans" && of.is_empty())
    );
    assert_eq!(names(Some(Nation::Wales))[0].0, "Live Fear Free");
    let mut once: Vec<&String> = all.iter().map(|(name, _)| name).collect();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), all.len());
}

#[test]
fn a_pack_says_what_its_file_says() {
    let text = ENGLAND.replace("version = 1\n", "version = 3\n");
    let pack = Pack::parse(&text).unwrap();
    assert_eq!((pack.id(), pack.version()), ("england-2024", 3));
    assert_eq!(pack.status(), PackStatus::InForce);
    assert!(ENGLAND.contains(pack.source()) && pack.source().len() > 20);
    assert!(pack.money().len() > 1 && pack.helplines().len() > 1);
    for route in pack.money() {
        assert!(ENGLAND.contains(&route.name), "{}", route.name);
    }
    assert!(ENGLAND.contains(&pack.high_risk().name));
}

#[test]
fn danger_sets_the_clock_where_no_need_is_named() {
    for pack in packs().iter() {
        let by = |risk| pack.urgency_by_risk(risk);
        assert!(by(RiskBand::High) < by(RiskBand::Standard));
        assert_eq!(by(RiskBand::NotAssessed), by(RiskBand::High));
        assert_eq!(
            pack.urgency(NeedType::CommunityAndIsolation, RiskBand::Standard),
            by(RiskBand::Standard)
        );
    }
}

#[test]
fn a_pack_is_in_force_from_its_first_day_to_its_last() {
    let packs = packs();
    let pack = packs.in_force(Nation::England, date(2026, 11, 22)).unwrap();
    let (from, to) = pack.valid();
    for (day, holds) in [
        (from.yesterday().unwrap(), false),
        (from, true),
        (to, true),
        (to.tomorrow().unwrap(), false),
    ] {
        assert_eq!(pack.is_in_force(day), holds, "{day}");
    }
    assert!(packs.get(pack.id(), pack.version() + 1).is_none());
    assert!(packs.get("england-1999", pack.version()).is_none());
}

#[test]
fn packs_may_follow_each_other_and_share_no_day() {
    let line = |name: &str| {
        let line = ENGLAND.lines().find(|line| line.starts_with(name));
        line.unwrap().to_owned()
    };
    let (from, to) = (line("valid_from"), line("valid_to"));
    let until = |day: &str| ENGLAND.replace(&to, &format!("valid_to = {day}"));
    let after = |day: &str| {
        let text = ENGLAND.replace(&from, &format!("valid_from = {day}"));
        text.replace("england-2024", "england-2026")
    };
    let first = until("2026-06-30");
    for (day, overlaps) in [("2026-06-30", true), ("2026-07-01", false)] {
        let second = after(day);
        for order in [[&first, &second], [&second, &first]] {
            let parsed = Packs::parse(&order.map(String::as_str));
            assert_eq!(parsed.is_err(), overlaps, "{day}: {:?}", parsed.err());
        }
    }
    // What is followed by another does not end, whatever day it is.
    let packs = Packs::parse(&[&first, &after("2026-07-01")]).unwrap();
    let ends = |packs: &Packs| {
        let warnings = packs.warnings(date(2026, 6, 1));
        warnings
            .iter()
            .any(|warning| matches!(warning, PackWarning::EndsSoon { .. }))
    };
    assert!(!ends(&packs));
    assert!(ends(&Packs::parse(&[&first]).unwrap()), "negative control");
    // Another nation's pack of the same days is no overlap, nor is one that is not law.
    let wales = include_str!("../packs/wales/wales-2024.toml");
    assert!(Packs::parse(&[ENGLAND, wales]).is_ok());
    let draft = ENGLAND
        .replace("status = \"in_force\"", "status = \"prospective\"")
        .replace("england-2024", "england-2027");
    assert!(Packs::parse(&[ENGLAND, &draft]).is_ok());
    assert!(Packs::parse(&[&draft, ENGLAND]).is_ok());
    let next_version = draft
        .replace("england-2027", "england-2024")
        .replace("version = 1\n", "version = 2\n");
    assert!(Packs::parse(&[ENGLAND, &next_version]).is_ok());
}

#[test]
fn helplines_of_fewer_nations_come_first_and_those_of_every_nation_last() {
    let packs = Packs::embedded().unwrap();
    let all = packs.helplines_everywhere(None, date(2026, 11, 22));
    let counts: Vec<(bool, usize)> = all
        .iter()
        .map(|(_, of)| (of.is_empty(), of.len()))
        .collect();
    assert!(counts.is_sorted(), "{counts:?}");
    assert!(counts.first().is_some_and(|(everywhere, _)| !everywhere));
    assert!(counts.last().is_some_and(|(everywhere, _)| *everywhere));
}

#[test]
fn whoever_is_nearer_to_danger_is_asked_of_by_the_shorter_clock() {
    let packs = packs();
    let pack = packs.in_force(Nation::England, date(2026, 11, 22)).unwrap();
    for risk in [RiskBand::High, RiskBand::NotAssessed] {
        let urgent = NeedType::ALL
            .iter()
            .filter(|need| pack.urgency(**need, risk) == Urgency::Immediate)
            .count();
        assert!(
            urgent > 0 && urgent < NeedType::ALL.len(),
            "{risk} {urgent}"
        );
    }
}
