//! The attack on where a refuge is, as anyone may run it: thousands of questions over HTTP, from chosen points, of every kind that
//! there is, in two worlds that differ in nothing but where the refuge is and how full it is (NE-06; ASSURANCE F3, F4, F5). Order,
//! paging, counts, sizes, vacancies, what changed since and "if only" are all in the bytes that are compared. How many questions:
//! `THROUGHLINE_LOCATION_QUESTIONS` (1,000 without it; the assurance run asks 20,000).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::open::{ask, get, site_of};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use throughline_core::id::Ref;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

/// Where the service in question is. Nobody else in either council keeps a place confidential, so that both worlds show it as
/// somewhere in England.
struct Spot {
    council: &'static str,
    postcode: &'static str,
    point: (f64, f64),
    free: u8,
}

const HERE: Spot = Spot {
    council: "Cornwall",
    postcode: "TR1 2XN",
    point: (50.263, -5.051),
    free: 0,
};
const THERE: Spot = Spot {
    council: "Plymouth",
    postcode: "PL1 2AA",
    point: (50.371, -4.142),
    free: 3,
};

/// Towns in which everybody can see who is there: advice, food, beds that are no secret.
const TOWNS: [(&str, &str, f64, f64); 6] = [
    ("Cornwall", "TR1 2HE", 50.264, -5.052),
    ("Plymouth", "PL4 0BB", 50.376, -4.137),
    ("Leeds", "LS1 3AD", 53.800, -1.549),
    ("Bristol", "BS1 5TR", 51.450, -2.600),
    ("Exeter", "EX1 1GJ", 50.726, -3.527),
    ("Cardiff", "CF10 3ND", 51.481, -3.179),
];

fn address(postcode: &str, (latitude, longitude): (f64, f64)) -> Value {
    json!([{ "id": format!("s{postcode}"), "location": { "id": format!("l{postcode}"), "location_type": "physical",
        "latitude": latitude, "longitude": longitude, "addresses": [{ "id": format!("a{postcode}"), "address_1": "4 Any Street",
        "city": "Anytown", "state_province": "X", "postal_code": postcode, "country": "GB", "address_type": "physical" }] } }])
}

/// A directory in which the service in question, `what`, is at `spot`.
fn feed(spot: &Spot, what: &str) -> String {
    let said = match what {
        "refuge" => "A refuge for women fleeing domestic abuse.",
        _ => "A hot meal for anyone who comes.",
    };
    let mut rows = Vec::new();
    for (n, (council, postcode, latitude, longitude)) in TOWNS.iter().enumerate() {
        for (kind, description) in [
            ("Debt desk", "Free debt advice, benefits and budgeting."),
            ("Food bank", "Food parcels for anyone in need."),
            (
                "Night beds",
                "Emergency accommodation for people who are homeless.",
            ),
        ] {
            rows.push(json!({ "id": format!("{n}{kind}"), "name": format!("{council} {kind}"), "description": description,
                "status": "active", "organization": { "id": format!("o{n}"), "name": format!("{council} Help") },
                "service_areas": [{ "id": "a", "name": council }],
                "service_at_locations": address(postcode, (*latitude, *longitude)) }));
        }
    }
    for (n, name) in ["Elm refuge", "Oak refuge"].iter().enumerate() {
        rows.push(json!({ "id": format!("r{n}"), "name": name, "description": "A refuge for women fleeing domestic abuse.",
            "status": "active", "organization": { "id": format!("p{n}"), "name": format!("Safe {n}") },
            "service_areas": [{ "id": "a", "name": "Leeds" }] }));
    }
    rows.push(json!({ "id": "x", "name": format!("Ash {what}"), "description": said,
        "status": "active", "organization": { "id": "q", "name": "Ash" },
        "service_areas": [{ "id": "a", "name": spot.council }],
        "capacities": [{ "id": "c", "available": f64::from(spot.free), "updated": "2026-11-10T10:00:00Z",
            "unit": { "id": "u", "name": "beds" } }],
        "service_at_locations": address(spot.postcode, spot.point) }));
    json!({ "contents": rows }).to_string()
}

/// Chance that is the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % n
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn heads(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A postcode in, around and far from where the service may be.
    fn point(&mut self) -> String {
        const SECTORS: [&str; 16] = [
            "TR1 2", "TR1 1", "TR2 4", "TR15 2", "PL1 2", "PL1 1", "PL2 2", "PL4 0", "PL12 4",
            "PL25 5", "EX1 1", "TQ1 1", "BS1 5", "LS1 3", "CF10 3", "SW1A 1",
        ];
        const LETTERS: [&str; 20] = [
            "A", "B", "D", "E", "F", "G", "H", "J", "L", "N", "P", "Q", "R", "S", "T", "U", "W",
            "X", "Y", "Z",
        ];
        let sector = self.one(&SECTORS);
        format!("{sector}{}{}", self.one(&LETTERS), self.one(&LETTERS))
    }
}

/// One question: a path, and what is sent to it, if anything.
struct Question {
    path: String,
    sent: Option<(&'static str, String)>,
}

const NEEDS: [&str; 6] = [
    "safe_accommodation",
    "debt",
    "food_and_essentials",
    "housing_longer_term",
    "legal_protection",
    "emotional_support",
];
const WORDS: [&str; 6] = [
    "refuge",
    "Ash",
    "Cornwall",
    "Plymouth",
    "beds",
    "women Plymouth",
];

/// By the form that anyone uses.
fn of_the_form(dice: &mut Dice) -> Question {
    let mut fields = vec![("need", dice.one(&NEEDS).to_owned())];
    for (name, value) in [
        ("words", dice.one(&WORDS).to_owned()),
        ("place", dice.point()),
        (
            "place",
            dice.one(&["Cornwall", "Plymouth", "Leeds"]).to_owned(),
        ),
        ("avoid", dice.one(&["Cornwall", "Plymouth"]).to_owned()),
        ("avoid", dice.point()),
        ("nearest", "yes".to_owned()),
        ("age", (18 + dice.below(60)).to_string()),
        ("limit", (1 + dice.below(40)).to_string()),
        ("gender", "woman".to_owned()),
        ("children", dice.one(&["yes", "no"]).to_owned()),
        ("can_travel", dice.one(&["yes", "no"]).to_owned()),
    ] {
        if dice.below(3) == 0 && !fields.iter().any(|(known, _)| *known == name) {
            fields.push((name, value));
        }
    }
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
        .collect();
    Question {
        path: "/find-help".to_owned(),
        sent: Some(("application/x-www-form-urlencoded", body.join("&"))),
    }
}

/// By the interface for programs, which says reasons, "if only" and what was left out.
fn of_the_program(dice: &mut Dice) -> Question {
    let mut told = json!({ "needs": [dice.one(&NEEDS)] });
    for (name, value) in [
        ("postcode", json!(dice.point())),
        (
            "area",
            json!(dice.one(&["E06000052", "E06000026", "E08000035"])),
        ),
        (
            "avoid_areas",
            json!([dice.one(&["E06000052", "E06000026"])]),
        ),
        ("avoid_postcodes", json!([dice.point()])),
        ("gender", json!("woman")),
        ("age", json!(18 + dice.below(60))),
        ("can_travel", json!(dice.heads())),
        ("pets", json!(true)),
    ] {
        if dice.below(3) == 0 {
            told[name] = value;
        }
    }
    let mut body = json!({ "circumstances": told, "nearest_first": dice.heads(), "skip": dice.below(4), "limit": 1 + dice.below(30) });
    if dice.heads() {
        body["text"] = json!(dice.one(&WORDS));
    }
    Question {
        path: "/api/v1/find".to_owned(),
        sent: Some(("application/json", body.to_string())),
    }
}

/// By the lists of the open standard, page by page.
fn of_the_lists(dice: &mut Dice) -> Question {
    let list = dice.one(&[
        "services",
        "services",
        "service_at_locations",
        "organizations",
        "taxonomy_terms",
    ]);
    let mut query = vec![
        format!("page={}", 1 + dice.below(3)),
        format!("per_page={}", 1 + dice.below(25)),
    ];
    for pair in [
        format!("search={}", dice.one(&WORDS).replace(' ', "+")),
        format!("postcode={}", dice.point().replace(' ', "+")),
        format!(
            "proximity={}",
            dice.one(&["100", "5000", "60000", "900000"])
        ),
        format!(
            "modified_after={}",
            dice.one(&[
                "2020-01-01",
                "2026-01-01T00:00:00Z",
                "2026-11-10T10:00:00Z",
                "2027-01-01"
            ])
        ),
        "minimal=true".to_owned(),
        "full=true".to_owned(),
        "full_service=true".to_owned(),
        "format=ndjson".to_owned(),
        "day=monday".to_owned(),
        "maximum_age=30".to_owned(),
    ] {
        if dice.below(3) == 0 {
            query.push(pair);
        }
    }
    Question {
        path: format!("/api/oruk/v3/{list}?{}", query.join("&")),
        sent: None,
    }
}

/// The attack: the pages of everything that is listed, then chance.
async fn questions(router: &Router, many: usize) -> Vec<Question> {
    let (_, _, all) = get(router, "/api/oruk/v3/services?per_page=1000").await;
    let all: Value = serde_json::from_str(&all).unwrap();
    let mut questions = Vec::new();
    for row in all["contents"].as_array().unwrap() {
        let id: uuid::Uuid = row["id"].as_str().unwrap().parse().unwrap();
        for path in [
            format!("/api/oruk/v3/services/{id}"),
            format!("/services/{}", Ref::from_uuid(id)),
        ] {
            questions.push(Question { path, sent: None });
        }
    }
    let mut dice = Dice(0x5eed_5eed_5eed);
    for n in 0..many {
        questions.push(match n % 3 {
            0 => of_the_form(&mut dice),
            1 => of_the_program(&mut dice),
            _ => of_the_lists(&mut dice),
        });
    }
    questions
}

/// All that comes back: the status, every header, every byte.
async fn answer(router: &Router, question: &Question, n: usize) -> (StatusCode, String) {
    let request = match &question.sent {
        None => Request::get(&question.path),
        Some((kind, _)) => Request::post(&question.path).header(header::CONTENT_TYPE, *kind),
    };
    let body = question
        .sent
        .as_ref()
        .map_or(String::new(), |(_, body)| body.clone());
    let mut request = request.body(Body::from(body)).unwrap();
    // From a new address every now and then: a limit on how often would end the attack.
    let from = SocketAddr::from((
        [
            10,
            0,
            u8::try_from(n / 4_000).unwrap(),
            u8::try_from(n / 250 % 250).unwrap(),
        ],
        4_000,
    ));
    request.extensions_mut().insert(ConnectInfo(from));
    let (status, headers, body) = ask(router, request).await;
    (status, format!("{headers:?}\n{body}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "how often, from whoever runs the test"
)]
fn many() -> usize {
    let said = std::env::var("THROUGHLINE_LOCATION_QUESTIONS").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

/// Another world on the same kind of database, drawn from the same seed.
async fn twin(world: &TestStore) -> TestStore {
    match world.sqlite_path() {
        Some(_) => TestStore::sqlite().await,
        None => TestStore::postgres().await.unwrap(),
    }
}

/// What is told apart, of how many questions that were answered with something.
async fn told_apart(here: &Router, there: &Router, many: usize) -> (BTreeSet<String>, usize) {
    let (mut apart, mut answered, mut found) = (BTreeSet::new(), 0, 0);
    for (n, question) in questions(here, many).await.iter().enumerate() {
        let (status, one) = answer(here, question, n).await;
        let (_, other) = answer(there, question, n).await;
        answered += usize::from(status == StatusCode::OK);
        found += usize::from(one.contains("Ash "));
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS);
        if one != other {
            let sent = question.sent.as_ref().map_or("", |(_, body)| body.as_str());
            apart.insert(format!("{} {sent}", question.path));
        }
    }
    assert!(answered > many * 3 / 4, "{answered} answered of {many}");
    (apart, found)
}

both!(
    f3_f4_f5_ne_06_thousands_of_questions_do_not_tell_in_which_council_a_refuge_is_nor_how_full_it_is,
    |world| {
        let other = twin(world).await;
        let here = site_of(world, &feed(&HERE, "refuge")).await;
        let there = site_of(&other, &feed(&THERE, "refuge")).await;
        let many = many();
        let (apart, found) = told_apart(&here, &there, many).await;
        assert!(apart.is_empty(), "told apart by {apart:#?}");
        // The questions do reach it: it is in every third answer or so.
        assert!(found > many / 8, "found by {found} of {many}");
        other.finish().await;
    }
);

both!(
    the_same_questions_do_tell_where_a_place_is_that_is_no_secret,
    |world| {
        let other = twin(world).await;
        let here = site_of(world, &feed(&HERE, "drop-in kitchen")).await;
        let there = site_of(&other, &feed(&THERE, "drop-in kitchen")).await;
        let (apart, _) = told_apart(&here, &there, 600).await;
        for way in [
            "/services/",
            "/find-help",
            "/api/v1/find",
            "/api/oruk/v3/services?",
            "/api/oruk/v3/service_at_locations?",
        ] {
            let tells = apart.iter().any(|question| question.starts_with(way));
            assert!(
                tells,
                "{way} told nothing apart: the attack would see nothing there"
            );
        }
        other.finish().await;
    }
);
