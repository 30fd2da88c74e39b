//! Cases on both databases: immediate needs with an owner and a clock, children as people, risk that only a practitioner
//! lowers, own words in versions, contact that is safe now or not at all, consent taken back, closing, the story.

use throughline_app::case::{self, Closing};
use throughline_app::case_lead;
use throughline_app::case_now::{self, Said};
use throughline_app::case_view;
use throughline_app::contact::{self, ContactSaid, SafelyNow};
use throughline_app::{App, Settings};
use throughline_core::answer::Answer;
use throughline_core::child::Safeguarding;
use throughline_core::closing::{AreThereChildren, StillOpen};
use throughline_core::code::Code as _;
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_core::gate::DenyReason;
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateAnswer, ImmediateKind};
use throughline_core::nation::Nation;
use throughline_core::need::{NeedMove, NeedState, NeedType};
use throughline_core::pack::Packs;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::action::TaskDo;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::{Account, NewAccount};
use throughline_store::contact::ContactEnded;
use throughline_store::person::PersonSheet;
use throughline_store::setup::OrganisationKind;
use throughline_store::task::Task;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

struct Office {
    app: App,
    coach: Account,
    other: Account,
    lead: Account,
}

fn sheet(chosen: &str, born: Option<&str>) -> PersonSheet {
    PersonSheet {
        chosen: chosen.to_owned(),
        given: None,
        family: None,
        born: born.map(str::to_owned),
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

fn why() -> Reason {
    Reason::new("they said so").unwrap()
}

async fn office(world: &TestStore) -> Office {
    let (coach, other, lead) = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let org = w
                    .installation_create(
                        "Jobcentre",
                        OrganisationKind::Jobcentre,
                        Nation::England,
                        true,
                    )
                    .await?;
                let site = w
                    .site_create(org.id, "Peckham", None, Nation::England, true)
                    .await?;
                let new = |role, name, email| NewAccount {
                    organisation: org.id,
                    site: Some(site.id),
                    role,
                    name,
                    email,
                    password: None,
                };
                let coach = w
                    .account_create(&new(Role::WorkCoach, "Bea", "bea@example.org"))
                    .await?;
                let other = w
                    .account_create(&new(Role::WorkCoach, "Cal", "cal@example.org"))
                    .await?;
                let lead = w
                    .account_create(&new(Role::DaLead, "Dee", "dee@example.org"))
                    .await?;
                w.site_lead_set(site.id, lead.id, 0).await?;
                Ok((coach, other, lead))
            })
        })
        .await
        .unwrap();
    Office {
        app: App::new(
            world.store.clone(),
            Packs::embedded().unwrap(),
            Settings {
                base_url: "https://example.test".to_owned(),
                mail_from: "post@example.test".to_owned(),
                call: Some("01632 960123".to_owned()),
                node: "test".to_owned(),
                demo: true,
            },
        )
        .unwrap(),
        coach,
        other,
        lead,
    }
}

async fn opened(office: &Office) -> Ref {
    case::open(&office.app, &office.coach.actor(), &sheet("Amina", None))
        .await
        .unwrap()
}

async fn tasks(office: &Office, who: &Account) -> Vec<Task> {
    let actor = who.actor();
    office
        .app
        .store
        .work(&actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let scope = w.scope::<TaskDo>();
                w.tasks(&scope, 50).await
            })
        })
        .await
        .unwrap()
}

fn said(kind: ImmediateKind, answer: ImmediateAnswer) -> Said {
    Said {
        kind,
        answer,
        only_theirs: None,
        into_account: false,
        version: 0,
    }
}

const fn problem<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Err(Error::Invalid { problem, .. }) => problem,
        _ => "none",
    }
}

both!(
    a_new_case_has_its_risk_on_the_clock_and_is_found_again,
    |world| {
        let office = office(world).await;
        let case = opened(&office).await;
        let view = case_view::read(&office.app, &office.coach.actor(), case)
            .await
            .unwrap();
        assert_eq!(view.case.risk, RiskBand::NotAssessed);
        assert_eq!(view.lead, "Bea");
        assert_eq!(view.safely_now, SafelyNow::NoWay(DenyReason::NothingKnown));
        let kinds: Vec<TaskKind> = tasks(&office, &office.coach)
            .await
            .iter()
            .map(|task| task.kind)
            .collect();
        assert_eq!(kinds, [TaskKind::JudgeRisk]);
        let found = case::find(&office.app, &office.coach.actor(), "amina", None)
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        let found = case::find(&office.app, &office.other.actor(), "amina", None)
            .await
            .unwrap();
        assert!(found.is_empty());
        assert!(
            case_view::read(&office.app, &office.other.actor(), case)
                .await
                .is_err()
        );
    }
);

both!(
    what_could_not_be_had_goes_to_the_lead_with_a_clock,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        let bed = said(ImmediateKind::Bed, ImmediateAnswer::Unavailable);
        case_now::immediate_answer(&office.app, &coach, case, &bed)
            .await
            .unwrap();
        let retry: Vec<Task> = tasks(&office, &office.lead)
            .await
            .into_iter()
            .filter(|task| task.kind == TaskKind::RetryImmediate)
            .collect();
        assert_eq!(retry.len(), 1);
        assert!(retry[0].due_at > world.env.now());
        assert!(retry[0].owner.is_none_or(|owner| owner != office.coach.id));
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        assert_eq!(view.immediate[0].due_at, Some(retry[0].due_at));
        assert_eq!(view.needs[0].kind, NeedType::SafeAccommodation);
        // The same page sent twice is a conflict, not a second answer.
        let twice = case_now::immediate_answer(&office.app, &coach, case, &bed).await;
        assert!(matches!(twice, Err(Error::Conflict)));
    }
);

both!(
    what_is_put_off_comes_back_to_the_worker_at_the_agreed_time,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        let until = world.env.now().plus_hours(3);
        let later = |until| {
            said(
                ImmediateKind::Essentials,
                ImmediateAnswer::PutOff {
                    until,
                    reason: why(),
                },
            )
        };
        let past =
            case_now::immediate_answer(&office.app, &coach, case, &later(world.env.now())).await;
        assert_eq!(problem(&past), "case-time-must-be-later");
        case_now::immediate_answer(&office.app, &coach, case, &later(until))
            .await
            .unwrap();
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        assert_eq!(view.immediate[0].owner, Some(office.coach.id));
        assert_eq!(view.immediate[0].due_at, Some(until));
        assert_eq!(view.needs[0].state, NeedState::PutOff);
        let mine = tasks(&office, &office.coach).await;
        assert!(
            mine.iter()
                .any(|task| task.kind == TaskKind::RetryImmediate && task.due_at == until)
        );
    }
);

both!(
    money_goes_only_into_an_account_that_is_plainly_theirs_alone,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        for answer in Answer::ALL
            .iter()
            .copied()
            .filter(|answer| !answer.is_yes())
        {
            let mut money = said(ImmediateKind::Money, ImmediateAnswer::Given);
            money.only_theirs = Some(answer);
            money.into_account = true;
            let refused = case_now::immediate_answer(&office.app, &coach, case, &money).await;
            assert_eq!(
                problem(&refused),
                "case-account-not-theirs-alone",
                "{answer}"
            );
        }
        let mut in_hand = said(ImmediateKind::Money, ImmediateAnswer::Given);
        in_hand.only_theirs = Some(Answer::No);
        case_now::immediate_answer(&office.app, &coach, case, &in_hand)
            .await
            .unwrap();
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        assert_eq!(view.immediate[0].only_theirs, Some(Answer::No));
        assert_eq!(view.needs[0].state, NeedState::Met);
    }
);

both!(
    ne_09_a_risk_is_only_added_and_only_a_practitioner_lowers_it,
    |world| {
        let office = office(world).await;
        let (coach, lead) = (office.coach.actor(), office.lead.actor());
        let case = opened(&office).await;
        let judge = async |actor: &Actor, band| {
            world.clock.advance_seconds(1);
            case_now::risk_judge(&office.app, actor, case, band, &why(), false).await
        };
        judge(&coach, RiskBand::Medium).await.unwrap();
        judge(&coach, RiskBand::High).await.unwrap();
        assert_eq!(
            problem(&judge(&coach, RiskBand::Standard).await),
            "case-risk-only-a-practitioner-lowers"
        );
        assert_eq!(
            problem(&judge(&lead, RiskBand::NotAssessed).await),
            "case-risk-cannot-unjudge"
        );
        let them =
            case_now::risk_judge(&office.app, &coach, case, RiskBand::Standard, &why(), true).await;
        assert_eq!(problem(&them), "case-risk-only-a-practitioner-lowers");
        judge(&lead, RiskBand::Standard).await.unwrap();
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        let bands: Vec<RiskBand> = view.risks.iter().map(|judged| judged.risk.band).collect();
        assert_eq!(
            bands,
            [RiskBand::Standard, RiskBand::High, RiskBand::Medium]
        );
        assert_eq!(view.case.risk, RiskBand::Standard);
        assert_eq!(view.risks[0].by, "Dee");
    }
);

both!(high_risk_reaches_the_lead_the_same_day, |world| {
    let office = office(world).await;
    let coach = office.coach.actor();
    let case = opened(&office).await;
    case_now::risk_judge(&office.app, &coach, case, RiskBand::High, &why(), false)
        .await
        .unwrap();
    let lead = tasks(&office, &office.lead).await;
    let alert = lead
        .iter()
        .find(|task| task.kind == TaskKind::ActOnEscalation)
        .unwrap();
    assert_eq!(alert.due_at.london_date(), world.env.now().london_date());
    assert_eq!(alert.told, Some(office.lead.id));
    assert!(lead.iter().all(|task| task.kind != TaskKind::JudgeRisk));
    let view = case_view::read(&office.app, &coach, case).await.unwrap();
    assert!(!view.high_risk.note.is_empty());
});

both!(own_words_are_kept_in_versions, |world| {
    let office = office(world).await;
    let coach = office.coach.actor();
    let case = opened(&office).await;
    for words in ["first", "second"] {
        case::statement_write(&office.app, &coach, case, &Words::new(words).unwrap())
            .await
            .unwrap();
    }
    let view = case_view::read(&office.app, &coach, case).await.unwrap();
    let words: Vec<(i64, &str)> = view
        .statements
        .iter()
        .map(|it| (it.number, it.words.as_str()))
        .collect();
    assert_eq!(words, [(2, "second"), (1, "first")]);
});

both!(a_child_is_a_person_with_a_case_of_their_own, |world| {
    let office = office(world).await;
    let coach = office.coach.actor();
    let parent = opened(&office).await;
    let own = case_now::child_add(
        &office.app,
        &coach,
        parent,
        &sheet("Noor", Some("2019-05-01")),
    )
    .await
    .unwrap();
    case::need_add(&office.app, &coach, own, NeedType::EmotionalSupport, true)
        .await
        .unwrap();
    let view = case_view::read(&office.app, &coach, parent).await.unwrap();
    assert_eq!(view.children[0].sheet.chosen, "Noor");
    assert_eq!(
        view.children[0].state,
        throughline_core::child::ChildState::OwnNeeds
    );
    assert_ne!(view.children[0].person, view.case.person);
    assert!(view.needs.is_empty());
    // A child nobody has decided about keeps the parent's case open.
    let closing = case::close(&office.app, &coach, parent, view.case.version)
        .await
        .unwrap();
    assert_eq!(closing, Closing::StillOpen(vec![StillOpen::Child]));
    let decide = |decision| {
        let (app, coach, version) = (&office.app, &coach, view.children[0].version);
        async move { case_now::child_decide(app, coach, parent, own, version, &decision).await }
    };
    decide(Safeguarding::NotNeeded(why())).await.unwrap();
    assert!(matches!(
        decide(Safeguarding::Referred).await,
        Err(Error::Conflict)
    ));
    let view = case_view::read(&office.app, &coach, parent).await.unwrap();
    assert_eq!(
        view.children[0].safeguarding,
        Some(Safeguarding::NotNeeded(why()))
    );
    let closing = case::close(&office.app, &coach, parent, view.case.version)
        .await
        .unwrap();
    assert_eq!(closing, Closing::Closed);
    let child = case_view::read(&office.app, &coach, own).await.unwrap();
    assert_eq!(child.case.closed_at, None);
    assert_eq!(child.needs.len(), 1);
});

both!(
    a_told_case_closes_only_when_bed_money_and_essentials_are_answered,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        case::need_add(&office.app, &coach, case, NeedType::Debt, true)
            .await
            .unwrap();
        let version = case_view::read(&office.app, &coach, case)
            .await
            .unwrap()
            .case
            .version;
        let closing = case::close(&office.app, &coach, case, version)
            .await
            .unwrap();
        let mut all: Vec<StillOpen> = [
            ImmediateKind::Bed,
            ImmediateKind::Money,
            ImmediateKind::Essentials,
        ]
        .map(StillOpen::Immediate)
        .to_vec();
        all.extend([StillOpen::AreThereChildren, StillOpen::Risk]);
        assert_eq!(closing, Closing::StillOpen(all));
        for kind in [
            ImmediateKind::Bed,
            ImmediateKind::Money,
            ImmediateKind::Essentials,
        ] {
            case_now::immediate_answer(
                &office.app,
                &coach,
                case,
                &said(kind, ImmediateAnswer::NotNeeded),
            )
            .await
            .unwrap();
        }
        case_now::children_answer(&office.app, &coach, case, AreThereChildren::None)
            .await
            .unwrap();
        // A risk that is only on its clock would lose the clock with the case.
        assert_eq!(
            case::close(&office.app, &coach, case, version)
                .await
                .unwrap(),
            Closing::StillOpen(vec![StillOpen::Risk])
        );
        case_now::risk_judge(&office.app, &coach, case, RiskBand::Medium, &why(), false)
            .await
            .unwrap();
        let version = version + 1;
        assert_eq!(
            case::close(&office.app, &coach, case, version)
                .await
                .unwrap(),
            Closing::Closed
        );
        case::reopen(&office.app, &coach, case, version + 1)
            .await
            .unwrap();
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        assert_eq!(view.immediate.len(), 3);
        let kinds: Vec<&str> = view
            .story
            .iter()
            .map(|told| told.line.kind.as_str())
            .collect();
        assert!(
            kinds.contains(&"case_reopened")
                && kinds.contains(&"case_closed")
                && kinds.contains(&"need_told")
        );
        assert_eq!(view.story[0].by.as_deref(), Some("Bea"));
    }
);

both!(
    a_need_that_was_only_seen_is_not_sent_and_needs_its_reason_to_wait,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        case::need_add(&office.app, &coach, case, NeedType::Debt, false)
            .await
            .unwrap();
        let refused = case::need_move(
            &office.app,
            &coach,
            case,
            NeedType::Debt,
            1,
            NeedMove::Refer,
            None,
        )
        .await;
        assert_eq!(problem(&refused), "case-need-move-not-possible");
        let refused = case::need_move(
            &office.app,
            &coach,
            case,
            NeedType::Debt,
            1,
            NeedMove::PutOff,
            None,
        )
        .await;
        assert_eq!(problem(&refused), "case-reason-needed");
        // A sign never takes the place of what was told.
        case::need_add(&office.app, &coach, case, NeedType::Debt, true)
            .await
            .unwrap();
        let state = case::need_add(&office.app, &coach, case, NeedType::Debt, false)
            .await
            .unwrap();
        assert_eq!(state, NeedState::Told);
    }
);

fn text_message(windows: Vec<Window>) -> ContactSaid {
    ContactSaid {
        channel: Channel::Sms,
        verdict: if windows.is_empty() {
            Verdict::Safe
        } else {
            Verdict::SafeOnlyInWindow
        },
        value: "07700 900123".to_owned(),
        windows,
        voicemail: false,
        answered_by: AnsweredBy::OnlyThem,
        neutral_only: true,
        shared_account: Answer::NotAsked,
        say: None,
    }
}

both!(contact_is_safe_in_its_hours_and_until_it_lapses, |world| {
    let office = office(world).await;
    let coach = office.coach.actor();
    let case = opened(&office).await;
    let now = world.env.now();
    let monday = Window::new(jiff::civil::Weekday::Monday, 9 * 60, 15 * 60).unwrap();
    contact::add(&office.app, &coach, case, &text_message(vec![monday]))
        .await
        .unwrap();
    let safely = async || {
        case_view::read(&office.app, &coach, case)
            .await
            .unwrap()
            .safely_now
    };
    let SafelyNow::By(ways) = safely().await else {
        panic!("not safe now")
    };
    assert_eq!(ways[0].channel, Channel::Sms);
    assert_eq!(ways[0].until, Some(now.plus_hours(6)));
    world.clock.set(now.plus_hours(7));
    assert_eq!(
        safely().await,
        SafelyNow::From(now.plus_days(7), Channel::Sms)
    );
    world.clock.set(now.plus_days(35));
    assert_eq!(safely().await, SafelyNow::NoWay(DenyReason::Expired));
});

both!(
    ne_02_after_a_move_nothing_is_safe_until_confirmed_and_the_old_home_never_again,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        let sms = contact::add(&office.app, &coach, case, &text_message(vec![]))
            .await
            .unwrap();
        let home = ContactSaid {
            channel: Channel::Post,
            value: "1 High Street".to_owned(),
            ..text_message(vec![])
        };
        contact::add(&office.app, &coach, case, &home)
            .await
            .unwrap();
        world.clock.advance_seconds(60);
        let future = contact::change_of_address_or_separation(
            &office.app,
            &coach,
            case,
            world.env.now().plus_hours(1),
        )
        .await;
        assert_eq!(problem(&future), "contact-change-in-future");
        contact::change_of_address_or_separation(&office.app, &coach, case, world.env.now())
            .await
            .unwrap();
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        assert_eq!(view.safely_now, SafelyNow::NoWay(DenyReason::Reconfirm));
        let old = view
            .contacts
            .all
            .iter()
            .find(|it| it.point.channel == Channel::Post)
            .unwrap();
        assert_eq!(
            (old.ended, old.point.verdict),
            (Some(ContactEnded::Moved), Verdict::Never)
        );
        assert!(
            tasks(&office, &office.coach)
                .await
                .iter()
                .any(|task| task.kind == TaskKind::AgreeSafeContact)
        );
        world.clock.advance_seconds(60);
        let again = contact::confirm(&office.app, &coach, case, old.reference).await;
        assert_eq!(problem(&again), "contact-was-retired");
        let revived = ContactSaid {
            channel: Channel::PostToAlternative,
            value: "1 HIGH street ".to_owned(),
            ..home
        };
        assert_eq!(
            problem(&contact::add(&office.app, &coach, case, &revived).await),
            "contact-was-retired"
        );
        contact::confirm(&office.app, &coach, case, sms)
            .await
            .unwrap();
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        assert!(matches!(view.safely_now, SafelyNow::By(_)));
    }
);

both!(
    a_number_that_is_not_safe_does_not_come_back_spelt_another_way,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        let said = |channel, value: &str| ContactSaid {
            channel,
            value: value.to_owned(),
            ..text_message(vec![])
        };
        let first = said(Channel::PhoneMobile, "07700 900123");
        let first = contact::add(&office.app, &coach, case, &first)
            .await
            .unwrap();
        // While it is in use, the same number by text is a way of its own.
        let by_text = said(Channel::Sms, "07700900123");
        let by_text = contact::add(&office.app, &coach, case, &by_text)
            .await
            .unwrap();
        for reference in [first, by_text] {
            let view = case_view::read(&office.app, &coach, case).await.unwrap();
            let all = view.contacts.all;
            let held = all.iter().find(|it| it.reference == reference).unwrap();
            assert_eq!(held.ended, None);
        }
        contact::end(&office.app, &coach, case, first, ContactEnded::NotSafe)
            .await
            .unwrap();
        // It is one telephone: nobody writes to it either.
        let view = case_view::read(&office.app, &coach, case).await.unwrap();
        let all = &view.contacts.all;
        let held = all.iter().find(|it| it.reference == by_text).unwrap();
        assert_eq!(held.ended, Some(ContactEnded::NotSafe));
        assert!(!matches!(view.safely_now, SafelyNow::By(_)));
        for (channel, value) in [
            (Channel::PhoneMobile, "+447700900123"),
            (Channel::PhoneMobile, "+44 (0)7700 900 123"),
            (Channel::PhoneWork, "0044 7700 900123"),
            (Channel::PhoneViaTrustedPerson, "7700 900123, ask for Sam"),
            (Channel::Sms, "447700900123"),
            (Channel::AppMessage, "+44 7700 900123"),
        ] {
            let again = contact::add(&office.app, &coach, case, &said(channel, value)).await;
            assert_eq!(problem(&again), "contact-was-retired", "{value}");
        }
        let other = said(Channel::Sms, "07700 900124");
        contact::add(&office.app, &coach, case, &other)
            .await
            .unwrap();
        // A name in an app is no number: another name with the same digits is another way.
        let amy = said(Channel::AppMessage, "@amy900124");
        let amy = contact::add(&office.app, &coach, case, &amy).await.unwrap();
        contact::end(&office.app, &coach, case, amy, ContactEnded::NotSafe)
            .await
            .unwrap();
        let bob = said(Channel::AppMessage, "@bob900124");
        contact::add(&office.app, &coach, case, &bob).await.unwrap();
        let again = said(Channel::AppMessage, "@Amy900124");
        let again = contact::add(&office.app, &coach, case, &again).await;
        assert_eq!(problem(&again), "contact-was-retired");
    }
);

both!(
    who_looked_is_told_and_a_hand_over_needs_a_colleague,
    |world| {
        let office = office(world).await;
        let coach = office.coach.actor();
        let case = opened(&office).await;
        let child = case_now::child_add(&office.app, &coach, case, &sheet("Noor", None))
            .await
            .unwrap();
        case_view::read(&office.app, &office.lead.actor(), case)
            .await
            .unwrap();
        let looks = case_view::lookers(&office.app, &coach, case, 1)
            .await
            .unwrap();
        assert!(
            looks
                .looks
                .iter()
                .any(|looked| looked.by.as_deref() == Some("Dee"))
        );
        let nobody = case_lead::hand_over(&office.app, &coach, case, world.env.reference()).await;
        assert_eq!(problem(&nobody), "case-no-such-colleague");
        case_lead::hand_over(&office.app, &coach, case, office.other.reference)
            .await
            .unwrap();
        assert!(case_view::read(&office.app, &coach, case).await.is_err());
        assert!(case_view::read(&office.app, &coach, child).await.is_err());
        let view = case_view::read(&office.app, &office.other.actor(), case)
            .await
            .unwrap();
        assert_eq!(view.lead, "Cal");
    }
);
