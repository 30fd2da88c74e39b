//! The description of the API (OpenAPI 3.1), made from the route table: an operation that is not described does not compile
//! into it, and a test holds the two together.

use serde_json::{Map, Value, json};
use throughline_core::code::Code;
use throughline_core::consent::PacketItem;
use throughline_core::need::NeedType;
use throughline_core::referral::{EndReason, Helped, ReferralState, UnmetReason};
use throughline_core::risk::RiskBand;

use crate::route::{Access, Kind, Route};

/// What a route takes and gives, beside what its row says.
struct Described {
    path: &'static str,
    method: &'static str,
    request: Option<&'static str>,
    response: (&'static str, &'static str),
    headers: &'static [&'static str],
}

const DESCRIBED: &[Described] = &[
    Described {
        path: "/api/openapi.json",
        method: "GET",
        request: None,
        response: ("200", "Document"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases",
        method: "POST",
        request: Some("NewCase"),
        response: ("201", "Made"),
        headers: &["Idempotency-Key"],
    },
    Described {
        path: "/api/v1/cases/{case}",
        method: "GET",
        request: None,
        response: ("200", "Case"),
        headers: &[],
    },
    Described {
        path: "/api/v1/referrals",
        method: "GET",
        request: None,
        response: ("200", "Referrals"),
        headers: &[],
    },
    Described {
        path: "/api/v1/referrals/{referral}",
        method: "GET",
        request: None,
        response: ("200", "Referral"),
        headers: &[],
    },
    Described {
        path: "/api/v1/referrals/{referral}/answer",
        method: "POST",
        request: Some("Answer"),
        response: ("200", "State"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/referrals/{referral}/outcome",
        method: "POST",
        request: Some("Outcome"),
        response: ("200", "State"),
        headers: &["If-Match"],
    },
];

/// Whether a route belongs to this description: the API's own, not the Open Referral UK one, which has its own standard.
pub fn covers(route: &Route) -> bool {
    route.kind == Kind::Api && !route.path.starts_with("/api/oruk/")
}

/// The whole document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in crate::routes::all().iter().filter(|route| covers(route)) {
        let Some(described) = DESCRIBED
            .iter()
            .find(|d| d.path == route.path && d.method == route.method.name())
        else {
            continue;
        };
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(described.method.to_lowercase(), operation(route, described));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Throughline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Cases and referrals for programs bound to one organisation. What a program may not know exists is 404.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "client": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
            "responses": { "Problem": { "description": "What happened and what to do", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } } },
        },
    })
}

/// The operations that are described, for the test that holds the two lists together.
pub fn described() -> Vec<(&'static str, &'static str)> {
    DESCRIBED.iter().map(|d| (d.method, d.path)).collect()
}

fn operation(route: &Route, described: &Described) -> Value {
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "$ref": "#/components/schemas/Reference" } }))
        .collect();
    for header in described.headers {
        let schema = if *header == "If-Match" {
            json!({ "type": "string", "pattern": "^\"[0-9]{1,18}\"$" })
        } else {
            json!({ "type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[A-Za-z0-9._-]+$" })
        };
        parameters
            .push(json!({ "name": header, "in": "header", "required": true, "schema": schema }));
    }
    let (status, schema) = described.response;
    let mut responses = Map::new();
    responses.insert(
        status.to_owned(),
        json!({ "description": "Done", "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } } }),
    );
    for problem in [
        "400", "401", "404", "405", "409", "413", "422", "429", "503",
    ] {
        responses.insert(
            problem.to_owned(),
            json!({ "$ref": "#/components/responses/Problem" }),
        );
    }
    let mut out = json!({ "summary": route.title, "operationId": operation_id(described), "parameters": parameters, "responses": responses });
    if let Some(map) = out.as_object_mut() {
        if let Some(request) = described.request {
            let content = json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{request}") } } });
            map.insert(
                "requestBody".to_owned(),
                json!({ "required": true, "content": content }),
            );
        }
        if let Access::Client(action) = route.access {
            map.insert("security".to_owned(), json!([{ "client": [] }]));
            map.insert("x-scope".to_owned(), action.code().into());
        }
    }
    out
}

fn operation_id(described: &Described) -> String {
    let words = described.path.split('/').filter(|part| {
        !part.is_empty() && !part.starts_with('{') && *part != "api" && *part != "v1"
    });
    let last = if described.path.ends_with('}') {
        "one"
    } else {
        "all"
    };
    format!(
        "{}_{}_{last}",
        described.method.to_lowercase(),
        words.collect::<Vec<_>>().join("_").replace('.', "_")
    )
}

fn codes<C: Code>() -> Value {
    json!({ "type": "string", "enum": C::ALL.iter().map(|code| code.code()).collect::<Vec<_>>() })
}

fn schemas() -> Value {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 2000, "pattern": "\\S" });
    let time = json!({ "type": "string", "format": "date-time" });
    let reference = json!({ "$ref": "#/components/schemas/Reference" });
    let optional = json!({ "type": ["string", "null"], "maxLength": 2000 });
    json!({
        "Reference": { "type": "string", "pattern": "^[0-7][0-9a-hjkmnp-tv-z]{25}$", "description": "Random 128 bits in lower-case Crockford base 32" },
        "Document": { "type": "object" },
        "Problem": {
            "type": "object", "required": ["title", "status", "detail"],
            "properties": { "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" }, "detail": { "type": "string" }, "field": { "type": "string" }, "problem": { "type": "string" } },
        },
        "NewCase": {
            "type": "object", "additionalProperties": false, "required": ["site", "lead", "person"],
            "properties": { "site": reference, "lead": reference, "person": {
                "type": "object", "additionalProperties": false, "required": ["chosen"],
                "properties": { "chosen": text, "given": optional, "family": optional, "born": { "type": ["string", "null"], "format": "date" } },
            } },
        },
        "Made": { "type": "object", "required": ["reference", "version"], "properties": { "reference": reference, "version": { "type": "integer" } } },
        "Case": {
            "type": "object", "required": ["reference", "state", "risk", "opened_at", "person"],
            "properties": { "reference": reference, "state": { "type": "string" }, "risk": codes::<RiskBand>(), "opened_at": time, "person": { "type": "object" } },
        },
        "ReferralRow": {
            "type": "object", "required": ["reference", "need", "state"],
            "properties": { "reference": reference, "need": codes::<NeedType>(), "state": codes::<ReferralState>(), "sent_at": time, "due_at": time, "from": { "type": "string" } },
        },
        "Referrals": { "type": "object", "required": ["referrals"], "properties": { "referrals": { "type": "array", "items": { "$ref": "#/components/schemas/ReferralRow" } } } },
        "Referral": {
            "type": "object", "required": ["reference", "need", "state"],
            "properties": {
                "reference": reference, "need": codes::<NeedType>(), "state": codes::<ReferralState>(), "reason": { "type": "string" }, "helped": codes::<Helped>(),
                "sent_at": time, "due_at": time,
                "packet": { "type": "object", "properties": { "urgency": { "type": "string" }, "lines": { "type": "array", "items": {
                    "type": "object", "properties": { "item": codes::<PacketItem>(), "codes": { "type": "array", "items": { "type": "string" } }, "words": { "type": "array", "items": { "type": "string" } } },
                } } } },
            },
        },
        "Answer": { "oneOf": [
            { "type": "object", "additionalProperties": false, "required": ["answer", "name"], "properties": { "answer": { "const": "accept" }, "name": text, "when": optional, "how": optional } },
            { "type": "object", "additionalProperties": false, "required": ["answer"], "properties": { "answer": { "const": "waitlist" }, "days": { "type": ["integer", "null"], "minimum": 0, "maximum": 65535 } } },
            { "type": "object", "additionalProperties": false, "required": ["answer", "reason"], "properties": { "answer": { "const": "decline" }, "reason": codes::<UnmetReason>(), "words": optional } },
        ] },
        "Outcome": { "oneOf": [
            { "type": "object", "additionalProperties": false, "required": ["outcome"], "properties": { "outcome": { "const": "first_contact" } } },
            { "type": "object", "additionalProperties": false, "required": ["outcome"], "properties": { "outcome": { "const": "started" } } },
            { "type": "object", "additionalProperties": false, "required": ["outcome", "reason", "helped"], "properties": { "outcome": { "const": "ended" }, "reason": codes::<EndReason>(), "helped": codes::<Helped>() } },
        ] },
        "State": { "type": "object", "required": ["state"], "properties": { "state": codes::<ReferralState>() } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_route_is_described_and_nothing_else_is() {
        let mut routes: Vec<_> = crate::routes::all()
            .into_iter()
            .filter(covers)
            .map(|route| (route.method.name(), route.path))
            .collect();
        let mut described = described();
        routes.sort_unstable();
        described.sort_unstable();
        assert_eq!(routes, described);
    }

    #[test]
    fn every_schema_that_is_referred_to_is_there() {
        let document = document();
        let text = document.to_string();
        for name in text.split("#/components/schemas/").skip(1) {
            let name = name.split('"').next().unwrap();
            assert!(
                document
                    .pointer(&format!("/components/schemas/{name}"))
                    .is_some(),
                "{name}"
            );
        }
    }
}
