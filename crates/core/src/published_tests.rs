//! Attacks on what is published. *Exactly recovered* means: of all the numbers that a cell could be, given every release on every day
//! and the rules by which they are made, one is left.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::referral::Helped;

const NEEDS: [&str; 3] = ["debt", "housing", "safety"];

fn at(text: &str) -> At {
    At::parse(text).unwrap()
}

fn start() -> At {
    at("2026-01-05T09:00:00Z")
}

/// A request of person `n` that came as far as step `far` (0 to 4), a day for each step.
fn request(n: u128, need: &str, far: u8) -> PersonRequest {
    let day = |step: u8| (far >= step).then(|| start().plus_days(i64::from(step)));
    PersonRequest {
        person: Id::from_uuid(Uuid::from_u128(n)),
        organisation: Id::from_uuid(Uuid::from_u128(n % 3)),
        need: need.to_owned(),
        facts: RequestFacts {
            referred_at: start(),
            acknowledged_at: day(1),
            answered_at: day(2),
            accepted_at: day(2),
            started_at: day(3),
            ended: day(4).map(|at| (at, Helped::Yes)),
            harm_after: None,
        },
    }
}

/// How many of the world came to `step` with `need`, exactly.
fn truth(world: &[PersonRequest], need: &str, step: usize) -> u64 {
    let until = Quarter::of(start()).settles_at().unwrap();
    world
        .iter()
        .filter(|r| r.need == need && r.facts.reached_at(Step::ALL[step], until).is_some())
        .count() as u64
}

fn settled() -> At {
    Quarter::of(start()).settles_at().unwrap()
}

/// What an attacker knows of each step of one need: the bin, then narrowed by "each step holds the ones after it". They are told more than
/// anyone is: whether a hidden number is hidden for being small.
fn bounds(release: &Release, world: &[PersonRequest], need: &str) -> Vec<(u64, u64)> {
    let mut known: Vec<(u64, u64)> = Step::ALL
        .iter()
        .enumerate()
        .map(
            |(place, step)| match release.cells[&(need.to_owned(), step.code())].about() {
                Some(about) => ((about - 2).max(10), about + 2),
                None if truth(world, need, place) < 10 => (0, 9),
                None => (10, u64::MAX),
            },
        )
        .collect();
    for place in 1..known.len() {
        known[place].1 = known[place].1.min(known[place - 1].1);
    }
    for place in (1..known.len()).rev() {
        known[place - 1].0 = known[place - 1].0.max(known[place].0);
    }
    known
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn with_every_release_of_every_day_no_number_is_recovered_exactly(
        people in prop::collection::vec((0_usize..3, 0_u8..5), 0..90)
    ) {
        let world: Vec<_> = people
            .iter()
            .enumerate()
            .map(|(n, (need, far))| request(n as u128, NEEDS[*need], *far))
            .collect();
        let quarter = Quarter::of(start());
        for day in 1..180 {
            let now = start().plus_days(day);
            if now < settled() {
                prop_assert!(Release::of(quarter, &NEEDS, &world, now).is_none());
            }
        }
        let first = Release::of(quarter, &NEEDS, &world, settled()).unwrap();
        for need in NEEDS {
            for (place, (low, high)) in bounds(&first, &world, need).into_iter().enumerate() {
                let exact = truth(&world, need, place);
                prop_assert!((low..=high).contains(&exact), "the attack itself must be sound");
                prop_assert!(high - low >= 2, "{need} {place}: {exact} is one of {low}..={high}");
                prop_assert!(exact >= 10 || (low, high) == (0, 9), "a small number is any of ten");
            }
        }
        // One step of one person after the quarter is settled, and one person more: every later release is as the first was.
        let mut later = world.clone();
        if let Some(one) = later.first_mut() {
            one.facts.started_at = one.facts.started_at.or(Some(settled().plus_days(1)));
        }
        let mut more = request(9_999, "debt", 4);
        more.facts.referred_at = settled().plus_days(1);
        later.push(more);
        for day in [0, 1, 2, 40] {
            let again = Release::of(quarter, &NEEDS, &later, settled().plus_days(day)).unwrap();
            prop_assert_eq!(&again, &first);
        }
    }
}

#[test]
fn a_table_with_exact_totals_gives_away_what_it_hides_by_taking_away() {
    // "Hide under five, totals exact": one hidden need is the total less the others, in most small worlds.
    let mut recovered = 0;
    for small in 0..5_u64 {
        for other in 5..25_u64 {
            let parts = [small, other, other + 3];
            let total: u64 = parts.iter().sum();
            let shown: Vec<u64> = parts.iter().copied().filter(|n| *n >= 5).collect();
            if shown.len() == 2 && total - shown.iter().sum::<u64>() == small {
                recovered += 1;
            }
        }
    }
    assert_eq!(recovered, 100);
}

#[test]
fn a_total_rounded_on_its_own_would_give_parts_away_exactly() {
    // Why no total is published. Four of 13 are shown as 15, each 13 to 17; 52 is shown as 50, so 48 to 52.
    let round = |n: u64| (n + 2) / 5 * 5;
    assert_eq!((round(13), round(52)), (15, 50));
    let (least_of_part, most_of_total) = (round(13) - 2, round(52) + 2);
    assert_eq!(4 * least_of_part, most_of_total, "nothing but 13 is left");
}

#[test]
fn nought_looks_like_nine_and_ten_is_shown() {
    let even = |n: u64| Published::of(&[n / 3, n / 3, n - n / 3 * 2]);
    for n in 0..10 {
        assert_eq!(even(n).about(), None);
    }
    let about: Vec<_> = [10, 12, 13, 17, 18].map(|n| even(n).about()).into();
    assert_eq!(about, [10, 10, 15, 15, 20].map(Some));
}

#[test]
fn numbers_of_two_organisations_or_mostly_of_one_are_hidden() {
    assert_eq!(Published::of(&[50, 50]).about(), None);
    assert_eq!(Published::of(&[81, 10, 9]).about(), None);
    assert_eq!(Published::of(&[80, 10, 10]).about(), Some(100));
}

#[test]
fn a_rate_is_of_rounded_numbers_and_of_fifty_or_more() {
    let of = |n: u64| Published::of(&[n / 3, n / 3, n - n / 3 * 2]);
    assert_eq!(of(26).percent_of(of(51)), Some(50));
    assert_eq!(of(26).percent_of(of(47)), None);
    assert_eq!(of(9).percent_of(of(90)), None);
    assert_eq!(of(90).percent_of(of(60)), None);
}

#[test]
fn twelve_requests_of_one_person_are_one_person() {
    let world: Vec<_> = (0..12)
        .map(|n| PersonRequest {
            organisation: Id::from_uuid(Uuid::from_u128(n % 3)),
            ..request(1, "debt", 4)
        })
        .collect();
    let release = Release::of(Quarter::of(start()), &NEEDS, &world, settled()).unwrap();
    assert!(release.cells.values().all(|cell| cell.about().is_none()));
    assert_eq!(
        release.cells.len(),
        15,
        "needs that nobody has stand there too"
    );
}

#[test]
fn a_quarter_begins_in_london_and_settles_a_quarter_after_it_ended() {
    let last = Quarter::of(at("2026-12-31T23:59:59Z"));
    assert_eq!(last.year_and_number(), (2026, 4));
    assert_eq!(last.settles_at(), Some(at("2027-03-31T23:00:00Z")));
    assert_eq!(
        Quarter::of(at("2026-03-31T23:00:00Z")).year_and_number(),
        (2026, 2)
    );
}
