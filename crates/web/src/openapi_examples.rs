//! What the description of the API says beside shapes: an example of everything that is sent and of the newer answers, and a note
//! where a rule is not plain from the shape. Nobody in an example is real.

use serde_json::{Value, json};

/// An account, a site, a service, a case or a task in an example.
const REFERENCE: &str = "0123456789abcdefghjkmnpqrs";

/// Operations with a rule that their shape does not tell: method, path, the rule.
pub(crate) const NOTES: &[(&str, &str, &str)] = &[
    (
        "GET",
        "/api/v1/cases/{case}/children",
        "A child is a person with a case of their own, whose reference this is. What to decide about safeguarding is read here and \
         decided by a named worker on the pages: a program decides nothing about a child.",
    ),
    (
        "POST",
        "/api/v1/cases/{case}/children",
        "Makes a person and a case of their own, led by the same worker; that worker looks at the child again on a clock. How a child \
         is related to somebody is not kept.",
    ),
    (
        "POST",
        "/api/v1/cases/{case}/children/asked",
        "`not_known` is asked again by the worker on a clock.",
    ),
    (
        "GET",
        "/api/v1/cases/{case}/risk",
        "The band that counts, every judgement with the account that judged, and the clocks to judge it and to act on a high one. Its \
         reasons are for people. Recording a judgement is not offered: the judge is a named human who has heard the person, and \
         a program cannot say who that was so that it can be believed.",
    ),
    (
        "GET",
        "/api/v1/cases/{case}/right-now/{kind}",
        "The `ETag` is `\"0\"` before the first answer.",
    ),
    (
        "POST",
        "/api/v1/cases/{case}/right-now/{kind}",
        "Send the `ETag` of the same address as `If-Match`. `how` is needed for money that was given, and only there; money goes into an \
         account only where `only_theirs` is `yes`. What was unavailable is the lead's next, on a clock; what is put off comes back to \
         the worker at `until`.",
    ),
    (
        "POST",
        "/api/v1/cases/{case}/close",
        "Send the `ETag` of the case as `If-Match`. While anything stands before it the answer is 422 and `still_open` names it; \
         what only a named human can settle, such as the risk, is settled on the pages.",
    ),
    (
        "POST",
        "/api/v1/cases/{case}/reopen",
        "Send the `ETag` of the case as `If-Match`. A risk that nobody has judged is on its clock again.",
    ),
    (
        "GET",
        "/api/v1/tasks",
        "What waits in the organisation, in the order in which it was made. A kind, a post and a clock: never a name, a reason or a \
         word of what it is about. Taking or ending a task is not offered: a named human has it, or it is not taken. A task ends \
         by itself once what it asks for is recorded.",
    ),
    (
        "GET",
        "/api/v1/cases/{case}/looks",
        "The last 200. A look by a program or the system has no `by`.",
    ),
];

/// The note on an operation.
pub(crate) fn note(method: &str, path: &str) -> Option<&'static str> {
    let (_, _, note) = NOTES.iter().find(|(m, p, _)| (*m, *p) == (method, path))?;
    Some(note)
}

/// An example of a shape by its name.
pub(crate) fn example(shape: &str) -> Option<Value> {
    Some(match shape {
        "NewCase" => {
            json!({ "site": REFERENCE, "lead": REFERENCE, "person": { "chosen": "Robin", "born": "1990-02-03" } })
        }
        "Find" => json!({ "text": "debt advice", "limit": 10 }),
        "Search" => json!({ "name": "Robin", "born": "1990-02-03" }),
        "NewNeed" => json!({ "need": "debt" }),
        "Words" => json!({ "words": "I owe rent.\nI want to stay." }),
        "NewContact" => json!({
            "channel": "phone_mobile", "verdict": "safe", "value": "07700 900123", "windows": [[1, 540, 720]], "answered_by": "only_them",
            "shared_account": "no",
        }),
        "Ask" => json!({ "service": REFERENCE, "need": "debt" }),
        "NewReferral" => json!({
            "service": REFERENCE, "need": "debt", "items": ["chosen_name", "statement"], "struck": [2], "statement": 1,
            "seen_alone": true, "how": "spoken", "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a",
        }),
        "RecordedAnswer" => {
            json!({ "via": "phone", "answer": { "answer": "waitlist", "days": 10 } })
        }
        "Answer" => json!({ "answer": "accept", "name": "Rhian", "when": "Tuesday at ten" }),
        "Outcome" => json!({ "outcome": "started" }),
        "RightNowAnswer" => json!({ "answer": "unavailable" }),
        "RightNowAnswered" => json!({ "kind": "bed", "answer": "unavailable" }),
        "RightNowOne" => json!({
            "kind": "bed", "counts": true, "answer": "unavailable", "answered_at": "2026-11-22T09:00:00Z", "post": "lead",
            "due_at": "2026-11-22T11:00:00Z",
        }),
        "NewChild" => json!({ "chosen": "Sam", "born": "2019-05-01" }),
        "ChildMade" => json!({ "reference": REFERENCE }),
        "ChildrenAsked" => json!({ "answer": "none" }),
        "Children" => json!({ "asked": "yes", "children": [{
            "reference": REFERENCE, "chosen": "Sam", "born": "2019-05-01", "help": "identified", "safeguarding": "referred",
            "decided_at": "2026-11-22T09:00:00Z", "decided_by": REFERENCE,
        }] }),
        "Risk" => json!({
            "band": "high", "reason_known": true,
            "judged": [{ "band": "high", "judged_as": "worker", "by": REFERENCE, "at": "2026-11-22T09:00:00Z" }],
            "clocks": [{ "kind": "act_on_escalation", "post": "lead", "due_at": "2026-11-22T11:00:00Z" }],
        }),
        "Looks" => json!({ "looks": [{
            "at": "2026-11-22T09:00:00Z", "action": "case_read", "by": "Rhian", "organisation": "Riverside", "fields": ["needs"],
            "on_list": false,
        }], "page": 1, "pages": 1 }),
        "CaseState" => json!({ "state": "closed" }),
        "Tasks" => json!({ "tasks": [{
            "reference": REFERENCE, "kind": "judge_risk", "state": "notified", "post": "lead", "owner": REFERENCE,
            "since": "2026-11-22T09:00:00Z", "due_at": "2026-11-22T11:00:00Z",
        }], "next": REFERENCE }),
        _ => return None,
    })
}
