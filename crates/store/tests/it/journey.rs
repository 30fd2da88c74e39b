//! The pattern of an aggregate, end to end on both databases: open, find again, read, refuse, hand over.

use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_policy::action::{CaseHandOver, CaseOpen, CaseRead};
use throughline_policy::{Actor, Facts, Purpose, Ties};
use throughline_store::account::{Account, NewAccount};
use throughline_store::case::NewCase;
use throughline_store::person::PersonSheet;
use throughline_store::setup::OrganisationKind;
use throughline_store::{Error, Store};
use throughline_testkit::both;

const HELP: Purpose = Purpose::HelpAPerson;

fn amina() -> PersonSheet {
    PersonSheet {
        chosen: "Amina".into(),
        given: None,
        family: Some("O’Brien-Sääksjärvi".into()),
        born: Some("1990-02-03".into()),
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

/// Two work coaches at one site.
async fn two_coaches(store: &Store) -> (Account, Account) {
    store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let organisation = w
                    .installation_create(
                        "Jobcentre",
                        OrganisationKind::Jobcentre,
                        Nation::England,
                        true,
                    )
                    .await?;
                let site = w
                    .site_create(organisation.id, "Peckham", None, Nation::England, true)
                    .await?;
                let new = |email| NewAccount {
                    organisation: organisation.id,
                    site: Some(site.id),
                    role: Role::WorkCoach,
                    name: "A coach",
                    email,
                    password: None,
                };
                Ok((
                    w.account_create(&new("one@example.org")).await?,
                    w.account_create(&new("two@example.org")).await?,
                ))
            })
        })
        .await
        .unwrap()
}

async fn open_case(store: &Store, coach: &Account) -> throughline_core::id::Ref {
    let (actor, coach_ref) = (coach.actor(), coach);
    store
        .work(&actor, HELP, |w| {
            Box::pin(async move {
                let site = coach_ref.site.unwrap();
                let facts = Facts {
                    subject: site,
                    person: None,
                    ties: Ties {
                        organisation: Some(coach_ref.organisation),
                        site: Some(site),
                        ..Ties::default()
                    },
                };
                let permit = w.permit::<CaseOpen>(&facts)?;
                let new = NewCase {
                    person: &amina(),
                    lead: coach_ref.id,
                    pack: "england-test",
                    risk_clock: throughline_store::case::RiskClock::Running,
                };
                w.case_open(&permit, &new)
                    .await
                    .map(|(_, reference)| reference)
            })
        })
        .await
        .unwrap()
}

async fn read_name(
    store: &Store,
    actor: &Actor,
    reference: throughline_core::id::Ref,
) -> Result<String, Error> {
    let reference = &reference;
    store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*reference).await?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                Ok(w.case_read(&permit).await?.sheet.chosen)
            })
        })
        .await
}

both!(
    a_coach_reads_their_own_case_and_a_colleague_meets_nothing,
    |world| {
        let (one, two) = two_coaches(&world.store).await;
        let case = open_case(&world.store, &one).await;
        assert_eq!(
            read_name(&world.store, &one.actor(), case).await.unwrap(),
            "Amina"
        );
        assert!(matches!(
            read_name(&world.store, &two.actor(), case).await,
            Err(Error::Denied(_))
        ));
        let absent = world.env.reference();
        assert!(matches!(
            read_name(&world.store, &two.actor(), absent).await,
            Err(Error::NotFound(_))
        ));
    }
);

both!(
    a_person_is_found_again_by_name_or_birth_only_within_scope,
    |world| {
        let (one, two) = two_coaches(&world.store).await;
        open_case(&world.store, &one).await;
        let find = async |actor: &Actor, name: &str, born: Option<&str>| {
            let (name, born) = (&name, &born);
            world
                .store
                .work(actor, HELP, |w| {
                    Box::pin(async move { w.people_matching(&w.scope(), name, *born, 10).await })
                })
                .await
                .unwrap()
                .len()
        };
        assert_eq!(find(&one.actor(), "AMINA obrien saaksjarvi", None).await, 1);
        assert_eq!(find(&one.actor(), "amina", Some("1990-02-03")).await, 1);
        assert_eq!(find(&one.actor(), "amina", Some("1990-02-04")).await, 0);
        assert_eq!(find(&one.actor(), "", None).await, 0);
        assert_eq!(find(&two.actor(), "amina", None).await, 0);
    }
);

both!(a_hand_over_moves_access_at_once, |world| {
    let (one, two) = two_coaches(&world.store).await;
    let case = open_case(&world.store, &one).await;
    let (case_ref, to) = (&case, &two.id);
    world
        .store
        .work(&one.actor(), HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case_ref).await?;
                let permit = w.permit_found::<CaseHandOver>(facts)?;
                w.case_hand_over(&permit, *to).await
            })
        })
        .await
        .unwrap();
    assert!(read_name(&world.store, &one.actor(), case).await.is_err());
    assert_eq!(
        read_name(&world.store, &two.actor(), case).await.unwrap(),
        "Amina"
    );
});
