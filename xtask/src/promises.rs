//! What is promised by an id: each never-event stands once in the table of `docs/QUALITY.md` and each requirement of the threat
//! model once in those of `docs/SAFETY.md`, met by a test that bears its id, by a run that is too long for one, or open with the
//! reason and what it would be held by. `docs/never-events.csv` and `docs/requirements.csv` are the lists.
//!
//! What must never happen here: an id that is left out, or one that is called met by a sentence.

use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with the table, one line each.
///
/// `list`: the agreed list, with its first line; `table`: the document; `tests`: every name of a test that there is.
pub fn wrong<'a>(
    list: &str,
    table: &str,
    tests: &(impl IntoIterator<Item = &'a str> + Clone),
) -> Vec<String> {
    let rows = rows(list, table);
    let mut wrong = Vec::new();
    for id in ids(list) {
        match rows.get(id).map(Vec::as_slice) {
            None => wrong.push(format!("{id} has no row")),
            Some([row]) => wrong.extend(of_row(id, row, tests.clone())),
            Some(_) => wrong.push(format!("{id} has more than one row")),
        }
    }
    wrong
}

/// How many are met, and how many are open.
pub fn counted(list: &str, table: &str) -> (usize, usize) {
    let rows = rows(list, table);
    let open = ids(list)
        .filter(|id| {
            rows.get(id)
                .is_some_and(|of| of.iter().any(|row| is_open(row)))
        })
        .count();
    (ids(list).count() - open, open)
}

/// What is wrong with one row: the last cell of an event.
fn of_row<'a>(
    id: &str,
    row: &str,
    tests: impl IntoIterator<Item = &'a str> + Clone,
) -> Vec<String> {
    let mark = mark(id);
    let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
    let mut wrong = Vec::new();
    for test in tests.into_iter().filter(|test| bears(test, &mark)) {
        if !named.contains(&test) {
            wrong.push(format!("{id} does not name its own test `{test}`"));
        }
    }
    let is_met = is_run(row) || named.iter().any(|test| bears(test, &mark));
    match (is_open(row), is_met) {
        _ if is_run(row) && named.is_empty() => wrong.push(format!("{id} does not name its run")),
        (true, _) if row.split_whitespace().count() < LEAST_WORDS => {
            wrong.push(format!("{id} is open without a reason"));
        }
        (false, false) => wrong.push(format!(
            "{id} is not open, and no test with `{mark}` in its name meets it"
        )),
        _ => {}
    }
    wrong
}

/// A reason that could be read has at least this many words.
const LEAST_WORDS: usize = 6;

/// What begins the last cell of what nothing holds yet, or nothing whole.
fn is_open(row: &str) -> bool {
    row.starts_with("open: ")
}

/// What begins the last cell of what is measured by a run of `./test assurance` and by no test.
fn is_run(row: &str) -> bool {
    row.starts_with("run: ")
}

/// Whether a test bears a mark: at its beginning, or as words of their own within it.
fn bears(test: &str, mark: &str) -> bool {
    test.starts_with(mark) || test.contains(&format!("_{mark}"))
}

/// NE-06 -> ne_06_
fn mark(id: &str) -> String {
    format!("{}_", id.to_lowercase().replace('-', "_"))
}

/// The ids of a list.
fn ids(list: &str) -> impl Iterator<Item = &str> {
    list.lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
}

/// The last cell of each row that begins with an id of the list.
fn rows<'a>(list: &str, table: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let known: BTreeSet<&str> = ids(list).collect();
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        if let (Some(id), Some(last)) = (cells.next(), cells.last())
            && known.contains(id)
        {
            rows.entry(id).or_default().push(last);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "id,never\nNE-01,One\nNE-02,\"Two, with a comma\"\n";
    const MET: &str = "| NE-01 | one | `ne_01_one_is_held`, `another_test_of_it` |\n";
    const OPEN: &str = "| NE-02 | two | open: there are no bookings yet, so nothing is booked |\n";
    const TESTS: [&str; 2] = ["ne_01_one_is_held", "another_test_of_it"];

    #[test]
    fn an_event_is_met_by_a_test_of_its_id_or_open_with_a_reason() {
        let table = format!("{MET}{OPEN}");
        assert_eq!(wrong(LIST, &table, &TESTS), Vec::<String>::new());
        assert_eq!(counted(LIST, &table), (1, 1));
    }

    #[test]
    fn what_is_measured_by_a_run_names_it() {
        let table = format!("{MET}| NE-02 | two | run: `scripts/assurance/two.py` |\n");
        assert_eq!(wrong(LIST, &table, &TESTS), Vec::<String>::new());
    }

    #[test]
    fn whatever_is_missing_is_named() {
        for (table, tests, told) in [
            (MET.to_owned(), vec![TESTS[0]], "NE-02 has no row"),
            (
                format!("{MET}{MET}{OPEN}"),
                vec![TESTS[0]],
                "NE-01 has more than one row",
            ),
            (
                format!("| NE-01 | one | `another_test_of_it` |\n{OPEN}"),
                vec![],
                "NE-01 is not open, and no test with `ne_01_` in its name meets it",
            ),
            (
                format!("{MET}| NE-02 | two | open: later |\n"),
                vec![TESTS[0]],
                "NE-02 is open without a reason",
            ),
            (
                format!("{MET}| NE-02 | two | - |\n"),
                vec![TESTS[0]],
                "NE-02 is not open, and no test with `ne_02_` in its name meets it",
            ),
            (
                format!("{MET}{OPEN}"),
                vec![TESTS[0], "ne_02_a_part_of_two_is_held"],
                "NE-02 does not name its own test `ne_02_a_part_of_two_is_held`",
            ),
            (
                format!("{MET}| NE-02 | two | run: nightly |\n"),
                vec![TESTS[0]],
                "NE-02 does not name its run",
            ),
            (
                format!("{MET}| NE-02 | two | `done_02_by_another` |\n"),
                vec![TESTS[0], "done_02_by_another"],
                "NE-02 is not open, and no test with `ne_02_` in its name meets it",
            ),
        ] {
            assert_eq!(wrong(LIST, &table, &tests), [told]);
        }
    }
}
