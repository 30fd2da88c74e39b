//! The shapes in the description of the API: what is taken and what is given, by name.

use serde_json::{Map, Value, json};
use throughline_core::answer::Answer;
use throughline_core::circumstances::JSON_SCHEMA;
use throughline_core::clock::Urgency;
use throughline_core::code::Code;
use throughline_core::consent::{Art9Condition, DpaCondition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::need::{NeedState, NeedType};
use throughline_core::packet_line::PacketLine;
use throughline_core::referral::{EndReason, Helped, ReferralState, UnmetReason};
use throughline_core::risk::RiskBand;

pub(crate) fn codes<C: Code>() -> Value {
    json!({ "type": "string", "enum": C::ALL.iter().map(|code| code.code()).collect::<Vec<_>>() })
}

pub(crate) fn code_or_none<C: Code>() -> Value {
    let mut all: Vec<Value> = C::ALL.iter().map(|code| code.code().into()).collect();
    all.push(Value::Null);
    json!({ "enum": all })
}

/// Each line of a packet: an item, or one need.
fn packet_lines() -> Value {
    json!({ "type": "string", "enum": PacketLine::all().map(|line| line.to_string()).collect::<Vec<_>>() })
}

pub(crate) fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// Every shape by its name.
pub(crate) fn schemas() -> Value {
    let all = [told(), answered(), found(), crate::openapi_now::shapes()];
    let pairs = all.into_iter().flat_map(|some| match some {
        Value::Object(map) => map,
        _ => Map::new(),
    });
    Value::Object(pairs.collect())
}

/// What is sent.
fn told() -> Value {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 2000, "pattern": "\\S" });
    let reference = json!({ "$ref": "#/components/schemas/Reference" });
    let optional = json!({ "type": ["string", "null"], "maxLength": 2000 });
    let day = json!({ "type": ["string", "null"], "format": "date" });
    let mut circumstances: Value = serde_json::from_str(JSON_SCHEMA).unwrap_or_default();
    if let Some(map) = circumstances.as_object_mut() {
        map.remove("$schema");
        map.remove("$id");
    }
    json!({
        "NewCase": {
            "type": "object", "additionalProperties": false, "required": ["site", "lead", "person"],
            "properties": { "site": reference, "lead": reference, "person": {
                "type": "object", "additionalProperties": false, "required": ["chosen"],
                "properties": { "chosen": text, "given": optional, "family": optional, "born": day, "language": optional },
            } },
        },
        "Find": {
            "type": "object", "additionalProperties": false,
            "properties": {
                "circumstances": circumstances.clone(), "text": optional, "nearest_first": { "type": "boolean" },
                "skip": { "type": "integer", "minimum": 0, "maximum": 100_000 }, "limit": { "type": ["integer", "null"], "minimum": 0, "maximum": 100 },
            },
        },
        "Search": { "type": "object", "additionalProperties": false, "required": ["name"], "properties": { "name": text, "born": day } },
        "NewNeed": { "type": "object", "additionalProperties": false, "required": ["need"], "properties": { "need": codes::<NeedType>() } },
        "Words": { "type": "object", "additionalProperties": false, "required": ["words"], "properties": { "words": text } },
        "NewContact": {
            "type": "object", "additionalProperties": false, "required": ["channel", "verdict", "value", "answered_by", "shared_account"],
            "properties": {
                "channel": codes::<Channel>(), "verdict": codes::<Verdict>(), "value": text, "voicemail": { "type": "boolean" },
                "windows": { "type": "array", "description": "Weekday from 1 (Monday), minutes of the day from and to", "items": { "type": "array", "minItems": 3, "maxItems": 3, "items": { "type": "integer" } } },
                "answered_by": codes::<AnsweredBy>(), "shared_account": codes::<Answer>(), "say": optional,
            },
        },
        "Ask": { "type": "object", "additionalProperties": false, "required": ["service", "need"], "properties": { "service": reference, "need": codes::<NeedType>() } },
        "NewReferral": {
            "type": "object", "additionalProperties": false, "required": ["service", "need", "items", "seen_alone", "how", "basis"],
            "properties": {
                "service": reference, "need": codes::<NeedType>(), "items": list(&packet_lines()),
                "immigration": { "type": "boolean", "description": "A separate yes to telling that help is asked for with immigration: needed where that is the need" },
                "struck": { "type": "array", "description": "Lines of the statement struck out, from 1", "items": { "type": "integer", "minimum": 1, "maximum": 100_000 } },
                "statement": { "type": ["integer", "null"], "description": "The version of the statement that was shown" },
                "seen_alone": { "type": "boolean" }, "how": codes::<HowAgreed>(), "words": optional, "basis": codes::<ShareBasis>(),
                "art9": code_or_none::<Art9Condition>(), "dpa": code_or_none::<DpaCondition>(),
                "reasons": { "type": ["string", "null"], "description": "Why it is sent: needed where sharing does not rest on consent, and at a high risk whatever it rests on" },
                "next": { "type": "array", "description": "Services that the person agrees to in advance: asked in turn, with the same lines, when those before come to nothing", "maxItems": 3, "uniqueItems": true, "items": reference },
                "circumstances": circumstances,
                "life_at_risk": { "type": "boolean", "description": "A life is at stake: shared first, and put on record in full within 24 hours. Only then may it rest on vital interests" },
            },
        },
        "AskedNow": { "type": "object", "required": ["state"], "properties": { "state": codes::<ReferralState>(), "code": { "type": "string" }, "code_route": { "type": "string" } } },
        "Answer": { "oneOf": [
            { "type": "object", "additionalProperties": false, "required": ["answer", "name"], "properties": { "answer": { "const": "accept" }, "name": text, "when": optional, "how": optional } },
            { "type": "object", "additionalProperties": false, "required": ["answer"], "properties": { "answer": { "const": "waitlist" }, "days": { "type": ["integer", "null"], "minimum": 0, "maximum": 65535 } } },
            { "type": "object", "additionalProperties": false, "required": ["answer", "reason"], "properties": { "answer": { "const": "decline" }, "reason": codes::<UnmetReason>(), "words": optional } },
        ] },
        "RecordedAnswer": {
            "type": "object", "additionalProperties": false, "required": ["via", "answer"],
            "properties": {
                "via": { "enum": ["phone", "paper", "person"] },
                "answer": { "oneOf": [
                    { "$ref": "#/components/schemas/Answer" },
                    { "type": "object", "additionalProperties": false, "required": ["answer"], "properties": { "answer": { "const": "seen" } } },
                    { "type": "object", "additionalProperties": false, "required": ["answer"], "properties": { "answer": { "const": "person_declines" } } },
                ] },
            },
        },
        "Outcome": { "oneOf": [
            { "type": "object", "additionalProperties": false, "required": ["outcome"], "properties": { "outcome": { "const": "first_contact" } } },
            { "type": "object", "additionalProperties": false, "required": ["outcome"], "properties": { "outcome": { "const": "started" } } },
            { "type": "object", "additionalProperties": false, "required": ["outcome", "reason", "helped"], "properties": { "outcome": { "const": "ended" }, "reason": codes::<EndReason>(), "helped": codes::<Helped>() } },
        ] },
    })
}

/// What comes back.
fn answered() -> Value {
    let time = json!({ "type": "string", "format": "date-time" });
    let reference = json!({ "$ref": "#/components/schemas/Reference" });
    let row = json!({ "$ref": "#/components/schemas/ReferralRow" });
    let routes = json!({ "type": "array", "items": { "enum": ["inbox", "link", "call"] } });
    let need = json!({ "type": "object", "required": ["need", "state"], "properties": { "need": codes::<NeedType>(), "state": codes::<NeedState>() } });
    let line = json!({
        "type": "object", "required": ["line", "offered", "item", "codes", "words"],
        "properties": {
            "line": packet_lines(), "offered": { "type": "boolean", "description": "Whether it is shared unless somebody strikes it out" },
            "item": codes::<PacketItem>(), "codes": { "type": "array", "items": { "type": "string" } }, "words": { "type": "array", "items": { "type": "string" } },
        },
    });
    json!({
        "Reference": { "type": "string", "pattern": "^[0-7][0-9a-hjkmnp-tv-z]{25}$", "description": "Random 128 bits in lower-case Crockford base 32" },
        "Document": { "type": "object" },
        "Problem": {
            "type": "object", "required": ["title", "status", "detail"],
            "properties": { "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" }, "detail": { "type": "string" }, "field": { "type": "string" }, "problem": { "type": "string" },
                "still_open": { "type": "array", "description": "What stands before closing a case", "items": { "type": "string" } } },
        },
        "Made": { "type": "object", "required": ["reference", "version"], "properties": { "reference": reference, "version": { "type": "integer" } } },
        "ReferralRow": {
            "type": "object", "required": ["reference", "need", "state"],
            "properties": { "reference": reference, "need": codes::<NeedType>(), "state": codes::<ReferralState>(), "sent_at": time, "due_at": time, "from": { "type": "string" }, "to": { "type": "string" } },
        },
        "Referrals": { "type": "object", "required": ["referrals"], "properties": { "referrals": { "type": "array", "items": { "$ref": "#/components/schemas/ReferralRow" } } } },
        "Referral": {
            "type": "object", "required": ["reference", "need", "state"],
            "properties": {
                "reference": reference, "need": codes::<NeedType>(), "state": codes::<ReferralState>(), "reason": { "type": "string" }, "helped": codes::<Helped>(),
                "sent_at": time, "due_at": time,
                "packet": { "type": "object", "required": ["agreed", "lines"], "properties": { "agreed": { "type": "boolean" }, "lines": { "type": "array", "items": {
                    "type": "object", "properties": { "item": codes::<PacketItem>(), "codes": { "type": "array", "items": { "type": "string" } }, "words": { "type": "array", "items": { "type": "string" } } },
                } } } },
            },
        },
        "State": { "type": "object", "required": ["state"], "properties": { "state": codes::<ReferralState>() } },
        "Case": {
            "type": "object", "required": ["reference", "state", "risk", "opened_at", "person", "statement", "needs", "referrals"],
            "properties": {
                "reference": reference, "state": { "type": "string" }, "risk": codes::<RiskBand>(), "opened_at": time, "person": { "type": "object" },
                "statement": { "type": "integer" }, "needs": list(&need), "referrals": list(&row),
            },
        },
        "Cases": { "type": "object", "required": ["cases"], "properties": { "cases": list(&json!({
            "type": "object", "required": ["reference", "state", "opened_at"], "properties": { "reference": reference, "state": { "type": "string" }, "opened_at": time },
        })) } },
        "Story": { "type": "object", "required": ["story"], "properties": { "story": list(&json!({
            "type": "object", "required": ["at", "kind"], "properties": { "at": time, "kind": { "type": "string" }, "by": { "type": "string" }, "organisation": { "type": "string" } },
        })) } },
        "Need": need,
        "StatementMade": { "type": "object", "required": ["statement"], "properties": { "statement": { "type": "integer" } } },
        "ContactMade": { "type": "object", "required": ["reference"], "properties": { "reference": reference } },
        "Preview": {
            "type": "object", "required": ["service", "urgency", "answer_by", "specialist", "routes", "lines"],
            "properties": {
                "service": { "type": "string" }, "urgency": codes::<Urgency>(), "answer_by": time, "specialist": { "type": "boolean" }, "statement": { "type": "integer" },
                "routes": routes, "lines": list(&line),
            },
        },
        "Sent": {
            "type": "object", "required": ["reference", "answer_by", "routes"],
            "properties": { "reference": reference, "answer_by": time, "routes": routes, "code": { "type": "string", "description": "Given once, to be passed on another way" } },
        },
        "SentReferral": {
            "type": "object", "required": ["reference", "need", "state", "to", "case", "steps", "others"],
            "properties": {
                "reference": reference, "need": codes::<NeedType>(), "state": codes::<ReferralState>(), "reason": { "type": "string" }, "helped": codes::<Helped>(),
                "sent_at": time, "due_at": time, "to": { "type": "string" }, "case": reference, "others": list(&row),
                "steps": list(&json!({ "type": "object", "required": ["at", "from", "to", "via"], "properties": { "at": time, "from": { "type": "string" }, "to": { "type": "string" }, "via": { "type": "string" } } })),
            },
        },
        "Code": { "type": "object", "required": ["code", "code_route"], "properties": { "code": { "type": "string" }, "code_route": { "type": "string" } } },
    })
}

/// What finding gives.
fn found() -> Value {
    let fit = json!({
        "type": "object", "required": ["rule", "verdict"],
        "properties": { "rule": { "type": "string" }, "verdict": { "type": "string" }, "params": { "type": "object" } },
    });
    let one = json!({
        "type": "object", "required": ["service", "name", "fit", "confidential", "place_unknown"],
        "properties": {
            "service": { "$ref": "#/components/schemas/Reference" }, "name": { "type": "string" }, "confidential": { "type": "boolean" },
            "place_unknown": { "type": "boolean" }, "fit": list(&fit),
        },
    });
    json!({ "Found": {
        "type": "object", "required": ["as_of", "results", "total", "ruled_out", "if_only", "last_resort", "place_not_known"],
        "properties": {
            "as_of": { "type": "string", "format": "date-time" }, "needs": list(&codes::<NeedType>()), "place_not_known": { "type": "boolean" },
            "total": { "type": "integer" }, "last_resort": { "type": "boolean" }, "ruled_out": list(&json!({ "type": "object" })),
            "if_only": list(&json!({ "type": "object" })), "results": list(&one),
        },
    } })
}
