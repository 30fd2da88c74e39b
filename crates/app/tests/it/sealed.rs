//! What people say stands nowhere in the clear: marked words go into every field that takes words, through a whole journey with
//! its refusals, and then the raw bytes of the database file and its write-ahead log are read (QUALITY Q-23).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::{BTreeMap, BTreeSet};

use crate::town::{Town, order, town};
use throughline_app::contact::{self, ContactSaid};
use throughline_app::conversation::{self, Heard, PersonSheet, SafeAnswers, ToCase, TwoColumns};
use throughline_app::mail::FolderMailer;
use throughline_app::outbox::dispatch_once;
use throughline_app::referral_answer::{Answer as Reply, record_answer};
use throughline_app::referral_send;
use throughline_app::{case, case_now, drafts, partner, referral};
use throughline_core::answer::Answer;
use throughline_core::consent::PacketItem;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::conversation::{Interpreter, Mode, Overheard};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Words;
use throughline_core::referral::UnmetReason;
use throughline_core::risk::RiskBand;
use throughline_store::referral::Via;
use throughline_testkit::db::TestStore;

/// Every mark there is: none of them is a word that a program, a code list or another person would write.
fn marks() -> BTreeSet<String> {
    (1..=21).map(mark).collect()
}

fn mark(n: u32) -> String {
    format!("Zq{n:02}xwvmark")
}

fn sheet(first: u32) -> PersonSheet {
    PersonSheet {
        chosen: mark(first),
        given: Some(mark(first + 1)),
        family: Some(mark(first + 2)),
        born: Some("1987-06-05".into()),
        age_band: None,
        language: Some("ur".into()),
        interpreter: None,
        access: vec!["more_time".into()],
    }
}

async fn a_journey(town: &Town) {
    let (app, coach) = (&town.app, &town.coach.actor());
    let talk = conversation::start(app, coach, Mode::InPerson)
        .await
        .unwrap();
    let safe = SafeAnswers {
        alone: Answer::Yes,
        interpreter: Interpreter::None,
        overheard: Overheard::Nobody,
        mode: Mode::InPerson,
    };
    let open = conversation::open(app, coach, talk).await.unwrap();
    conversation::safe_to_talk(app, coach, talk, open.plain.version, safe)
        .await
        .unwrap();
    let page = format!("conversations/{talk}");
    let typed = BTreeMap::from([("told".to_owned(), vec![mark(1)])]);
    drafts::keep(app, coach, &page, &typed).await.unwrap();
    let open = conversation::open(app, coach, talk).await.unwrap();
    let columns = TwoColumns {
        signs: BTreeSet::new(),
        seen: mark(2),
        told: mark(3),
        heard: Heard::Told,
    };
    conversation::keep(app, coach, talk, open.plain.version, &columns)
        .await
        .unwrap();
    let own = conversation::continue_to_case(app, coach, talk, &ToCase::New(sheet(4)))
        .await
        .unwrap();
    conversation::find_again(app, coach, &mark(7), Some("1987-06-05"))
        .await
        .unwrap();
    let words = Words::new(&format!("{}\n{}", mark(8), mark(9))).unwrap();
    case::statement_write(app, coach, own, &words)
        .await
        .unwrap();
    let reason = Words::new(&mark(10)).unwrap();
    case_now::risk_judge(app, coach, own, RiskBand::High, &reason, false)
        .await
        .unwrap();
    case_now::child_add(app, coach, own, &sheet(11))
        .await
        .unwrap();
    let said = ContactSaid {
        channel: Channel::Email,
        verdict: Verdict::Safe,
        value: format!("{}@example.org", mark(14)),
        windows: vec![],
        voicemail: false,
        answered_by: AnsweredBy::OnlyThem,
        neutral_only: true,
        shared_account: Answer::No,
        say: Some(mark(15)),
    };
    contact::add(app, coach, own, &said).await.unwrap();
    for service in [town.inbox, town.linked] {
        let sent = ask(town, own, service).await;
        let view = referral::view(app, coach, sent).await.unwrap();
        if service == town.inbox {
            let question = Words::new(&mark(17)).unwrap();
            partner::ask(app, &town.partner.actor(), sent, &question)
                .await
                .unwrap();
        } else {
            let no = Reply::Decline {
                reason: UnmetReason::NoCapacityOrNoSpace,
                words: Some(mark(18)),
            };
            record_answer(app, coach, sent, view.referral.version, &no, Via::Phone)
                .await
                .unwrap();
        }
    }
    // What is refused is on the record too, without what was tried.
    let stranger = &town.colleague.actor();
    let nobody = conversation::find_again(app, stranger, &mark(19), None).await;
    assert!(nobody.is_ok_and(|found| found.is_empty()));
    assert!(
        case::statement_write(app, stranger, own, &Words::new(&mark(20)).unwrap())
            .await
            .is_err()
    );
    while dispatch_once(app, &FolderMailer, "one").await.unwrap().sent > 0 {}
}

async fn ask(town: &Town, case: Ref, service: Ref) -> Ref {
    let mut order = order(case, service, NeedType::Debt);
    order.items.extend(
        [
            PacketItem::LegalName,
            PacketItem::Statement,
            PacketItem::ContactRules,
            PacketItem::ContactDetails,
        ]
        .map(PacketLine::from),
    );
    order.words = Some(mark(16));
    order.reasons = Some(Words::new(&mark(21)).unwrap());
    let sent = referral_send::send(&town.app, &town.coach.actor(), &order).await;
    sent.unwrap().reference
}

fn holds(bytes: &[u8], mark: &str) -> bool {
    let found = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    found(mark.as_bytes()) || found(mark.to_lowercase().as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_of_a_person_stands_unsealed_in_the_file() {
    let world = TestStore::sqlite().await;
    let town = town(&world).await;
    a_journey(&town).await;
    let file = world.sqlite_path().unwrap();
    let log = file.with_extension("db-wal");
    let bytes = [std::fs::read(&file).unwrap(), std::fs::read(log).unwrap()].concat();
    assert!(bytes.len() > 100_000, "the file is read whole");
    // The search finds what does stand in the clear: the code of a need.
    assert!(holds(&bytes, "debt"));
    for mark in marks() {
        assert!(!holds(&bytes, &mark), "{mark} stands in the clear");
    }
    for word in ["1987-06-05", "07700 900123", "Rosewood"] {
        assert!(!holds(&bytes, word), "{word} stands in the clear");
    }
    world.finish().await;
}
