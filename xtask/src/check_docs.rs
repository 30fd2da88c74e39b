//! `check-docs`: what the documents name must exist.
//!
//! Checked in every Markdown file of the repository: a path in backticks that starts with a folder of ours, the target of
//! every relative link, every `throughline` command in backticks or in a code block (against the command enums in
//! `crates/cli/src`), and, in the documents of `NAME_TESTS`, every test named in backticks. What is promised by an id:
//! see `promises`.
//!
//! What must never happen here: guessing. A name is checked only if it cannot be anything else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::promises;

/// Folders that are not ours to check: built, fetched, or copied from others.
const NOT_OURS: &[&str] = &["target", "node_modules", ".git", "out", "vendor", "assets"];
/// The first part of a path that we check. `./test` and files at the top are checked through links.
const OURS: &[&str] = &[
    "crates", "deploy", "docs", "packs", "policy", "scripts", "tests", "xtask", ".ci", ".config",
    "fuzz",
];

/// The documents that name tests: what must hold, and what is impossible to forget.
const NAME_TESTS: &[&str] = &[
    "docs/QUALITY.md",
    "docs/SAFETY.md",
    "docs/SIGN-IN.md",
    "docs/ARCHITECTURE.md",
];

/// Lists of what is promised by an id, the documents that say by which test, and what they are.
const PROMISES: &[(&str, &str, &str)] = &[
    ("docs/never-events.csv", "docs/QUALITY.md", "never-events"),
    (
        "docs/requirements.csv",
        "docs/SAFETY.md",
        "requirements of the threat model",
    ),
];

/// Run the chore.
pub fn run(_args: &[String]) -> Result<(), String> {
    let root = crate::root();
    let commands = commands(&sources(&root.join("crates/cli/src"), "rs")?);
    let tests = names_of_tests(root)?;
    let (mut wrong, mut checked) = (Vec::new(), 0_usize);
    for file in files(root, "md")? {
        let text = read(&file)?;
        let shown = file
            .strip_prefix(root)
            .unwrap_or(&file)
            .display()
            .to_string();
        let folder = file.parent().unwrap_or(root);
        for (line, claim) in claims(&text, NAME_TESTS.contains(&shown.as_str())) {
            checked += 1;
            let missing = match &claim {
                Claim::Path(path) => !exists(root, path),
                Claim::Link(path) => !exists(folder, path),
                Claim::Command(words) => !is_command(words, &commands),
                Claim::Test(name) => !tests.contains(name),
            };
            if missing {
                wrong.push(format!("{shown}:{line}: {claim}"));
            }
        }
    }
    let mut held = Vec::new();
    for (list, document, what) in PROMISES {
        let (list, table) = (read(&root.join(list))?, read(&root.join(document))?);
        let missed = promises::wrong(&list, &table, &tests.iter().map(String::as_str));
        wrong.extend(missed.iter().map(|what| format!("{document}: {what}")));
        let (met, open) = promises::counted(&list, &table);
        held.push(format!(
            "of the {what} {met} are met by what bears their id, {open} are open"
        ));
    }
    if wrong.is_empty() {
        let held = held.join("; ");
        return crate::say(&format!(
            "check-docs: {checked} names in the documents, all exist; {held}"
        ));
    }
    Err(format!(
        "check-docs: {} thing(s) that do not hold\n  {}",
        wrong.len(),
        wrong.join("\n  ")
    ))
}

/// Something a document says exists.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    /// A path from the top of the repository.
    Path(String),
    /// A path from the document's own folder.
    Link(String),
    /// The words after `throughline`, up to the first that is not a command's name.
    Command(Vec<String>),
    /// The last part of a test's name.
    Test(String),
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "no file or folder `{path}`"),
            Self::Link(path) => write!(f, "the link ({path}) leads nowhere"),
            Self::Command(words) => write!(f, "no command `throughline {}`", words.join(" ")),
            Self::Test(name) => write!(f, "no test called `{name}`"),
        }
    }
}

/// Every claim in a document, with its line number.
fn claims(text: &str, names_tests: bool) -> Vec<(usize, Claim)> {
    let (mut found, mut in_block) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.extend(command(line.trim()).map(|claim| (number, claim)));
        } else {
            // The odd pieces between backticks are code.
            for span in line.split('`').skip(1).step_by(2) {
                found.extend(
                    path(span)
                        .or_else(|| command(span))
                        .map(|claim| (number, claim)),
                );
                if names_tests {
                    found.extend(test(span).map(|claim| (number, claim)));
                }
            }
            for target in line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
            {
                found.extend(link(target).map(|claim| (number, claim)));
            }
        }
    }
    found
}

/// `crates/find/src/lib.rs`, `docs/`; not `a / b`, `/api`, `crates/*`, `docs/<name>`.
fn path(span: &str) -> Option<Claim> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let (first, _) = span.split_once('/')?;
    (OURS.contains(&first) && span.chars().all(plain)).then(|| Claim::Path(span.to_owned()))
}

/// A relative link, without its `#part`.
fn link(target: &str) -> Option<Claim> {
    let target = target.split('#').next().unwrap_or_default();
    let elsewhere = target.is_empty()
        || target.contains("://")
        || target.starts_with("mailto:")
        || target.contains(' ');
    (!elsewhere).then(|| Claim::Link(target.to_owned()))
}

/// `throughline backup --to x`, `$ throughline demo`, `cargo run --release -- demo`, `sudo -u throughline throughline serve`.
fn command(line: &str) -> Option<Claim> {
    let mut rest = line.trim_start_matches("$ ");
    rest = rest
        .strip_prefix("cargo run --release -- ")
        .or_else(|| rest.strip_prefix("throughline "))
        .or_else(|| {
            rest.split_once(" throughline ")
                .filter(|(before, _)| before.starts_with("sudo"))
                .map(|(_, after)| after)
        })?;
    let word = |w: &&str| {
        w.starts_with(|c: char| c.is_ascii_lowercase())
            && w.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    let words: Vec<String> = rest
        .split_whitespace()
        .take_while(word)
        .take(2)
        .map(str::to_owned)
        .collect();
    (!words.is_empty()).then_some(Claim::Command(words))
}

/// `a_test_that_reads_as_a_sentence` or `module::test`: at least two underscores, nothing but names.
fn test(span: &str) -> Option<Claim> {
    let last = span.rsplit("::").next()?;
    let named = last
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (named && last.matches('_').count() >= 2).then(|| Claim::Test(last.to_owned()))
}

/// The commands the binary knows: the first words, and the words that may follow any of them.
#[derive(Debug, Default)]
struct Commands {
    first: BTreeSet<String>,
    second: BTreeSet<String>,
}

/// Variants of every enum that derives `Subcommand`: those of `Command` are first words, of any other second words.
fn commands(sources: &str) -> Commands {
    let mut known = Commands::default();
    let mut lines = sources.lines();
    while let Some(line) = lines.next() {
        if !(line.contains("derive(") && line.contains("Subcommand")) {
            continue;
        }
        let Some(opening) = lines.by_ref().find(|l| l.contains("enum ")) else {
            break;
        };
        let top = opening.contains("enum Command ") || opening.contains("enum Command{");
        let mut renamed = None;
        for body in lines.by_ref().take_while(|l| *l != "}") {
            let Some(variant) = body.strip_prefix("    ") else {
                continue;
            };
            if let Some(name) = variant
                .split_once("name = \"")
                .and_then(|(_, r)| r.split('"').next())
            {
                renamed = variant.starts_with("#[command").then(|| name.to_owned());
            }
            if variant.starts_with(|c: char| c.is_ascii_uppercase()) {
                let name: String = variant
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect();
                let name = renamed.take().unwrap_or_else(|| kebab(&name));
                if top {
                    known.first.insert(name)
                } else {
                    known.second.insert(name)
                };
            }
        }
    }
    known
}

/// A second word is compared only when commands have second words at all and it is not a plain argument in disguise.
fn is_command(words: &[String], known: &Commands) -> bool {
    let first = words
        .first()
        .is_some_and(|w| known.first.contains(w) || w == "help");
    first
        && words
            .get(1)
            .is_none_or(|w| known.second.contains(w) || known.first.contains(w))
}

/// `ConfigCheck` -> `config-check`, as clap does.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Names of test functions in Rust, and titles of browser tests with their words joined by underscores.
fn names_of_tests(root: &Path) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for file in files(root, "rs")?.into_iter().chain(files(root, "mjs")?) {
        let text = read(&file)?;
        let mut after_both = false;
        for line in text.lines().map(str::trim_start) {
            // Long declarations have the name on a line of its own.
            if after_both {
                names.extend(line.split(',').next().map(str::to_owned));
            }
            after_both = line == "both!(";
            let rust = line
                .split_once("fn ")
                .map(|(_, rest)| rest.split(['(', '<']).next().unwrap_or_default().to_owned());
            let both = line
                .split_once("both!(")
                .and_then(|(_, rest)| rest.split(',').next())
                .map(|n| n.trim().to_owned());
            let title = line
                .strip_prefix("test('")
                .and_then(|r| r.split('\'').next())
                .map(|t| {
                    t.to_lowercase()
                        .split(|c: char| !c.is_ascii_alphanumeric())
                        .filter(|w| !w.is_empty())
                        .collect::<Vec<_>>()
                        .join("_")
                });
            names.extend(rust.into_iter().chain(both).chain(title));
        }
    }
    Ok(names)
}

fn exists(from: &Path, path: &str) -> bool {
    from.join(path).exists()
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

/// The text of every file below `folder` with this ending.
fn sources(folder: &Path, ending: &str) -> Result<String, String> {
    files(folder, ending)?.iter().map(|f| read(f)).collect()
}

/// Every file below `folder` with this ending, in order, leaving out what is not ours.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here).map_err(|e| format!("{}: {e}", here.display()))? {
            let path = entry.map_err(|e| e.to_string())?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() && !path.is_symlink() {
                folders.extend((!NOT_OURS.contains(&name.as_str())).then_some(path));
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLI: &str = "#[derive(Debug, Subcommand)]\npub enum Command {\n    /// Look.\n    Demo(Demo),\n    Directory {\n        \
        #[command(subcommand)]\n        what: Directory,\n    },\n    #[command(name = \"openapi\")]\n    OpenApi,\n}\n\
        #[derive(Subcommand)]\nenum Directory {\n    Import { file: String },\n}\n";

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn commands_are_read_from_the_enums_of_the_binary() {
        let known = commands(CLI);
        for good in ["demo", "directory import", "openapi", "help demo"] {
            assert!(is_command(&words(good), &known), "{good}");
        }
        for bad in ["demos", "directory export", "open-api", "import"] {
            assert!(!is_command(&words(bad), &known), "{bad}");
        }
    }

    #[test]
    fn a_binary_without_commands_makes_every_named_command_wrong() {
        assert!(!is_command(&words("demo"), &commands("fn main() {}")));
    }

    #[test]
    fn only_what_cannot_be_anything_else_is_a_claim() {
        let text = "See `crates/find/src/lib.rs`, `/api`, `a/b`, [this](../README.md#top), [that](https://example.org).\n\
                    ```sh\nthroughline backup --to x\ncargo run --release -- demo\nls\n```\n`throughline audit verify`";
        let found: Vec<Claim> = claims(text, false)
            .into_iter()
            .map(|(_, claim)| claim)
            .collect();
        assert_eq!(
            found,
            [
                Claim::Path("crates/find/src/lib.rs".to_owned()),
                Claim::Link("../README.md".to_owned()),
                Claim::Command(words("backup")),
                Claim::Command(words("demo")),
                Claim::Command(words("audit verify")),
            ]
        );
    }

    #[test]
    fn every_document_that_lists_tests_names_some() {
        for name in NAME_TESTS {
            let text = read(&crate::root().join(name)).unwrap();
            let tests = claims(&text, true);
            assert!(
                tests
                    .iter()
                    .any(|(_, claim)| matches!(claim, Claim::Test(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn tests_are_claims_only_where_scenarios_are_listed() {
        assert_eq!(
            claims("`who_may_see::a_stranger_sees_nothing`", true),
            [(1, Claim::Test("a_stranger_sees_nothing".to_owned()))]
        );
        assert!(claims("`a_stranger_sees_nothing`", false).is_empty());
    }
}
