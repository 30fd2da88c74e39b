//! The journey with marked words.

mod relay;

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use throughline_core::id::Ref;
use throughline_core::role::Role;
use throughline_policy::{ActionKind, Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_testkit::db::TestStore;
use throughline_testkit::visitor::{Answered, Visitor};

pub use relay::Relay;

use crate::running::program;
use crate::shared::Raw;
use crate::town::Town;

/// Those who work there, signed in. That takes a demo; nothing else here does.
pub struct Staff {
    coach: Visitor,
    partner: Visitor,
    steward: Visitor,
}

impl Staff {
    pub async fn sign_in(world: &TestStore, town: &Town, base: &str) -> Self {
        Self {
            coach: signed_in(base, town.coach.reference),
            partner: signed_in(base, town.partner.reference),
            steward: signed_in(base, steward(world, town).await),
        }
    }
}

/// What was typed on the way.
pub struct Journey {
    /// Of a person: names, numbers, addresses, what they said and searched for.
    pub words: Vec<String>,
    /// What opens something: passwords, tokens, secrets.
    pub secrets: Vec<String>,
    /// The code that goes with the link.
    pub code: String,
}

impl Journey {
    /// The next mark: a word that no program, code list or other person would write.
    fn mark(&mut self) -> String {
        let mark = format!("Zq{:02}xwvmark", self.words.len());
        self.word(&mark)
    }

    fn word(&mut self, word: &str) -> String {
        self.words.push(word.to_owned());
        word.to_owned()
    }

    fn secret(&mut self, word: &str) -> String {
        self.secrets.push(word.to_owned());
        word.to_owned()
    }

    /// From a first talk to an outcome, and everything on the way that can go wrong.
    pub async fn walk(
        world: &TestStore,
        town: &Town,
        base: &str,
        staff: &mut Staff,
        relay: &Relay,
        raw: &Raw,
    ) -> Self {
        let mut own = Self {
            words: Vec::new(),
            secrets: Vec::new(),
            code: String::new(),
        };
        // The town's own person counts as well.
        for word in ["Okafor", "Rosewood", "07700 900123"] {
            own.word(word);
        }
        let sender = [
            ActionKind::CaseOpen,
            ActionKind::CaseRead,
            ActionKind::CaseChange,
            ActionKind::PersonSearch,
            ActionKind::ReferralSend,
            ActionKind::ReferralRead,
            ActionKind::ReferralRecord,
        ];
        let sender = program(world, town.coach.organisation, &sender).await;
        let receiver = [
            ActionKind::ReferralReceive,
            ActionKind::PacketRead,
            ActionKind::ReferralAnswer,
            ActionKind::OutcomeRecord,
        ];
        let receiver = program(world, town.partner.organisation, &receiver).await;
        let mut sender = Visitor::program(base, &own.secret(&sender));
        let mut receiver = Visitor::program(base, &own.secret(&receiver));
        let case = own.opened(world, town, &mut sender).await;
        own.talked(&mut staff.coach, &case, raw).await;
        own.searched(base, &mut sender);
        let programs = (&mut sender, &mut receiver);
        own.referred(town, &case, programs, &mut staff.partner, base, relay);
        own.imported(&mut staff.steward);
        own.refused(base, &mut staff.coach, &case);
        own
    }

    /// A case with everything that is known of somebody.
    async fn opened(&mut self, world: &TestStore, town: &Town, sender: &mut Visitor) -> String {
        let organisation = town.coach.organisation;
        let sites = world
            .store
            .read(|r| Box::pin(async move { r.sites(organisation).await }))
            .await
            .unwrap();
        let (chosen, given, family) = (self.mark(), self.mark(), self.mark());
        let born = self.word("1987-06-05");
        let person = json!({ "chosen": chosen, "given": given, "family": family, "born": born });
        let body =
            json!({ "site": sites[0].reference, "lead": town.coach.reference, "person": person });
        let made = tell(sender, "/api/v1/cases", &body, 201);
        let case = made["reference"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/cases/{case}");
        let words = format!("{}\n{}", self.mark(), self.mark());
        tell(
            sender,
            &format!("{path}/statement"),
            &json!({ "words": words }),
            201,
        );
        let row = self.mark();
        for (channel, value) in [
            ("phone_mobile", self.word("07700 900417")),
            ("email", self.word("zq99xwvmark@example.org")),
            ("post_to_alternative", format!("41 {row} Row, Leeds")),
        ] {
            let body = json!({
                "channel": channel, "value": value, "verdict": "safe", "answered_by": "only_them", "shared_account": "no",
                "say": self.mark(),
            });
            tell(sender, &format!("{path}/contacts"), &body, 201);
        }
        case
    }

    /// A talk with notes, a draft that the database could not keep, a risk with its reason.
    async fn talked(&mut self, coach: &mut Visitor, case: &str, raw: &Raw) {
        self.secrets.extend(coach.cookie_values());
        let doors = coach.get("/with-me").unwrap();
        let begun = coach.send("/conversations", &doors, &[("mode", "in_person")]);
        let at = begun.unwrap().location.unwrap();
        let talk = at.split('/').nth(2).unwrap();
        let (draft, notes) = ("/drafts", format!("/conversations/{talk}/notes"));
        let page = with_form(&doors, draft);
        let told = self.mark();
        let kept = coach
            .send(draft, &page, &[("draft_of", &notes), ("told", &told)])
            .unwrap();
        assert_eq!(kept.status, 204, "{}", kept.body);
        raw.run("ALTER TABLE draft RENAME TO away").await;
        let told = self.mark();
        let lost = coach
            .send(draft, &page, &[("draft_of", &notes), ("told", &told)])
            .unwrap();
        assert_eq!(lost.status, 503, "{}", lost.body);
        raw.run("ALTER TABLE away RENAME TO draft").await;
        let first = coach.get(&format!("/conversations/{talk}/first")).unwrap();
        let answers = [
            ("alone", "yes"),
            ("overheard", "nobody"),
            ("interpreter", "none"),
            ("mode", "in_person"),
        ];
        let path = format!("/conversations/{talk}/first");
        let safe = coach.send(&path, &first, &answers).unwrap();
        assert_eq!(safe.status, 303, "{}", safe.body);
        let path = format!("/conversations/{talk}/notes");
        let page = coach.get(&path).unwrap();
        let (seen, told) = (self.mark(), self.mark());
        let notes = [
            ("heard", "told"),
            ("seen", seen.as_str()),
            ("told", told.as_str()),
        ];
        let noted = coach.send(&path, &page, &notes).unwrap();
        assert_eq!(noted.status, 303, "{}", noted.body);
        let path = format!("/cases/{case}/risk");
        let page = coach.get(&path).unwrap();
        let reason = self.mark();
        let risk = [("band", "high"), ("by", "me"), ("reason", reason.as_str())];
        let judged = coach.send(&path, &page, &risk).unwrap();
        assert_eq!(judged.status, 303, "{}", judged.body);
        for page in [
            "/today",
            "/cases",
            "/find",
            &format!("/cases/{case}"),
            &format!("/cases/{case}/looks"),
        ] {
            assert_eq!(coach.get(page).unwrap().status, 200, "{page}");
        }
    }

    /// Looked for, by worker, program and anyone: people, services, places.
    fn searched(&mut self, base: &str, sender: &mut Visitor) {
        let name = self.mark();
        let body = json!({ "name": name, "born": self.word("1979-04-03") });
        tell(sender, "/api/v1/cases/search", &body, 200);
        let (words, place) = (self.mark(), self.word("SE15 9ZQ"));
        let body =
            json!({ "text": words, "circumstances": { "needs": ["debt"], "postcode": place } });
        tell(sender, "/api/v1/find", &body, 200);
        let mut anyone = Visitor::new(base);
        let page = anyone.get("/find-help").unwrap();
        let (words, nowhere) = (self.mark(), self.mark());
        for place in [place, nowhere] {
            let fields = [
                ("need", "debt"),
                ("words", words.as_str()),
                ("place", &place),
                ("avoid", &place),
            ];
            let found = anyone.send("/find-help", &page, &fields).unwrap();
            assert!([200, 422].contains(&found.status), "{}", found.status);
        }
    }

    /// Sent to two services: one declines by link and code, the other answers by account and sees it through.
    fn referred(
        &mut self,
        town: &Town,
        case: &str,
        (sender, receiver): (&mut Visitor, &mut Visitor),
        partner: &mut Visitor,
        base: &str,
        relay: &Relay,
    ) {
        let mut sent = Vec::new();
        for service in [town.inbox, town.linked] {
            let body = json!({
                "service": service, "need": "debt", "statement": 1, "how": "spoken", "words": self.mark(),
                "items": ["chosen_name", "legal_name", "statement", "contact_rules", "contact_details"],
                "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a", "seen_alone": true, "reasons": self.mark(),
            });
            let path = format!("/api/v1/cases/{case}");
            let ask = json!({ "service": service, "need": "debt" });
            tell(sender, &format!("{path}/packet"), &ask, 200);
            sent.push(tell(sender, &format!("{path}/referrals"), &body, 201));
        }
        // The decline first: an acceptance would hold the other offer, and no mail would leave.
        self.code = sent[1]["code"].as_str().unwrap().to_owned();
        let token = relay.link();
        self.secret(&token);
        let code = self.secret(&self.code.clone());
        let mut phone = Visitor::new(base);
        let path = format!("/r/{token}");
        let door = phone.get(&path).unwrap();
        let wrong = phone.send(&path, &door, &[("code", "AAAA 2222")]).unwrap();
        assert_eq!(wrong.status, 422, "{}", wrong.body);
        let open = phone.send(&path, &door, &[("code", &code)]).unwrap();
        assert_eq!(open.status, 200, "{}", open.body);
        let words = self.mark();
        let no = [
            ("answer", "decline"),
            ("reason", "no_capacity_or_no_space"),
            ("words", words.as_str()),
        ];
        let said = phone.send(&format!("{path}/answer"), &open, &no).unwrap();
        assert_eq!(said.status, 200, "{}", said.body);

        let reference = sent[0]["reference"].as_str().unwrap();
        let path = format!("/requests/{reference}");
        let page = partner.get(&path).unwrap();
        let question = self.mark();
        let asked = partner.send(&format!("{path}/ask"), &page, &[("question", &question)]);
        assert_eq!(asked.unwrap().status, 303);
        let path = format!("/api/v1/referrals/{reference}");
        let (when, how) = (self.mark(), self.mark());
        let accept = json!({ "answer": "accept", "name": self.mark(), "when": when, "how": how });
        matched(receiver, &path, "answer", &accept);
        matched(
            receiver,
            &path,
            "outcome",
            &json!({ "outcome": "first_contact" }),
        );
        matched(receiver, &path, "outcome", &json!({ "outcome": "started" }));
        let ended = json!({ "outcome": "ended", "reason": "finished", "helped": "yes" });
        matched(receiver, &path, "outcome", &ended);
    }

    /// A feed that tells where a refuge is, and a file that is no feed.
    fn imported(&mut self, steward: &mut Visitor) {
        let page = steward.get("/steward/import").unwrap();
        let csrf = csrf(&page);
        let street = format!("1 {} Row", self.mark());
        let address = json!({ "id": "d", "address_1": street, "city": "London", "state_province": "London",
            "postal_code": self.word("SE15 8ZQ"), "country": "GB", "address_type": "physical" });
        let location = json!({ "id": "p", "location_type": "physical", "latitude": 51.4, "longitude": -0.1, "addresses": [address] });
        let refuge = json!([{ "id": "b", "name": "Quiet refuge", "status": "active", "description": "For women fleeing domestic abuse",
            "organization": { "id": "o", "name": "Harbour" }, "service_at_locations": [{ "id": "l", "location": location }] }]);
        for (file, status) in [
            (refuge.to_string(), 303),
            (format!("no feed: {}", self.mark()), 422),
        ] {
            let part = |name: &str, more: &str, value: &str| {
                format!(
                    "--edge\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n"
                )
            };
            let body = [
                part("csrf", "", &csrf),
                part("feed", "", "Council"),
                part("file", "; filename=\"a.json\"", &file),
                "--edge--\r\n".to_owned(),
            ];
            let kind = "multipart/form-data; boundary=edge";
            let done = steward
                .send_raw("/steward/import", kind, &body.concat())
                .unwrap();
            assert_eq!(done.status, status, "{}", done.body);
        }
    }

    /// Wrong passwords and secrets, addresses that lead nowhere, bodies that are none.
    fn refused(&mut self, base: &str, coach: &mut Visitor, case: &str) {
        let mut anyone = Visitor::new(base);
        let door = anyone.get("/sign-in").unwrap();
        let nobody = format!("{}@example.org", self.mark());
        let password = self.secret("Zqpassxwvword one");
        for email in ["coach@example.org", nobody.as_str()] {
            let fields = [("email", email), ("password", password.as_str())];
            assert_eq!(anyone.send("/sign-in", &door, &fields).unwrap().status, 422);
        }
        let secret = self.secret("Zqsecretxwv");
        let mut program = Visitor::program(base, &secret);
        assert_eq!(
            program
                .get(&format!("/api/v1/cases/{case}"))
                .unwrap()
                .status,
            401
        );
        let word = self.mark();
        for path in [
            format!("/{word}"),
            format!("/cases/{word}"),
            format!("/services/{word}?near={word}"),
            format!("/find?words={word}&place=SE15%209ZQ"),
            format!("/api/v1/find?text={word}"),
            format!("/r/{word}"),
            format!("/welcome/{word}"),
        ] {
            let answer = coach.get(&path).unwrap();
            assert!(answer.status < 500, "{path}: {}", answer.status);
        }
        let (header, body) = (self.mark(), format!("words={}", self.mark()));
        for path in [format!("/find-help?near={word}"), format!("/r/{word} \"|")] {
            assert!(http2_is_shown_out(base, &path, &header, &body), "{path}");
        }
        let mut sender = Visitor::new(base);
        for body in [
            format!("{{\"text\": \"{word}\""),
            json!({ word.as_str(): word }).to_string(),
        ] {
            let answer = sender
                .send_raw("/api/v1/find", "application/json", &body)
                .unwrap();
            assert!((400..500).contains(&answer.status), "{}", answer.status);
        }
        let large = format!("told={}", word.repeat(10_000));
        let kind = "application/x-www-form-urlencoded";
        let answer = coach.send_raw("/find", kind, &large).unwrap();
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
}

/// The same question over HTTP/2, which nobody speaks here, frame by frame. Gives whether the door was shut without a word.
fn http2_is_shown_out(base: &str, path: &str, header: &str, body: &str) -> bool {
    use std::io::Read as _;
    let frame = |kind: u8, flags: u8, stream: u8, load: &[u8]| {
        let length = u32::try_from(load.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], load].concat()
    };
    // A text of less than 127 bytes, as it is.
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let address = base.strip_prefix("http://").unwrap();
    let fields = [
        // POST, http, the authority, the path, a header of one's own.
        vec![0x83, 0x86, 0x01],
        text(address),
        vec![0x04],
        text(path),
        vec![0x00],
        text("x-said"),
        text(header),
    ];
    let mut stream = TcpStream::connect(address).unwrap();
    let sent = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &[]),
        frame(1, 4, 1, &fields.concat()),
        frame(0, 1, 1, body.as_bytes()),
    ];
    stream.write_all(&sent.concat()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut answer = Vec::new();
    // Shut with bytes of ours unread, it is a reset; open for more, it would be a time-out.
    let shut = match stream.read_to_end(&mut answer) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    };
    shut && answer.is_empty()
}

/// Sends JSON, insists on the status, gives what came back.
fn tell(visitor: &mut Visitor, path: &str, body: &Value, status: u16) -> Value {
    // Each write has a key of its own: the order in which they come.
    use std::sync::atomic::{AtomicU32, Ordering};
    static KEY: AtomicU32 = AtomicU32::new(0);
    let key = format!("write-{:04}", KEY.fetch_add(1, Ordering::SeqCst));
    let told = visitor
        .send_json(path, &[("idempotency-key", &key)], body)
        .unwrap();
    assert_eq!(told.status, status, "{path}: {}", told.body);
    told.json()
}

/// Reads it, and answers to what was read.
fn matched(visitor: &mut Visitor, path: &str, end: &str, body: &Value) {
    let seen = visitor.get(path).unwrap();
    assert_eq!(seen.status, 200, "{}", seen.body);
    let seen = seen.etag.unwrap();
    let said = visitor.send_json(&format!("{path}/{end}"), &[("if-match", &seen)], body);
    let said = said.unwrap();
    assert_eq!(said.status, 200, "{body}: {}", said.body);
}

fn signed_in(base: &str, account: Ref) -> Visitor {
    let mut visitor = Visitor::new(base);
    let mut door = visitor.get("/sign-in").unwrap();
    // Only the demo's own people have a button there.
    door.body.clear();
    let me = [("csrf", ""), ("account", &account.to_string())];
    let signed = visitor.send("/sign-in/demo", &door, &me).unwrap();
    assert_eq!(signed.status, 303, "{}", signed.body);
    visitor
}

/// The token against cross-site forms: the session's own, so any form has it.
fn csrf(page: &Answered) -> String {
    let (_, rest) = page.body.split_once("name=\"csrf\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The page with a form to `path` that a script would send.
fn with_form(page: &Answered, path: &str) -> Answered {
    let csrf = csrf(page);
    Answered {
        body: format!(
            "<form action=\"{path}\"><input type=\"hidden\" name=\"csrf\" value=\"{csrf}\"></form>"
        ),
        ..page.clone()
    }
}

async fn steward(world: &TestStore, town: &Town) -> Ref {
    let organisation = &town.coach.organisation;
    let made = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let new = NewAccount {
                    organisation: *organisation,
                    site: None,
                    role: Role::DirectorySteward,
                    name: "Somebody",
                    email: "s3@example.org",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await;
    made.unwrap().reference
}
