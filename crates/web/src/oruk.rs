//! The public directory as Open Referral UK 3.0: every endpoint and parameter that any copy of the standard names.
//!
//! Anyone may read it, from any site, without a key. Identifiers are the services' references in UUID spelling. What must never
//! be here: the address of a confidential service, a service taken out, a count of what is withheld.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use throughline_app::directory_node::{Published, SearchKind};
use throughline_app::find::Listed;
use throughline_core::geo::{AreaCode, Point};
use throughline_core::id::Ref;
use throughline_exchange::outbound::{
    ApiDetails, ListFormat, ServiceQuery, envelope, ndjson, organization, service_at_location,
    service_at_locations, service_full, service_minimal, service_row,
};
use throughline_ui::form::Form;

use crate::fault::Outcome;
use crate::route::{Access, Method1, Route, api};
use crate::visit::{Visit, answer};

/// The description of the standard that this directory follows.
const OPENAPI: &str = "https://openreferraluk.org/specifications/3.0/openapi.json";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let row = |path, title, handler| api(Method1::Get, path, title, Access::Public, handler);
    vec![
        row("/api/oruk/v3", "About the directory", |v| {
            Box::pin(async move { Ok(root(&v)) })
        }),
        row("/api/oruk/v3/", "About the directory", |v| {
            Box::pin(async move { Ok(root(&v)) })
        }),
        row("/api/oruk/v3/services", "Services", |v| {
            Box::pin(list(v, services))
        }),
        row("/api/oruk/v3/services/{id}", "One service", |v| {
            Box::pin(one(v, service))
        }),
        row("/api/oruk/v3/organizations", "Organisations", |v| {
            Box::pin(list(v, organizations))
        }),
        row("/api/oruk/v3/organizations/{id}", "One organisation", |v| {
            Box::pin(one(v, one_organization))
        }),
        row("/api/oruk/v3/taxonomies", "Taxonomies", |v| {
            Box::pin(list(v, taxonomies))
        }),
        row("/api/oruk/v3/taxonomies/{id}", "One taxonomy", |v| {
            Box::pin(one(v, |shown, id, _| by_id(shown.taxonomies(), id)))
        }),
        row("/api/oruk/v3/taxonomy_terms", "Taxonomy terms", |v| {
            Box::pin(list(v, terms))
        }),
        row(
            "/api/oruk/v3/taxonomy_terms/{id}",
            "One taxonomy term",
            |v| Box::pin(one(v, |shown, id, _| by_id(shown.terms(), id))),
        ),
        row(
            "/api/oruk/v3/service_at_locations",
            "Services at their places",
            |v| Box::pin(list(v, places)),
        ),
        row(
            "/api/oruk/v3/service_at_locations/{id}",
            "One service at one place",
            |v| Box::pin(one(v, place)),
        ),
    ]
}

/// A page that scripts of any site may read.
fn open(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = answer(status, content_type, Body::from(body));
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=60"),
    );
    response
}

fn found(value: &Value) -> Response {
    open(StatusCode::OK, "application/json", value.to_string())
}

/// An RFC 9457 problem. It never repeats what was sent.
fn problem(status: StatusCode, title: &str, detail: &str) -> Response {
    let value = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    open(status, "application/problem+json", value.to_string())
}

fn root(_: &Visit) -> Response {
    let details = ApiDetails::new(OPENAPI);
    found(
        &json!({ "version": details.version, "profile": details.profile, "openapi_url": details.openapi_url }),
    )
}

/// The part of a list that is asked for, and how many rows there are in all.
struct Rows {
    rows: Vec<Value>,
    total: usize,
}

/// Makes the rows of a page from all that pass.
fn paged<T>(passing: &[T], query: &ServiceQuery, row: impl Fn(&T) -> Value) -> Rows {
    let whole = query.format == ListFormat::Ndjson;
    let size = usize::try_from(query.per_page).unwrap_or(usize::MAX);
    let skip = usize::try_from(query.page.saturating_sub(1))
        .unwrap_or(usize::MAX)
        .saturating_mul(size);
    let (skip, take) = if whole { (0, usize::MAX) } else { (skip, size) };
    Rows {
        rows: passing.iter().skip(skip).take(take).map(row).collect(),
        total: passing.len(),
    }
}

type Lister = fn(&Visit, &Published, &ServiceQuery) -> Rows;

async fn list(visit: Visit, rows: Lister) -> Outcome {
    let Ok(form) = Form::parse(visit.query.as_bytes()) else {
        return Ok(problem(
            StatusCode::BAD_REQUEST,
            "The query cannot be read",
            "Send each parameter as name=value, in UTF-8.",
        ));
    };
    let pairs = form
        .pairs()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let query = match ServiceQuery::parse(pairs) {
        Ok(query) => query,
        Err(bad) => {
            return Ok(problem(
                StatusCode::BAD_REQUEST,
                "A parameter cannot be used",
                &format!("{bad}."),
            ));
        }
    };
    if query.search.is_some() {
        visit
            .app()
            .directory
            .count_search(SearchKind::Program, visit.now());
    }
    let shown = visit.app().directory.published();
    let rows = rows(&visit, &shown, &query);
    if query.format == ListFormat::Ndjson {
        return Ok(open(
            StatusCode::OK,
            "application/x-ndjson",
            ndjson(&rows.rows),
        ));
    }
    let total = u64::try_from(rows.total).unwrap_or(u64::MAX);
    Ok(found(&envelope(
        &rows.rows,
        total,
        query.page,
        query.per_page,
    )))
}

type Finder = fn(&Published, uuid::Uuid, &ServiceQuery) -> Option<Value>;

async fn one(visit: Visit, find: Finder) -> Outcome {
    let query = Form::parse(visit.query.as_bytes())
        .ok()
        .and_then(|form| {
            let pairs = form
                .pairs()
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            ServiceQuery::parse(pairs).ok()
        })
        .unwrap_or_default();
    let shown = visit.app().directory.published();
    let id = visit
        .param("id")
        .and_then(|id| uuid::Uuid::parse_str(id).ok());
    Ok(match id.and_then(|id| find(&shown, id, &query)) {
        Some(value) => found(&value),
        None => problem(
            StatusCode::NOT_FOUND,
            "There is nothing of this identifier",
            "It may have been taken out of the directory. Ask for the list again.",
        ),
    })
}

fn by_id(rows: &[Value], id: uuid::Uuid) -> Option<Value> {
    let id = id.to_string();
    rows.iter()
        .find(|row| row.get("id").and_then(Value::as_str) == Some(&id))
        .cloned()
}

fn services(visit: &Visit, shown: &Published, query: &ServiceQuery) -> Rows {
    let near = Near::of(visit, query);
    let passing: Vec<&Listed> = shown
        .snapshot
        .all()
        .filter(|listed| query.matches(&shown.outward(listed)))
        .filter(|listed| near.as_ref().is_none_or(|near| near.any_place(listed)))
        .collect();
    paged(&passing, query, |listed| {
        let outward = shown.outward(listed);
        if query.minimal {
            service_minimal(&outward)
        } else if query.full {
            service_full(&outward)
        } else {
            service_row(&outward)
        }
    })
}

fn service(shown: &Published, id: uuid::Uuid, _: &ServiceQuery) -> Option<Value> {
    let listed = shown.snapshot.get(Ref::from_uuid(id))?;
    Some(service_full(&shown.outward(listed)))
}

fn organizations(_: &Visit, shown: &Published, query: &ServiceQuery) -> Rows {
    // An organisation is found by its services: one that passes is enough.
    let passing: Vec<uuid::Uuid> = shown
        .organisations()
        .filter(|(_, services)| {
            services.iter().any(|service| {
                shown
                    .snapshot
                    .get(*service)
                    .is_some_and(|listed| query.matches(&shown.outward(listed)))
            })
        })
        .map(|(id, _)| id)
        .collect();
    let mut rows = paged(&passing, query, |id| {
        one_organization(shown, *id, query).unwrap_or_default()
    });
    rows.rows.retain(|row| !row.is_null());
    rows
}

fn one_organization(shown: &Published, id: uuid::Uuid, query: &ServiceQuery) -> Option<Value> {
    let services = shown.services_of(id);
    let of = |reference: &Ref| shown.snapshot.get(*reference);
    let mut value = organization(&shown.outward(of(services.first()?)?))?;
    if (query.full || query.full_service)
        && let Some(map) = value.as_object_mut()
    {
        let rows: Vec<Value> = services
            .iter()
            .filter_map(of)
            .map(|listed| {
                let outward = shown.outward(listed);
                if query.full_service {
                    service_full(&outward)
                } else {
                    service_row(&outward)
                }
            })
            .collect();
        map.insert("services".to_owned(), rows.into());
    }
    Some(value)
}

/// Whether a published row has a word that begins with each word asked for.
fn named(row: &Value, query: &ServiceQuery) -> bool {
    let Some(asked) = &query.search else {
        return true;
    };
    let name = row
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_lowercase();
    let asked = asked.to_lowercase();
    asked.split_whitespace().all(|word| {
        name.split(|letter: char| !letter.is_alphanumeric())
            .any(|own| own.starts_with(word))
    })
}

fn taxonomies(_: &Visit, shown: &Published, query: &ServiceQuery) -> Rows {
    let passing: Vec<&Value> = shown
        .taxonomies()
        .iter()
        .filter(|row| named(row, query))
        .collect();
    paged(&passing, query, |row| (*row).clone())
}

fn terms(_: &Visit, shown: &Published, query: &ServiceQuery) -> Rows {
    // No term of ours has a parent: all are at the top, and none is below another.
    let of_taxonomy = |row: &Value| {
        query.taxonomy_ids.is_empty()
            || row
                .get("taxonomy_id")
                .and_then(Value::as_str)
                .and_then(|id| uuid::Uuid::parse_str(id).ok())
                .is_some_and(|id| query.taxonomy_ids.contains(&id))
    };
    let passing: Vec<&Value> = shown
        .terms()
        .iter()
        .filter(|row| query.parent_id.is_none() && of_taxonomy(row) && named(row, query))
        .collect();
    paged(&passing, query, |row| (*row).clone())
}

fn places(visit: &Visit, shown: &Published, query: &ServiceQuery) -> Rows {
    let near = Near::of(visit, query);
    let passing: Vec<(&Listed, usize)> = shown
        .snapshot
        .all()
        .filter(|listed| query.matches(&shown.outward(listed)))
        .flat_map(|listed| (0..listed.entry().locations().len()).map(move |at| (listed, at)))
        .filter(|(listed, at)| {
            near.as_ref()
                .is_none_or(|near| near.this_place(listed, *at))
        })
        .collect();
    let mut rows = paged(&passing, query, |(listed, at)| {
        service_at_location(&shown.outward(listed), *at).unwrap_or_default()
    });
    rows.rows.retain(|row| !row.is_null());
    rows
}

fn place(shown: &Published, id: uuid::Uuid, _: &ServiceQuery) -> Option<Value> {
    let (service, at) = shown.place(id)?;
    let listed = shown.snapshot.get(service)?;
    service_at_locations(&shown.outward(listed))
        .into_iter()
        .nth(at)
}

/// A postcode that was asked for: with a distance, near it; alone, serving it. Confidential services are never found so.
struct Near<'a> {
    visit: &'a Visit,
    metres: Option<f64>,
    point: Option<Point>,
    areas: Vec<AreaCode>,
}

impl<'a> Near<'a> {
    fn of(visit: &'a Visit, query: &ServiceQuery) -> Option<Self> {
        let postcode = query.postcode.as_ref()?;
        let resolved = visit.app().gazetteer().resolve(postcode);
        Some(Self {
            visit,
            metres: query.proximity.map(f64::from),
            point: resolved.as_ref().and_then(|found| found.point),
            areas: resolved.map(|found| found.areas).unwrap_or_default(),
        })
    }

    fn serves(&self, listed: &Listed) -> bool {
        let gazetteer = self.visit.app().gazetteer();
        !self.areas.is_empty()
            && listed
                .served
                .iter()
                .filter_map(|area| area.code)
                .any(|served| {
                    self.areas.iter().all(|home| {
                        gazetteer
                            .area(*home)
                            .is_some_and(|home| home.is_within(served))
                    })
                })
    }

    fn this_place(&self, listed: &Listed, at: usize) -> bool {
        let Some(metres) = self.metres else {
            return self.serves(listed);
        };
        let place = listed.places.get(at).and_then(|place| place.point);
        match (self.point, place) {
            (Some(here), Some(there)) => here.metres_to(there) <= metres,
            _ => false,
        }
    }

    fn any_place(&self, listed: &Listed) -> bool {
        if self.metres.is_none() {
            return !listed.entry().is_confidential() && self.serves(listed);
        }
        (0..listed.places.len()).any(|at| self.this_place(listed, at))
    }
}
