//! The shapes of what comes first in a case, and of the lists that are read page by page.

use serde_json::{Value, json};
use throughline_app::case::CaseState;
use throughline_app::records::risk::JudgedAs;
use throughline_core::answer::Answer;
use throughline_core::child::{ChildState, SafeguardingCode};
use throughline_core::closing::AreThereChildren;
use throughline_core::immediate::{ImmediateCode, ImmediateKind, MoneyWay};
use throughline_core::people::AgeBand;
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind, TaskState};

use crate::openapi_schemas::{code_or_none, codes, list};

/// Every shape by its name.
pub(crate) fn shapes() -> Value {
    let time = json!({ "type": "string", "format": "date-time" });
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 2000, "pattern": "\\S" });
    let reference = json!({ "$ref": "#/components/schemas/Reference" });
    let row = json!({ "$ref": "#/components/schemas/ReferralRow" });
    let one = json!({ "$ref": "#/components/schemas/RightNowOne" });
    let said = |answer: &str| json!({ "type": "object", "additionalProperties": false, "required": ["answer"], "properties": { "answer": { "const": answer } } });
    let clock = json!({
        "type": "object", "required": ["kind", "post", "due_at"],
        "properties": { "kind": codes::<TaskKind>(), "post": codes::<Owner>(), "due_at": time },
    });
    let judged = json!({
        "type": "object", "required": ["band", "judged_as", "at"],
        "properties": { "band": codes::<RiskBand>(), "judged_as": codes::<JudgedAs>(), "by": reference, "at": time },
    });
    let child = json!({
        "type": "object", "required": ["reference", "chosen", "help"],
        "properties": {
            "reference": reference, "chosen": { "type": "string" }, "born": { "type": "string" }, "age_band": codes::<AgeBand>(),
            "help": codes::<ChildState>(), "safeguarding": codes::<SafeguardingCode>(), "decided_at": time, "decided_by": reference,
        },
    });
    let task = json!({
        "type": "object", "required": ["reference", "kind", "state", "post", "since", "due_at"],
        "properties": {
            "reference": reference, "kind": codes::<TaskKind>(), "state": codes::<TaskState>(), "post": codes::<Owner>(),
            "owner": { "$ref": "#/components/schemas/Reference", "description": "The account that was told last, took it or owns it" },
            "case": { "$ref": "#/components/schemas/Reference", "description": "Only for a program that may read cases" },
            "since": time, "due_at": time,
        },
    });
    let look = json!({
        "type": "object", "required": ["at", "action", "organisation", "fields"],
        "properties": {
            "at": time, "action": { "type": "string" }, "by": { "type": "string" }, "organisation": { "type": "string" },
            "fields": { "type": "array", "items": { "type": "string" } },
        },
    });
    json!({
        "RightNowKind": codes::<ImmediateKind>(),
        "RightNowOne": {
            "type": "object", "required": ["kind", "counts"],
            "properties": {
                "kind": codes::<ImmediateKind>(), "answer": codes::<ImmediateCode>(), "only_theirs": codes::<Answer>(), "answered_at": time,
                "counts": { "type": "boolean", "description": "Whether there is an answer since they last told us" },
                "post": { "$ref": "#/components/schemas/Post", "description": "Whose turn it is, where something is left to be done" },
                "owner": { "$ref": "#/components/schemas/Reference", "description": "The account whose turn it is, where that is one named human" }, "due_at": time,
            },
        },
        "Post": codes::<Owner>(),
        "RightNow": { "type": "object", "required": ["right_now"], "properties": { "right_now": list(&one) } },
        "RightNowAnswer": { "oneOf": [
            { "type": "object", "additionalProperties": false, "required": ["answer"], "properties": {
                "answer": { "const": "given" }, "how": code_or_none::<MoneyWay>(), "only_theirs": code_or_none::<Answer>(),
            } },
            said("not_needed"), said("declined"), said("unavailable"),
            { "type": "object", "additionalProperties": false, "required": ["answer", "until", "reason"], "properties": {
                "answer": { "const": "put_off" }, "until": time, "reason": text,
            } },
        ] },
        "RightNowAnswered": { "type": "object", "required": ["kind", "answer"], "properties": { "kind": codes::<ImmediateKind>(), "answer": codes::<ImmediateCode>() } },
        "NewChild": {
            "type": "object", "additionalProperties": false, "required": ["chosen"],
            "properties": { "chosen": text, "born": { "type": ["string", "null"], "format": "date" }, "age_band": code_or_none::<AgeBand>() },
        },
        "ChildMade": { "type": "object", "required": ["reference"], "properties": { "reference": reference } },
        "ChildrenAsked": { "type": "object", "additionalProperties": false, "required": ["answer"], "properties": { "answer": codes::<AreThereChildren>() } },
        "Children": { "type": "object", "required": ["children"], "properties": { "asked": codes::<AreThereChildren>(), "children": list(&child) } },
        "Risk": {
            "type": "object", "required": ["band", "reason_known", "judged", "clocks"],
            "properties": { "band": codes::<RiskBand>(), "reason_known": { "type": "boolean" }, "judged": list(&judged), "clocks": list(&clock) },
        },
        "Looks": { "type": "object", "required": ["looks", "page", "pages"], "properties": { "looks": list(&look), "page": { "type": "integer" }, "pages": { "type": "integer" } } },
        "CaseState": { "type": "object", "required": ["state"], "properties": { "state": codes::<CaseState>() } },
        "Tasks": { "type": "object", "required": ["tasks"], "properties": { "tasks": list(&task), "next": reference } },
        "SentReferrals": { "type": "object", "required": ["referrals"], "properties": { "referrals": list(&row), "next": reference } },
    })
}
