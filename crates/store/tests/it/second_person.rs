//! A second person of another organisation: what they learn, who they may be, how long their answer is good, on both databases
//! (SPEC 4.6; ASSURANCE I4; decision 0019).

use crate::shared::{HELP, Raw, organisation};
use throughline_core::id::Ref;
use throughline_core::reason::Reason;
use throughline_core::role::Role;
use throughline_core::scan::Protected;
use throughline_core::second_person::{Guarded, SecondPersonState};
use throughline_policy::action::{SecondPersonDecide, UrgentAccess};
use throughline_policy::{Actor, Facts, Purpose, Ties};
use throughline_store::account::Account;
use throughline_store::review::{Which, record_facts};
use throughline_store::second_person::{Asked, NewAsk};
use throughline_store::{Error, Result, Work};
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use uuid::Uuid;

const REVIEW: Purpose = Purpose::ReviewSecurity;
const ROLES: &[Role] = &[Role::DaLead, Role::SecurityOfficer, Role::WorkCoach];
const WORDS: &str = "A call from the ward: she must be found tonight.";

/// A safety lead who asks, and the staff of both organisations: lead, officer and coach at each of two sites.
struct People {
    asker: Account,
    own: Vec<Account>,
    other: Vec<Account>,
}

async fn people(world: &TestStore) -> People {
    let (_, own) = organisation(&world.store, "north", true, ROLES).await;
    let (_, other) = organisation(&world.store, "south", false, ROLES).await;
    People {
        asker: own[0].clone(),
        own,
        other,
    }
}

/// A step under the permit for what is to be opened.
macro_rules! asking {
    ($world:expr, $account:expr, |$w:ident, $may:ident| $step:expr) => {{
        let (actor, account) = (&proved($account.actor(), $world.env.now()), $account);
        $world
            .store
            .work(actor, HELP, |$w: &mut Work<'_>| {
                Box::pin(async move {
                    let site = account.site.unwrap();
                    let facts = Facts {
                        subject: site,
                        person: None,
                        ties: Ties {
                            organisation: Some(account.organisation),
                            site: Some(site),
                            ..Ties::default()
                        },
                    };
                    let $may = &$w.permit::<UrgentAccess>(&facts)?;
                    $step
                })
            })
            .await
    }};
}

async fn ask(world: &TestStore, who: &Account, about: Uuid, unsaid: &'static str) -> Result<Ref> {
    asking!(world, who, |w, may| {
        let new = NewAsk {
            guarded: Guarded::UrgentAccess,
            about,
            site: who.site,
            reason: &Reason::new(WORDS).unwrap(),
            unsaid: &Protected::new([unsaid]),
        };
        w.second_person_ask(may, &new).await
    })
}

async fn use_it(world: &TestStore, who: &Account, about: Uuid) -> Result<()> {
    let used = asking!(world, who, |w, may| {
        w.second_person_use(may, Guarded::UrgentAccess, about).await
    });
    used.map(|_| ())
}

async fn read(world: &TestStore, actor: &Actor, ask: Ref) -> Result<(Asked, Option<String>)> {
    world
        .store
        .work(actor, REVIEW, |w| {
            Box::pin(async move {
                let facts = w.second_person_facts(ask).await?;
                let may = w.permit_found::<SecondPersonDecide>(facts)?;
                w.second_person_read(&may).await
            })
        })
        .await
}

async fn answer(world: &TestStore, who: &Account, ask: Ref, yes: bool) -> Result<()> {
    let actor = &proved(who.actor(), world.env.now());
    world
        .store
        .work(actor, REVIEW, |w| {
            Box::pin(async move {
                let facts = w.second_person_facts(ask).await?;
                let may = w.permit_found::<SecondPersonDecide>(facts)?;
                w.second_person_decide(&may, yes).await
            })
        })
        .await
}

async fn lapse(world: &TestStore, people: &People) -> u64 {
    let system = &Actor::System {
        organisation: people.asker.organisation,
    };
    world
        .store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(w.second_person_lapse())
        })
        .await
        .unwrap()
}

both!(
    who_answers_is_of_another_organisation_and_learns_who_asks_and_why_and_never_about_whom,
    |world| {
        let people = people(world).await;
        let about = world.env.id::<()>().uuid();
        let reference = ask(world, &people.asker, about, "Amina").await.unwrap();
        // Asking twice is asking once.
        let again = ask(world, &people.asker, about, "Amina").await;
        assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
        // To their own colleagues, and to a coach elsewhere, there is no such thing.
        let strangers = people.own.iter().chain(&people.other[2..3]);
        for stranger in strangers {
            let met = read(world, &proved(stranger.actor(), world.env.now()), reference).await;
            assert!(matches!(met, Err(Error::Denied(_))), "{met:?}");
        }
        // Without proof nobody reads it; with it, the words are there and nothing leads to anybody.
        let unproved = read(world, &people.other[0].actor(), reference).await;
        assert!(unproved.is_err());
        for one in &people.other[..2] {
            let (asked, words) = read(world, &proved(one.actor(), world.env.now()), reference)
                .await
                .unwrap();
            assert_eq!(words.as_deref(), Some(WORDS));
            assert_eq!(asked.by, people.asker.id);
            assert!(!format!("{asked:?}").contains(&about.to_string()));
        }
        answer(world, &people.other[1], reference, true)
            .await
            .unwrap();
        // The words went with the answer: in the table too.
        let raw = Raw::of(world).await;
        let kept = "SELECT state FROM second_person WHERE reason IS NOT NULL";
        assert!(raw.texts(kept).await.is_empty());
        let (asked, words) = read(
            world,
            &proved(people.other[0].actor(), world.env.now()),
            reference,
        )
        .await
        .unwrap();
        assert_eq!((asked.state, words), (SecondPersonState::Approved, None));
        // A yes is good once.
        use_it(world, &people.asker, about).await.unwrap();
        let twice = use_it(world, &people.asker, about).await;
        assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    }
);

both!(
    a_yes_that_came_late_or_was_not_used_or_is_another_ones_opens_nothing,
    |world| {
        let people = people(world).await;
        let fresh = || world.env.id::<()>().uuid();
        let second = &people.other[0];
        // Nobody answered, and then a no.
        let about = fresh();
        let first = ask(world, &people.asker, about, "x").await.unwrap();
        assert!(use_it(world, &people.asker, about).await.is_err());
        answer(world, second, first, false).await.unwrap();
        assert!(use_it(world, &people.asker, about).await.is_err());
        // Whoever is second answers once: a no stays a no.
        let late = answer(world, second, first, true).await;
        assert!(matches!(late, Err(Error::Conflict)), "{late:?}");
        // After a quarter of an hour there is nothing left to answer, whether or not a job came by, and no words.
        let about = fresh();
        let slow = ask(world, &people.asker, about, "x").await.unwrap();
        world.clock.advance_seconds(15 * 60);
        let (asked, words) = read(world, &proved(second.actor(), world.env.now()), slow)
            .await
            .unwrap();
        assert_eq!((asked.state, words), (SecondPersonState::Lapsed, None));
        assert!(answer(world, second, slow, true).await.is_err());
        assert_eq!(lapse(world, &people).await, 1);
        assert_eq!(lapse(world, &people).await, 0);
        // And then they may ask again; a yes lapses like a question, and is nobody else's.
        let again = ask(world, &people.asker, about, "x").await.unwrap();
        answer(world, second, again, true).await.unwrap();
        assert!(use_it(world, &people.own[3], about).await.is_err());
        world.clock.advance_seconds(15 * 60);
        assert!(use_it(world, &people.asker, about).await.is_err());
        // The control: in time and by whoever asked it opens.
        let about = fresh();
        let asked = ask(world, &people.asker, about, "x").await.unwrap();
        answer(world, second, asked, true).await.unwrap();
        use_it(world, &people.asker, about).await.unwrap();
        world.clock.advance_seconds(31 * 24 * 3_600);
        // Three that were over are forgotten; the yes that nobody used lapses first.
        assert_eq!(lapse(world, &people).await, 4);
        assert_eq!(lapse(world, &people).await, 1);
    }
);

both!(
    the_reason_names_nobody_and_where_nobody_could_answer_it_is_said,
    |world| {
        let (_, own) = organisation(&world.store, "north", true, ROLES).await;
        let about = world.env.id::<()>().uuid();
        let alone = ask(world, &own[0], about, "x").await;
        assert!(
            matches!(
                alone,
                Err(Error::Invalid {
                    problem: "second-person-nobody",
                    ..
                })
            ),
            "{alone:?}"
        );
        organisation(&world.store, "south", false, ROLES).await;
        let names = ask(world, &own[0], about, "the ward").await;
        assert!(
            matches!(
                names,
                Err(Error::Invalid {
                    problem: "second-person-names",
                    ..
                })
            ),
            "{names:?}"
        );
        ask(world, &own[0], about, "Amina").await.unwrap();
    }
);

both!(
    an_answer_is_in_the_record_of_both_organisations_and_each_is_told_by_mail_that_names_nobody,
    |world| {
        let people = people(world).await;
        let about = world.env.id::<()>().uuid();
        let reference = ask(world, &people.asker, about, "x").await.unwrap();
        let raw = Raw::of(world).await;
        let mails = "SELECT payload FROM outbox WHERE kind = 'staff_task'";
        // Two officers and two safety leads of the other organisation.
        assert_eq!(raw.texts(mails).await, ["{}"; 4]);
        answer(world, &people.other[1], reference, true)
            .await
            .unwrap();
        assert_eq!(raw.texts(mails).await, ["{}"; 5]);
        for officer in [&people.own[1], &people.other[1]] {
            let actor = &officer.actor();
            let seen = world
                .store
                .work(actor, REVIEW, |w| {
                    Box::pin(async move {
                        let own = w.actor().organisation().unwrap();
                        let may = w.permit(&record_facts(own))?;
                        w.record(&may, Which::All, 50).await
                    })
                })
                .await
                .unwrap();
            assert!(
                seen.iter()
                    .any(|line| line.action == "second_person_decide"),
                "{seen:?}"
            );
        }
    }
);
