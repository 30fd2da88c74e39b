//! What goes to a service and what does not: line by line, need by need, on its page, in its inbox and in the API. What is looked
//! at before sending is what is read. A page is printed as it stands: there is no other text for paper.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::pages::{Browser, Places, places, request_of, signed_in};
use crate::programs::{Program, Said, receiver, sender};
use axum::http::StatusCode;
use serde_json::{Value, json};
use throughline_app::{case, case_now};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_store::person::PersonSheet;
use throughline_testkit::both;

/// Every line that is known of Amina, with words that stand on a page only where it is told.
const TOLD: [(&str, &str); 13] = [
    ("chosen_name", "Amina"),
    ("legal_name", "Okafor"),
    ("age_band", "25 to 59"),
    ("contact_rules", "How to contact them safely"),
    ("contact_details", "Number or address"),
    ("needs.substance_use", "Alcohol or drugs"),
    ("urgency", "How urgent it is"),
    ("risk", "The risk, as judged"),
    ("statement", "I owe rent."),
    ("children", "Under 16"),
    ("children_needs.emotional_support", "Someone to talk to"),
    ("language", "tigrinya"),
    ("access_needs", "A quiet place"),
];

fn amina() -> PersonSheet {
    PersonSheet {
        chosen: "Amina".into(),
        given: Some("Sade".into()),
        family: Some("Okafor".into()),
        born: Some("1990-02-03".into()),
        age_band: None,
        language: Some("tigrinya".into()),
        interpreter: None,
        access: vec!["quiet_place".into()],
    }
}

/// Everything that can be told of Amina is known, and of her child; both need help with immigration.
async fn known_well(places: &Places) {
    let (app, coach, of) = (&*places.app, &places.coach.actor(), places.case);
    case::person_change(app, coach, of, &amina()).await.unwrap();
    for need in [
        NeedType::Debt,
        NeedType::Immigration,
        NeedType::SubstanceUse,
    ] {
        case::need_add(app, coach, of, need, true).await.unwrap();
    }
    judged(places, of, RiskBand::High).await;
    let child = PersonSheet {
        chosen: "Bo".into(),
        given: None,
        family: None,
        born: Some("2020-02-03".into()),
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    };
    let own = case_now::child_add(app, coach, of, &child).await.unwrap();
    for need in [NeedType::EmotionalSupport, NeedType::Immigration] {
        case::need_add(app, coach, own, need, false).await.unwrap();
    }
}

async fn judged(places: &Places, of: Ref, band: RiskBand) {
    let (app, coach) = (&*places.app, &places.coach.actor());
    let why = Reason::new("As the person told it.").unwrap();
    case_now::risk_judge(app, coach, of, band, &why, false)
        .await
        .unwrap();
}

/// The list of facts that holds these words.
fn facts<'a>(page: &'a str, words: &str) -> &'a str {
    let at = page
        .find(words)
        .unwrap_or_else(|| panic!("no {words} in {page}"));
    let (from, to) = (
        page[..at].rfind("<dl").unwrap(),
        page[at..].find("</dl>").unwrap(),
    );
    &page[from..at + to]
}

/// The packet as it is shown.
fn packet(page: &str) -> &str {
    facts(page, "Did they agree to this?")
}

/// By when an answer is due, as it is shown beside a packet.
fn due(page: &str) -> &str {
    let (_, rest) = facts(page, ">Due</dt>").split_once(">Due</dt>").unwrap();
    rest.split("</dd>").next().unwrap()
}

const AGREED: [(&str, &str); 4] = [
    ("alone", "yes"),
    ("agreed", "spoken"),
    ("rests", "agreed"),
    ("decision", "The risk is high and they asked for this help."),
];

/// Ticks for a request about a need: these lines, and every line of the statement.
fn ticks<'a>(need: &'a str, lines: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut ticks = vec![("need", need), ("line", "1"), ("line", "2")];
    ticks.extend(lines.iter().map(|line| ("item", *line)));
    ticks
}

/// Chooses lines and looks at what they leave; gives the page with the preview.
async fn looked(coach: &Browser, path: &str, ticks: &[(&str, &str)]) -> String {
    let (_, page) = coach.get(path).await;
    let (status, _, page) = coach.post(path, &page, ticks).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page
}

/// Sends from the preview; gives where the sender finds the request.
async fn sent(coach: &Browser, path: &str, preview: &str) -> String {
    let (status, to, page) = coach.post(&format!("{path}/send"), preview, &AGREED).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    to.trim_end_matches("/sent").to_owned()
}

fn theirs(request: &str) -> String {
    request.replace("/referrals/", "/requests/")
}

both!(
    ne_10_what_is_struck_out_is_nowhere_and_what_was_looked_at_is_what_they_read,
    |world| {
        let places = places(world).await;
        known_well(&places).await;
        let program = receiver(world, &places.web, places.partner.organisation).await;
        let coach = signed_in(&places, &places.coach).await;
        let partner = signed_in(&places, &places.partner).await;
        let path = format!("/cases/{}/refer/{}", places.case, places.inbox);
        // Nothing struck out first: it shows that the words are there to be found.
        let struck = TOLD.iter().map(|(line, _)| *line);
        for struck in std::iter::once("").chain(struck) {
            let kept: Vec<&str> = TOLD
                .iter()
                .map(|(line, _)| *line)
                .filter(|line| *line != struck)
                // A number goes only with its rules.
                .filter(|line| struck != "contact_rules" || *line != "contact_details")
                .collect();
            let preview = looked(&coach, &path, &ticks("debt", &kept)).await;
            let request = sent(&coach, &path, &preview).await;
            let (_, page) = partner.get(&theirs(&request)).await;
            assert_eq!(packet(&preview), packet(&page), "without {struck}");
            assert_eq!(due(&preview), due(&page), "without {struck}");
            let (_, confirmed) = coach.get(&format!("{request}/sent")).await;
            assert_eq!(packet(&preview), packet(&confirmed), "without {struck}");
            let (_, inbox) = partner.get("/inbox").await;
            let (_, inbox) = inbox.split_once("<main").unwrap();
            let listed = program.get("/api/v1/referrals").await.body.to_string();
            let told = program.get(&format!("/api/v1{request}")).await;
            assert_eq!(told.status, StatusCode::OK, "{}", told.body);
            let told = told.body.to_string();
            for (line, words) in TOLD {
                let item = line.parse::<PacketLine>().unwrap().item();
                let code = format!("\"item\":\"{item}\"");
                let kept = kept.contains(&line);
                assert_eq!(
                    page.contains(words),
                    kept,
                    "{line} without {struck}: {page}"
                );
                assert_eq!(
                    told.contains(&code),
                    kept,
                    "{line} without {struck}: {told}"
                );
                assert!(!inbox.contains(words), "{line} is in {inbox}");
                assert!(
                    !listed.contains(&format!("\"{item}\"")),
                    "{line} is in {listed}"
                );
            }
            // A high risk makes it urgent: neither shows where it was struck out, in whatever words.
            if struck == "urgency" {
                assert!(
                    !told.contains("urgency") && !told.contains("immediate"),
                    "{told}"
                );
            }
            for words in [
                "Urgency",
                "How urgent",
                ">Now<",
                ">Today<",
                "\"urgency\"",
                "Immigration",
            ] {
                assert!(!inbox.contains(words), "{words} is in {inbox}");
                assert!(!listed.contains(words), "{words} is in {listed}");
            }
            let (_, page) = coach.get(&request).await;
            let withdraw = format!("{request}/withdraw");
            let (status, _, page) = coach.post(&withdraw, &page, &[]).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        }
    }
);

both!(
    a_struck_out_risk_changes_nothing_but_the_time_to_answer,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let partner = signed_in(&places, &places.partner).await;
        let (app, actor) = (&*places.app, &places.coach.actor());
        let mut pages = Vec::new();
        for band in [RiskBand::High, RiskBand::Standard] {
            let of = case::open(app, actor, &amina()).await.unwrap();
            judged(&places, of, band).await;
            let path = format!("/cases/{of}/refer/{}", places.inbox);
            let lines = ["chosen_name", "language"];
            let preview = looked(&coach, &path, &ticks("debt", &lines)).await;
            let request = theirs(&sent(&coach, &path, &preview).await);
            let (_, page) = partner.get(&request).await;
            let (_, inbox) = partner.get("/inbox").await;
            let row = inbox
                .split("<tr")
                .find(|row| row.contains(&request))
                .unwrap();
            let mark = &request.trim_start_matches("/requests/")[..6];
            let row = row.replace(&request, "").replace(mark, "");
            let last = row.rfind("<td").unwrap();
            pages.push((
                due(&page).to_owned(),
                page.replace(due(&page), "").replace(&request, ""),
                row[last..].to_owned(),
                row[..last].to_owned(),
            ));
        }
        assert_ne!(pages[0].0, pages[1].0, "the time tells how soon");
        assert_eq!(pages[0].1, pages[1].1, "the page tells nothing else");
        assert_ne!(pages[0].2, pages[1].2, "the time tells how soon");
        assert_eq!(pages[0].3, pages[1].3, "the inbox tells nothing else");
    }
);

/// The lines that have a tick on a page that nobody touched.
fn ticked(page: &str) -> Vec<&str> {
    page.split("<input")
        .map(|input| input.split('>').next().unwrap())
        .filter(|input| input.contains("name=\"item\"") && input.contains(" checked"))
        .map(|input| {
            input
                .split("value=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
        })
        .collect()
}

both!(
    only_the_need_asked_for_is_told_unless_another_is_ticked,
    |world| {
        let places = places(world).await;
        known_well(&places).await;
        let coach = signed_in(&places, &places.coach).await;
        let partner = signed_in(&places, &places.partner).await;
        let path = format!("/cases/{}/refer/{}", places.case, places.inbox);
        let (_, page) = coach.get(&path).await;
        let first = ticked(&page);
        assert!(first.contains(&"chosen_name"), "{first:?}");
        for line in [
            "needs.substance_use",
            "needs.debt",
            "children_needs.emotional_support",
        ] {
            assert!(
                page.contains(&format!("value=\"{line}\"")),
                "{line} is not in {page}"
            );
            assert!(!first.contains(&line), "{line} has a tick");
        }
        assert!(!page.contains(".immigration"), "{page}");
        let preview = looked(&coach, &path, &ticks("debt", &first)).await;
        let request = sent(&coach, &path, &preview).await;
        let (_, page) = partner.get(&theirs(&request)).await;
        let told = packet(&page);
        assert!(told.contains("Debt"), "{told}");
        for words in [
            "What else they need",
            "Alcohol",
            "Immigration",
            "Someone to talk to",
        ] {
            assert!(!told.contains(words), "{words} is in {told}");
        }
        // What was agreed is on record line by line.
        let (_, sharing) = coach.get(&format!("/cases/{}/sharing", places.case)).await;
        assert!(!sharing.contains("Alcohol"), "{sharing}");
        let path = format!("/cases/{}/refer/{}", places.case, places.listed);
        let one = ["needs.substance_use"];
        let preview = looked(&coach, &path, &ticks("debt", &one)).await;
        assert!(packet(&preview).contains("Alcohol or drugs"), "{preview}");
        sent(&coach, &path, &preview).await;
        let (_, sharing) = coach.get(&format!("/cases/{}/sharing", places.case)).await;
        assert!(
            sharing.contains("What else they need: Alcohol or drugs"),
            "{sharing}"
        );
    }
);

async fn asked(
    ours: &Program,
    of: Ref,
    service: Ref,
    need: &str,
    items: &[&str],
    yes: bool,
) -> Said {
    let body = json!({
        "service": service, "need": need, "items": items, "immigration": yes, "statement": 1, "seen_alone": true,
        "how": "spoken", "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a",
        "reasons": "The risk is high and they asked for this help.",
    });
    let path = format!("/api/v1/cases/{of}/referrals");
    let key = format!("{service}-{need}-{}-{yes}", items.join("-"));
    let key = &key[key.len().saturating_sub(200)..];
    ours.ask("POST", &path, &[("idempotency-key", key)], Some(body))
        .await
}

both!(
    a_program_is_offered_and_shares_needs_one_by_one_too,
    |world| {
        let places = places(world).await;
        known_well(&places).await;
        let ours = sender(world, &places.web, places.coach.organisation).await;
        let theirs = receiver(world, &places.web, places.partner.organisation).await;
        let (of, service) = (places.case, places.inbox);
        let ask = json!({ "service": service, "need": "debt" });
        let packet = format!("/api/v1/cases/{of}/packet");
        let known = ours.ask("POST", &packet, &[], Some(ask)).await;
        assert_eq!(known.status, StatusCode::OK, "{}", known.body);
        assert!(
            !known.body.to_string().contains("immigration"),
            "{}",
            known.body
        );
        let lines = known.body["lines"].as_array().unwrap();
        let spelt = |line: &Value| line["line"].as_str().unwrap().to_owned();
        let all: Vec<String> = lines.iter().map(spelt).collect();
        assert!(all.contains(&"needs.substance_use".to_owned()), "{all:?}");
        let offered: Vec<String> = lines
            .iter()
            .filter(|line| line["offered"] == true)
            .map(spelt)
            .collect();
        assert!(
            !offered.iter().any(|line| line.contains("needs.")),
            "{offered:?}"
        );

        // All needs at once cannot be agreed, nor immigration with anything else.
        let every = asked(&ours, of, service, "debt", &["chosen_name", "needs"], false).await;
        assert_eq!(
            every.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            every.body
        );
        let never = asked(&ours, of, service, "debt", &["needs.immigration"], true).await;
        assert_eq!(never.status, StatusCode::BAD_REQUEST, "{}", never.body);

        let offered: Vec<&str> = offered.iter().map(String::as_str).collect();
        let made = asked(&ours, of, service, "debt", &offered, false).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let request = format!(
            "/api/v1/referrals/{}",
            made.body["reference"].as_str().unwrap()
        );
        let told = theirs.get(&request).await.body;
        assert_eq!(told["need"], "debt");
        assert_eq!(told["packet"]["agreed"], true);
        let told = told.to_string();
        for code in [
            "substance_use",
            "immigration",
            "emotional_support",
            "\"needs\"",
        ] {
            assert!(!told.contains(code), "{code} is in {told}");
        }
    }
);

both!(
    ne_11_immigration_is_told_only_with_a_yes_of_its_own,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let path = format!("/cases/{}/refer/{}", places.case, places.inbox);
        let other = looked(&coach, &path, &ticks("debt", &["chosen_name"])).await;
        assert!(
            !other.contains("name=\"immigration\""),
            "asked only where it is told"
        );
        let preview = looked(&coach, &path, &ticks("immigration", &["chosen_name"])).await;
        assert!(packet(&preview).contains("Immigration"), "{preview}");
        let send = format!("{path}/send");
        let (status, _, page) = coach.post(&send, &preview, &AGREED).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            page.contains("Ask whether they want this service to know about immigration"),
            "{page}"
        );
        let yes: Vec<_> = AGREED.into_iter().chain([("immigration", "yes")]).collect();
        let (status, _, page) = coach.post(&send, &page, &yes).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");

        let ours = sender(world, &places.web, places.coach.organisation).await;
        for (yes, status) in [
            (false, StatusCode::UNPROCESSABLE_ENTITY),
            (true, StatusCode::CREATED),
        ] {
            let made = asked(
                &ours,
                places.case,
                places.listed,
                "immigration",
                &["chosen_name"],
                yes,
            );
            let made = made.await;
            assert_eq!(made.status, status, "{}", made.body);
        }
    }
);

both!(
    what_changed_since_it_was_looked_at_is_looked_at_again,
    |world| {
        let places = places(world).await;
        let (app, actor) = (&*places.app, &places.coach.actor());
        let coach = signed_in(&places, &places.coach).await;
        let path = format!("/cases/{}/refer/{}", places.case, places.inbox);
        let send = format!("{path}/send");
        let lines = ["chosen_name", "statement"];
        let before = looked(&coach, &path, &ticks("debt", &lines)).await;
        let mut sheet = amina();
        sheet.chosen = "Efua".into();
        case::person_change(app, actor, places.case, &sheet)
            .await
            .unwrap();
        let (status, _, again) = coach.post(&send, &before, &AGREED).await;
        assert_eq!(status, StatusCode::CONFLICT, "{again}");
        assert!(
            again.contains("What they will see is not what you looked at"),
            "{again}"
        );
        assert!(packet(&again).contains("Efua"), "{again}");

        // That they did not agree is a thing the service reads, so it is looked at as well.
        let other = [
            ("alone", "yes"),
            ("agreed", "did_not_agree"),
            ("rests", "other"),
            ("basis", "vital_interests_6_1_d"),
            ("art9", "vital_interests_incapable_9_2_c"),
            ("reasons", "He is on his way to her."),
            ("life", "yes"),
        ];
        assert!(!again.contains("Speak to the worker before you contact them"));
        let (status, _, without) = coach.post(&send, &again, &other).await;
        assert_eq!(status, StatusCode::CONFLICT, "{without}");
        assert!(packet(&without).contains("Speak to the worker before you contact them"));

        // Their own words changed: the lines are gone through again.
        let words = Words::new("I owe rent.").unwrap();
        case::statement_write(app, actor, places.case, &words)
            .await
            .unwrap();
        let (status, _, again) = coach.post(&send, &without, &other).await;
        assert_eq!(status, StatusCode::CONFLICT, "{again}");
        assert!(
            again.contains("Their words have changed since you looked"),
            "{again}"
        );
        let (_, list) = coach
            .get(&format!("/cases/{}/referrals", places.case))
            .await;
        assert!(
            !list.contains("href=\"/referrals/"),
            "nothing was sent: {list}"
        );

        let preview = looked(&coach, &path, &ticks("debt", &lines)).await;
        let (_, _, without) = coach.post(&send, &preview, &other).await;
        let (status, to, page) = coach.post(&send, &without, &other).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        let (_, sent) = coach.get(&to).await;
        assert_eq!(packet(&sent), packet(&without));
        let partner = signed_in(&places, &places.partner).await;
        let (_, page) = partner.get(&theirs(&request_of(&sent))).await;
        assert_eq!(packet(&page), packet(&without));
    }
);
