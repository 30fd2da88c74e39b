//! Every door to personal data takes a permit or a scope, and leaves a note of it (ARCHITECTURE rules 2 and 4): read from the source
//! of the store, because what a forgotten note would look like at run time is nothing at all.

use std::fs;
use std::path::Path;

/// Doors that open something sealed of an account without a permit, because who somebody is must be known before anything can be
/// permitted: an account by its id (a name for a page, and whether it still is one), the demo's own people, the second factor
/// that is checked at the sign-in, and the ways to sign in that somebody has, which are shown to nobody but them.
const BEFORE_ANY_PERMIT: &[&str] = &["account", "demo_accounts", "totp_secret", "ways"];

/// A public asynchronous method: its name, what it takes, and what it does.
struct Door {
    name: String,
    takes: String,
    does: String,
}

fn doors(text: &str) -> Vec<Door> {
    let mut out = Vec::new();
    for rest in text.split("\n    pub async fn ").skip(1) {
        let whole = rest.split("\n    }\n").next().unwrap_or(rest);
        let Some((takes, does)) = whole.split_once('{') else {
            continue;
        };
        let name = takes.split(['(', '<']).next().unwrap_or_default();
        out.push(Door {
            name: name.to_owned(),
            takes: takes.to_owned(),
            does: does.to_owned(),
        });
    }
    out
}

impl Door {
    /// The names by which it holds permits and scopes.
    fn held(&self) -> Vec<&str> {
        self.takes
            .split(['(', ','])
            .filter_map(|part| part.trim().split_once(": &"))
            .filter(|(_, kind)| kind.starts_with("Permit<") || kind.starts_with("Scope<"))
            .map(|(name, _)| name)
            .collect()
    }

    /// Whether it opens what is sealed.
    fn opens(&self) -> bool {
        let ways = [
            ".open(",
            ".open_option(",
            "person_sheet(",
            "cases_of(",
            "cases_shown(",
            "immediate_of(",
            "account_of(",
        ];
        ways.iter().any(|way| self.does.contains(way))
    }

    /// Whether it notes what it did, or hands its permit on to another method, which then does.
    fn is_noted(&self) -> bool {
        let own = [".note(", ".note_person", ".note_scope(", ".note_there("];
        let handed_on = |held: &str| {
            self.does.split(';').any(|step| {
                let after = step.split_once("self").map_or("", |(_, after)| after);
                let given = after.split_once('(').map_or("", |(_, given)| given);
                given
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|word| word == held)
            })
        };
        own.iter().any(|note| self.does.contains(note)) || self.held().into_iter().any(handed_on)
    }
}

/// What is wrong with the doors of a text.
fn faults(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for door in doors(text) {
        if door.held().is_empty() {
            if door.opens() && !BEFORE_ANY_PERMIT.contains(&door.name.as_str()) {
                out.push(format!(
                    "{} opens what is sealed without a permit",
                    door.name
                ));
            }
        } else if door.takes.contains(": &Scope<") && door.does.contains("cases_of(") {
            out.push(format!("{} shows a list and does not note whom", door.name));
        } else if !door.is_noted() {
            out.push(format!("{} takes a permit and leaves no note", door.name));
        }
    }
    out
}

#[test]
fn every_door_to_personal_data_takes_a_permit_and_notes_it() {
    let (mut seen, mut wrong) = (Vec::new(), Vec::new());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() || name.ends_with("_tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        seen.extend(doors(&text).into_iter().map(|door| door.name));
        wrong.extend(
            faults(&text)
                .into_iter()
                .map(|fault| format!("{name}: {fault}")),
        );
    }
    assert!(seen.len() > 250, "only {} doors were found", seen.len());
    for name in BEFORE_ANY_PERMIT {
        assert!(
            seen.iter().any(|door| door == name),
            "{name} is no door any more"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_door_that_forgets_is_caught() {
    let forgets = "
    pub async fn name(
        &mut self,
        permit: &Permit<CaseRead>,
    ) -> Result<String> {
        let owner = person_of(permit)?;
        self.open(owner, place, &row.name).await
    }
";
    assert_eq!(faults(forgets), ["name takes a permit and leaves no note"]);
    let without = forgets.replace("        permit: &Permit<CaseRead>,\n", "");
    assert_eq!(
        faults(&without),
        ["name opens what is sealed without a permit"]
    );
    let notes = forgets.replace(
        "let owner",
        "self.note(permit, id, &[\"name\"]);\n        let owner",
    );
    assert!(faults(&notes).is_empty());
    let hands_on = forgets.replace("self.open(owner, place, &row.name)", "self.sheet(permit)");
    assert!(faults(&hands_on).is_empty());
    let lists = "
    pub async fn list(&mut self, scope: &Scope<CaseRead>) -> Result<Vec<Case>> {
        self.note_scope(scope, &[\"name\"]);
        self.cases_of(rows).await
    }
";
    assert_eq!(faults(lists), ["list shows a list and does not note whom"]);
    assert!(faults(&lists.replace("cases_of(", "cases_shown(scope, ")).is_empty());
}
