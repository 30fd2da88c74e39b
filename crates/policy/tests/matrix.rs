//! The permission table as a reviewed text, and the decision against an evaluator that knows nothing of it.

#![cfg(test)]

use proptest::prelude::*;
use std::fmt::Write as _;
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, Id, OrganisationId, SiteId};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::action::{self, Action};
use throughline_policy::table::{Relation, outlasts_an_hour, relations};
use throughline_policy::{
    ActionKind, Actor, Facts, Purpose, Reason, Scope, Standing, Ties, decide,
};
use uuid::Uuid;

const MATRIX: &str = include_str!("../authz-matrix.txt");

fn matrix() -> String {
    let mut out = String::from(
        "# Who may do what: action, then standing: relations to the subject, any one of which suffices. Standings that are not\n\
         # named may never do it. Made from the table by a test; a change here is a change of who may see whom: review it as such.\n",
    );
    for action in ActionKind::ALL {
        let step_up = if action.needs_step_up() {
            " (after proving themselves again)"
        } else {
            ""
        };
        let lasting = if outlasts_an_hour(*action) {
            " (not where it is open for an hour only)"
        } else {
            ""
        };
        let _ = writeln!(out, "\n{}{step_up}{lasting}", action.code());
        for standing in Standing::ALL {
            let names: Vec<_> = relations(*standing, *action)
                .iter()
                .map(|relation| relation.code())
                .collect();
            if !names.is_empty() {
                let _ = writeln!(out, "  {}: {}", standing.code(), names.join(", "));
            }
        }
    }
    out
}

#[test]
fn the_reviewed_matrix_is_the_table() {
    if option_env!("UPDATE_MATRIX").is_some() {
        std::fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/authz-matrix.txt"),
            matrix(),
        )
        .unwrap();
        return;
    }
    assert_eq!(
        MATRIX,
        matrix(),
        "who may do what has changed: run this test with UPDATE_MATRIX=1 and have the difference reviewed"
    );
}

#[test]
fn i6_what_must_never_be_allowed_is_not_in_the_table() {
    use ActionKind as A;
    for action in ActionKind::ALL {
        assert!(
            relations(Standing::Public, *action).is_empty(),
            "{action:?} to anyone at all"
        );
        for standing in Standing::ALL {
            let given = relations(*standing, *action);
            let anyone = given.contains(&Relation::Anyone);
            let trusted = matches!(standing, Standing::System | Standing::DirectorySteward);
            assert!(
                !anyone || trusted,
                "{standing:?} may do {action:?} to anything"
            );
        }
    }
    // Those who keep the system see nobody's story (SPEC 4.10).
    for standing in [
        Standing::Administrator,
        Standing::SecurityOfficer,
        Standing::DirectorySteward,
        Standing::FrontDesk,
    ] {
        for action in [
            A::CaseRead,
            A::CaseChange,
            A::PersonSearch,
            A::ReferralRead,
            A::PacketRead,
            A::ContactReveal,
            A::ContactRevealAtRisk,
            A::PlaceReveal,
            A::PlaceRevealAtRisk,
            A::ConversationKeep,
            A::ConversationTakeUp,
        ] {
            assert!(
                relations(standing, action).is_empty(),
                "{standing:?} {action:?}"
            );
        }
    }
    // The person sees what they agreed to and who looked, and takes it back: nothing of what anybody else told or wrote.
    let own: Vec<ActionKind> = ActionKind::ALL
        .iter()
        .copied()
        .filter(|action| !relations(Standing::PersonHolder, *action).is_empty())
        .collect();
    assert_eq!(
        own,
        [
            A::SharingRead,
            A::SharingNarrow,
            A::CaseLookers,
            A::ReferralTakeBack
        ]
    );
    // A partner sees a contact only once they have accepted, however much it hurries, and never the case.
    for action in [A::ContactReveal, A::ContactRevealAtRisk] {
        assert_eq!(
            relations(Standing::PartnerWorker, action),
            [Relation::Accepted]
        );
    }
    assert!(relations(Standing::PartnerWorker, A::CaseRead).is_empty());
    // The address that a service gave is for the lead of the case, never for a program and never for the service's own side.
    for standing in [
        Standing::PartnerWorker,
        Standing::LinkHolder,
        Standing::ApiClient,
    ] {
        for action in [A::PlaceReveal, A::PlaceRevealAtRisk] {
            assert!(relations(standing, action).is_empty(), "{standing:?}");
        }
    }
    for standing in [Standing::WorkCoach, Standing::DaLead] {
        assert_eq!(relations(standing, A::PlaceReveal), [Relation::Lead]);
    }
    // 999 is never refused to anybody who meets people.
    for standing in [
        Standing::WorkCoach,
        Standing::FrontDesk,
        Standing::DaLead,
        Standing::PartnerWorker,
    ] {
        assert!(
            !relations(standing, A::EmergencyRecord).is_empty(),
            "{standing:?}"
        );
    }
}

/// Few ids, so that they meet often.
fn id<T>(n: u8) -> Id<T> {
    Id::from_uuid(Uuid::from_u128(u128::from(n)))
}

fn some() -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.8, 0_u8..3)
}

fn ties() -> impl Strategy<Value = Ties> {
    (
        (some(), some(), some(), some(), some(), some(), some()),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    )
        .prop_map(|((a, b, c, d, e, f, g), closed, for_now)| Ties {
            organisation: a.map(id),
            site: b.map(id),
            lead: c.map(id),
            to_organisation: d.map(id),
            accepted_by: e.map(id),
            referral: f.map(id),
            case: g.map(id),
            closed,
            for_now,
        })
}

fn now() -> At {
    At::parse("2026-11-23T09:00:00Z").unwrap()
}

fn actor() -> impl Strategy<Value = Actor> {
    let staff = (
        0_u8..3,
        0_u8..3,
        some(),
        prop::sample::select(Role::ALL),
        prop::option::of(-1_000_i64..2_000),
    )
        .prop_map(|(account, organisation, site, role, ago)| Actor::Staff {
            account: id(account),
            organisation: id(organisation),
            site: site.map(id),
            role,
            stepped_up_at: ago.map(|ago| now().plus_seconds(-ago)),
        });
    let link = (0_u8..3, 0_u8..3, -1_000_i64..2_000).prop_map(|(referral, organisation, ago)| {
        Actor::LinkHolder {
            referral: id(referral),
            organisation: id(organisation),
            code_given_at: now().plus_seconds(-ago),
        }
    });
    let client = (
        0_u8..3,
        prop::sample::subsequence(ActionKind::ALL, 0..ActionKind::ALL.len()),
    )
        .prop_map(|(organisation, scopes)| Actor::Client {
            client: id(9),
            organisation: id(organisation),
            scopes,
        });
    let person = (0_u8..3, 0_u8..3).prop_map(|(case, organisation)| Actor::PersonHolder {
        case: id(case),
        organisation: id(organisation),
    });
    let system = (0_u8..3).prop_map(|organisation| Actor::System {
        organisation: id(organisation),
    });
    prop_oneof![6 => staff, 2 => link, 2 => person, 2 => client, 1 => system, 1 => Just(Actor::Public)]
}

/// Who somebody is, read off what they are made of and not asked of the code that is looked at: their organisation, site and account.
fn made_of(actor: &Actor) -> (Option<OrganisationId>, Option<SiteId>, Option<AccountId>) {
    match actor {
        Actor::Staff {
            account,
            organisation,
            site,
            ..
        } => (Some(*organisation), *site, Some(*account)),
        Actor::LinkHolder { organisation, .. }
        | Actor::PersonHolder { organisation, .. }
        | Actor::Client { organisation, .. }
        | Actor::System { organisation } => (Some(*organisation), None, None),
        Actor::Public => (None, None, None),
    }
}

/// The relations again, in plain words: nothing of the rules and atoms that the decision is made of.
fn stands_in(relation: Relation, actor: &Actor, ties: &Ties) -> bool {
    let (organisation, site, account) = made_of(actor);
    let own = organisation.is_some() && organisation == ties.organisation;
    match relation {
        Relation::Anyone => true,
        Relation::OwnOrganisation => own,
        Relation::OtherOrganisation => {
            !own && organisation.is_some() && ties.organisation.is_some()
        }
        Relation::OwnSite => own && site.is_some() && site == ties.site,
        Relation::Lead => own && account.is_some() && account == ties.lead,
        Relation::ReferredTo => organisation.is_some() && organisation == ties.to_organisation,
        Relation::Accepted => organisation.is_some() && organisation == ties.accepted_by,
        Relation::OwnRecord => match actor {
            Actor::PersonHolder { case, organisation } => {
                ties.case == Some(*case) && ties.organisation == Some(*organisation)
            }
            _ => false,
        },
        Relation::ThisLink => match actor {
            Actor::LinkHolder {
                referral,
                organisation,
                ..
            } => ties.referral == Some(*referral) && ties.to_organisation == Some(*organisation),
            _ => false,
        },
    }
}

fn compare<A: Action>(actor: &Actor, ties: Ties, subject: A::Subject) {
    let given = match actor {
        Actor::Client { scopes, .. } => scopes.contains(&A::KIND),
        _ => true,
    };
    let related = given
        && relations(actor.standing(), A::KIND)
            .iter()
            .any(|relation| stands_in(*relation, actor, &ties));
    let lately = |at: &At| (0..=900).contains(&now().seconds_since(*at)) && *at <= now();
    let stepped = match actor {
        Actor::Staff { stepped_up_at, .. } => stepped_up_at.as_ref().is_some_and(lately),
        Actor::LinkHolder { code_given_at, .. } => lately(code_given_at),
        _ => true,
    };
    let facts = Facts {
        subject,
        person: None,
        ties,
    };
    let decided = decide::<A>(actor, Purpose::HelpAPerson, &facts, now());
    let open = related && !ties.closed;
    // Written out once more, so that a change of either is seen.
    let lasting = [
        "case_restrict",
        "case_hand_over",
        "case_erase",
        "access_answer",
        "link_confirm",
    ];
    let open_now = open && !(ties.for_now && lasting.contains(&A::KIND.code()));
    let expected = open_now && (stepped || !A::KIND.needs_step_up());
    assert_eq!(
        decided.is_ok(),
        expected,
        "{:?} {actor:?} {ties:?}",
        A::KIND
    );
    if let Err(denied) = decided {
        assert_eq!(
            denied.reason == Reason::StepUpNeeded,
            open_now,
            "{:?}",
            A::KIND
        );
    }
    assert_eq!(
        Scope::<A>::of(actor).rule().allows(&ties),
        open,
        "{:?} {actor:?} {ties:?}",
        A::KIND
    );
}

macro_rules! compare_every_action {
    ($actor:expr, $ties:expr; $($name:ident)+) => {{
        $(compare::<action::$name>($actor, $ties, Id::from_uuid(Uuid::from_u128(7)));)+
        [$(stringify!($name)),+].len()
    }};
}

/// A lead at a site, who proved themselves again so many seconds ago.
fn lead(stepped_up: Option<i64>) -> Actor {
    Actor::Staff {
        account: id(1),
        organisation: id(2),
        site: Some(id(3)),
        role: Role::DaLead,
        stepped_up_at: stepped_up.map(|ago| now().plus_seconds(-ago)),
    }
}

fn case_of_theirs() -> Facts<throughline_core::id::CaseId> {
    Facts {
        subject: id(7),
        person: Some(id(8)),
        ties: Ties {
            organisation: Some(id(2)),
            lead: Some(id(1)),
            ..Ties::default()
        },
    }
}

#[test]
fn a_permit_names_whom_and_what_it_is_for_and_is_good_for_a_minute() {
    let facts = case_of_theirs();
    let decided = decide::<action::CaseRead>(&lead(None), Purpose::HelpAPerson, &facts, now());
    let permit = decided.unwrap();
    assert_eq!(
        (permit.on(), permit.person(), permit.organisation()),
        (facts.subject, facts.person, id(2))
    );
    assert_eq!(permit.purpose(), Purpose::HelpAPerson);
    assert_eq!(permit.expires_at(), now().plus_seconds(60));
}

#[test]
fn whom_a_record_is_closed_about_is_named_only_where_that_is_why() {
    let refused = |closed, lead_of| {
        let mut facts = case_of_theirs();
        facts.ties.closed = closed;
        facts.ties.lead = Some(id(lead_of));
        decide::<action::CaseRead>(&lead(None), Purpose::HelpAPerson, &facts, now())
            .map(|_| ())
            .unwrap_err()
    };
    for (closed, lead_of, reason, named) in [
        (true, 1, Reason::Closed, Some(id(8))),
        (false, 2, Reason::NoRelation, None),
    ] {
        let denied = refused(closed, lead_of);
        assert_eq!((denied.reason, denied.closed), (reason, named));
        assert_eq!(denied.action, ActionKind::CaseRead);
    }
}

#[test]
fn who_proved_themselves_is_asked_again_after_a_quarter_of_an_hour_and_never_believed_of_the_future()
 {
    for (ago, lately) in [(0, true), (900, true), (901, false), (-1, false)] {
        assert_eq!(lead(Some(ago)).proved_lately(now()), lately, "{ago}");
        let link = Actor::LinkHolder {
            referral: id(1),
            organisation: id(2),
            code_given_at: now().plus_seconds(-ago),
        };
        assert_eq!(link.proved_lately(now()), lately, "{ago}");
    }
    let person = Actor::PersonHolder {
        case: id(1),
        organisation: id(2),
    };
    assert!(!lead(None).proved_lately(now()) && !person.proved_lately(now()));
}

#[test]
fn a_scope_knows_who_asks() {
    let actor = lead(None);
    assert_eq!(Scope::<action::CaseRead>::of(&actor).actor(), &actor);
}

/// How many worlds are asked: 4,000 unless somebody says otherwise (`./test assurance` asks 100,000).
#[expect(
    clippy::disallowed_methods,
    reason = "how long it may take, from whoever runs the test"
)]
fn cases() -> u32 {
    let said = std::env::var("THROUGHLINE_POLICY_CASES").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]
    #[test]
    fn the_decision_and_the_scope_are_what_the_table_says_in_plain_words(actor in actor(), ties in ties()) {
        let compared = compare_every_action!(&actor, ties; EmergencyRecord RoomRequest RoomList RoomAnswer ConversationStart ConversationKeep ConversationTakeUp CaseOpen PersonSearch CaseRead CaseChange MessageSend SharingRead SharingNarrow ReferralTakeBack CaseRestrict UrgentAccess SecondPersonDecide CaseHandOver CaseLookers AccessAnswer CaseErase ErasureDecide ReferralSend ReferralRead ReferralRecord ReferralReceive PacketRead ReferralAnswer ContactReveal ContactRevealAtRisk PlaceSay PlaceReveal PlaceRevealAtRisk OutcomeRecord TaskDo TaskList AppointmentList LinkConfirm PlanApart DraftKeep DirectoryImport ServiceEdit QuarantineRead AddressPropose AddressConfirm PartnerPropose PartnerConfirm AuditRead AccountManage SitePostName InterestKeep InterestCompare ClientManage);
        prop_assert_eq!(compared, ActionKind::ALL.len());
    }
}
