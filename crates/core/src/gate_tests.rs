//! Tests of the gate: every channel, every verdict, every hour, every flag.

use jiff::civil::Weekday;

use super::*;
use crate::answer::Answer;
use crate::artefact::{Lang, Slots};
use crate::code::Code;
use crate::contact::{NotAWindow, Window};

fn at(text: &str) -> At {
    At::parse(text).unwrap()
}

/// A Wednesday, 14:00 in London.
fn now() -> At {
    at("2026-01-14T14:00:00Z")
}

fn good(channel: Channel) -> ContactPoint {
    ContactPoint {
        channel,
        verdict: Verdict::Safe,
        windows: Vec::new(),
        confirmed_at: Some(at("2026-01-10T10:00:00Z")),
        expires_at: Some(at("2026-02-07T10:00:00Z")),
        voicemail_since: Some(at("2026-01-10T10:00:00Z")),
        answered_by: AnsweredBy::OnlyThem,
        neutral_only: true,
        shared_account: Answer::No,
    }
}

fn neutral(artefact: Artefact) -> Text {
    let slots = Slots {
        when: Some(now()),
        link: Some("https://r.example.org/a/7h3k"),
        code: Some("482913"),
        call: Some("01632 960123"),
        entry: Some((crate::id::Ref::from_bytes([7; 16]), now())),
    };
    artefact.text(Lang::English, slots).unwrap()
}

fn try_gate(
    point: &ContactPoint,
    artefact: Artefact,
    changed: Option<At>,
    when: At,
) -> Result<Release, DenyReason> {
    let protected = Protected::default();
    gate(
        Some(point),
        "01632 960123",
        changed,
        when,
        Content {
            text: &neutral(artefact),
            protected: &protected,
            our_address: "",
        },
        Sender::Organisation,
    )
    .map_err(|denied| denied.reason)
}

#[test]
fn a_safe_confirmed_point_lets_the_right_artefact_through_and_nothing_else() {
    for channel in Channel::ALL {
        for artefact in Artefact::ALL {
            let result = try_gate(&good(*channel), *artefact, None, now());
            assert_eq!(
                result.is_ok(),
                artefact.goes_by(*channel),
                "{artefact} by {channel}"
            );
        }
    }
}

#[test]
fn m2_unknown_is_denied_for_every_channel_hour_and_flag() {
    let yes_no = [true, false];
    for channel in Channel::ALL {
        for artefact in Artefact::ALL
            .iter()
            .filter(|artefact| artefact.goes_by(*channel))
        {
            for hour in 0..24 {
                let when = now().plus_hours(hour);
                for neutral_only in yes_no {
                    for windowed in yes_no {
                        let base = ContactPoint {
                            neutral_only,
                            windows: if windowed { week(0, 1440) } else { Vec::new() },
                            ..good(*channel)
                        };
                        for unknown in [
                            ContactPoint {
                                verdict: Verdict::UnknownTreatAsNever,
                                ..base.clone()
                            },
                            ContactPoint {
                                verdict: Verdict::Never,
                                ..base.clone()
                            },
                            ContactPoint {
                                confirmed_at: None,
                                ..base.clone()
                            },
                            ContactPoint {
                                expires_at: None,
                                ..base.clone()
                            },
                            ContactPoint {
                                answered_by: AnsweredBy::NotKnown,
                                ..base.clone()
                            },
                            ContactPoint {
                                verdict: Verdict::SafeOnlyInWindow,
                                windows: Vec::new(),
                                ..base.clone()
                            },
                            ContactPoint::unknown(*channel),
                            base.clone().retired(),
                        ] {
                            assert!(
                                try_gate(&unknown, *artefact, None, when).is_err(),
                                "{artefact} by {channel} at {when}: {unknown:?}"
                            );
                        }
                        assert!(
                            try_gate(&base, *artefact, None, when).is_ok(),
                            "negative control: {artefact} by {channel}"
                        );
                    }
                }
            }
        }
    }
}

fn week(from: i16, to: i16) -> Vec<Window> {
    (1..=7)
        .map(|day| Window::new(Weekday::from_monday_one_offset(day).unwrap(), from, to).unwrap())
        .collect()
}

#[test]
fn no_contact_point_is_denied() {
    let protected = Protected::default();
    let text = neutral(Artefact::SmsPleaseCall);
    let content = Content {
        text: &text,
        protected: &protected,
        our_address: "",
    };
    let denied = gate(None, "", None, now(), content, Sender::Neutral).unwrap_err();
    assert_eq!(
        (denied.reason, denied.alternative),
        (DenyReason::NothingKnown, Alternative::AgreeASafeWay)
    );
}

#[test]
fn a_window_opens_at_its_first_minute_and_is_shut_at_its_last() {
    let point = ContactPoint {
        verdict: Verdict::SafeOnlyInWindow,
        windows: week(9 * 60, 15 * 60),
        ..good(Channel::Sms)
    };
    for minute in 0..(24 * 60) {
        let when = at("2026-01-14T00:00:00Z").plus_minutes(minute);
        let open = try_gate(&point, Artefact::SmsPleaseCall, None, when).is_ok();
        assert_eq!(open, (9 * 60..15 * 60).contains(&minute), "minute {minute}");
    }
}

#[test]
fn windows_follow_the_london_clock_in_summer() {
    let point = ContactPoint {
        verdict: Verdict::SafeOnlyInWindow,
        windows: week(9 * 60, 10 * 60),
        confirmed_at: Some(at("2026-06-30T10:00:00Z")),
        expires_at: Some(at("2026-07-28T10:00:00Z")),
        ..good(Channel::Sms)
    };
    assert!(
        try_gate(
            &point,
            Artefact::SmsPleaseCall,
            None,
            at("2026-07-01T08:30:00Z")
        )
        .is_ok(),
        "09:30 in London"
    );
    assert!(
        try_gate(
            &point,
            Artefact::SmsPleaseCall,
            None,
            at("2026-07-01T09:30:00Z")
        )
        .is_err(),
        "10:30 in London"
    );
}

#[test]
fn outside_the_window_the_worker_is_told_when_it_opens() {
    let point = ContactPoint {
        verdict: Verdict::SafeOnlyInWindow,
        windows: week(9 * 60, 10 * 60),
        ..good(Channel::Sms)
    };
    let protected = Protected::default();
    let text = neutral(Artefact::SmsPleaseCall);
    let content = Content {
        text: &text,
        protected: &protected,
        our_address: "",
    };
    let denied = gate(Some(&point), "", None, now(), content, Sender::Neutral).unwrap_err();
    assert_eq!(
        denied.alternative,
        Alternative::WaitUntil(at("2026-01-15T09:00:00Z"))
    );
    let lapsing = ContactPoint {
        expires_at: Some(at("2026-01-14T15:00:00Z")),
        ..point
    };
    let denied = gate(Some(&lapsing), "", None, now(), content, Sender::Neutral).unwrap_err();
    assert_eq!(
        denied.alternative,
        Alternative::AgreeASafeWay,
        "it would lapse before it opens"
    );
}

#[test]
fn a_lapsed_confirmation_is_denied_from_the_moment_it_lapses() {
    let point = good(Channel::Sms);
    let lapses = point.expires_at.unwrap();
    assert!(
        try_gate(
            &point,
            Artefact::SmsPleaseCall,
            None,
            lapses.plus_seconds(-1)
        )
        .is_ok()
    );
    assert_eq!(
        try_gate(&point, Artefact::SmsPleaseCall, None, lapses).unwrap_err(),
        DenyReason::Expired
    );
}

#[test]
fn a_confirmation_from_the_future_is_no_confirmation() {
    let point = ContactPoint {
        confirmed_at: Some(now().plus_days(1)),
        ..good(Channel::Sms)
    };
    assert_eq!(
        try_gate(&point, Artefact::SmsPleaseCall, None, now()).unwrap_err(),
        DenyReason::NotConfirmed
    );
}

#[test]
fn a_move_or_separation_after_the_confirmation_closes_every_channel() {
    for channel in Channel::ALL {
        let point = good(*channel);
        let confirmed = point.confirmed_at.unwrap();
        for artefact in Artefact::ALL
            .iter()
            .filter(|artefact| artefact.goes_by(*channel))
        {
            for changed in [
                confirmed,
                confirmed.plus_seconds(1),
                now(),
                now().plus_days(1),
            ] {
                assert_eq!(
                    try_gate(&point, *artefact, Some(changed), now()).unwrap_err(),
                    DenyReason::Reconfirm
                );
            }
            assert!(try_gate(&point, *artefact, Some(confirmed.plus_seconds(-1)), now()).is_ok());
        }
    }
}

#[test]
fn voicemail_needs_its_own_dated_permission_for_the_number() {
    let none = ContactPoint {
        voicemail_since: None,
        ..good(Channel::PhoneMobile)
    };
    let future = ContactPoint {
        voicemail_since: Some(now().plus_days(1)),
        ..good(Channel::PhoneMobile)
    };
    let before_the_move = ContactPoint {
        voicemail_since: Some(at("2025-12-01T00:00:00Z")),
        ..good(Channel::PhoneMobile)
    };
    for (point, changed) in [
        (&none, None),
        (&future, None),
        (&before_the_move, Some(at("2026-01-01T00:00:00Z"))),
    ] {
        assert_eq!(
            try_gate(point, Artefact::VoicemailPleaseCall, changed, now()).unwrap_err(),
            DenyReason::NoVoicemail
        );
        assert!(
            try_gate(point, Artefact::CallScript, changed, now()).is_ok(),
            "a call without a message is still possible"
        );
    }
}

#[test]
fn a_neutral_only_point_never_shows_the_organisation() {
    let release = try_gate(&good(Channel::Sms), Artefact::SmsPleaseCall, None, now()).unwrap();
    assert_eq!(release.sender(), Sender::Neutral);
    let open = ContactPoint {
        neutral_only: false,
        ..good(Channel::Sms)
    };
    assert_eq!(
        try_gate(&open, Artefact::SmsPleaseCall, None, now())
            .unwrap()
            .sender(),
        Sender::Organisation
    );
}

#[test]
fn whoever_else_may_answer_is_never_told_which_organisation_it_is() {
    for answered_by in AnsweredBy::ALL {
        for channel in Channel::ALL {
            let agreed = ContactPoint {
                neutral_only: false,
                answered_by: *answered_by,
                ..good(*channel)
            };
            for artefact in Artefact::ALL {
                if let Ok(release) = try_gate(&agreed, *artefact, None, now()) {
                    let named = release.sender() == Sender::Organisation;
                    assert_eq!(named, *answered_by == AnsweredBy::OnlyThem, "{answered_by}");
                }
            }
        }
    }
}

#[test]
fn what_was_released_goes_to_the_one_it_was_looked_at_for_and_is_never_printed() {
    let release = try_gate(&good(Channel::Sms), Artefact::SmsPleaseCall, None, now()).unwrap();
    assert_eq!(release.to(), "01632 960123");
    assert_eq!(format!("{release:?}"), "Release(sms_please_call)");
}

#[test]
fn a_text_whose_slot_smuggles_in_what_it_must_not_is_stopped() {
    let protected = Protected::new(["Rosewood House"]);
    for smuggled in ["at Rosewood House", "the abuse line", "M1 1AE"] {
        let text = Artefact::SmsPleaseCall
            .text(
                Lang::English,
                Slots {
                    call: Some(smuggled),
                    ..Slots::default()
                },
            )
            .unwrap();
        let denied = gate(
            Some(&good(Channel::Sms)),
            "",
            None,
            now(),
            Content {
                text: &text,
                protected: &protected,
                our_address: "",
            },
            Sender::Neutral,
        )
        .unwrap_err();
        assert_eq!(denied.reason, DenyReason::NotNeutral, "{smuggled}");
        assert!(!denied.to_string().contains("Rosewood"));
    }
}

#[test]
fn a_sheet_handed_over_may_name_a_service_but_never_a_protected_place() {
    let protected = Protected::new(["Rosewood House"]);
    let tried = |body: &str| {
        let text = Text::sheet(Lang::English, body.to_owned());
        gate(
            Some(&good(Channel::InPersonSite)),
            "",
            None,
            now(),
            Content {
                text: &text,
                protected: &protected,
                our_address: "",
            },
            Sender::Neutral,
        )
        .is_ok()
    };
    assert!(tried("Debt advice, 1 High Street, M1 1AE"));
    assert!(!tried("Ask at Rosewood House"));
}

#[test]
fn what_is_for_a_partner_never_goes_to_a_person_nor_the_other_way_round() {
    let protected = Protected::default();
    let to = Confirmed::by_two("referrals@quayside.example".to_owned());
    for artefact in Artefact::ALL {
        let text = neutral(*artefact);
        let content = Content {
            text: &text,
            protected: &protected,
            our_address: "",
        };
        assert_eq!(
            gate_to_worker(&to, content).is_ok(),
            artefact.audience() != Audience::Person
        );
    }
}

#[test]
fn a_window_past_midnight_or_empty_is_refused() {
    for (from, to) in [(600, 600), (700, 600), (-1, 5), (0, 1441)] {
        assert_eq!(Window::new(Weekday::Monday, from, to), Err(NotAWindow));
    }
    assert!(Window::try_from((0, 0, 60)).is_err() && Window::try_from((8, 0, 60)).is_err());
}

#[test]
fn the_texts_themselves_pass_the_gate_in_both_languages() {
    let slots = Slots {
        when: Some(now()),
        link: None,
        code: None,
        call: Some("01632 960123"),
        entry: Some((crate::id::Ref::from_bytes([7; 16]), now())),
    };
    let protected = Protected::new(["Rosewood House"]);
    for channel in Channel::ALL {
        for artefact in Artefact::ALL
            .iter()
            .filter(|artefact| artefact.goes_by(*channel))
        {
            for lang in Lang::ALL {
                let text = artefact.text(*lang, slots).unwrap();
                let release = gate(
                    Some(&good(*channel)),
                    "",
                    None,
                    now(),
                    Content {
                        text: &text,
                        protected: &protected,
                        our_address: "",
                    },
                    Sender::Neutral,
                )
                .unwrap();
                assert_eq!(
                    release.text(),
                    &text,
                    "what is released is what was looked at"
                );
            }
        }
    }
}

#[test]
fn only_what_the_person_called_safe_is_a_way_to_reach_them() {
    let hours = vec![Window::new(Weekday::Monday, 600, 660).unwrap()];
    for verdict in Verdict::ALL {
        for windows in [Vec::new(), hours.clone()] {
            let timed = !windows.is_empty();
            let point = ContactPoint {
                verdict: *verdict,
                windows,
                ..ContactPoint::unknown(Channel::PhoneMobile)
            };
            let expected = match verdict {
                Verdict::Safe => true,
                Verdict::SafeOnlyInWindow => timed,
                Verdict::Never | Verdict::UnknownTreatAsNever => false,
            };
            assert_eq!(point.is_a_way(), expected, "{verdict} {timed}");
        }
    }
}

#[test]
fn somebody_may_pick_up_three_of_the_channels() {
    let phones: Vec<Channel> = Channel::ALL
        .iter()
        .copied()
        .filter(|channel| channel.is_phone())
        .collect();
    assert_eq!(
        phones,
        [
            Channel::PhoneMobile,
            Channel::PhoneWork,
            Channel::PhoneViaTrustedPerson
        ]
    );
}

#[test]
fn a_release_says_by_which_channel_it_goes_and_to_a_worker_by_none() {
    for channel in Channel::ALL {
        for artefact in Artefact::ALL {
            if let Ok(release) = try_gate(&good(*channel), *artefact, None, now()) {
                assert_eq!(release.channel(), Some(*channel));
            }
        }
    }
    let to = Confirmed::of_account("sam@office.example".to_owned());
    let protected = Protected::default();
    let text = neutral(Artefact::StaffTask);
    let content = Content {
        text: &text,
        protected: &protected,
        our_address: "",
    };
    let release = gate_to_worker(&to, content).unwrap();
    assert_eq!(
        (release.channel(), release.to()),
        (None, "sam@office.example")
    );
    assert_eq!(release.sender(), Sender::Neutral);
}

#[test]
fn our_own_address_may_stand_in_what_goes_to_a_worker_and_never_in_what_goes_to_the_person() {
    let ours = "https://refuge.example";
    let slots = Slots {
        link: Some("https://refuge.example/a/7h3k"),
        call: Some("https://refuge.example/a/7h3k"),
        ..Slots::default()
    };
    let text = |artefact: Artefact| artefact.text(Lang::English, slots).unwrap();
    let protected = Protected::default();
    let to = Confirmed::by_two("referrals@quayside.example".to_owned());
    let worker = text(Artefact::PartnerNotice);
    let person = text(Artefact::SmsPleaseCall);
    for (our_address, goes) in [(ours, true), ("", false), ("https://other.example", false)] {
        let content = Content {
            text: &worker,
            protected: &protected,
            our_address,
        };
        assert_eq!(gate_to_worker(&to, content).is_ok(), goes, "{our_address}");
        let content = Content {
            text: &person,
            ..content
        };
        let point = good(Channel::Sms);
        let sent = gate(Some(&point), "", None, now(), content, Sender::Neutral);
        assert_eq!(
            sent.unwrap_err().reason,
            DenyReason::NotNeutral,
            "{our_address}"
        );
    }
}

#[test]
fn a_joint_account_gets_nothing_in_the_journal_but_what_any_claimant_would() {
    for shared_account in Answer::ALL {
        let point = ContactPoint {
            shared_account: *shared_account,
            ..good(Channel::JournalOnlineAccount)
        };
        for artefact in [Artefact::JournalPleaseCall, Artefact::JournalAppointment] {
            assert!(try_gate(&point, artefact, None, now()).is_ok());
        }
    }
}

#[test]
fn a_joint_account_closes_no_way_but_the_journal() {
    for shared_account in Answer::ALL {
        for channel in Channel::ALL {
            let point = ContactPoint {
                shared_account: *shared_account,
                ..good(*channel)
            };
            for artefact in Artefact::ALL {
                let through = try_gate(&point, *artefact, None, now()).is_ok();
                assert_eq!(
                    through,
                    artefact.goes_by(*channel),
                    "{artefact} by {channel}"
                );
            }
        }
    }
}

#[test]
fn a_confirmation_of_this_very_moment_counts_and_so_does_a_permission_for_voicemail() {
    let point = ContactPoint {
        confirmed_at: Some(now()),
        voicemail_since: Some(now()),
        ..good(Channel::PhoneMobile)
    };
    assert!(try_gate(&point, Artefact::VoicemailPleaseCall, None, now()).is_ok());
    // A permission of the moment they moved is of the time before.
    let moved = ContactPoint {
        voicemail_since: Some(at("2026-01-09T10:00:00Z")),
        ..good(Channel::PhoneMobile)
    };
    let changed = Some(at("2026-01-09T10:00:00Z"));
    assert_eq!(
        try_gate(&moved, Artefact::VoicemailPleaseCall, changed, now()),
        Err(DenyReason::NoVoicemail)
    );
}

#[test]
fn a_window_that_opens_as_the_confirmation_lapses_is_not_waited_for() {
    let opens = at("2026-01-15T09:00:00Z");
    for (lapses, alternative) in [
        (opens, Alternative::AgreeASafeWay),
        (opens.plus_seconds(1), Alternative::WaitUntil(opens)),
    ] {
        let point = ContactPoint {
            verdict: Verdict::SafeOnlyInWindow,
            windows: week(9 * 60, 10 * 60),
            expires_at: Some(lapses),
            ..good(Channel::Sms)
        };
        let protected = Protected::default();
        let text = neutral(Artefact::SmsPleaseCall);
        let content = Content {
            text: &text,
            protected: &protected,
            our_address: "",
        };
        let denied = gate(Some(&point), "", None, now(), content, Sender::Neutral).unwrap_err();
        assert_eq!(denied.alternative, alternative);
    }
}

#[test]
fn the_next_safe_time_is_now_or_the_first_minute_of_a_window_to_the_minute() {
    let window = |day, from, to| Window::new(day, from, to).unwrap();
    // A Wednesday, 14:00 in London.
    for (windows, expected) in [
        (vec![], None),
        (
            vec![window(Weekday::Wednesday, 840, 841)],
            Some("2026-01-14T14:00:00Z"),
        ),
        (
            vec![window(Weekday::Wednesday, 995, 1000)],
            Some("2026-01-14T16:35:00Z"),
        ),
        (
            vec![window(Weekday::Wednesday, 600, 660)],
            Some("2026-01-21T10:00:00Z"),
        ),
        (
            vec![
                window(Weekday::Tuesday, 0, 1),
                window(Weekday::Friday, 61, 62),
            ],
            Some("2026-01-16T01:01:00Z"),
        ),
    ] {
        assert_eq!(next_open(&windows, now()), expected.map(at));
    }
}

#[test]
fn a_window_is_kept_and_read_as_its_day_and_its_minutes() {
    let window = Window::new(Weekday::Sunday, 5, 1440).unwrap();
    assert_eq!(
        (window.day(), window.from(), window.to()),
        (Weekday::Sunday, 5, 1440)
    );
    assert_eq!(<(i8, i16, i16)>::from(window), (7, 5, 1440));
    assert_eq!(Window::try_from((7, 5, 1440)), Ok(window));
}
