//! The API about what comes first in a case, closing it, what waits and what was sent: the same guards as on the pages; nothing
//! that a named human does; and to another organisation, or without the scope, nothing is there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::programs::{Program, SENDS, Said, program, sender, web};
use crate::town;
use crate::town::{STORY, Town, town};
use axum::http::StatusCode;
use serde_json::{Value, json};
use throughline_app::case_now;
use throughline_core::child::Safeguarding;
use throughline_core::id::Ref;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_policy::ActionKind as A;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

/// Words that a worker wrote: they never leave by a list.
const WHY: &str = "He comes home at six.";

/// A program of those who send; one of another organisation that may do the same there; one of theirs that may only see tasks.
struct Doors {
    town: Town,
    ours: Program,
    strangers: Program,
    scopeless: Program,
}

impl Doors {
    async fn of(world: &TestStore) -> Self {
        let town = town(world).await;
        let web = web(world, &town);
        let (here, there) = (town.coach.organisation, town.partner.organisation);
        Self {
            ours: sender(world, &web, here).await,
            strangers: program(world, &web, there, "bo@harbour.example", SENDS).await,
            scopeless: program(world, &web, here, "cy@example.org", &[A::TaskList]).await,
            town,
        }
    }

    fn at(&self, path: &str) -> String {
        format!("/api/v1/cases/{}{path}", self.town.case)
    }

    /// What a worker decides about a child, on the pages.
    async fn decided(&self, child: &str) {
        let (app, actor) = (&self.town.app, self.town.coach.actor());
        let (own, why): (Ref, _) = (child.parse().unwrap(), Safeguarding::AlreadyOpen);
        case_now::child_decide(app, &actor, self.town.case, own, 1, &why)
            .await
            .unwrap();
    }

    async fn judged(&self, band: RiskBand) {
        let (app, actor) = (&self.town.app, self.town.coach.actor());
        let why = Reason::new(WHY).unwrap();
        case_now::risk_judge(app, &actor, self.town.case, band, &why, false)
            .await
            .unwrap();
    }
}

async fn keyed(program: &Program, path: &str, key: &str, body: Value) -> Said {
    let headers = [("idempotency-key", key)];
    program.ask("POST", path, &headers, Some(body)).await
}

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field}: {body}"))
}

/// What the list of tasks says, page by page.
async fn waiting(program: &Program, limit: usize) -> Vec<Value> {
    let mut path = format!("/api/v1/tasks?limit={limit}");
    let mut all = Vec::new();
    loop {
        let said = program.get(&path).await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.body);
        let rows = said.body["tasks"].as_array().unwrap();
        assert!(rows.len() <= limit);
        all.extend(rows.iter().cloned());
        match said.body.get("next") {
            Some(next) => {
                let next = next.as_str().unwrap();
                path = format!("/api/v1/tasks?limit={limit}&after={next}");
            }
            None => return all,
        }
    }
}

fn kinds(tasks: &[Value]) -> Vec<&str> {
    tasks.iter().map(|task| text(task, "kind")).collect()
}

both!(
    a_program_records_bed_money_and_essentials_for_the_version_it_has_seen,
    |world| {
        let doors = Doors::of(world).await;
        let bed = doors.at("/right-now/bed");
        let seen = doors.ours.get(&bed).await;
        assert_eq!((seen.status, &*seen.etag), (StatusCode::OK, "\"0\""));
        assert_eq!(seen.body, json!({ "kind": "bed", "counts": false }));
        let none = || Some(json!({ "answer": "unavailable" }));
        let bare = doors.ours.ask("POST", &bed, &[], none()).await;
        assert_eq!(bare.status, StatusCode::PRECONDITION_REQUIRED);
        let said = doors.ours.post(&bed, &seen.etag, none()).await;
        assert_eq!(
            (said.status, &*said.etag),
            (StatusCode::OK, "\"1\""),
            "{}",
            said.body
        );
        // Sent again, or by somebody who has not seen it: nothing is written over.
        let given = Some(json!({ "answer": "given" }));
        let stale = doors.ours.post(&bed, &seen.etag, given).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let now = doors.ours.get(&bed).await;
        assert_eq!(text(&now.body, "answer"), "unavailable");
        assert_eq!(text(&now.body, "post"), "lead");
        let due = text(&now.body, "due_at");
        let tasks = waiting(&doors.ours, 200).await;
        let task = tasks.iter().find(|task| task["kind"] == "retry_immediate");
        assert_eq!(text(task.unwrap(), "due_at"), due);

        let money = doors.at("/right-now/money");
        for (wrong, field) in [
            (json!({ "answer": "given" }), "how"),
            (
                json!({ "answer": "given", "how": "account", "only_theirs": "no" }),
                "only_theirs",
            ),
            (
                json!({ "answer": "put_off", "until": "2020-01-01T00:00:00Z", "reason": WHY }),
                "until",
            ),
            (
                json!({ "answer": "put_off", "until": "soon", "reason": WHY }),
                "until",
            ),
        ] {
            let said = doors.ours.post(&money, "\"0\"", Some(wrong)).await;
            assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
            assert_eq!(text(&said.body, "field"), field);
        }
        let later = json!({ "answer": "put_off", "until": "2099-01-01T00:00:00Z", "reason": WHY });
        let said = doors.ours.post(&money, "\"0\"", Some(later)).await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.body);
        let hand = json!({ "answer": "given", "how": "hand" });
        let misplaced = doors.ours.post(&bed, &now.etag, Some(hand)).await;
        assert_eq!(misplaced.status, StatusCode::BAD_REQUEST);

        let all = doors.ours.get(&doors.at("/right-now")).await;
        let rows = all.body["right_now"].as_array().unwrap();
        assert_eq!(rows.len(), 3);
        let lead = doors.town.coach.reference.to_string();
        assert_eq!(text(&rows[1], "owner"), lead);
        assert_eq!(rows[2], json!({ "kind": "essentials", "counts": false }));
        assert!(!all.body.to_string().contains(WHY));
    }
);

both!(
    a_program_names_a_child_once_and_decides_nothing_about_it,
    |world| {
        let doors = Doors::of(world).await;
        let path = doors.at("/children");
        let sam = || json!({ "chosen": "Sam", "age_band": "under_16" });
        let keyless = doors.ours.ask("POST", &path, &[], Some(sam())).await;
        assert_eq!(keyless.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = keyed(&doors.ours, &path, "child-one", sam()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let again = keyed(&doors.ours, &path, "child-one", sam()).await;
        assert_eq!(made.body, again.body, "sent twice is done once");
        let other = json!({ "chosen": "Alex" });
        let reused = keyed(&doors.ours, &path, "child-one", other).await;
        assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let child = text(&made.body, "reference");
        let known = doors.ours.get(&path).await;
        assert_eq!(
            known.body["children"],
            json!([{ "reference": child, "chosen": "Sam", "age_band": "under_16", "help": "identified" }])
        );
        assert!(kinds(&waiting(&doors.ours, 200).await).contains(&"review_child"));

        for there in [format!("{path}/{child}"), doors.at("/risk")] {
            let decided = keyed(&doors.ours, &there, "decided-one", json!({})).await;
            assert!(
                [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&decided.status),
                "{there}: {}",
                decided.status
            );
        }
        doors.decided(child).await;
        let known = doors.ours.get(&path).await;
        let row = &known.body["children"][0];
        assert_eq!(text(row, "safeguarding"), "already_open");
        let coach = doors.town.coach.reference.to_string();
        assert_eq!(text(row, "decided_by"), coach);
    }
);

both!(a_program_records_once_whether_there_are_children, |world| {
    let doors = Doors::of(world).await;
    let path = doors.at("/children/asked");
    let unknown = || json!({ "answer": "not_known" });
    for _ in 0..2 {
        let said = keyed(&doors.ours, &path, "asked-one", unknown()).await;
        assert_eq!((said.status, &said.body), (StatusCode::CREATED, &unknown()));
    }
    let known = doors.ours.get(&doors.at("/children")).await;
    assert_eq!(known.body, json!({ "asked": "not_known", "children": [] }));
    let tasks = waiting(&doors.ours, 200).await;
    let asks = kinds(&tasks)
        .into_iter()
        .filter(|kind| *kind == "ask_about_children");
    assert_eq!(asks.count(), 1, "sent twice is asked once");
    let odd = keyed(&doors.ours, &path, "asked-two", json!({ "answer": "two" })).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
});

both!(
    a_program_reads_who_judged_a_risk_and_by_when_to_act_but_not_why,
    |world| {
        let doors = Doors::of(world).await;
        let path = doors.at("/risk");
        let before = doors.ours.get(&path).await;
        assert_eq!(before.body["band"], "not_assessed");
        assert_eq!(before.body["reason_known"], false);
        doors.judged(RiskBand::High).await;
        let now = doors.ours.get(&path).await.body;
        assert_eq!(
            (&now["band"], &now["reason_known"]),
            (&json!("high"), &json!(true))
        );
        let judged = &now["judged"][0];
        assert_eq!(text(judged, "judged_as"), "worker");
        let coach = doors.town.coach.reference.to_string();
        assert_eq!(text(judged, "by"), coach);
        assert_eq!(text(&now["clocks"][0], "kind"), "act_on_escalation");
        assert!(!now.to_string().contains(WHY));
    }
);

both!(
    a_program_closes_a_case_only_once_nothing_stands_before_it,
    |world| {
        let doors = Doors::of(world).await;
        let (close, reopen) = (doors.at("/close"), doors.at("/reopen"));
        let made = keyed(
            &doors.ours,
            &doors.at("/children"),
            "child-one",
            json!({ "chosen": "Sam" }),
        )
        .await;
        let case = doors.ours.get(&doors.at("")).await;
        let bare = doors.ours.ask("POST", &close, &[], None).await;
        assert_eq!(bare.status, StatusCode::PRECONDITION_REQUIRED);
        let stale = doors.ours.post(&close, "\"99\"", None).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let open = doors.ours.post(&close, &case.etag, None).await;
        assert_eq!(open.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(open.kind, "application/problem+json");
        assert_eq!(open.body["still_open"], json!(["child"]), "{}", open.body);
        assert_eq!(doors.ours.get(&doors.at("")).await.etag, case.etag);

        doors.decided(text(&made.body, "reference")).await;
        let closed = doors.ours.post(&close, &case.etag, None).await;
        assert_eq!(closed.body, json!({ "state": "closed" }));
        let twice = doors.ours.post(&close, &closed.etag, None).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        let again = doors.ours.post(&reopen, &closed.etag, None).await;
        assert_eq!(again.body, json!({ "state": "open" }));
        let stale = doors.ours.post(&reopen, &closed.etag, None).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let twice = doors.ours.post(&reopen, &again.etag, None).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        let tasks = waiting(&doors.ours, 200).await;
        let case = doors.town.case.to_string();
        let judge = tasks
            .iter()
            .filter(|task| task["kind"] == "judge_risk" && task["case"] == json!(case));
        assert_eq!(judge.count(), 1, "opened once, judged once");
    }
);

both!(
    what_waits_is_listed_page_by_page_without_a_word_of_what_it_is_about,
    |world| {
        let doors = Doors::of(world).await;
        doors.judged(RiskBand::High).await;
        let later = json!({ "answer": "put_off", "until": "2099-01-01T00:00:00Z", "reason": WHY });
        let bed = doors.at("/right-now/bed");
        doors.ours.post(&bed, "\"0\"", Some(later)).await;
        keyed(
            &doors.ours,
            &doors.at("/children"),
            "child-one",
            json!({ "chosen": "Sam" }),
        )
        .await;

        let all = waiting(&doors.ours, 200).await;
        assert_eq!(all, waiting(&doors.ours, 1).await, "by one as by all");
        for kind in ["act_on_escalation", "retry_immediate", "review_child"] {
            assert!(kinds(&all).contains(&kind), "{kind}: {all:?}");
        }
        let may = [
            "reference",
            "kind",
            "state",
            "post",
            "owner",
            "case",
            "since",
            "due_at",
        ];
        for task in &all {
            for name in task.as_object().unwrap().keys() {
                assert!(may.contains(&name.as_str()), "{name}");
            }
        }
        let said = json!(all).to_string();
        for secret in ["Amina", "Okafor", "Sam", "07700", WHY, STORY, "Somebody"] {
            assert!(!said.contains(secret), "{secret}");
        }
        // Whoever may not read cases is not told which one a task is about.
        let blind = waiting(&doors.scopeless, 200).await;
        assert_eq!(blind.len(), all.len());
        assert!(blind.iter().all(|task| task.get("case").is_none()));
        assert!(all.iter().any(|task| task.get("case").is_some()));

        let first = text(&all[0], "reference");
        let mut refusals = Vec::new();
        for (program, query) in [
            (&doors.ours, format!("after={}", doors.town.case)),
            (&doors.strangers, format!("after={first}")),
            (&doors.ours, "after=x".to_owned()),
        ] {
            let said = program.get(&format!("/api/v1/tasks?{query}")).await;
            assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
            refusals.push(said.body);
        }
        assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]));
        for limit in ["0", "201", "-1", "many"] {
            let said = doors
                .ours
                .get(&format!("/api/v1/tasks?limit={limit}"))
                .await;
            assert_eq!(text(&said.body, "field"), "limit");
        }
        assert_eq!(waiting(&doors.strangers, 200).await, Vec::<Value>::new());
        // Nobody has a task because a program says so.
        for act in ["take", "finish"] {
            let path = format!("/api/v1/tasks/{first}/{act}");
            let said = keyed(&doors.ours, &path, "take-one", json!({})).await;
            assert_eq!(said.status, StatusCode::NOT_FOUND);
        }
    }
);

both!(what_was_sent_is_listed_newest_first, |world| {
    let doors = Doors::of(world).await;
    let first = town::send(&doors.town, doors.town.inbox).await;
    let second = town::send(&doors.town, doors.town.linked).await;
    let page = doors.ours.get("/api/v1/sent?limit=1").await;
    let row = &page.body["referrals"][0];
    assert_eq!(text(row, "reference"), second.reference.to_string());
    assert_eq!(text(row, "need"), "debt");
    let next = text(&page.body, "next");
    let path = format!("/api/v1/sent?limit=1&after={next}");
    let page = doors.ours.get(&path).await;
    let row = &page.body["referrals"][0];
    assert_eq!(text(row, "reference"), first.reference.to_string());
    assert_eq!(page.body.get("next"), None);
    let theirs = doors.strangers.get("/api/v1/sent").await;
    assert_eq!(theirs.body, json!({ "referrals": [] }));
    let astray = doors.strangers.get(&path).await;
    assert_eq!(astray.status, StatusCode::UNPROCESSABLE_ENTITY);
});

both!(who_looked_is_told_to_a_program_too, |world| {
    let doors = Doors::of(world).await;
    doors.ours.get(&doors.at("/risk")).await;
    let said = doors.ours.get(&doors.at("/looks")).await;
    let looks = said.body["looks"].as_array().unwrap();
    let by_program = |look: &&Value| look["action"] == "case_read" && look.get("by").is_none();
    let look = looks.iter().find(by_program).unwrap();
    assert_eq!(text(look, "organisation"), "Riverside");
    assert!(looks.iter().any(|look| look["by"] == "Somebody"));
});

both!(
    another_organisation_and_a_missing_scope_get_the_very_same_nothing,
    |world| {
        let doors = Doors::of(world).await;
        let nowhere = Ref::from_bytes([7; 16]);
        let body = |path: &str| match path {
            "/children" => json!({ "chosen": "Sam" }),
            "/children/asked" => json!({ "answer": "none" }),
            _ => json!({ "answer": "declined" }),
        };
        for (method, path) in [
            ("GET", "/right-now"),
            ("GET", "/right-now/bed"),
            ("POST", "/right-now/bed"),
            ("GET", "/children"),
            ("POST", "/children"),
            ("POST", "/children/asked"),
            ("GET", "/risk"),
            ("GET", "/looks"),
            ("POST", "/close"),
            ("POST", "/reopen"),
        ] {
            let mut said = Vec::new();
            for (program, case) in [
                (&doors.ours, nowhere),
                (&doors.strangers, doors.town.case),
                (&doors.scopeless, doors.town.case),
            ] {
                let headers = [("idempotency-key", "the-same-key"), ("if-match", "\"0\"")];
                let sent = (method == "POST").then(|| body(path));
                let at = format!("/api/v1/cases/{case}{path}");
                let answer = program.ask(method, &at, &headers, sent).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
                said.push((answer.kind, answer.etag, answer.body));
            }
            assert!(
                said.windows(2).all(|two| two[0] == two[1]),
                "{method} {path}"
            );
        }
        let unknown = doors.scopeless.get("/api/v1/sent").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    }
);
