//! The description of the API (OpenAPI 3.1), made from the route table: an operation that is not described does not compile
//! into it, and a test holds the two together.

use serde_json::{Map, Value, json};
use throughline_app::lists::PAGE_LIMIT;
use throughline_core::code::Code;

use crate::openapi_examples::{example, note};
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
        path: "/api/v1/find",
        method: "POST",
        request: Some("Find"),
        response: ("200", "Found"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/search",
        method: "POST",
        request: Some("Search"),
        response: ("200", "Cases"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/story",
        method: "GET",
        request: None,
        response: ("200", "Story"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/needs",
        method: "POST",
        request: Some("NewNeed"),
        response: ("201", "Need"),
        headers: &["Idempotency-Key"],
    },
    Described {
        path: "/api/v1/cases/{case}/statement",
        method: "POST",
        request: Some("Words"),
        response: ("201", "StatementMade"),
        headers: &["Idempotency-Key"],
    },
    Described {
        path: "/api/v1/cases/{case}/contacts",
        method: "POST",
        request: Some("NewContact"),
        response: ("201", "ContactMade"),
        headers: &["Idempotency-Key"],
    },
    Described {
        path: "/api/v1/cases/{case}/packet",
        method: "POST",
        request: Some("Ask"),
        response: ("200", "Preview"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/referrals",
        method: "POST",
        request: Some("NewReferral"),
        response: ("201", "Sent"),
        headers: &["Idempotency-Key"],
    },
    Described {
        path: "/api/v1/cases/{case}/right-now",
        method: "GET",
        request: None,
        response: ("200", "RightNow"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/right-now/{kind}",
        method: "GET",
        request: None,
        response: ("200", "RightNowOne"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/right-now/{kind}",
        method: "POST",
        request: Some("RightNowAnswer"),
        response: ("200", "RightNowAnswered"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/cases/{case}/children",
        method: "GET",
        request: None,
        response: ("200", "Children"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/children",
        method: "POST",
        request: Some("NewChild"),
        response: ("201", "ChildMade"),
        headers: &["Idempotency-Key"],
    },
    Described {
        path: "/api/v1/cases/{case}/children/asked",
        method: "POST",
        request: Some("ChildrenAsked"),
        response: ("201", "ChildrenAsked"),
        headers: &["Idempotency-Key"],
    },
    Described {
        path: "/api/v1/cases/{case}/risk",
        method: "GET",
        request: None,
        response: ("200", "Risk"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/looks",
        method: "GET",
        request: None,
        response: ("200", "Looks"),
        headers: &[],
    },
    Described {
        path: "/api/v1/cases/{case}/close",
        method: "POST",
        request: None,
        response: ("200", "CaseState"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/cases/{case}/reopen",
        method: "POST",
        request: None,
        response: ("200", "CaseState"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/tasks",
        method: "GET",
        request: None,
        response: ("200", "Tasks"),
        headers: &[],
    },
    Described {
        path: "/api/v1/sent",
        method: "GET",
        request: None,
        response: ("200", "SentReferrals"),
        headers: &[],
    },
    Described {
        path: "/api/v1/sent/{referral}",
        method: "GET",
        request: None,
        response: ("200", "SentReferral"),
        headers: &[],
    },
    Described {
        path: "/api/v1/sent/{referral}/answer",
        method: "POST",
        request: Some("RecordedAnswer"),
        response: ("200", "State"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/sent/{referral}/choose",
        method: "POST",
        request: None,
        response: ("200", "State"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/sent/{referral}/ask-again",
        method: "POST",
        request: None,
        response: ("200", "State"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/sent/{referral}/ask-now",
        method: "POST",
        request: None,
        response: ("200", "AskedNow"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/sent/{referral}/withdraw",
        method: "POST",
        request: None,
        response: ("200", "State"),
        headers: &["If-Match"],
    },
    Described {
        path: "/api/v1/sent/{referral}/code",
        method: "POST",
        request: None,
        response: ("200", "Code"),
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

/// What the whole of it is, and what no program may do (docs/decisions/0018).
const ABOUT: &str = "Cases and referrals for programs bound to one organisation. What a program may not know exists is 404. \
    Judging a risk, deciding about safeguarding a child, taking or ending a task, conversations, telephone numbers and addresses of \
    people, accounts and administration are not here: a named human does that, or sees it, on the pages.";

/// The lists that are read page by page.
const PAGED: &[&str] = &["/api/v1/tasks", "/api/v1/sent"];

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
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "client": { "type": "http", "scheme": "bearer" } },
            "schemas": crate::openapi_schemas::schemas(),
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
        .map(|name| {
            let shape = if name == "kind" { "RightNowKind" } else { "Reference" };
            json!({ "name": name, "in": "path", "required": true, "schema": { "$ref": format!("#/components/schemas/{shape}") } })
        })
        .collect();
    if PAGED.contains(&described.path) {
        parameters.push(json!({ "name": "after", "in": "query", "required": false, "description": "The `next` of the page before", "schema": { "$ref": "#/components/schemas/Reference" } }));
        parameters.push(json!({ "name": "limit", "in": "query", "required": false, "schema": { "type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": PAGE_LIMIT } }));
    }
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
        json!({ "description": "Done", "content": content(schema) }),
    );
    // A change for a version can fail on the version; only what has none can conflict in another way.
    let versioned: &[&str] = if described.headers.contains(&"If-Match") {
        &["412", "428"]
    } else {
        &["409"]
    };
    let always = ["400", "401", "404", "405", "413", "422", "429", "503"];
    for problem in always.iter().chain(versioned) {
        responses.insert(
            (*problem).to_owned(),
            json!({ "$ref": "#/components/responses/Problem" }),
        );
    }
    let mut out = json!({ "summary": route.title, "operationId": operation_id(described), "parameters": parameters, "responses": responses });
    if let Some(map) = out.as_object_mut() {
        if let Some(request) = described.request {
            map.insert(
                "requestBody".to_owned(),
                json!({ "required": true, "content": content(request) }),
            );
        }
        if let Some(note) = note(described.method, described.path) {
            map.insert("description".to_owned(), note.into());
        }
        if let Access::Client(action) = route.access {
            map.insert("security".to_owned(), json!([{ "client": [] }]));
            map.insert("x-scope".to_owned(), action.code().into());
        }
    }
    out
}

/// A body of this shape, with its example.
fn content(schema: &str) -> Value {
    let mut body = json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } });
    if let (Some(body), Some(example)) = (body.as_object_mut(), example(schema)) {
        body.insert("example".to_owned(), example);
    }
    json!({ "application/json": body })
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
    fn whatever_is_sent_has_an_example_and_every_operation_a_name_of_its_own() {
        let mut names = std::collections::BTreeSet::new();
        for described in DESCRIBED {
            assert!(names.insert(operation_id(described)), "{}", described.path);
            let without = described.request.filter(|name| example(name).is_none());
            assert_eq!(without, None, "{} {}", described.method, described.path);
        }
    }

    #[test]
    fn every_note_is_on_an_operation_that_there_is() {
        for (method, path, _) in crate::openapi_examples::NOTES {
            assert!(described().contains(&(*method, *path)), "{method} {path}");
        }
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
