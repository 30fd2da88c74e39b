//! The API from sending to the person's choice, as two programs of two organisations: every write once, nobody overwrites what
//! they have not seen, and what a program was not given does not exist for it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::programs::{Program, programs};
use crate::town::Town;
use axum::http::StatusCode;
use serde_json::{Value, json};
use throughline_core::id::Ref;
use throughline_testkit::both;

fn order(service: Ref) -> Value {
    json!({
        "service": service, "need": "debt", "items": ["chosen_name"], "statement": 1, "seen_alone": true,
        "how": "spoken", "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a",
    })
}

/// Sends a referral; gives the path of what was sent.
async fn send(town: &Town, ours: &Program, service: Ref, key: &str) -> String {
    let path = format!("/api/v1/cases/{}/referrals", town.case);
    let said = ours
        .ask(
            "POST",
            &path,
            &[("idempotency-key", key)],
            Some(order(service)),
        )
        .await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    format!("/api/v1/sent/{}", said.body["reference"].as_str().unwrap())
}

async fn state(ours: &Program, path: &str) -> (String, String) {
    let said = ours.get(path).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let state = said.body["state"].as_str().unwrap().to_owned();
    (state, said.etag)
}

both!(
    two_programs_go_from_sending_to_the_persons_choice,
    |world| {
        let (town, ours, theirs) = programs(world).await;
        let path = format!("/api/v1/cases/{}/referrals", town.case);
        let keyless = ours.ask("POST", &path, &[], Some(order(town.inbox))).await;
        assert_eq!(keyless.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(keyless.kind, "application/problem+json");
        let first = send(&town, &ours, town.inbox, "first-key").await;
        let again = send(&town, &ours, town.inbox, "first-key").await;
        assert_eq!(first, again, "sent twice is sent once");
        let second = send(&town, &ours, town.linked, "second-key").await;

        let inbox = theirs.get("/api/v1/referrals").await;
        let rows = inbox.body["referrals"].as_array().unwrap();
        assert_eq!(rows.len(), 1);
        let request = format!(
            "/api/v1/referrals/{}",
            rows[0]["reference"].as_str().unwrap()
        );
        let seen = theirs.get(&request).await;
        assert_eq!(seen.status, StatusCode::OK);
        let answer = format!("{request}/answer");
        let yes = || Some(json!({ "answer": "accept", "name": "Rhian" }));
        let bare = theirs.ask("POST", &answer, &[], yes()).await;
        assert_eq!(bare.status, StatusCode::PRECONDITION_REQUIRED);
        // "Whatever it is now" is not having seen it; a tag that was never given matches nothing.
        let any = theirs.post(&answer, "*", yes()).await;
        assert_eq!(any.status, StatusCode::PRECONDITION_REQUIRED);
        for tag in ["\"0\"", "W/\"1\"", "1", "\"x\""] {
            let never = theirs.post(&answer, tag, yes()).await;
            assert_eq!(never.status, StatusCode::PRECONDITION_FAILED, "{tag}");
            assert_eq!(never.body["status"], 412);
        }
        let said = theirs.post(&answer, &seen.etag, yes()).await;
        assert_eq!(
            (said.status, &said.body["state"]),
            (StatusCode::OK, &json!("accepted"))
        );
        // The other one of two who answer is told, and nothing of theirs is kept.
        let no = json!({ "answer": "decline", "reason": "no_capacity_or_no_space" });
        let late = theirs.post(&answer, &seen.etag, Some(no)).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
        assert_eq!(late.kind, "application/problem+json");

        let (held, old) = state(&ours, &second).await;
        assert_eq!(held, "held");
        let view = ours.get(&first).await;
        assert_eq!(view.body["others"][0]["state"], "held");
        let choose = format!("{first}/choose");
        let stale = ours.post(&choose, "\"1\"", None).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let chosen = ours.post(&choose, &view.etag, None).await;
        assert_eq!(chosen.body["state"], "accepted", "{}", chosen.body);
        assert_eq!(state(&ours, &second).await.0, "withdrawn");
        let over = ours.post(&format!("{second}/ask-again"), &old, None).await;
        assert_eq!(over.status, StatusCode::PRECONDITION_FAILED);

        // What a program was not given does not exist for it.
        for (program, path) in [(&theirs, &first), (&ours, &request)] {
            assert_eq!(program.get(path).await.status, StatusCode::NOT_FOUND);
        }
        let foreign = theirs.post(&choose, &view.etag, None).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    }
);

both!(
    what_came_another_way_is_recorded_by_a_program_too,
    |world| {
        let (town, ours, _) = programs(world).await;
        let first = send(&town, &ours, town.listed, "first-key").await;
        let second = send(&town, &ours, town.linked, "second-key").await;
        let answer = format!("{first}/answer");
        let (_, seen) = state(&ours, &first).await;
        for wrong in [
            json!({ "via": "clock", "answer": { "answer": "accept", "name": "Rhian" } }),
            json!({ "via": "phone", "answer": { "answer": "perhaps" } }),
            json!({ "via": "phone" }),
        ] {
            let said = ours.post(&answer, &seen, Some(wrong)).await;
            assert_eq!(said.status, StatusCode::BAD_REQUEST, "{}", said.body);
        }
        let yes = json!({ "via": "phone", "answer": { "answer": "accept", "name": "Rhian" } });
        let said = ours.post(&answer, &seen, Some(yes)).await;
        assert_eq!(said.body["state"], "accepted", "{}", said.body);
        let (_, seen) = state(&ours, &first).await;
        let no = json!({ "via": "person", "answer": { "answer": "person_declines" } });
        let said = ours.post(&answer, &seen, Some(no)).await;
        assert_eq!(said.body["state"], "survivor_declined", "{}", said.body);
        let (held, seen) = state(&ours, &second).await;
        assert_eq!(held, "held");
        let said = ours.post(&format!("{second}/ask-again"), &seen, None).await;
        assert_eq!(said.body["state"], "sent", "{}", said.body);
        let view = ours.get(&first).await;
        let ways: Vec<&str> = view.body["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["via"].as_str().unwrap())
            .collect();
        assert!(
            ways.contains(&"phone") && ways.contains(&"person"),
            "{ways:?}"
        );
    }
);
