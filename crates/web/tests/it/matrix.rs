//! Who may reach which route: as a reviewed text, and as it is. What one may not reach is what does not exist.

#![allow(clippy::panic, reason = "a test that cannot go on must stop")]

use std::fmt::Write as _;

use crate::doors::server;
use axum::http::{Method, StatusCode};
use throughline_core::code::Code as _;
use throughline_policy::Standing;
use throughline_web::route::{Access, Kind, Method1};
use throughline_web::routes::all;

const MATRIX: &str = include_str!("../../route-matrix.txt");

fn matrix() -> String {
    let mut out = String::from(
        "# Who may reach which route at all; what they may do to a record there is decided again (policy's authz-matrix.txt).\n\
         # Made from the table by a test; a change here is a change of who may see what: review it as such.\n\n",
    );
    let mut lines: Vec<String> = all()
        .iter()
        .map(|route| {
            let mut line = format!("{} {}:", route.path, route.method.name());
            if route.access == Access::Public {
                line.push_str(" anyone");
            } else if route.access == Access::Monitor {
                line.push_str(" this machine, or who knows the word of the figures");
            } else {
                for standing in Standing::ALL
                    .iter()
                    .filter(|standing| route.access.admits(**standing))
                {
                    let _ = write!(line, " {}", standing.code());
                }
            }
            line
        })
        .collect();
    lines.sort();
    out.push_str(&lines.join("\n"));
    out.push('\n');
    out
}

#[test]
fn the_reviewed_route_matrix_is_the_table() {
    if option_env!("UPDATE_MATRIX").is_some() {
        std::fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/route-matrix.txt"),
            matrix(),
        )
        .unwrap();
        return;
    }
    assert_eq!(
        MATRIX,
        matrix(),
        "who may reach what has changed: run this test with UPDATE_MATRIX=1 and have the difference reviewed"
    );
}

#[test]
fn every_route_stands_once_and_every_form_is_guarded() {
    let mut seen = std::collections::BTreeSet::new();
    for route in all() {
        assert!(seen.insert((route.path, route.method)), "twice: {route:?}");
        let changes = route.method != Method1::Get;
        if changes && route.kind == Kind::Page {
            assert!(
                route.csrf,
                "{route:?} takes a form without the cross-site token"
            );
        }
        assert!(
            !changes || route.kind != Kind::Raw,
            "{route:?} changes something and is no page"
        );
        if let Access::Staff(actions) = route.access {
            assert!(!actions.is_empty(), "{route:?} is for nobody");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_role_may_not_reach_is_to_the_byte_what_does_not_exist() {
    let server = server().await;
    let (mut asked, mut hidden, mut open, mut nothing) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    let visitors = server.visitors().await;
    let pages = all().iter().filter(|r| r.kind == Kind::Page).count();
    let all_of_them = pages * visitors.len();
    for who in visitors {
        let unknown = server.call(Method::GET, "/no-such-page", &who, "").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        for route in all().iter().filter(|route| route.kind == Kind::Page) {
            // What ends, locks or proves a session has one of its own: the others need theirs.
            let ends = route.method != Method1::Get
                && ["/sign-out", "/lock", "/locked", "/step-up"].contains(&route.path);
            let own = if ends {
                Some(server.again(&who).await)
            } else {
                None
            };
            let who = own.as_ref().unwrap_or(&who);
            asked += 1;
            let (path, csrf) = (server.path(route), format!("csrf={}", who.csrf));
            let body = if route.method == Method1::Get {
                ""
            } else {
                &csrf
            };
            let answer = server.call(route.method.http(), &path, who, body).await;
            let what = format!("{:?} {route:?}: {}", who.standing, answer.status);
            if answer.status.is_server_error() {
                wrong.push(what.clone());
            }
            let same = answer.body == unknown.body && answer.status == unknown.status;
            if !route.access.admits(who.standing) {
                if who.standing == Standing::Public {
                    let to_sign_in = answer.status == StatusCode::SEE_OTHER
                        && answer.headers["location"] == "/sign-in";
                    if !to_sign_in {
                        wrong.push(format!("not sent to sign in: {what}"));
                    }
                } else if same {
                    hidden += 1;
                } else {
                    wrong.push(format!(
                        "not the same as a page that does not exist: {what}"
                    ));
                }
                let mut names: Vec<_> = answer.headers.keys().collect();
                let mut others: Vec<_> = unknown.headers.keys().collect();
                names.sort_by_key(|name| name.as_str());
                others.sort_by_key(|name| name.as_str());
                if who.standing != Standing::Public && names != others {
                    wrong.push(format!("other headers: {what}"));
                }
            } else if answer.status == StatusCode::NOT_FOUND {
                // A reference to nothing, or somebody else's: the same page again.
                nothing += 1;
                if !same {
                    wrong.push(format!("another kind of not found: {what}"));
                }
            } else {
                open += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(asked, all_of_them, "a page was left out for somebody");
    assert!(
        hidden > 20 && open > 20 && nothing > 10,
        "{hidden} {open} {nothing}"
    );
    server.world.finish().await;
}
