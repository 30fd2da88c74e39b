//! What members of staff say of themselves keeps records away from them, on both databases; and saying it tells nobody whether
//! anybody was met (SPEC 4.6, NE-07, NE-26, ASSURANCE I3, decision 0019).

use throughline_app::apart::{self, NewLink, OtherSheet};
use throughline_app::case;
use throughline_app::case_now;
use throughline_app::case_view;
use throughline_app::closed;
use throughline_app::contact::{self, ContactSaid};
use throughline_app::drafts;
use throughline_app::interest::{self, Declared, Named};
use throughline_app::{App, Settings};
use throughline_core::answer::Answer;
use throughline_core::apart::Window;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::people::RelationshipRole;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::action::TaskDo;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::{Account, NewAccount};
use throughline_store::interest_compare::Waiting;
use throughline_store::person::PersonSheet;
use throughline_store::review::{Which, record_facts};
use throughline_store::setup::OrganisationKind;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

struct Office {
    app: App,
    /// Leads the case.
    bea: Account,
    /// The safety lead of the site: sees every case there.
    dee: Account,
    /// Another safety lead of the site, who holds no post.
    eve: Account,
    /// Gives and ends access.
    ada: Account,
    /// The security officer.
    ola: Account,
    case: Ref,
}

async fn office(world: &TestStore) -> Office {
    let people = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Jobcentre;
                let own = w
                    .installation_create("Jobcentre", kind, Nation::England, true)
                    .await?;
                let site = w
                    .site_create(own.id, "Peckham", None, Nation::England, true)
                    .await?;
                let mut people = Vec::new();
                for (name, role) in [
                    ("Bea Wood", Role::WorkCoach),
                    ("Dee Hill", Role::DaLead),
                    ("Eve Marsh", Role::DaLead),
                    ("Ada Field", Role::Administrator),
                    ("Ola Brook", Role::SecurityOfficer),
                ] {
                    let new = NewAccount {
                        organisation: own.id,
                        site: Some(site.id),
                        role,
                        name,
                        email: &format!("{}@example.org", name.replace(' ', ".")),
                        password: None,
                    };
                    people.push(w.account_create(&new).await?);
                }
                w.site_lead_set(site.id, people[1].id, 0).await?;
                Ok(people)
            })
        })
        .await
        .unwrap();
    let [bea, dee, eve, ada, ola]: [Account; 5] = people.try_into().unwrap();
    let settings = Settings {
        base_url: "https://example.test".to_owned(),
        mail_from: "post@example.test".to_owned(),
        node: "test".to_owned(),
        demo: true,
        call: None,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let case = case::open(&app, &bea.actor(), &sheet("Amina", "Okafor", "1990-02-03"))
        .await
        .unwrap();
    Office {
        app,
        bea,
        dee,
        eve,
        ada,
        ola,
        case,
    }
}

fn sheet(chosen: &str, family: &str, born: &str) -> PersonSheet {
    PersonSheet {
        chosen: chosen.to_owned(),
        family: Some(family.to_owned()),
        born: Some(born.to_owned()),
        ..PersonSheet::default()
    }
}

fn somebody(name: &str, born: Option<&str>) -> Declared {
    Declared::Person(Named {
        name: name.to_owned(),
        born: born.map(str::to_owned),
    })
}

fn letter(address: &str) -> ContactSaid {
    ContactSaid {
        channel: Channel::Post,
        verdict: Verdict::Safe,
        value: address.to_owned(),
        windows: Vec::new(),
        voicemail: false,
        answered_by: AnsweredBy::OnlyThem,
        neutral_only: true,
        shared_account: Answer::No,
        say: None,
    }
}

impl Office {
    async fn says(&self, who: &Account, what: &Declared) {
        interest::declare(&self.app, &who.actor(), what)
            .await
            .unwrap();
    }

    /// The job comes by.
    async fn job(&self) {
        interest::run(&self.app).await.unwrap();
    }

    /// What somebody meets on the page of a case, in the search and in the list of their cases.
    async fn meets(&self, who: &Account) -> (bool, usize, usize) {
        let actor = who.actor();
        let page = case_view::read(&self.app, &actor, self.case).await;
        assert!(
            !matches!(&page, Err(error) if !matches!(error, Error::Denied(_))),
            "refused like anything else: {page:?}"
        );
        let found = case::find(&self.app, &actor, "Amina", None).await.unwrap();
        let load = case::caseload(&self.app, &actor, 1).await.unwrap();
        (page.is_ok(), found.len(), load.cases.len())
    }

    async fn tasks(&self, who: &Account) -> Vec<TaskKind> {
        let actor = who.actor();
        let work = self
            .app
            .store
            .work(&actor, Purpose::HelpAPerson, |w| {
                Box::pin(async move { w.tasks(&w.scope::<TaskDo>(), 50).await })
            })
            .await;
        work.unwrap().iter().map(|task| task.kind).collect()
    }

    /// The last entries of the record as the security officer reads them: what, and with what result.
    async fn record(&self, of: &Account) -> Vec<(String, String)> {
        let (actor, of) = (self.ola.actor(), of.id);
        let organisation = self.ola.organisation;
        let lines = self
            .app
            .store
            .work(&actor, Purpose::ReviewSecurity, |w| {
                Box::pin(async move {
                    let permit = w.permit(&record_facts(organisation))?;
                    w.record(&permit, Which::Of(of), 100).await
                })
            })
            .await
            .unwrap();
        lines
            .into_iter()
            .map(|line| (line.action, line.result))
            .collect()
    }
}

const SEES: (bool, usize, usize) = (true, 1, 1);
const NOTHING: (bool, usize, usize) = (false, 0, 0);

both!(
    i3_ne_07_whom_a_colleague_named_is_to_them_no_such_record_everywhere,
    |world| {
        let office = office(world).await;
        assert!(
            office
                .tasks(&office.dee)
                .await
                .contains(&TaskKind::JudgeRisk)
        );
        office
            .says(&office.dee, &somebody("OKAFOR, Amína", Some("1990-02-03")))
            .await;
        // The job compares, and nothing else does: without it the record is there.
        assert_eq!(office.meets(&office.dee).await, SEES);
        office.job().await;
        assert_eq!(office.meets(&office.dee).await, NOTHING);
        assert!(office.tasks(&office.dee).await.is_empty());
        assert_eq!(office.meets(&office.eve).await, SEES);
        assert_eq!(office.meets(&office.bea).await, SEES);
    }
);

both!(
    ne_07_a_record_that_comes_later_is_met_by_what_was_said_before,
    |world| {
        let office = office(world).await;
        office
            .says(&office.dee, &somebody("Mina Grove", None))
            .await;
        office.job().await;
        let actor = office.bea.actor();
        let later = case::open(&office.app, &actor, &sheet("Mina", "Grove", "1980-01-01"))
            .await
            .unwrap();
        office.job().await;
        let met = |page: &Result<_, Error>| matches!(page, Err(Error::Denied(_)));
        let page = case_view::read(&office.app, &office.dee.actor(), later).await;
        assert!(met(&page.map(drop)));
        // Whoever is not named is there, and so is who was born on another day.
        assert_eq!(office.meets(&office.dee).await, SEES);
        office
            .says(&office.dee, &somebody("Amina Okafor", Some("1990-02-04")))
            .await;
        office.job().await;
        assert_eq!(office.meets(&office.dee).await, SEES);
    }
);

both!(
    ne_07_who_lives_where_a_record_has_or_had_an_address_does_not_see_it,
    |world| {
        let office = office(world).await;
        office
            .says(&office.dee, &Declared::Home("se15 4ql".to_owned()))
            .await;
        office.job().await;
        assert_eq!(office.meets(&office.dee).await, SEES);
        let (app, actor) = (&office.app, office.bea.actor());
        let said = letter("12 High Street\nLondon SE15 4QL");
        contact::add(app, &actor, office.case, &said).await.unwrap();
        office.job().await;
        assert_eq!(office.meets(&office.dee).await, NOTHING);
        assert_eq!(office.meets(&office.eve).await, SEES);
        // The home that somebody left may be that of whoever they left.
        contact::change_of_address_or_separation(app, &actor, office.case, app.env().now())
            .await
            .unwrap();
        office
            .says(&office.eve, &Declared::Home("SE15 4QL".to_owned()))
            .await;
        office.job().await;
        assert_eq!(office.meets(&office.eve).await, NOTHING);
    }
);

both!(
    ne_07_whoever_is_to_be_kept_apart_from_a_person_does_not_see_their_record_though_they_said_nothing,
    |world| {
        let office = office(world).await;
        office.job().await;
        assert_eq!(office.meets(&office.eve).await, SEES);
        let other = OtherSheet {
            name: "Eve Marsh".to_owned(),
            born: None,
            else_known: None,
        };
        let new = NewLink {
            other: &other,
            role: RelationshipRole::AllegedPerpetrator,
            window: Window::around(0).unwrap(),
        };
        apart::add(&office.app, &office.bea.actor(), office.case, &new)
            .await
            .unwrap();
        office.job().await;
        assert_eq!(office.meets(&office.eve).await, NOTHING);
        assert_eq!(office.meets(&office.dee).await, SEES);
    }
);

both!(
    a_child_who_is_met_closes_the_parent_and_the_lead_is_somebody_else_in_the_same_instant,
    |world| {
        let office = office(world).await;
        let actor = office.bea.actor();
        let child = sheet("Sam", "Reed", "2019-05-06");
        case_now::child_add(&office.app, &actor, office.case, &child)
            .await
            .unwrap();
        office.says(&office.bea, &somebody("Sam Reed", None)).await;
        office.job().await;
        assert_eq!(office.meets(&office.bea).await, NOTHING);
        assert!(office.tasks(&office.bea).await.is_empty());
        assert!(
            office
                .tasks(&office.dee)
                .await
                .contains(&TaskKind::ActOnEscalation)
        );
        let view = case_view::read(&office.app, &office.dee.actor(), office.case).await;
        assert_eq!(view.unwrap().lead, "Dee Hill");
    }
);

both!(
    ne_26_whoever_says_something_learns_nothing_from_it_whether_anybody_is_met_or_not,
    |world| {
        let office = office(world).await;
        office.job().await;
        // One says somebody who is here, the other somebody who is nowhere: to be answered alike, recorded alike, kept alike.
        office
            .says(&office.ada, &somebody("Amina Okafor", None))
            .await;
        office
            .says(&office.eve, &somebody("Nobody Anywhere", None))
            .await;
        let seen =
            |interests: interest::Interests| (interests.told.len(), interests.all_at.is_some());
        for job in [false, true] {
            if job {
                office.job().await;
            }
            let met = interest::read(&office.app, &office.ada.actor()).await;
            let not = interest::read(&office.app, &office.eve.actor()).await;
            assert_eq!(seen(met.unwrap()), seen(not.unwrap()));
        }
        assert_eq!(
            office.record(&office.ada).await,
            office.record(&office.eve).await
        );
    }
);

both!(
    ending_what_was_said_opens_nothing_and_nobody_names_a_whole_street,
    |world| {
        let office = office(world).await;
        let actor = office.dee.actor();
        office
            .says(&office.dee, &somebody("Amina Okafor", None))
            .await;
        office.job().await;
        let said = interest::read(&office.app, &actor).await.unwrap();
        interest::end(&office.app, &actor, said.told[0].reference)
            .await
            .unwrap();
        assert!(
            interest::read(&office.app, &actor)
                .await
                .unwrap()
                .told
                .is_empty()
        );
        office.job().await;
        assert_eq!(office.meets(&office.dee).await, NOTHING);
        // Nor does somebody else end it.
        office.says(&office.dee, &somebody("Any Body", None)).await;
        let said = interest::read(&office.app, &actor).await.unwrap();
        let eve = office.eve.actor();
        let other = interest::end(&office.app, &eve, said.told[0].reference).await;
        assert!(matches!(other, Err(Error::NotFound(_))), "{other:?}");
        let mut taken = 0;
        for unit in "ABDEFGHJLN".chars() {
            let home = Declared::Home(format!("SE15 4Q{unit}"));
            match interest::declare(&office.app, &actor, &home).await {
                Ok(()) => taken += 1,
                Err(Error::Invalid { problem, .. }) => assert_eq!(problem, "about-you-too-many"),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(taken, 6);
        for nothing in [somebody("Amina", None), Declared::Home("SE15".to_owned())] {
            let said = interest::declare(&office.app, &actor, &nothing).await;
            assert!(matches!(said, Err(Error::Invalid { .. })), "{nothing:?}");
        }
    }
);

both!(
    everybody_is_asked_at_first_and_again_after_a_year_and_nothing_is_an_answer,
    |world| {
        let office = office(world).await;
        let actor = office.bea.actor();
        assert!(interest::is_due(&office.app, &actor).await.unwrap());
        interest::all(&office.app, &actor).await.unwrap();
        assert!(!interest::is_due(&office.app, &actor).await.unwrap());
        assert!(
            interest::is_due(&office.app, &office.dee.actor())
                .await
                .unwrap()
        );
        world.clock.advance_seconds(366 * 24 * 3_600);
        assert!(interest::is_due(&office.app, &actor).await.unwrap());
        interest::all(&office.app, &actor).await.unwrap();
        assert!(!interest::is_due(&office.app, &actor).await.unwrap());
    }
);

both!(
    nobody_records_whom_they_said_they_must_not_deal_with_and_is_told_why,
    |world| {
        let office = office(world).await;
        let actor = office.eve.actor();
        let mina = sheet("Mina", "Grove", "1980-01-01");
        office
            .says(&office.eve, &somebody("Mina Grove", None))
            .await;
        let opened = case::open(&office.app, &actor, &mina).await;
        assert!(
            matches!(
                opened,
                Err(Error::Invalid {
                    problem: "about-you-not-by-you",
                    ..
                })
            ),
            "{opened:?}"
        );
        // It is their own words alone that it depends on: a colleague records her.
        case::open(&office.app, &office.bea.actor(), &mina)
            .await
            .unwrap();
        case::open(&office.app, &actor, &sheet("Mina", "Wold", "1980-01-01"))
            .await
            .unwrap();
    }
);

both!(
    whoever_leads_reads_that_a_colleague_is_kept_away_and_never_who,
    |world| {
        let office = office(world).await;
        let stepped = |who: &Account| match who.actor() {
            Actor::Staff {
                account,
                organisation,
                site,
                role,
                ..
            } => Actor::Staff {
                account,
                organisation,
                site,
                role,
                stepped_up_at: Some(office.app.env().now()),
            },
            other => other,
        };
        let bea = stepped(&office.bea);
        let before = closed::who_may_see(&office.app, &bea, office.case).await;
        assert!(!before.unwrap().declared);
        office
            .says(&office.dee, &somebody("Amina Okafor", None))
            .await;
        office.job().await;
        let after = closed::who_may_see(&office.app, &bea, office.case)
            .await
            .unwrap();
        assert!(after.declared);
        assert!(after.barred.is_empty());
    }
);

both!(
    what_a_leaver_said_goes_with_their_access_and_what_it_closed_stays_closed,
    |world| {
        let office = office(world).await;
        let actor = office.eve.actor();
        office
            .says(&office.eve, &somebody("Amina Okafor", None))
            .await;
        office.job().await;
        let reference = office.eve.reference;
        let ada = office.ada.actor();
        office
            .app
            .store
            .work(&ada, Purpose::AdministerAccess, |w| {
                Box::pin(async move {
                    let facts = w.account_facts(reference).await?;
                    let permit = w.permit_found(facts)?;
                    let account = w.account_for_change(&permit).await?;
                    w.account_end(&permit, account.version).await
                })
            })
            .await
            .unwrap();
        assert!(interest::read(&office.app, &actor).await.is_err());
        // Nothing is left to compare by: who comes later is not closed to an access that has ended.
        office.job().await;
        let waiting = world
            .store
            .read(|r| Box::pin(async move { r.interests_waiting(50).await }))
            .await
            .unwrap();
        assert_eq!(waiting, Waiting::default());
        assert_eq!(office.meets(&office.dee).await, SEES);
    }
);

both!(
    what_somebody_typed_about_a_person_is_closed_to_them_with_the_person,
    |world| {
        let office = office(world).await;
        let (app, actor) = (&office.app, office.bea.actor());
        let page = format!("cases/{}/words", office.case);
        let typed = drafts::Fields::from([("words".to_owned(), vec!["Hers.".to_owned()])]);
        drafts::keep(app, &actor, &page, &typed).await.unwrap();
        assert!(drafts::read(app, &actor, &page).await.unwrap().is_some());
        office
            .says(&office.bea, &somebody("Amina Okafor", None))
            .await;
        office.job().await;
        assert!(drafts::read(app, &actor, &page).await.unwrap().is_none());
        // What is typed about nobody is theirs as before.
        drafts::keep(app, &actor, "elsewhere", &typed)
            .await
            .unwrap();
        assert!(
            drafts::read(app, &actor, "elsewhere")
                .await
                .unwrap()
                .is_some()
        );
    }
);
