//! `check-layers`: the table of rooms in `docs/ARCHITECTURE.md` against what `cargo metadata` says is true.
//!
//! Three things are checked. A crate names only the crates its room may use. A pure crate never *reaches* IO, SQL, HTTP or
//! HTML, however many steps away. A crate of ours that is not in the table fails: a new room is a decision.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::Command;

use serde::Deserialize;

/// One room: the crate's folder, the rooms it may name, and the outside crates it must never reach.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    must_not_reach: &'static [&'static str],
}

/// What "no IO, async, SQL or HTML" means in names of crates. Randomness is not here: features are counted for the whole
/// workspace at once, so `uuid` shows `getrandom` everywhere; clippy.toml forbids its use instead.
const NOT_PURE: &[&str] = &[
    "tokio",
    "sea-orm",
    "sqlx",
    "sqlx-core",
    "libsqlite3-sys",
    "axum",
    "hyper",
    "reqwest",
    "ureq",
    "lettre",
    "askama",
];
/// What "no HTML, no HTTP server" means in names of crates.
const NOT_WEB: &[&str] = &["axum", "askama"];
/// What "no SQL" means, as a direct dependency (everything above `store` reaches it through `store`).
const SQL: &[&str] = &[
    "sea-orm",
    "sea-orm-migration",
    "sqlx",
    "sea-query",
    "libsqlite3-sys",
];

/// The table in `docs/ARCHITECTURE.md`, in the same order. `coverage` has its row before it has its crate.
const ROOMS: &[Room] = &[
    Room {
        name: "core",
        may_use: &[],
        must_not_reach: NOT_PURE,
    },
    Room {
        name: "policy",
        may_use: &["core"],
        must_not_reach: NOT_PURE,
    },
    Room {
        name: "seal",
        may_use: &["core"],
        must_not_reach: &["tokio", "sea-orm", "sqlx", "axum", "hyper", "askama"],
    },
    Room {
        name: "store",
        may_use: &["core", "policy", "seal"],
        must_not_reach: NOT_WEB,
    },
    Room {
        name: "find",
        may_use: &["core"],
        must_not_reach: NOT_PURE,
    },
    Room {
        name: "coverage",
        may_use: &["core"],
        must_not_reach: NOT_PURE,
    },
    Room {
        name: "exchange",
        may_use: &["core"],
        must_not_reach: &[
            "tokio", "sea-orm", "sqlx", "axum", "hyper", "askama", "ureq",
        ],
    },
    Room {
        name: "app",
        may_use: &[
            "core", "policy", "seal", "store", "find", "coverage", "exchange",
        ],
        must_not_reach: NOT_WEB,
    },
    Room {
        name: "identity",
        may_use: &["core", "policy", "seal", "store"],
        must_not_reach: NOT_WEB,
    },
    Room {
        name: "ui",
        may_use: &[],
        must_not_reach: &["tokio", "sea-orm", "sqlx", "axum", "hyper"],
    },
    Room {
        name: "web",
        may_use: &["core", "policy", "app", "identity", "exchange", "ui"],
        must_not_reach: &[],
    },
    Room {
        name: "cli",
        may_use: &[
            "core", "policy", "seal", "store", "find", "coverage", "exchange", "app", "identity",
            "ui", "web", "testkit",
        ],
        must_not_reach: &[],
    },
    Room {
        name: "testkit",
        may_use: &[
            "core", "policy", "seal", "store", "find", "coverage", "exchange", "app", "identity",
        ],
        must_not_reach: NOT_WEB,
    },
    Room {
        name: "xtask",
        may_use: &["find", "exchange"],
        must_not_reach: &["sea-orm", "axum"],
    },
];

/// The rooms whose own code may name an SQL crate; the rest reach the database only through `store`'s doors (rule 1).
const MAY_NAME_SQL: &[&str] = &["store"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    #[serde(default)]
    path: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// Run the chore.
pub fn run(_args: &[String]) -> Result<(), String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(crate::root())
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .output()
        .map_err(|e| format!("cargo metadata did not start: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let wrong = problems(&metadata);
    if wrong.is_empty() {
        return crate::say(&format!(
            "check-layers: {} crates keep to their rooms",
            metadata.workspace_members.len()
        ));
    }
    Err(format!(
        "check-layers: {} broken rule(s). The table is in docs/ARCHITECTURE.md and xtask/src/check_layers.rs.\n  {}",
        wrong.len(),
        wrong.join("\n  ")
    ))
}

/// `throughline-core` -> `core`; the binary's package is `throughline` and its room is `cli`.
fn room_of(package: &str) -> &str {
    match package {
        "throughline" => "cli",
        other => other.strip_prefix("throughline-").unwrap_or(other),
    }
}

/// Every broken rule, in words.
fn problems(metadata: &Metadata) -> Vec<String> {
    let mut wrong = Vec::new();
    let names: BTreeMap<&str, &str> = metadata
        .packages
        .iter()
        .map(|p| (p.id.as_str(), p.name.as_str()))
        .collect();
    for package in metadata
        .packages
        .iter()
        .filter(|p| metadata.workspace_members.contains(&p.id))
    {
        let here = room_of(&package.name);
        let Some(room) = ROOMS.iter().find(|r| r.name == here) else {
            wrong.push(format!("`{here}` is not in the table of rooms"));
            continue;
        };
        for dependency in &package.dependencies {
            let ours = dependency.path.is_some();
            // A test may look into any room below the web: what ships is what is kept apart.
            let for_tests = dependency.kind.as_deref() == Some("dev");
            let there = room_of(&dependency.name);
            if ours && !room.may_use.contains(&there) && !for_tests {
                wrong.push(format!("`{here}` may not use `{there}`"));
            }
            if !ours
                && !for_tests
                && SQL.contains(&dependency.name.as_str())
                && !MAY_NAME_SQL.contains(&here)
            {
                wrong.push(format!(
                    "`{here}` may not name `{}`: only `store` speaks SQL",
                    dependency.name
                ));
            }
        }
        for (reached, path) in reached_from(&package.id, &metadata.resolve, &names) {
            if room.must_not_reach.contains(&reached.as_str()) {
                wrong.push(format!(
                    "`{here}` must not reach `{reached}`, but does: {path}"
                ));
            }
        }
    }
    wrong
}

/// Every crate that ordinary (not test, not build) dependencies of `start` lead to, each with the way there.
fn reached_from(
    start: &str,
    resolve: &Resolve,
    names: &BTreeMap<&str, &str>,
) -> BTreeMap<String, String> {
    let nodes: BTreeMap<&str, &Node> = resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
    let mut seen = BTreeMap::new();
    let mut visited = BTreeSet::from([start]);
    let mut queue = VecDeque::from([(start, String::new())]);
    while let Some((id, way)) = queue.pop_front() {
        let Some(node) = nodes.get(id) else { continue };
        let ordinary = node
            .deps
            .iter()
            .filter(|d| d.dep_kinds.iter().any(|k| k.kind.is_none()));
        for edge in ordinary
            .filter(|e| visited.insert(e.pkg.as_str()))
            .collect::<Vec<_>>()
        {
            let name = names.get(edge.pkg.as_str()).copied().unwrap_or("?");
            let way = if way.is_empty() {
                name.to_owned()
            } else {
                format!("{way} > {name}")
            };
            seen.insert(name.to_owned(), way.clone());
            queue.push_back((edge.pkg.as_str(), way));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two of our crates and an outside one; `edges` are ordinary dependencies.
    fn world(edges: &[(&str, &str)]) -> Metadata {
        let names = [
            "throughline-core",
            "throughline-find",
            "throughline-store",
            "tokio",
            "between",
        ];
        let ours = |n: &str| n.starts_with("throughline");
        let packages = names.map(|n| Package {
            id: n.to_owned(),
            name: n.to_owned(),
            dependencies: edges
                .iter()
                .filter(|(from, _)| *from == n)
                .map(|(_, to)| Dependency {
                    name: (*to).to_owned(),
                    kind: None,
                    path: ours(to).then(|| "crates/x".to_owned()),
                })
                .collect(),
        });
        let nodes = names.map(|n| Node {
            id: n.to_owned(),
            deps: edges
                .iter()
                .filter(|(from, _)| *from == n)
                .map(|(_, to)| Edge {
                    pkg: (*to).to_owned(),
                    dep_kinds: vec![Kind { kind: None }],
                })
                .collect(),
        });
        Metadata {
            packages: packages.into(),
            workspace_members: names
                .iter()
                .filter(|n| ours(n))
                .map(|n| (*n).to_owned())
                .collect(),
            resolve: Resolve {
                nodes: nodes.into(),
            },
        }
    }

    #[test]
    fn a_room_that_uses_what_it_may_is_left_alone() {
        assert!(problems(&world(&[("throughline-find", "throughline-core")])).is_empty());
    }

    #[test]
    fn a_room_that_uses_a_forbidden_room_is_named() {
        let wrong = problems(&world(&[("throughline-find", "throughline-store")]));
        assert_eq!(wrong, ["`find` may not use `store`"]);
    }

    #[test]
    fn a_pure_room_that_reaches_the_network_through_another_crate_is_named_with_the_way_there() {
        let wrong = problems(&world(&[
            ("throughline-core", "between"),
            ("between", "tokio"),
        ]));
        assert_eq!(
            wrong,
            ["`core` must not reach `tokio`, but does: between > tokio"]
        );
    }
}
