//! The public directory and public finding, through the router: what anyone may see, and what nobody may.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::open::{get, post, site_of};
use axum::Router;
use axum::http::{StatusCode, header};
use serde_json::Value;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const FEED: &str = r#"{"contents":[
    {"id":"1","name":"Debt desk","description":"Free debt advice.","url":"https://d.example","organization":{"id":"o","name":"Harbour"}},
    {"id":"7","name":"Harbour women's refuge","description":"A refuge for women fleeing domestic abuse.","url":"https://h.example",
     "service_at_locations":[{"id":"l","location":{"id":"x","location_type":"physical","name":"Harbour House","latitude":51.45,"longitude":-2.59,
     "addresses":[{"id":"y","address_1":"14 Hidden Lane","city":"Anytown","postal_code":"BS1 4ND","country":"GB","address_type":"physical"}]}}]}]}"#;

/// One refuge alone in its council, and two in another.
const REFUGES: &str = r#"{"contents":[
    {"id":"1","name":"Ash refuge","description":"A refuge.","service_areas":[{"id":"a","name":"Cornwall"}],"organization":{"id":"o","name":"Ash"}},
    {"id":"2","name":"Elm refuge","description":"A refuge.","service_areas":[{"id":"b","name":"Leeds"}],"organization":{"id":"p","name":"Elm"}},
    {"id":"3","name":"Oak refuge","description":"A refuge.","service_areas":[{"id":"c","name":"Leeds"}],"organization":{"id":"q","name":"Oak"}}]}"#;

async fn site(world: &TestStore) -> Router {
    site_of(world, FEED).await
}

both!(
    the_public_directory_never_tells_where_a_refuge_is,
    |world| {
        let router = site(world).await;
        for path in [
            "/services?full=true",
            "/services?format=ndjson&full=true",
            "/service_at_locations",
            "/service_at_locations?postcode=BS1+4ND&proximity=100000",
            "/organizations?full_service=true",
        ] {
            let (status, headers, body) = get(&router, &format!("/api/oruk/v3{path}")).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{path}");
            for secret in ["Hidden Lane", "BS1 4ND", "Harbour House", "51.45", "-2.59"] {
                assert!(!body.contains(secret), "{secret} in {path}");
            }
        }
        let (_, _, list) = get(&router, "/api/oruk/v3/services").await;
        let list: Value = serde_json::from_str(&list).unwrap();
        assert_eq!(list["total_items"], 2);
        for row in list["contents"].as_array().unwrap() {
            let id = row["id"].as_str().unwrap();
            let (status, _, body) = get(&router, &format!("/api/oruk/v3/services/{id}")).await;
            assert_eq!(status, StatusCode::OK);
            assert!(!body.contains("Hidden Lane"));
        }
    }
);

both!(
    the_council_of_a_sole_refuge_is_named_nowhere_and_one_with_two_is,
    |world| {
        let router = site_of(world, REFUGES).await;
        let mut all = String::new();
        for path in [
            "/services?full=true",
            "/services?format=ndjson&full=true",
            "/organizations?full_service=true",
        ] {
            all += &get(&router, &format!("/api/oruk/v3{path}")).await.2;
        }
        all += &post(&router, "/find-help", "words=refuge&where=Cornwall")
            .await
            .1
            .replace("value=\"Cornwall\"", "");
        let (_, _, list) = get(&router, "/api/oruk/v3/services").await;
        let list: Value = serde_json::from_str(&list).unwrap();
        for row in list["contents"].as_array().unwrap() {
            let id = uuid_of(row);
            let (status, _, one) = get(&router, &format!("/api/oruk/v3/services/{id}")).await;
            assert_eq!(status, StatusCode::OK);
            let reference = throughline_core::id::Ref::from_uuid(id);
            let (status, _, page) = get(&router, &format!("/services/{reference}")).await;
            assert_eq!(status, StatusCode::OK);
            let area = if row["name"] == "Ash refuge" {
                "England"
            } else {
                "Leeds"
            };
            assert!(one.contains(area) && page.contains(area), "{one} {page}");
            all += &one;
            all += &page;
        }
        assert!(
            !all.contains("Cornwall") && !all.contains("E06000052"),
            "{all}"
        );
    }
);

fn uuid_of(row: &Value) -> uuid::Uuid {
    row["id"].as_str().unwrap().parse().unwrap()
}

both!(
    bad_questions_to_the_directory_are_problems_that_any_site_may_read,
    |world| {
        let router = site(world).await;
        for (path, expected) in [
            ("/services?page=0", 400),
            ("/services?organization_id=x", 400),
            ("/services/00000000-0000-0000-0000-000000000000", 404),
            ("/services/nonsense", 404),
        ] {
            let (status, headers, body) = get(&router, &format!("/api/oruk/v3{path}")).await;
            assert_eq!(status.as_u16(), expected, "{path}");
            assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
            assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(
                serde_json::from_str::<Value>(&body).unwrap()["status"],
                expected
            );
        }
    }
);

both!(
    anyone_may_look_for_help_and_a_place_to_avoid_is_never_passed_over,
    |world| {
        let router = site(world).await;
        let (status, _, page) = get(&router, "/find-help").await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Exit this page"));
        let (_, _, source) = get(&router, "/what-we-record").await;
        assert!(
            source.contains("Open Government Licence"),
            "as the licence asks"
        );

        let (status, page) = post(&router, "/find-help", "words=debt&avoid=Nowhereville").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            page.contains("Nowhereville"),
            "what was typed is still there"
        );
        assert!(!page.contains("/services/"), "and nothing was offered");

        let (status, page) = post(&router, "/find-help", "words=debt").await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Debt desk"));
        assert!(page.contains("Place unknown: ask"));
        assert!(!page.contains("rule-") && !page.contains("ruled-out-"));
        // A service they must not meet is left out by its name or its organisation's, and it is said that it was.
        for named in ["Debt+desk", "harbour", "HARBOUR%2C+debt+desk"] {
            let sent = format!("words=debt&avoid_services={named}");
            let (status, page) = post(&router, "/find-help", &sent).await;
            assert_eq!(status, StatusCode::OK, "{named}");
            assert!(page.contains("Left out, because you asked"), "{named}");
            assert!(!page.contains("/services/"), "{named}: {page}");
        }
        // A name that is not known is never passed over, and what was typed is still there.
        for named in ["Nobody+at+all", "de", "desk+debt"] {
            let sent = format!("words=debt&avoid_services={named}");
            let (status, page) = post(&router, "/find-help", &sent).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{named}");
            assert!(page.contains(&named.replace('+', " ")) && !page.contains("/services/"));
        }
        let title = page
            .split("<title>")
            .nth(1)
            .unwrap()
            .split("</title>")
            .next()
            .unwrap();
        assert!(!title.to_lowercase().contains("debt") && !title.contains("help"));
    }
);

both!(what_staff_use_is_not_there_for_anyone, |world| {
    let router = site(world).await;
    for path in ["/find", "/steward", "/steward/import"] {
        let (status, headers, _) = get(&router, path).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(headers[header::LOCATION], "/sign-in");
    }
});

both!(
    every_question_may_be_left_out_and_what_is_not_known_is_asked,
    |world| {
        let router = site(world).await;
        let (_, _, page) = get(&router, "/find-help").await;
        let (_, form) = page.split_once("<main").unwrap();
        assert!(!form.contains(" checked"), "nothing is filled in");
        let asked = [
            ("alcohol", "Ask about alcohol"),
            ("drugs", "Ask about drugs"),
            ("offending", "Ask about past offences"),
            (
                "lgb",
                "Ask whether they welcome lesbian, gay and bisexual people",
            ),
            (
                "immigration_worry",
                "Ask what they pass on to the immigration authorities",
            ),
        ];
        for (name, _) in asked {
            assert!(form.contains(&format!("name=\"{name}\"")), "{name}");
        }
        for name in [
            "community",
            "way",
            "can_pay",
            "in_work",
            "pets",
            "pregnant",
            "sons",
            "access",
            "nrpf",
        ] {
            assert!(form.contains(&format!("name=\"{name}\"")), "{name}");
        }
        // An entry that says nothing of it is never taken for a yes, and never passed over.
        for (name, sentence) in asked {
            let (status, page) =
                post(&router, "/find-help", &format!("words=debt&{name}=yes")).await;
            assert_eq!(status, StatusCode::OK);
            let (_, desk) = page.split_once("Debt desk").unwrap();
            assert!(desk.contains(sentence), "{name}: {desk}");
            let (_, page) = post(&router, "/find-help", "words=debt").await;
            assert!(
                !page.contains(sentence),
                "{name} was not told of, so nothing is asked of the service"
            );
        }
        let (status, page) = post(&router, "/find-help", "words=debt&sons=x").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("Enter each age as a number"));
        let all = "words=debt&ages=4,14&sons=14&community=migrant&way=phone&can_pay=no&nrpf=no_recourse&access=wheelchair";
        let (status, page) = post(&router, "/find-help", all).await;
        assert_eq!(status, StatusCode::OK);
        for sentence in ["Ask how they can help", "Ask what it costs"] {
            assert!(page.contains(sentence), "{sentence} is not in {page}");
        }
    }
);
