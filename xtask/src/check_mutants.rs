//! `check-mutants FOLDER`: every change to the code that no test noticed must be explained in `docs/mutants.txt`.
//!
//! `FOLDER` is what `./test mutants` made: `all.txt`, every change there is, and `mutants.out`, what `cargo mutants` says of those
//! it made. A line of the list is one change and, after ` -- `, why no test can notice it; changes of one name in one
//! function need a line each.
//!
//! What must never happen here: a line of the code's position as part of a name (every edit above would make it another), or an
//! explanation that outlives what it explains.

use std::collections::BTreeMap;
use std::path::Path;

/// Run the chore.
pub fn run(args: &[String]) -> Result<(), String> {
    let [folder] = args else {
        return Err("usage: cargo run -p xtask -- check-mutants FOLDER".to_owned());
    };
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
    };
    let folder = Path::new(folder);
    let out = |name: &str| read(&folder.join("mutants.out").join(name));
    let made = Made {
        survived: out("missed.txt")?,
        noticed: out("caught.txt")?,
        endless: out("timeout.txt")?,
        unviable: out("unviable.txt")?,
    };
    let explained = read(&crate::root().join("docs/mutants.txt"))?;
    let wrong = wrong(&explained, &read(&folder.join("all.txt"))?, &made);
    let [noticed, endless, unviable, survived] =
        [&made.noticed, &made.endless, &made.unviable, &made.survived].map(|of| of.lines().count());
    let counted = format!(
        "{} changes made: {noticed} noticed, {endless} went round for ever, {unviable} do not compile, {survived} survived",
        noticed + endless + unviable + survived
    );
    if wrong.is_empty() {
        return crate::say(&format!("check-mutants: {counted}, each explained"));
    }
    Err(format!(
        "check-mutants: {counted}\n  {}",
        wrong.join("\n  ")
    ))
}

/// What became of the changes that were made: the lists of `cargo mutants`, one change a line.
struct Made {
    survived: String,
    noticed: String,
    endless: String,
    unviable: String,
}

/// A reason that could be read has at least this many words.
const LEAST_WORDS: usize = 5;

/// What is wrong with the explanations, one line each. `all`: every change there is, of which the run may have made a part.
fn wrong(explained: &str, all: &str, made: &Made) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for line in explained
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (name, reason) = line.split_once(" -- ").unwrap_or((line, ""));
        if reason.split_whitespace().count() < LEAST_WORDS {
            wrong.push(format!("explained without a reason: {name}"));
        }
        *reasons.entry(name.to_owned()).or_default() += 1;
    }
    let [all, survived, noticed, endless, unviable] = [
        all,
        &made.survived,
        &made.noticed,
        &made.endless,
        &made.unviable,
    ]
    .map(counted);
    let of = |counts: &BTreeMap<String, usize>, name: &str| counts.get(name).copied().unwrap_or(0);
    for (name, times) in &survived {
        if *times > of(&reasons, name) {
            wrong.push(format!("no test notices, and nobody explains: {name}"));
        }
    }
    for (name, lines) in &reasons {
        let there_are = of(&all, name);
        let was_made =
            of(&survived, name) + of(&noticed, name) + of(&endless, name) + of(&unviable, name);
        if there_are < *lines {
            wrong.push(format!("explained, but there is no such change: {name}"));
        } else if was_made == there_are && of(&survived, name) < *lines {
            wrong.push(format!("explained, but a test notices it: {name}"));
        }
    }
    wrong
}

/// How often each name stands in a list, without the line and the column.
fn counted(list: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in list.lines() {
        let mut parts = line.splitn(4, ':');
        if let (Some(file), Some(what)) = (parts.next(), parts.nth(2)) {
            *counts.entry(format!("{file}:{what}")).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "a.rs:1:2: replace < with <= in gate\n\
                       a.rs:7:2: replace < with <= in gate\n\
                       a.rs:9:1: replace f -> bool with true\n";
    const REASON: &str = "both give the very same answer";

    fn made(survived: &str, noticed: &str) -> Made {
        Made {
            survived: survived.to_owned(),
            noticed: noticed.to_owned(),
            endless: String::new(),
            unviable: String::new(),
        }
    }

    #[test]
    fn a_survivor_is_explained_by_its_name_wherever_it_stands() {
        let explained = format!("# why\n\na.rs: replace < with <= in gate -- {REASON}\n");
        let made = made("a.rs:70:2: replace < with <= in gate\n", ALL);
        assert_eq!(wrong(&explained, ALL, &made), Vec::<String>::new());
    }

    #[test]
    fn what_was_not_made_in_this_run_may_still_be_explained() {
        let explained = format!("a.rs: replace f -> bool with true -- {REASON}\n");
        assert_eq!(wrong(&explained, ALL, &made("", "")), Vec::<String>::new());
    }

    #[test]
    fn whatever_does_not_hold_is_named() {
        let one = "a.rs:1:2: replace < with <= in gate\n";
        let two = format!("{one}a.rs:7:2: replace < with <= in gate\n");
        let line = format!("a.rs: replace < with <= in gate -- {REASON}\n");
        for (explained, survived, noticed, told) in [
            (
                String::new(),
                one,
                "",
                "no test notices, and nobody explains: a.rs: replace < with <= in gate",
            ),
            (
                line.clone(),
                two.as_str(),
                "",
                "no test notices, and nobody explains: a.rs: replace < with <= in gate",
            ),
            (
                line,
                "",
                two.as_str(),
                "explained, but a test notices it: a.rs: replace < with <= in gate",
            ),
            (
                format!("a.rs: replace g -> bool with true -- {REASON}\n"),
                "",
                "",
                "explained, but there is no such change: a.rs: replace g -> bool with true",
            ),
            (
                "a.rs: replace < with <= in gate -- it is fine\n".to_owned(),
                one,
                "",
                "explained without a reason: a.rs: replace < with <= in gate",
            ),
        ] {
            assert_eq!(wrong(&explained, ALL, &made(survived, noticed)), [told]);
        }
    }
}
