//! What a service was told, changed after it was sent; and words both ways. On both databases.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{HELP, Town, order, send, town};
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::referral::{self, SenderView};
use throughline_app::referral_amend::{amend, prepare};
use throughline_app::referral_answer::{self, Answer};
use throughline_app::referral_send::SendOrder;
use throughline_app::{Error, partner};
use throughline_core::consent::{Art9Condition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Words;
use throughline_core::referral::{ReferralState, UnmetReason};
use throughline_core::task::TaskKind;
use throughline_policy::action::CaseRead;
use throughline_store::referral::Via;
use throughline_testkit::both;

/// A post that takes every letter and counts them.
#[derive(Default)]
struct Counting(std::sync::atomic::AtomicUsize);

impl Mailer for Counting {
    async fn send(&self, _: &Letter) -> Result<(), NotSent> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

async fn seen(town: &Town, request: Ref) -> SenderView {
    referral::view(&town.app, &town.coach.actor(), request)
        .await
        .unwrap()
}

/// As it was sent, with the risk told too.
fn with_risk(town: &Town, service: Ref) -> SendOrder {
    let mut more = order(town.case, service, NeedType::Debt);
    more.items.insert(PacketItem::Risk.into());
    more
}

async fn change(town: &Town, request: Ref, order: &SendOrder) -> Result<(), Error> {
    let version = seen(town, request).await.referral.version;
    amend(&town.app, &town.coach.actor(), request, version, order).await
}

async fn tasks(town: &Town) -> Vec<TaskKind> {
    let found = town
        .app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    found.iter().map(|task| task.kind).collect()
}

async fn consents_that_hold(town: &Town) -> usize {
    let case = &town.case;
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                let (all, now) = (w.consents(&permit).await?, w.now());
                Ok(all.iter().filter(|one| one.consent.holds_at(now)).count())
            })
        })
        .await
        .unwrap()
}

both!(
    what_is_changed_after_sending_is_what_the_service_reads_and_both_see_which_lines,
    |world| {
        let town = town(world).await;
        let partner = &town.partner.actor();
        let request = send(&town, town.inbox).await.reference;
        let before = partner::open(&town.app, partner, request).await.unwrap();
        let packet = before.packet.unwrap();
        assert!(!packet.holds(PacketItem::Risk));
        let known = prepare(&town.app, &town.coach.actor(), request)
            .await
            .unwrap();
        assert_eq!(known.packet, packet, "a change begins with what they read");
        world.clock.advance_seconds(60);
        change(&town, request, &with_risk(&town, town.inbox))
            .await
            .unwrap();
        let now = partner::open(&town.app, partner, request).await.unwrap();
        assert!(now.packet.unwrap().holds(PacketItem::Risk));
        let line: Vec<PacketLine> = vec![PacketItem::Risk.into()];
        for exchanges in [&now.exchanges, &seen(&town, request).await.exchanges] {
            assert_eq!(exchanges.len(), 1);
            assert_eq!(exchanges[0].changed, line);
            assert!(!exchanges[0].by_service);
        }
        assert_eq!(
            consents_that_hold(&town).await,
            1,
            "one takes the other's place"
        );
        let post = Counting::default();
        dispatch_once(&town.app, &post, "one").await.unwrap();
        assert!(post.0.into_inner() > 0, "they are told to look again");
    }
);

both!(
    an_answer_to_what_was_changed_meanwhile_is_refused_until_it_is_read,
    |world| {
        let town = town(world).await;
        let partner = &town.partner.actor();
        let request = send(&town, town.inbox).await.reference;
        let read = partner::open(&town.app, partner, request).await.unwrap();
        change(&town, request, &with_risk(&town, town.inbox))
            .await
            .unwrap();
        let yes = Answer::Accept {
            by: Words::new("Rhian").unwrap(),
            when: None,
            how: None,
        };
        let late = partner::answer(&town.app, partner, request, read.referral.version, &yes).await;
        assert!(matches!(late, Err(Error::Conflict)));
        let read = partner::open(&town.app, partner, request).await.unwrap();
        partner::answer(&town.app, partner, request, read.referral.version, &yes)
            .await
            .unwrap();
        // And more can be told once it is accepted.
        let mut less = with_risk(&town, town.inbox);
        less.items.remove(&PacketItem::Risk.into());
        change(&town, request, &less).await.unwrap();
        let now = partner::open(&town.app, partner, request).await.unwrap();
        assert!(!now.packet.unwrap().holds(PacketItem::Risk));
        assert_eq!(now.referral.state, ReferralState::Accepted);
    }
);

both!(
    nothing_is_changed_where_nothing_would_be_or_the_request_is_over,
    |world| {
        let town = town(world).await;
        let request = send(&town, town.inbox).await.reference;
        let same = order(town.case, town.inbox, NeedType::Debt);
        let refused = change(&town, request, &same).await;
        assert!(
            matches!(
                refused,
                Err(Error::Invalid {
                    problem: "refer-change-nothing",
                    ..
                })
            ),
            "{refused:?}"
        );
        assert_eq!(consents_that_hold(&town).await, 1);
        assert!(seen(&town, request).await.exchanges.is_empty());
        // What was looked at is what is sent, here too.
        let mut other = with_risk(&town, town.inbox);
        other.shown = Some("not this".to_owned());
        assert!(matches!(
            change(&town, request, &other).await,
            Err(Error::Conflict)
        ));
        // A page from before is refused.
        let (coach, more) = (&town.coach.actor(), &with_risk(&town, town.inbox));
        let old = amend(&town.app, coach, request, 1, more).await;
        assert!(matches!(old, Err(Error::Conflict)));
        let stranger = &town.partner.actor();
        let version = seen(&town, request).await.referral.version;
        let denied = amend(&town.app, stranger, request, version, more).await;
        assert!(matches!(denied, Err(Error::Denied(_))));
        referral_answer::withdraw(&town.app, coach, request, version)
            .await
            .unwrap();
        assert!(matches!(
            change(&town, request, more).await,
            Err(Error::Illegal(_))
        ));
    }
);

both!(
    a_change_needs_the_persons_agreement_as_sending_did,
    |world| {
        let town = town(world).await;
        let request = send(&town, town.inbox).await.reference;
        let mut no = with_risk(&town, town.inbox);
        no.how = HowAgreed::DidNotAgree;
        assert!(matches!(
            change(&town, request, &no).await,
            Err(Error::Invalid { .. })
        ));
        let read = partner::open(&town.app, &town.partner.actor(), request)
            .await
            .unwrap();
        assert!(!read.packet.unwrap().holds(PacketItem::Risk));
    }
);

both!(
    what_is_shared_first_by_a_change_is_put_on_record_in_full_too,
    |world| {
        let town = town(world).await;
        let request = send(&town, town.inbox).await.reference;
        let mut first = with_risk(&town, town.inbox);
        first.how = HowAgreed::NotAskedUnsafe;
        first.basis = ShareBasis::VitalInterests;
        first.art9 = Some(Art9Condition::VitalInterestsIncapable);
        first.life_at_risk = true;
        change(&town, request, &first).await.unwrap();
        assert!(tasks(&town).await.contains(&TaskKind::CompleteSharing));
    }
);

both!(a_change_that_no_mail_tells_is_told_by_telephone, |world| {
    let town = town(world).await;
    let request = send(&town, town.listed).await.reference;
    let version = seen(&town, request).await.referral.version;
    let coach = &town.coach.actor();
    referral_answer::record_answer(
        &town.app,
        coach,
        request,
        version,
        &Answer::Waitlist { days: None },
        Via::Phone,
    )
    .await
    .unwrap();
    assert!(!tasks(&town).await.contains(&TaskKind::ChaseReferral));
    change(&town, request, &with_risk(&town, town.listed))
        .await
        .unwrap();
    assert!(tasks(&town).await.contains(&TaskKind::ChaseReferral));
});

both!(
    words_go_both_ways_after_an_answer_too_and_a_named_human_reads_them,
    |world| {
        let town = town(world).await;
        let (app, partner) = (&town.app, &town.partner.actor());
        let request = send(&town, town.inbox).await.reference;
        let words = |text: &str| Words::new(text).unwrap();
        for text in ["She came on Monday.", "She has not come since."] {
            partner::tell(app, partner, request, &words(text))
                .await
                .unwrap();
            world.clock.advance_seconds(60);
        }
        let waiting = tasks(&town).await;
        let reads = waiting.iter().filter(|it| **it == TaskKind::ReadTheirWords);
        assert_eq!(reads.count(), 1, "one task, however much was written");
        assert!(!waiting.contains(&TaskKind::AnswerQuestion));
        referral_answer::reply(app, &town.coach.actor(), request, &words("Thank you."))
            .await
            .unwrap();
        let said: Vec<(bool, String)> = partner::open(app, partner, request)
            .await
            .unwrap()
            .exchanges
            .into_iter()
            .map(|one| (one.by_service, one.words))
            .collect();
        let expected = [
            (true, "She came on Monday."),
            (true, "She has not come since."),
            (false, "Thank you."),
        ];
        assert_eq!(said, expected.map(|(by, it)| (by, it.to_owned())));
        // Once it is over for the service, it has nothing more to say or read.
        let read = partner::open(app, partner, request).await.unwrap();
        let no = Answer::Decline {
            reason: UnmetReason::Other,
            words: None,
        };
        partner::answer(app, partner, request, read.referral.version, &no)
            .await
            .unwrap();
        let late = partner::tell(app, partner, request, &words("And?")).await;
        assert!(matches!(late, Err(Error::Denied(_))));
    }
);
