//! Who may not see a record, on both databases: kept to named viewers, closed to a colleague, and nothing left with whoever can no
//! longer see it (SPEC 4.6, NE-07, NE-26, decision 0019).

#![cfg(test)]

use throughline_app::case::{self, Closing};
use throughline_app::case_lead;
use throughline_app::case_now;
use throughline_app::case_view;
use throughline_app::closed::{self, Change};
use throughline_app::promises;
use throughline_app::{App, Settings};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::reason::Reason;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::action::TaskDo;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::{Account, NewAccount};
use throughline_store::person::PersonSheet;
use throughline_store::review::{Which, record_facts};
use throughline_store::setup::OrganisationKind;
use throughline_store::task::Task;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

struct Office {
    app: App,
    /// Leads the case.
    bea: Account,
    /// A colleague who leads cases.
    cal: Account,
    /// The safety lead of the site.
    dee: Account,
    /// A safety lead of the same site who holds no post.
    eve: Account,
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
                    ("Bea", Role::WorkCoach),
                    ("Cal", Role::WorkCoach),
                    ("Dee", Role::DaLead),
                    ("Eve", Role::DaLead),
                    ("Ola", Role::SecurityOfficer),
                ] {
                    let new = NewAccount {
                        organisation: own.id,
                        site: Some(site.id),
                        role,
                        name,
                        email: &format!("{name}@example.org"),
                        password: None,
                    };
                    people.push(w.account_create(&new).await?);
                }
                w.site_lead_set(site.id, people[2].id, 0).await?;
                Ok(people)
            })
        })
        .await
        .unwrap();
    let [bea, cal, dee, eve, ola]: [Account; 5] = people.try_into().unwrap();
    let settings = Settings {
        base_url: "https://example.test".to_owned(),
        mail_from: "post@example.test".to_owned(),
        node: "test".to_owned(),
        demo: true,
        call: None,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let case = case::open(&app, &bea.actor(), &sheet("Amina"))
        .await
        .unwrap();
    Office {
        app,
        bea,
        cal,
        dee,
        eve,
        ola,
        case,
    }
}

fn sheet(chosen: &str) -> PersonSheet {
    PersonSheet {
        chosen: chosen.to_owned(),
        ..PersonSheet::default()
    }
}

fn why() -> Change {
    Change::Keep(Reason::new("Her brother works here.").unwrap())
}

impl Office {
    /// The account, having just proved who they are.
    fn proved(&self, who: &Account) -> Actor {
        match who.actor() {
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
                stepped_up_at: Some(self.app.env().now()),
            },
            other => other,
        }
    }

    async fn changes(&self, who: &Account, change: Change) -> Result<(), Error> {
        closed::change(&self.app, &self.proved(who), self.case, &change).await
    }

    /// What somebody meets on the page of a case, in the search and in the list of their cases.
    async fn meets(&self, who: &Account, case: Ref) -> (bool, usize, usize) {
        let actor = who.actor();
        let page = case_view::read(&self.app, &actor, case).await;
        assert!(
            !matches!(&page, Err(error) if !matches!(error, Error::Denied(_))),
            "refused like anything else: {page:?}"
        );
        let found = case::find(&self.app, &actor, "Amina", None).await.unwrap();
        let load = case::caseload(&self.app, &actor, 1).await.unwrap();
        (page.is_ok(), found.len(), load.cases.len())
    }

    async fn tasks(&self, who: &Account) -> Vec<Task> {
        let actor = who.actor();
        let work = self
            .app
            .store
            .work(&actor, Purpose::HelpAPerson, |w| {
                Box::pin(async move { w.tasks(&w.scope::<TaskDo>(), 50).await })
            })
            .await;
        work.unwrap()
    }
}

const SEES: (bool, usize, usize) = (true, 1, 1);
const NOTHING: (bool, usize, usize) = (false, 0, 0);

both!(
    ne_07_a_colleague_who_must_not_see_it_meets_no_such_record_everywhere,
    |world| {
        let office = office(world).await;
        // Without it the safety lead of the site sees it: what hides it below is the bar, and nothing else.
        assert_eq!(office.meets(&office.dee, office.case).await, SEES);
        assert!(!office.tasks(&office.dee).await.is_empty());
        let bar = Change::Bar(office.dee.reference);
        office.changes(&office.bea, bar).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        assert!(office.tasks(&office.dee).await.is_empty());
        assert_eq!(office.meets(&office.eve, office.case).await, SEES);
        assert_eq!(office.meets(&office.bea, office.case).await, SEES);
        let lift = Change::LiftBar(office.dee.reference);
        office.changes(&office.bea, lift).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, SEES);
    }
);

both!(
    a_record_that_is_kept_is_seen_by_its_viewers_and_so_are_the_children_in_it,
    |world| {
        let office = office(world).await;
        let actor = office.bea.actor();
        let child = case_now::child_add(&office.app, &actor, office.case, &sheet("Sam"))
            .await
            .unwrap();
        office.changes(&office.bea, why()).await.unwrap();
        for hidden in [&office.dee, &office.eve] {
            assert_eq!(office.meets(hidden, office.case).await, NOTHING);
            assert_eq!(office.meets(hidden, child).await, NOTHING);
        }
        let name = Change::Name(office.dee.reference);
        office.changes(&office.bea, name).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, (true, 1, 2));
        assert!(office.meets(&office.dee, child).await.0);
        // A child who is told of later is kept like the others.
        let later = case_now::child_add(&office.app, &actor, office.case, &sheet("Lou"))
            .await
            .unwrap();
        assert!(office.meets(&office.dee, later).await.0);
        assert_eq!(office.meets(&office.eve, later).await, NOTHING);
        let unname = Change::Unname(office.dee.reference);
        office.changes(&office.bea, unname).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        office
            .changes(&office.bea, Change::KeepNoLonger)
            .await
            .unwrap();
        assert_eq!(office.meets(&office.eve, office.case).await, (true, 1, 3));
    }
);

both!(
    whoever_leads_is_a_viewer_and_nobody_closes_a_record_to_themselves,
    |world| {
        let office = office(world).await;
        let oneself = Change::Bar(office.bea.reference);
        assert!(matches!(
            office.changes(&office.bea, oneself).await,
            Err(Error::Invalid {
                problem: "closed-oneself",
                ..
            })
        ));
        office.changes(&office.bea, why()).await.unwrap();
        assert!(matches!(
            office.changes(&office.bea, why()).await,
            Err(Error::Conflict)
        ));
        let leads = Change::Unname(office.bea.reference);
        assert!(matches!(
            office.changes(&office.bea, leads).await,
            Err(Error::Invalid {
                problem: "closed-leads",
                ..
            })
        ));
        // Handing it over makes the next lead a viewer, and without a step-up nothing is said.
        let actor = office.bea.actor();
        let unproved = closed::change(&office.app, &actor, office.case, &Change::KeepNoLonger);
        assert!(matches!(unproved.await, Err(Error::Denied(_))));
        case_lead::hand_over(&office.app, &actor, office.case, office.cal.reference)
            .await
            .unwrap();
        assert_eq!(office.meets(&office.cal, office.case).await, SEES);
        assert_eq!(office.meets(&office.bea, office.case).await, NOTHING);
    }
);

both!(
    a_lead_who_must_not_see_it_leads_no_longer_in_the_same_instant,
    |world| {
        let office = office(world).await;
        let bar = Change::Bar(office.bea.reference);
        office.changes(&office.dee, bar).await.unwrap();
        assert_eq!(office.meets(&office.bea, office.case).await, NOTHING);
        assert!(office.tasks(&office.bea).await.is_empty());
        let kinds: Vec<TaskKind> = office
            .tasks(&office.dee)
            .await
            .iter()
            .map(|task| task.kind)
            .collect();
        assert!(kinds.contains(&TaskKind::ActOnEscalation), "{kinds:?}");
        assert!(kinds.contains(&TaskKind::JudgeRisk), "{kinds:?}");
        // And nobody gives it back to them by mistake: it goes to whoever is told first there.
        let to = office.bea.reference;
        case_lead::hand_over(&office.app, &office.dee.actor(), office.case, to)
            .await
            .unwrap();
        assert_eq!(office.meets(&office.bea, office.case).await, NOTHING);
        let view = case_view::read(&office.app, &office.dee.actor(), office.case).await;
        assert_eq!(view.unwrap().lead, "Dee");
    }
);

both!(
    a_task_about_a_kept_record_climbs_past_whoever_may_not_see_it_and_is_never_nobodys,
    |world| {
        let office = office(world).await;
        office.changes(&office.bea, why()).await.unwrap();
        let name = Change::Name(office.eve.reference);
        office.changes(&office.bea, name).await.unwrap();
        // The clock on the risk runs out again and again: the holder of the post may not be told.
        for _ in 0..4 {
            world.clock.advance_seconds(200 * 3_600);
            promises::run(&office.app).await.unwrap();
            assert!(office.tasks(&office.dee).await.is_empty());
        }
        let told: Vec<_> = office.tasks(&office.eve).await;
        assert!(
            told.iter().any(|task| task.kind == TaskKind::JudgeRisk
                && [Some(office.eve.id), Some(office.bea.id)].contains(&task.told)),
            "{told:?}"
        );
    }
);

both!(
    a_child_who_is_closed_to_the_worker_of_the_parent_has_no_name_there,
    |world| {
        let office = office(world).await;
        let actor = office.bea.actor();
        let child = case_now::child_add(&office.app, &actor, office.case, &sheet("Sam"))
            .await
            .unwrap();
        case_lead::hand_over(&office.app, &actor, child, office.cal.reference)
            .await
            .unwrap();
        let bar = Change::Bar(office.bea.reference);
        let seen = case_view::read(&office.app, &actor, office.case)
            .await
            .unwrap();
        assert_eq!(seen.children[0].sheet.chosen, "Sam");
        closed::change(&office.app, &office.proved(&office.cal), child, &bar)
            .await
            .unwrap();
        let seen = case_view::read(&office.app, &actor, office.case)
            .await
            .unwrap();
        assert!(seen.children[0].closed);
        assert_eq!(seen.children[0].sheet, PersonSheet::default());
        // That there is a child stays known, and the parent's case can go on.
        assert_eq!(seen.children.len(), 1);
        let closing = case::close(&office.app, &actor, office.case, seen.case.version).await;
        assert!(matches!(closing, Ok(Closing::StillOpen(_))), "{closing:?}");
    }
);

both!(
    ne_26_where_they_work_the_record_tells_no_more_than_that_there_is_no_such_thing,
    |world| {
        let office = office(world).await;
        let bar = Change::Bar(office.dee.reference);
        office.changes(&office.bea, bar).await.unwrap();
        let nowhere = office.app.env().reference();
        for at in [office.case, nowhere] {
            let actor = office.dee.actor();
            assert!(case_view::read(&office.app, &actor, at).await.is_err());
        }
        let (officer, own) = (office.ola.actor(), &office.ola.organisation);
        let which = &Which::Refused;
        let lines = office
            .app
            .store
            .work(&officer, Purpose::ReviewSecurity, |w| {
                Box::pin(async move {
                    let permit = w.permit(&record_facts(*own))?;
                    w.record(&permit, *which, 10).await
                })
            })
            .await
            .unwrap();
        let said: Vec<_> = lines
            .iter()
            .map(|line| (line.action.as_str(), line.result.as_str(), line.account))
            .collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert_eq!(said[0], said[1], "what is closed and what is not there");
        assert_eq!(said[0].1, "no_such_thing");
    }
);
