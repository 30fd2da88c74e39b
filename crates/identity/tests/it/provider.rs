//! Signing in at the organisation's own sign-in service: what lets somebody in, and everything that must not. On both databases.
//! The service here is one that can be made to lie; a real one stands on the other side in the browser tests.

use crate::world;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::world::{PASSWORD, access_ends, administrator, attempt, office, signed};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use throughline_core::time::At;
use throughline_identity::cookies::Devices;
use throughline_identity::flow::{Aim, Flow};
use throughline_identity::outside::Came;
use throughline_identity::provider::{Provider, Returned, Settings, Wire};
use throughline_identity::sessions::{Authenticated, Presence};
use throughline_identity::ways::{Changed, Way};
use throughline_identity::{Identity, Token, totp};
use throughline_policy::Actor;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const ISSUER: &str = "https://login.example.org";
const US: &str = "throughline";
const OFFICE: &str = "192.0.2.10";

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
}

/// One code that the service has given out.
struct Grant {
    challenge: String,
    id_token: String,
}

struct Said {
    key: EcdsaKeyPair,
    issuer: String,
    away: bool,
    codes: BTreeMap<String, Grant>,
}

/// A sign-in service that says what a test wants.
#[derive(Clone)]
struct Service(Arc<Mutex<Said>>);

/// How an ID token is written.
#[derive(Clone, Copy, PartialEq)]
enum Signed {
    Rightly,
    ByAStranger,
    NotAtAll,
    WithThePublicKey,
    ByAnUnknownKey,
    WithSomethingCritical,
}

impl Service {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Said {
            key: new_key(),
            issuer: ISSUER.to_owned(),
            away: false,
            codes: BTreeMap::new(),
        })))
    }

    fn token(&self, claims: &Value, how: Signed) -> String {
        let said = self.0.lock().unwrap();
        let header = match how {
            Signed::NotAtAll => json!({ "alg": "none" }),
            Signed::WithThePublicKey => json!({ "alg": "HS256", "kid": "one" }),
            Signed::ByAnUnknownKey => json!({ "alg": "ES256", "kid": "two" }),
            Signed::WithSomethingCritical => json!({ "alg": "ES256", "kid": "one", "crit": ["x"] }),
            Signed::Rightly | Signed::ByAStranger => json!({ "alg": "ES256", "kid": "one" }),
        };
        let message = format!("{}.{}", text(header.to_string()), text(claims.to_string()));
        let sign = |key: &EcdsaKeyPair| {
            let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            text(signature)
        };
        let signature = match how {
            Signed::NotAtAll => String::new(),
            Signed::ByAStranger => sign(&new_key()),
            Signed::WithThePublicKey => {
                let key =
                    ring::hmac::Key::new(ring::hmac::HMAC_SHA256, said.key.public_key().as_ref());
                text(ring::hmac::sign(&key, message.as_bytes()))
            }
            _ => sign(&said.key),
        };
        format!("{message}.{signature}")
    }

    /// Lets somebody in: a code for what was asked at `url`.
    fn grant(&self, url: &str, code: &str, claims: &Value, how: Signed) {
        let id_token = self.token(claims, how);
        let grant = Grant {
            challenge: asked(url, "code_challenge"),
            id_token,
        };
        self.0.lock().unwrap().codes.insert(code.to_owned(), grant);
    }
}

impl Wire for Service {
    fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let said = self.0.lock().unwrap();
        if said.away {
            return Err("nobody answers".to_owned());
        }
        let answer = match url.strip_prefix(ISSUER) {
            Some("/.well-known/openid-configuration") => json!({
                "issuer": said.issuer,
                "authorization_endpoint": format!("{ISSUER}/auth"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
                "authorization_response_iss_parameter_supported": true,
            }),
            Some("/keys") => {
                let point = said.key.public_key().as_ref();
                json!({ "keys": [
                    { "kty": "unheard of" },
                    { "kty": "EC", "crv": "P-256", "use": "sig", "kid": "one",
                      "x": text(&point[1..33]), "y": text(&point[33..65]) },
                ] })
            }
            _ => return Err(format!("there is no {url}")),
        };
        Ok(answer.to_string().into_bytes())
    }

    fn post(
        &self,
        url: &str,
        form: &str,
        authorization: Option<&str>,
    ) -> Result<(u16, Vec<u8>), String> {
        assert_eq!(url, format!("{ISSUER}/token"));
        assert_eq!(
            authorization,
            Some("Basic dGhyb3VnaGxpbmU6YSUyMHNlY3JldA==")
        );
        let field = |name: &str| asked(&format!("?{form}"), name);
        let mut said = self.0.lock().unwrap();
        if said.away {
            return Err("nobody answers".to_owned());
        }
        let proof = ring::digest::digest(&ring::digest::SHA256, field("code_verifier").as_bytes());
        match said.codes.remove(&field("code")) {
            Some(grant) if grant.challenge == text(proof) => {
                let body = json!({ "access_token": "x", "id_token": grant.id_token });
                Ok((200, body.to_string().into_bytes()))
            }
            _ => Ok((400, b"{\"error\":\"invalid_grant\"}".to_vec())),
        }
    }
}

/// What a query asks.
fn asked(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .unwrap()
        .1
        .to_owned()
}

fn with(world: &TestStore, service: &Service) -> Identity {
    let settings = Settings {
        issuer: ISSUER.to_owned(),
        client_id: US.to_owned(),
        secret: Some("a secret".to_owned()),
        name: "Example".to_owned(),
        second_factor_amr: vec!["mfa".to_owned()],
        back: "https://throughline.example/sign-in/back".to_owned(),
        ..Settings::default()
    };
    world::identity(world).with_provider(Provider::new(settings, Box::new(service.clone())))
}

/// What the service says of somebody, when all is well.
fn claims(url: &str, subject: &str, now: At) -> Value {
    let now = now.micros() / 1_000_000;
    json!({
        "iss": ISSUER, "sub": subject, "aud": US, "exp": now + 300, "iat": now,
        "nonce": asked(url, "nonce"), "auth_time": now, "email": "coach0@example.org",
        "email_verified": true,
    })
}

fn returned<'a>(code: &'a str, state: &'a str) -> Returned<'a> {
    Returned {
        code,
        state,
        issuer: ISSUER,
    }
}

/// Goes there and comes back as `subject`.
async fn goes(
    world: &TestStore,
    service: &Service,
    identity: &Identity,
    flow: &Flow,
    subject: &str,
    here: Option<(&Authenticated, &Token)>,
) -> Came {
    let url = identity.way_to_provider(flow).await.unwrap();
    let claims = claims(&url, subject, world.env.now());
    service.grant(&url, "a-code", &claims, Signed::Rightly);
    identity
        .came_back(
            flow,
            returned("a-code", &asked(&url, "state")),
            here.map(|(here, _)| here),
            here.map(|(_, token)| token),
        )
        .await
        .unwrap()
}

async fn here(identity: &Identity, token: &Token) -> Authenticated {
    match identity.actor_of_session(Some(token)).await.unwrap() {
        Presence::Here(here) | Presence::Locked(here) => here,
        Presence::Absent => panic!("nobody is there"),
    }
}

/// Signs in with the password, proves themselves again and ties the account to `subject`; gives the session.
async fn ties(
    world: &TestStore,
    service: &Service,
    identity: &Identity,
    who: &str,
    subject: &str,
) -> Token {
    let none = Devices::default();
    let email = format!("{who}@example.org");
    let begun = signed(identity, &attempt(&email, PASSWORD, &none, OFFICE)).await;
    let throughline_identity::sessions::Proof::Done(token) = identity
        .step_up(&begun.token, PASSWORD, None)
        .await
        .unwrap()
    else {
        panic!("not proved")
    };
    let me = here(identity, &token).await;
    let flow = identity.flow_begin(Aim::Link, &me.csrf);
    let came = goes(
        world,
        service,
        identity,
        &flow,
        subject,
        Some((&me, &token)),
    )
    .await;
    assert!(matches!(came, Came::Linked), "{came:?}");
    token
}

both!(
    whoever_is_tied_signs_in_there_and_nobody_is_known_by_an_address,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        let people = office(world, &identity, false, 2).await;
        let begin = || identity.flow_begin(Aim::SignIn, "");
        // The service vouches for the very e-mail address of an account; that is nobody.
        let came = goes(world, &service, &identity, &begin(), "jo", None).await;
        assert!(matches!(came, Came::Refused), "{came:?}");
        ties(world, &service, &identity, "coach1", "jo").await;
        let came = goes(world, &service, &identity, &begin(), "jo", None).await;
        let Came::Signed(done) = came else {
            panic!("{came:?}")
        };
        // It is the account that was tied, not the one whose address the service named.
        assert_eq!(done.account, people[1].id);
        // Another issuer's "jo" is somebody else: the tie holds both.
        let other = goes(world, &service, &identity, &begin(), "jo2", None).await;
        assert!(matches!(other, Came::Refused), "{other:?}");
    }
);

both!(nobody_ties_an_account_without_proving_themselves, |world| {
    let service = Service::new();
    let identity = with(world, &service);
    office(world, &identity, false, 2).await;
    let none = Devices::default();
    let mail = "coach0@example.org";
    let begun = signed(&identity, &attempt(mail, PASSWORD, &none, OFFICE)).await;
    let me = here(&identity, &begun.token).await;
    let flow = identity.flow_begin(Aim::Link, &me.csrf);
    let came = goes(
        world,
        &service,
        &identity,
        &flow,
        "jo",
        Some((&me, &begun.token)),
    )
    .await;
    assert!(matches!(came, Came::Over), "{came:?}");
    // Nor with a way that another session began, and nobody takes what is somebody else's.
    let token = ties(world, &service, &identity, "coach1", "sam").await;
    let other = here(&identity, &token).await;
    let flow = identity.flow_begin(Aim::Link, &me.csrf);
    let came = goes(
        world,
        &service,
        &identity,
        &flow,
        "jo",
        Some((&other, &token)),
    )
    .await;
    assert!(matches!(came, Came::Over), "{came:?}");
    let throughline_identity::sessions::Proof::Done(token) = identity
        .step_up(&begun.token, PASSWORD, None)
        .await
        .unwrap()
    else {
        panic!("not proved")
    };
    let me = here(&identity, &token).await;
    let flow = identity.flow_begin(Aim::Link, &me.csrf);
    let came = goes(
        world,
        &service,
        &identity,
        &flow,
        "sam",
        Some((&me, &token)),
    )
    .await;
    assert!(matches!(came, Came::Taken), "{came:?}");
});

/// Everything in an answer that an attacker might change, and what must come of it: only what is wholly right lets somebody in.
type Change = fn(&mut Value);

both!(what_is_not_wholly_right_lets_nobody_in, |world| {
    let service = Service::new();
    let identity = with(world, &service);
    office(world, &identity, false, 1).await;
    ties(world, &service, &identity, "coach0", "jo").await;
    let tells = async |how: Signed, change: Change, state: Option<&str>, issuer: &str| {
        let flow = identity.flow_begin(Aim::SignIn, "");
        let url = identity.way_to_provider(&flow).await.unwrap();
        let mut claims = claims(&url, "jo", world.env.now());
        change(&mut claims);
        service.grant(&url, "a-code", &claims, how);
        let own = asked(&url, "state");
        let given = Returned {
            code: "a-code",
            state: state.unwrap_or(&own),
            issuer,
        };
        identity.came_back(&flow, given, None, None).await.unwrap()
    };
    let nothing: Change = |_| {};
    // The control: the same steps with nothing changed let somebody in, before and after.
    let right = tells(Signed::Rightly, nothing, None, ISSUER).await;
    assert!(matches!(right, Came::Signed(_)), "{right:?}");
    let changes: [(&str, Change); 14] = [
        ("another nonce", |c| c["nonce"] = json!("another")),
        ("no nonce", |c| {
            c.as_object_mut().unwrap().remove("nonce");
        }),
        ("another audience", |c| c["aud"] = json!("somebody else")),
        ("no audience", |c| {
            c.as_object_mut().unwrap().remove("aud");
        }),
        ("two audiences", |c| {
            c["aud"] = json!([US, "somebody else"]);
        }),
        ("another party", |c| c["azp"] = json!("somebody else")),
        ("another issuer", |c| {
            c["iss"] = json!("https://evil.example");
        }),
        ("over", |c| c["exp"] = json!(1)),
        ("never over", |c| {
            c.as_object_mut().unwrap().remove("exp");
        }),
        ("an end that is no number", |c| {
            c["exp"] = json!("9999999999");
        }),
        ("made in the future", |c| {
            c["iat"] = json!(c["iat"].as_i64().unwrap() + 600);
        }),
        ("nobody", |c| c["sub"] = json!("")),
        ("no subject", |c| {
            c.as_object_mut().unwrap().remove("sub");
        }),
        ("another subject", |c| c["sub"] = json!("jo\n")),
    ];
    for (what, change) in changes {
        let came = tells(Signed::Rightly, change, None, ISSUER).await;
        assert!(!matches!(came, Came::Signed(_)), "{what}: {came:?}");
    }
    for how in [
        Signed::ByAStranger,
        Signed::NotAtAll,
        Signed::WithThePublicKey,
        Signed::ByAnUnknownKey,
        Signed::WithSomethingCritical,
    ] {
        let came = tells(how, nothing, None, ISSUER).await;
        assert!(matches!(came, Came::Refused), "{came:?}");
    }
    for (state, issuer) in [
        (Some(""), ISSUER),
        (Some("another"), ISSUER),
        (None, "https://evil.example"),
        (None, ""),
    ] {
        let came = tells(Signed::Rightly, nothing, state, issuer).await;
        assert!(
            matches!(came, Came::Refused),
            "{state:?} {issuer}: {came:?}"
        );
    }
    let right = tells(Signed::Rightly, nothing, None, ISSUER).await;
    assert!(matches!(right, Came::Signed(_)), "{right:?}");
});

both!(
    an_answer_works_once_and_in_the_browser_that_asked,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        office(world, &identity, false, 1).await;
        ties(world, &service, &identity, "coach0", "jo").await;
        let flow = identity.flow_begin(Aim::SignIn, "");
        let url = identity.way_to_provider(&flow).await.unwrap();
        let state = asked(&url, "state");
        let claims = claims(&url, "jo", world.env.now());
        // An attacker's own answer, put before somebody else's browser: that browser is on another way.
        service.grant(&url, "a-code", &claims, Signed::Rightly);
        let theirs = identity.flow_begin(Aim::SignIn, "");
        let came = identity
            .came_back(&theirs, returned("a-code", &state), None, None)
            .await
            .unwrap();
        assert!(matches!(came, Came::Refused), "{came:?}");
        let back = async |code: &str| {
            identity
                .came_back(&flow, returned(code, &state), None, None)
                .await
                .unwrap()
        };
        let first = back("a-code").await;
        assert!(matches!(first, Came::Signed(_)), "{first:?}");
        let again = back("a-code").await;
        assert!(matches!(again, Came::Refused), "{again:?}");
        // Even a service that redeems a code twice does not begin a second session.
        service.grant(&url, "a-code", &claims, Signed::Rightly);
        let again = back("a-code").await;
        assert!(matches!(again, Came::Over), "{again:?}");
        // A code that was stolen on the way is worth nothing without the proof key.
        let stolen = identity.flow_begin(Aim::SignIn, "");
        let elsewhere = identity.way_to_provider(&stolen).await.unwrap();
        service.grant(&url, "stolen", &claims, Signed::Rightly);
        let state = asked(&elsewhere, "state");
        let came = identity
            .came_back(&stolen, returned("stolen", &state), None, None)
            .await
            .unwrap();
        assert!(matches!(came, Came::Refused), "{came:?}");
    }
);

both!(
    the_cookie_of_a_way_cannot_be_changed_and_is_over_in_ten_minutes,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        office(world, &identity, false, 1).await;
        let flow = identity.flow_begin(Aim::StepUp, "abc");
        let cookie = identity.flow_cookie(&flow);
        let read = |cookie: &str| identity.flow_of(cookie).map(|flow| flow.aim());
        assert_eq!(read(&cookie), Some(Aim::StepUp));
        assert_eq!(read(&cookie.replace("step-up", "sign-in")), None);
        assert_eq!(read(&cookie.replace(".abc.", ".abd.")), None);
        let until = cookie.split('.').nth(1).unwrap();
        assert_eq!(read(&cookie.replace(until, "99999999999999999")), None);
        assert_eq!(read(""), None);
        world.clock.advance_seconds(599);
        assert_eq!(read(&cookie), Some(Aim::StepUp));
        world.clock.advance_seconds(1);
        assert_eq!(read(&cookie), None);
    }
);

both!(
    a_way_in_that_was_begun_before_the_access_was_stopped_is_not_made_after_it,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        let people = office(world, &identity, false, 2).await;
        let ada = administrator(world, &people).await;
        for (at, who) in ["coach0", "coach1"].into_iter().enumerate() {
            let token = ties(world, &service, &identity, who, who).await;
            let me = here(&identity, &token).await;
            let flow = identity.flow_begin(Aim::Link, &me.csrf);
            // The control: as long as nobody stops it, the same is tied.
            let stopped = at == 1;
            if stopped {
                access_ends(world, &ada, &people[at], false).await;
            }
            let came = goes(
                world,
                &service,
                &identity,
                &flow,
                "new",
                Some((&me, &token)),
            )
            .await;
            assert_eq!(matches!(came, Came::Linked), !stopped, "{who}: {came:?}");
            if stopped {
                assert!(matches!(came, Came::Over), "{came:?}");
            } else {
                let gone = Way::Provider;
                let me = here(&identity, &token).await;
                assert_eq!(identity.way_remove(&me, gone).await.unwrap(), Changed::Done);
            }
        }
    }
);

both!(whoever_has_left_is_nobody_there_either, |world| {
    let service = Service::new();
    let identity = with(world, &service);
    let people = office(world, &identity, false, 2).await;
    let ada = administrator(world, &people).await;
    for (who, subject) in [("coach0", "jo"), ("coach1", "sam")] {
        ties(world, &service, &identity, who, subject).await;
    }
    let comes = async |subject: &str| {
        let flow = identity.flow_begin(Aim::SignIn, "");
        goes(world, &service, &identity, &flow, subject, None).await
    };
    access_ends(world, &ada, &people[0], true).await;
    access_ends(world, &ada, &people[1], false).await;
    for subject in ["jo", "sam"] {
        let came = comes(subject).await;
        assert!(matches!(came, Came::Refused), "{subject}: {came:?}");
    }
});

both!(
    the_second_factor_is_asked_here_unless_it_was_asked_there,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        office(world, &identity, false, 1).await;
        let token = ties(world, &service, &identity, "coach0", "jo").await;
        let me = here(&identity, &token).await;
        let secret = world::unspell(&identity.totp_begin(&me, "Desk").spelled);
        let code = || totp::code_at(&secret, world.env.now()).unwrap();
        assert!(identity.totp_finish(&me, &code()).await.unwrap());
        world.clock.advance_seconds(30);
        let comes = async |mfa: bool| {
            let flow = identity.flow_begin(Aim::SignIn, "");
            let url = identity.way_to_provider(&flow).await.unwrap();
            let mut claims = claims(&url, "jo", world.env.now());
            if mfa {
                claims["amr"] = json!(["pwd", "mfa"]);
            }
            service.grant(&url, "a-code", &claims, Signed::Rightly);
            let state = asked(&url, "state");
            identity
                .came_back(&flow, returned("a-code", &state), None, None)
                .await
                .unwrap()
        };
        assert!(matches!(comes(true).await, Came::Signed(_)));
        let Came::NeedsCode(next) = comes(false).await else {
            panic!("no code was asked for")
        };
        let gives = async |code: &str| {
            identity
                .code_after_provider(&next, code, None, None)
                .await
                .unwrap()
        };
        assert!(matches!(gives("000000").await, Came::Refused));
        assert!(matches!(gives("").await, Came::Refused));
        let right = code();
        assert!(matches!(gives(&right).await, Came::Signed(_)));
        assert!(
            matches!(gives(&right).await, Came::Refused),
            "a code works once"
        );
        // And the way is used up by it: a new code needs the service once more.
        world.clock.advance_seconds(60);
        assert!(
            matches!(gives(&code()).await, Came::Over),
            "a way works once"
        );
        for _ in 0..6 {
            gives("000000").await;
        }
        assert!(
            matches!(gives("000000").await, Came::Slow(_)),
            "guessing is slowed"
        );
    }
);

both!(
    proving_oneself_there_takes_a_fresh_proof_of_the_same_person,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        office(world, &identity, false, 2).await;
        ties(world, &service, &identity, "coach1", "sam").await;
        let token = ties(world, &service, &identity, "coach0", "jo").await;
        world.clock.advance_seconds(60);
        let me = here(&identity, &token).await;
        let proves = async |subject: &str, old: i64| {
            let flow = identity.flow_begin(Aim::StepUp, &me.csrf);
            let url = identity.way_to_provider(&flow).await.unwrap();
            assert_eq!(asked(&url, "max_age"), "0");
            let mut claims = claims(&url, subject, world.env.now());
            claims["auth_time"] = json!(claims["iat"].as_i64().unwrap() - old);
            service.grant(&url, "a-code", &claims, Signed::Rightly);
            let state = asked(&url, "state");
            identity
                .came_back(&flow, returned("a-code", &state), Some(&me), Some(&token))
                .await
                .unwrap()
        };
        let came = proves("sam", 0).await;
        assert!(matches!(came, Came::Refused), "a colleague: {came:?}");
        let came = proves("jo", 3600).await;
        assert!(matches!(came, Came::Refused), "an hour ago: {came:?}");
        // "Ask them now" can be taken out of the address: then an earlier proof comes back, however short a time ago it was.
        let came = proves("jo", 100).await;
        assert!(matches!(came, Came::Refused), "before it began: {came:?}");
        let came = proves("jo", -3600).await;
        assert!(matches!(came, Came::Refused), "not yet: {came:?}");
        let came = proves("jo", 0).await;
        let Came::Proved(token) = came else {
            panic!("{came:?}")
        };
        let Actor::Staff { stepped_up_at, .. } = here(&identity, &token).await.actor else {
            panic!()
        };
        assert_eq!(stepped_up_at, Some(world.env.now()));
        identity.lock(&token).await.unwrap();
        // A way to prove oneself that was begun before the lock fell is no way round it.
        let flow = identity.flow_begin(Aim::StepUp, &me.csrf);
        let came = goes(world, &service, &identity, &flow, "jo", Some((&me, &token))).await;
        assert!(matches!(came, Came::Over), "{came:?}");
        let me = here(&identity, &token).await;
        let flow = identity.flow_begin(Aim::Unlock, &me.csrf);
        let came = goes(world, &service, &identity, &flow, "jo", Some((&me, &token))).await;
        let Came::Proved(token) = came else {
            panic!("{came:?}")
        };
        assert!(matches!(
            identity.actor_of_session(Some(&token)).await.unwrap(),
            Presence::Here(_)
        ));
    }
);

both!(
    a_service_that_is_away_keeps_nobody_out_who_has_a_password,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        office(world, &identity, false, 1).await;
        let flow = identity.flow_begin(Aim::SignIn, "");
        let url = identity.way_to_provider(&flow).await.unwrap();
        service.0.lock().unwrap().away = true;
        let state = asked(&url, "state");
        let came = identity
            .came_back(&flow, returned("a-code", &state), None, None)
            .await
            .unwrap();
        assert!(matches!(came, Came::Away), "{came:?}");
        let flow = identity.flow_begin(Aim::SignIn, "");
        assert_eq!(identity.way_to_provider(&flow).await, None);
        let none = Devices::default();
        let mail = "coach0@example.org";
        signed(&identity, &attempt(mail, PASSWORD, &none, OFFICE)).await;
        // One that says that it is another is not believed either.
        {
            let mut said = service.0.lock().unwrap();
            said.away = false;
            said.issuer = "https://evil.example".to_owned();
        }
        assert_eq!(identity.way_to_provider(&flow).await, None);
    }
);

both!(
    a_joiner_ties_the_account_by_the_link_and_the_link_is_used,
    |world| {
        let service = Service::new();
        let identity = with(world, &service);
        let people = office(world, &identity, false, 1).await;
        let ada = administrator(world, &people).await;
        let code = identity.welcome_code(ada.reference, ada.version);
        let flow = identity.flow_begin(Aim::Welcome, &code);
        let came = goes(world, &service, &identity, &flow, "ada there", None).await;
        let Came::Signed(done) = came else {
            panic!("{came:?}")
        };
        assert_eq!(done.account, ada.id);
        assert!(!identity.welcome_holds(&code).await.unwrap());
        let flow = identity.flow_begin(Aim::Welcome, &code);
        let came = goes(world, &service, &identity, &flow, "somebody else", None).await;
        assert!(matches!(came, Came::Over), "{came:?}");
    }
);
