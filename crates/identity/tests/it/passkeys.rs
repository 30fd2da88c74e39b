//! Passkeys: making, using and losing them, and everything that must not let anybody in. On both databases. The device here is made
//! of the same mathematics; a real browser's stands on the other side in the browser tests.

use crate::world;
use std::sync::Arc;

use crate::world::{PASSWORD, access_ends, administrator, attempt, identity, office, signed};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;
use throughline_core::id::Ref;
use throughline_identity::cookies::Devices;
use throughline_identity::flow::{Aim, Flow};
use throughline_identity::outside::Came;
use throughline_identity::passkey::{Made, Site, Used};
use throughline_identity::sessions::{Authenticated, Presence, Proof};
use throughline_identity::ways::{Changed, Way};
use throughline_identity::{Identity, Token, totp};
use throughline_policy::{Actor, Purpose};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const ADDRESS: &str = "https://throughline.example";
const OFFICE: &str = "192.0.2.10";

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn site() -> Site {
    Site::of(ADDRESS).unwrap()
}

/// What is wrong with what a device says.
type Change = fn(&mut Device);

/// A device with one passkey, which says what a test wants.
#[derive(Clone)]
struct Device {
    key: Arc<EcdsaKeyPair>,
    credential: Vec<u8>,
    user: Ref,
    counter: u32,
    origin: String,
    host: String,
    flags: u8,
}

/// What it sends, as text.
struct Sent {
    client: String,
    device: String,
    signature: String,
    key: String,
    credential: String,
    user: String,
}

impl Sent {
    fn made(&self) -> Made<'_> {
        Made {
            client_data: &self.client,
            device_data: &self.device,
            public_key: &self.key,
            credential: &self.credential,
        }
    }

    fn used(&self) -> Used<'_> {
        Used {
            client_data: &self.client,
            device_data: &self.device,
            signature: &self.signature,
            credential: &self.credential,
            user: &self.user,
        }
    }
}

impl Device {
    fn of(user: Ref, name: u8) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random)
            .unwrap();
        Self {
            key: Arc::new(key),
            credential: vec![name; 32],
            user,
            counter: 0,
            origin: ADDRESS.to_owned(),
            host: "throughline.example".to_owned(),
            flags: 0x05,
        }
    }

    fn says(&self, kind: &str, challenge: &str) -> Sent {
        let client = json!({ "type": kind, "challenge": challenge, "origin": self.origin });
        let client = client.to_string().into_bytes();
        let new = kind == "webauthn.create";
        let flags = self.flags | if new { 0x40 } else { 0 };
        let mut device = digest(&SHA256, self.host.as_bytes()).as_ref().to_vec();
        device.push(flags);
        device.extend(self.counter.to_be_bytes());
        if new {
            device.extend([0; 16]);
            device.extend(u16::try_from(self.credential.len()).unwrap().to_be_bytes());
            device.extend(&self.credential);
        }
        let message = [device.clone(), digest(&SHA256, &client).as_ref().to_vec()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        // `SubjectPublicKeyInfo` of P-256 (RFC 5480).
        let mut key = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        key.extend(self.key.public_key().as_ref());
        Sent {
            client: text(client),
            device: text(device),
            signature: text(signature),
            key: text(key),
            credential: text(&self.credential),
            user: text(self.user.bytes()),
        }
    }

    fn uses(&self, identity: &Identity, flow: &Flow) -> Sent {
        self.says("webauthn.get", &identity.flow_challenge(flow))
    }
}

async fn here(identity: &Identity, token: &Token) -> Authenticated {
    match identity.actor_of_session(Some(token)).await.unwrap() {
        Presence::Here(here) | Presence::Locked(here) => here,
        Presence::Absent => panic!("nobody is there"),
    }
}

async fn comes(identity: &Identity, who: &str) -> Token {
    let none = Devices::default();
    let email = format!("{who}@example.org");
    let begun = signed(identity, &attempt(&email, PASSWORD, &none, OFFICE)).await;
    begun.token
}

async fn proved(identity: &Identity, token: &Token) -> Token {
    let proof = identity.step_up(token, PASSWORD, None).await.unwrap();
    let Proof::Done(token) = proof else {
        panic!("{proof:?}")
    };
    token
}

/// Makes a passkey for somebody who has proved themselves again; gives their session.
async fn makes(identity: &Identity, who: &str, device: &Device) -> Token {
    let token = proved(identity, &comes(identity, who).await).await;
    let me = here(identity, &token).await;
    let flow = identity.flow_begin(Aim::NewPasskey, &me.csrf);
    let sent = device.says("webauthn.create", &identity.flow_challenge(&flow));
    let kept = identity
        .passkey_keep(&flow, &me, &site(), sent.made(), "Work laptop")
        .await
        .unwrap();
    assert_eq!(kept, Changed::Done);
    token
}

async fn signs_in(identity: &Identity, device: &Device) -> Came {
    let flow = identity.flow_begin(Aim::SignIn, "");
    let sent = device.uses(identity, &flow);
    identity
        .passkey_use(&flow, &site(), sent.used(), None, None)
        .await
        .unwrap()
}

/// The database behind the store's back.
async fn behind(world: &TestStore) -> sea_orm::DatabaseConnection {
    let url = match (world.sqlite_path(), world.postgres_url()) {
        (Some(path), _) => format!("sqlite://{}", path.display()),
        (None, Some(url)) => url,
        (None, None) => panic!("no database"),
    };
    sea_orm::Database::connect(url).await.unwrap()
}

async fn run(world: &TestStore, sql: &str) {
    use sea_orm::ConnectionTrait as _;
    behind(world).await.execute_unprepared(sql).await.unwrap();
}

/// How often something stands in the record.
async fn noted(world: &TestStore, action: &str) -> i64 {
    use sea_orm::{ConnectionTrait as _, Statement};
    let db = behind(world).await;
    let sql = format!("SELECT count(*) AS n FROM audit_entry WHERE action = '{action}'");
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .unwrap()
        .unwrap();
    row.try_get::<i64>("", "n").unwrap()
}

both!(a_passkey_stands_for_both_factors, |world| {
    let identity = identity(world);
    let people = office(world, &identity, false, 1).await;
    let mut device = Device::of(people[0].reference, 1);
    let token = makes(&identity, "coach0", &device).await;
    let me = here(&identity, &token).await;
    let secret = world::unspell(&identity.totp_begin(&me, "Desk").spelled);
    let code = totp::code_at(&secret, world.env.now()).unwrap();
    assert!(identity.totp_finish(&me, &code).await.unwrap());
    let came = signs_in(&identity, &device).await;
    let Came::Signed(done) = came else {
        panic!("{came:?}")
    };
    assert_eq!(done.account, people[0].id);
    // The same one steps up, and lifts the lock, without a password.
    world.clock.advance_seconds(1_000);
    let me = here(&identity, &done.token).await;
    for (aim, again) in [(Aim::Unlock, false), (Aim::StepUp, true)] {
        device.counter += 1;
        let flow = identity.flow_begin(aim, &me.csrf);
        let sent = device.uses(&identity, &flow);
        let came = identity
            .passkey_use(&flow, &site(), sent.used(), Some(&me), Some(&done.token))
            .await
            .unwrap();
        if again {
            // The token was changed by the first: this session is another page's now.
            assert!(matches!(came, Came::Over), "{came:?}");
        } else {
            let Came::Proved(token) = came else {
                panic!("{came:?}")
            };
            assert!(matches!(
                identity.actor_of_session(Some(&token)).await.unwrap(),
                Presence::Here(_)
            ));
        }
    }
});

both!(
    a_passkey_is_made_only_by_somebody_who_has_just_proved_themselves,
    |world| {
        let identity = identity(world);
        let people = office(world, &identity, false, 1).await;
        let device = Device::of(people[0].reference, 1);
        let token = comes(&identity, "coach0").await;
        let tries = async |token: &Token, device: &Device, aim: Aim| {
            let me = here(&identity, token).await;
            let flow = identity.flow_begin(aim, &me.csrf);
            let sent = device.says("webauthn.create", &identity.flow_challenge(&flow));
            identity
                .passkey_keep(&flow, &me, &site(), sent.made(), "Laptop")
                .await
                .unwrap()
        };
        assert_eq!(
            tries(&token, &device, Aim::NewPasskey).await,
            Changed::NotProved
        );
        let token = proved(&identity, &token).await;
        assert_eq!(tries(&token, &device, Aim::SignIn).await, Changed::Refused);
        let wrong: [fn(&mut Device); 4] = [
            |d| d.origin = "https://evil.example".to_owned(),
            |d| d.host = "evil.example".to_owned(),
            |d| d.flags = 0x01,
            |d| d.flags = 0x04,
        ];
        for change in wrong {
            let mut other = Device::of(people[0].reference, 2);
            change(&mut other);
            assert_eq!(
                tries(&token, &other, Aim::NewPasskey).await,
                Changed::Refused
            );
        }
        assert_eq!(tries(&token, &device, Aim::NewPasskey).await, Changed::Done);
        assert_eq!(
            tries(&token, &device, Aim::NewPasskey).await,
            Changed::Refused,
            "kept already"
        );
    }
);

both!(what_a_passkey_did_not_sign_for_us_lets_nobody_in, |world| {
    let identity = identity(world);
    let people = office(world, &identity, false, 2).await;
    let device = Device::of(people[0].reference, 1);
    makes(&identity, "coach0", &device).await;
    let right = async || matches!(signs_in(&identity, &device).await, Came::Signed(_));
    // The control: nothing changed, somebody is let in.
    assert!(right().await);
    let flow = || identity.flow_begin(Aim::SignIn, "");
    let tries = async |flow: &Flow, sent: Sent| {
        let came = identity
            .passkey_use(flow, &site(), sent.used(), None, None)
            .await
            .unwrap();
        !matches!(came, Came::Signed(_))
    };
    let wrong: [(&str, Change); 6] = [
        ("another site asked", |d| {
            d.origin = "https://evil.example".to_owned();
        }),
        ("it is for another site", |d| {
            d.host = "evil.example".to_owned();
        }),
        ("nobody was made sure of", |d| d.flags = 0x01),
        ("nobody was there", |d| d.flags = 0x04),
        ("another name", |d| d.credential = vec![9; 32]),
        ("no name", |d| d.credential.clear()),
    ];
    for (what, change) in wrong {
        // Signed by the very key that is kept, so that only what was changed is wrong.
        let mut changed = device.clone();
        change(&mut changed);
        let flow = flow();
        let sent = changed.uses(&identity, &flow);
        assert!(tries(&flow, sent).await, "{what}");
    }
    // A colleague's key under this name, and this key under a colleague's.
    let stranger = Device::of(people[0].reference, 1);
    let way = flow();
    assert!(tries(&way, stranger.uses(&identity, &way)).await);
    let way = flow();
    let mut sent = device.uses(&identity, &way);
    sent.user = text(people[1].reference.bytes());
    assert!(tries(&way, sent).await);
    // What was signed when a passkey was made, or for another way, or is used twice.
    let way = flow();
    let sent = device.says("webauthn.create", &identity.flow_challenge(&way));
    assert!(tries(&way, sent).await);
    let (one, two) = (flow(), flow());
    assert!(tries(&two, device.uses(&identity, &one)).await);
    let way = flow();
    assert!(!tries(&way, device.uses(&identity, &way)).await);
    assert!(
        tries(&way, device.uses(&identity, &way)).await,
        "a way is used once"
    );
    assert!(right().await);
});

both!(a_colleagues_passkey_proves_nothing_in_my_session, |world| {
    let identity = identity(world);
    let people = office(world, &identity, false, 2).await;
    let theirs = Device::of(people[1].reference, 2);
    makes(&identity, "coach1", &theirs).await;
    let token = comes(&identity, "coach0").await;
    let me = here(&identity, &token).await;
    let flow = identity.flow_begin(Aim::StepUp, &me.csrf);
    let sent = theirs.uses(&identity, &flow);
    let came = identity
        .passkey_use(&flow, &site(), sent.used(), Some(&me), Some(&token))
        .await
        .unwrap();
    assert!(matches!(came, Came::Refused), "{came:?}");
});

both!(a_copied_passkey_is_stopped_and_that_is_on_record, |world| {
    let identity = identity(world);
    let people = office(world, &identity, false, 1).await;
    let mut device = Device::of(people[0].reference, 1);
    let token = makes(&identity, "coach0", &device).await;
    device.counter = 7;
    assert!(matches!(
        signs_in(&identity, &device).await,
        Came::Signed(_)
    ));
    assert_eq!(noted(world, "passkey_copied").await, 0);
    // The copy has not counted as far.
    device.counter = 7;
    assert!(matches!(signs_in(&identity, &device).await, Came::Refused));
    assert_eq!(noted(world, "passkey_copied").await, 1);
    // From now on neither of the two lets anybody in.
    device.counter = 50;
    assert!(matches!(signs_in(&identity, &device).await, Came::Refused));
    let me = here(&identity, &token).await;
    let ways = identity.ways(&me).await.unwrap().unwrap();
    assert!(ways.passkeys[0].stopped_at.is_some());
});

both!(
    a_passkey_that_was_begun_before_the_access_was_stopped_is_not_kept_after_it,
    |world| {
        let identity = identity(world);
        let people = office(world, &identity, false, 2).await;
        let ada = administrator(world, &people).await;
        for (at, stopped) in [(0, false), (1, true)] {
            let who = format!("coach{at}");
            let token = proved(&identity, &comes(&identity, &who).await).await;
            let me = here(&identity, &token).await;
            let flow = identity.flow_begin(Aim::NewPasskey, &me.csrf);
            let device = Device::of(people[at].reference, 1);
            let sent = device.says("webauthn.create", &identity.flow_challenge(&flow));
            if stopped {
                access_ends(world, &ada, &people[at], false).await;
            }
            let kept = identity
                .passkey_keep(&flow, &me, &site(), sent.made(), "Laptop")
                .await
                .unwrap();
            let right = if stopped {
                Changed::Refused
            } else {
                Changed::Done
            };
            assert_eq!(kept, right, "{who}");
            let came = signs_in(&identity, &device).await;
            assert_eq!(matches!(came, Came::Signed(_)), !stopped, "{who}: {came:?}");
        }
    }
);

both!(
    whoever_has_only_a_passkey_answers_for_their_organisation,
    |world| {
        let identity = identity(world);
        let people = office(world, &identity, false, 1).await;
        makes(&identity, "coach0", &Device::of(people[0].reference, 1)).await;
        let answers = async || {
            let organisation = &people[0].organisation;
            world
                .store
                .work(&Actor::Public, Purpose::AdministerAccess, |w| {
                    Box::pin(async move { w.answering_accounts(*organisation).await })
                })
                .await
                .unwrap()
        };
        run(
            world,
            "UPDATE account SET role = 'partner_worker', password = NULL",
        )
        .await;
        assert_eq!(answers().await, [people[0].id]);
        // The control: one that is refused is no way in.
        run(world, "UPDATE passkey SET stopped_at = created_at").await;
        assert!(answers().await.is_empty());
    }
);

both!(the_last_way_in_cannot_be_taken_away, |world| {
    // Passwords sign nobody in here: a passkey is all there is.
    let settings = throughline_identity::Settings {
        passwords: false,
        ..world::settings()
    };
    let strict = Identity::new(world.store.clone(), settings).unwrap();
    let identity = identity(world);
    let people = office(world, &identity, false, 1).await;
    let (one, two) = (
        Device::of(people[0].reference, 1),
        Device::of(people[0].reference, 2),
    );
    makes(&identity, "coach0", &one).await;
    let token = makes(&identity, "coach0", &two).await;
    let me = here(&identity, &token).await;
    let ways = identity.ways(&me).await.unwrap().unwrap();
    let [first, second] = [0, 1].map(|at| Way::Passkey(ways.passkeys[at].reference));
    let removes = async |identity: &Identity, way| identity.way_remove(&me, way).await.unwrap();
    assert_eq!(removes(&strict, first).await, Changed::Done);
    assert_eq!(
        removes(&strict, first).await,
        Changed::Refused,
        "it is gone"
    );
    assert!(matches!(signs_in(&strict, &one).await, Came::Refused));
    assert_eq!(removes(&strict, second).await, Changed::Last);
    assert!(matches!(signs_in(&strict, &two).await, Came::Signed(_)));
    // The control: where a password is left, the same one may go.
    assert_eq!(removes(&identity, second).await, Changed::Done);
    // And never by a screen that was only left open.
    world.clock.advance_seconds(901);
    assert_eq!(removes(&identity, second).await, Changed::NotProved);
});

both!(
    where_passwords_are_off_the_right_one_lets_nobody_in,
    |world| {
        use throughline_identity::sign_in::Outcome;
        let settings = throughline_identity::Settings {
            passwords: false,
            ..world::settings()
        };
        let strict = Identity::new(world.store.clone(), settings).unwrap();
        let identity = identity(world);
        office(world, &identity, false, 1).await;
        let token = comes(&identity, "coach0").await;
        let none = Devices::default();
        let right = attempt("coach0@example.org", PASSWORD, &none, OFFICE);
        assert!(matches!(
            strict.sign_in(&right).await.unwrap(),
            Outcome::Refused
        ));
        let proof = strict.step_up(&token, PASSWORD, None).await.unwrap();
        assert!(matches!(proof, Proof::Refused), "{proof:?}");
        assert!(matches!(
            identity.sign_in(&right).await.unwrap(),
            Outcome::Signed(_)
        ));
    }
);

#[test]
fn passkeys_work_at_a_name_over_tls_and_on_this_machine() {
    for (address, host) in [
        ("https://throughline.example", Some("throughline.example")),
        (
            "https://throughline.example:8443",
            Some("throughline.example"),
        ),
        ("http://localhost:8080", Some("localhost")),
        ("http://127.0.0.1:8080", None),
        ("https://192.0.2.1", None),
        ("https://[::1]:8080", None),
        ("http://throughline.example", None),
        ("", None),
    ] {
        let site = Site::of(address);
        assert_eq!(site.as_ref().map(Site::host), host, "{address}");
    }
}
