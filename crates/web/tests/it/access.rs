//! Signing in, the lock, people and access, programs and the record, through their pages.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::office::{Browser, link_of, office, pressed, value_of};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use throughline_core::role::Role;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_testkit::both;

both!(
    a_joiner_is_let_in_and_a_leaver_is_out_at_the_next_click,
    |world| {
        let office = office(world).await;
        let ada = pressed(&office, "Ada").await;
        let none = ada
            .send(
                "/admin/people/new",
                "/admin/people/new",
                "name=&email=bea&role=work_coach&site=",
            )
            .await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        let form = ada.get("/admin/people/new").await.page;
        let site = form
            .split_once(">Peckham<")
            .map(|(before, _)| before.rsplit('"').nth(1).unwrap_or_default().to_owned());
        let site = site.unwrap_or_default();
        let fields = format!("name=Bea&email=bea%40example.org&role=work_coach&site={site}");
        let made = ada
            .send("/admin/people/new", "/admin/people/new", &fields)
            .await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.page);
        let link = link_of(&made.page);
        let bea = Browser::new(&office);
        let short = bea.send(&link, &link, "password=short").await;
        assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            bea.send(&link, &link, "password=three+plain+words")
                .await
                .to,
            "/sign-in"
        );
        let wrong = bea
            .send(
                "/sign-in",
                "/sign-in",
                "email=bea%40example.org&password=wrong",
            )
            .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            !wrong.page.contains("wrong\""),
            "a password is never shown again"
        );
        let done = bea
            .send(
                "/sign-in",
                "/sign-in",
                "email=bea%40example.org&password=three+plain+words",
            )
            .await;
        assert_eq!(done.to, "/today");
        assert!(bea.jar.borrow().contains_key("__Host-session"));
        assert_eq!(bea.get("/today").await.status, StatusCode::OK);
        assert_eq!(
            bea.get("/admin").await.status,
            StatusCode::NOT_FOUND,
            "not for this role"
        );

        let list = ada.get("/admin").await.page;
        let (before, _) = list.split_once(">Bea</a>").unwrap();
        let path = before
            .rsplit('"')
            .find(|part| part.starts_with("/admin/people/"))
            .unwrap()
            .to_owned();
        let ended = ada.send(&path, &format!("{path}/end"), "taker=").await;
        assert_eq!(ended.to, "/admin", "{}", ended.page);
        assert_eq!(bea.get("/today").await.to, "/sign-in");
        let again = bea
            .send(
                "/sign-in",
                "/sign-in",
                "email=bea%40example.org&password=three+plain+words",
            )
            .await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        let own = format!("/admin/people/{}", office.people["Ada"].reference);
        assert!(
            !ada.get(&own).await.page.contains("/end"),
            "nobody ends their own access"
        );
    }
);

both!(
    many_colleagues_are_listed_in_pages_and_none_is_lost,
    |world| {
        let office = office(world).await;
        let una = &office.people["Una"];
        let (organisation, site) = (una.organisation, una.site);
        world
            .store
            .work(&Actor::Public, Purpose::AdministerAccess, |w| {
                Box::pin(async move {
                    for n in 0..117 {
                        let new = NewAccount {
                            organisation,
                            site,
                            role: Role::WorkCoach,
                            name: &format!("Colleague {n:03}"),
                            email: &format!("c{n}@example.org"),
                            password: None,
                        };
                        w.account_create(&new).await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        let ada = pressed(&office, "Ada").await;
        let mut seen = std::collections::BTreeSet::new();
        for (path, rows) in [("/admin", 50), ("/admin?page=2", 50), ("/admin?page=3", 21)] {
            let page = ada.get(path).await.page;
            let here: Vec<String> = page
                .split("href=\"/admin/people/")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .filter(|reference| *reference != "new")
                .map(str::to_owned)
                .collect();
            assert_eq!(here.len(), rows, "{path}");
            seen.extend(here);
            assert!(page.contains("govuk-pagination"), "{path}");
        }
        assert_eq!(seen.len(), 121);
        // A page that is not there is the nearest that is.
        let beyond = ada.get("/admin?page=900").await.page;
        assert!(beyond.contains("aria-current=\"page\"") && beyond.contains("/admin?page=2"));
    }
);

both!(the_lock_shows_no_name_and_leads_back_to_the_page, |world| {
    let office = office(world).await;
    let ada = pressed(&office, "Ada").await;
    let una = format!("/admin/people/{}", office.people["Una"].reference);
    let stopped = ada.send(&una, &format!("{una}/stop"), "").await;
    let link = link_of(&stopped.page);
    let una = Browser::new(&office);
    una.send(&link, &link, "password=three+plain+words").await;
    una.send(
        "/sign-in",
        "/sign-in",
        "email=una%40example.org&password=three+plain+words",
    )
    .await;
    assert!(una.get("/today").await.page.contains("Una"));
    world.clock.advance_seconds(11 * 60);
    assert_eq!(una.get("/second-step").await.to, "/locked");
    let page = una.get("/locked").await.page;
    assert!(
        !page.contains("Una") && !page.contains("Jobcentre"),
        "{page}"
    );
    let wrong = una.send("/locked", "/locked", "password=wrong").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let back = una
        .send("/locked", "/locked", "password=three+plain+words")
        .await;
    assert_eq!(back.to, "/second-step");
    assert_eq!(una.get("/today").await.status, StatusCode::OK);
    let out = una.send("/second-step", "/sign-out", "").await;
    assert_eq!(out.to, "/sign-in");
    assert!(!una.jar.borrow().contains_key("__Host-session"));
    assert!(
        una.jar.borrow().contains_key("__Host-device"),
        "the device stays known"
    );
});

both!(
    a_program_needs_a_step_up_and_its_secret_is_shown_once,
    |world| {
        let office = office(world).await;
        let (lee, ada) = (pressed(&office, "Lee").await, pressed(&office, "Ada").await);
        assert_eq!(
            lee.get("/admin/programs").await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(ada.get("/admin/programs/new").await.to, "/step-up");
        let wrong = ada.send("/step-up", "/step-up", "password=anything").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Ada chooses a password by a link and proves herself with it.
        let account = &office.people["Ada"];
        let code = office
            .web
            .identity()
            .welcome_code(account.reference, account.version);
        let link = format!("/welcome/{code}");
        ada.jar.borrow_mut().clear();
        ada.send(&link, &link, "password=three+plain+words").await;
        ada.send(
            "/sign-in",
            "/sign-in",
            "email=ada%40example.org&password=three+plain+words",
        )
        .await;
        let up = ada
            .send(
                "/step-up",
                "/step-up",
                "next=/admin/programs/new&password=three+plain+words",
            )
            .await;
        assert_eq!(up.to, "/admin/programs/new");
        let none = ada
            .send("/admin/programs/new", "/admin/programs/new", "name=Housing")
            .await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = ada
            .send(
                "/admin/programs/new",
                "/admin/programs/new",
                "name=Housing&scopes=case_read",
            )
            .await;
        let (_, secret) = made.page.split_once("tlc_").unwrap();
        let secret: String = secret.chars().take(43).collect();
        let bearer = format!("tlc_{secret}");
        let client = || office.web.identity().client_of_secret(&bearer);
        assert!(client().await.unwrap().is_some());
        let list = ada.get("/admin/programs").await.page;
        assert!(list.contains("Housing") && !list.contains(&secret));
        let revoke = list
            .split('"')
            .find(|part| part.ends_with("/revoke"))
            .unwrap()
            .to_owned();
        assert_eq!(
            ada.send("/admin/programs", &revoke, "").await.to,
            "/admin/programs"
        );
        assert!(client().await.unwrap().is_none());
    }
);

both!(the_officer_sees_refusals_and_a_whole_record, |world| {
    let office = office(world).await;
    let (una, ola) = (pressed(&office, "Una").await, pressed(&office, "Ola").await);
    let ada = pressed(&office, "Ada").await;
    let missing = format!("/admin/people/{}", world.env.reference());
    assert_eq!(ada.get(&missing).await.status, StatusCode::NOT_FOUND);
    assert_eq!(una.get("/security").await.status, StatusCode::NOT_FOUND);
    let page = ola.get("/security").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.page.contains("Ada"), "who was refused is named");
    let checked = ola.send("/security", "/security/check", "").await;
    assert!(checked.page.contains("every one fits"), "{}", checked.page);
    let of = format!("/security/people/{}", office.people["Ada"].reference);
    assert_eq!(ola.get(&of).await.status, StatusCode::OK);
    let rubbish = format!("/security/people/{}", world.env.reference());
    assert_eq!(ola.get(&rubbish).await.status, StatusCode::NOT_FOUND);
});

both!(
    a_signed_in_page_without_its_token_changes_nothing,
    |world| {
        let office = office(world).await;
        let ada = pressed(&office, "Ada").await;
        let request = Request::post("/admin/sites")
            .header(header::COOKIE, ada.cookies())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("name=Brixton&nation=england"))
            .unwrap();
        assert_eq!(ada.ask(request).await.status, StatusCode::FORBIDDEN);
        let done = ada
            .send(
                "/admin/sites",
                "/admin/sites",
                "name=Brixton&nation=england&room=yes",
            )
            .await;
        assert_eq!(done.to, "/admin/sites", "{}", done.page);
        assert!(ada.get("/admin/sites").await.page.contains("Brixton"));
    }
);

both!(
    an_administrator_is_told_what_is_missing_until_a_site_has_a_lead,
    |world| {
        let office = office(world).await;
        let (una, ada) = (pressed(&office, "Una").await, pressed(&office, "Ada").await);
        let first = ada.get("/admin").await.page;
        assert!(first.contains("Peckham has no lead"), "{first}");
        let at = first
            .split('"')
            .find(|part| part.starts_with("/admin/sites/"))
            .unwrap()
            .to_owned();
        let shown = ada.get(&at).await.page;
        assert!(shown.contains("Peckham has no lead") && shown.contains("Nobody"));
        assert!(
            shown.contains("stand in") && shown.contains("Lee"),
            "who is told meanwhile is said: {shown}"
        );
        let lead = format!("{at}/posts/lead");
        assert_eq!(una.get(&at).await.status, StatusCode::NOT_FOUND);
        assert_eq!(una.get(&lead).await.status, StatusCode::NOT_FOUND);

        // Naming asks for proof, and the proof leads back to the page.
        assert_eq!(ada.get(&lead).await.to, "/step-up");
        let next = value_of(&ada.get("/step-up").await.page, "next").unwrap();
        let proof = format!("next={next}&password=");
        assert_eq!(ada.send("/step-up", "/step-up", &proof).await.to, lead);
        let form = ada.get(&lead).await.page;
        assert!(form.contains("Lee") && !form.contains(">Una<"), "{form}");
        let none = ada.send(&lead, &lead, "account=").await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(none.page.contains("Choose who is to hold the post"));
        let coach = format!("account={}", office.people["Una"].reference);
        let wrong = ada.send(&lead, &lead, &coach).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            wrong
                .page
                .contains("Choose a safety lead who works at this site")
        );
        let lee = format!("account={}", office.people["Lee"].reference);
        let named = ada.send(&lead, &lead, &lee).await;
        assert_eq!(named.to, at, "{}", named.page);
        let shown = ada.get(&at).await.page;
        assert!(shown.contains("Lee, since") && !shown.contains("has no lead"));
        let second = format!("{at}/posts/deputy");
        let two = ada.send(&second, &second, &lee).await;
        assert_eq!(two.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(two.page.contains("Name another lead first"));
        assert!(!ada.get("/admin").await.page.contains("has no lead"));

        let no_post = format!("{at}/posts/emperor");
        assert_eq!(ada.get(&no_post).await.status, StatusCode::NOT_FOUND);
        let no_site = format!("/admin/sites/{}", world.env.reference());
        assert_eq!(ada.get(&no_site).await.status, StatusCode::NOT_FOUND);
    }
);
