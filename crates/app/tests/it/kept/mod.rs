//! An office with a case that can be kept to named viewers or closed to a colleague, and what each of its people meets.

use throughline_app::case;
use throughline_app::case_view;
use throughline_app::closed::{self, Change};
use throughline_app::{App, Settings};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::reason::Reason;
use throughline_core::role::Role;
use throughline_policy::action::TaskDo;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::{Account, NewAccount};
use throughline_store::person::PersonSheet;
use throughline_store::setup::OrganisationKind;
use throughline_store::task::Task;
use throughline_testkit::actor::proved;
use throughline_testkit::db::TestStore;

pub struct Office {
    pub app: App,
    /// Leads the case.
    pub bea: Account,
    /// A colleague who leads cases.
    pub cal: Account,
    /// The safety lead of the site.
    pub dee: Account,
    /// A safety lead of the same site who holds no post.
    pub eve: Account,
    /// The security officer.
    pub ola: Account,
    pub case: Ref,
}

pub async fn office(world: &TestStore) -> Office {
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

pub fn sheet(chosen: &str) -> PersonSheet {
    PersonSheet {
        chosen: chosen.to_owned(),
        ..PersonSheet::default()
    }
}

pub fn why() -> Change {
    Change::Keep(Reason::new("Her brother works here.").unwrap())
}

impl Office {
    /// The account, having just proved who they are.
    pub fn proved(&self, who: &Account) -> Actor {
        proved(who.actor(), self.app.env().now())
    }

    pub async fn changes(&self, who: &Account, change: Change) -> Result<(), Error> {
        closed::change(&self.app, &self.proved(who), self.case, &change).await
    }

    /// What somebody meets on the page of a case, in the search and in the list of their cases.
    pub async fn meets(&self, who: &Account, case: Ref) -> (bool, usize, usize) {
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

    pub async fn tasks(&self, who: &Account) -> Vec<Task> {
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

pub const SEES: (bool, usize, usize) = (true, 1, 1);
pub const NOTHING: (bool, usize, usize) = (false, 0, 0);

/// Another organisation with a security officer, a safety lead and a coach.
pub async fn elsewhere(world: &TestStore) -> [Account; 3] {
    let made = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Charity;
                let other = w
                    .organisation_create("Harbour", kind, Nation::England)
                    .await?;
                let site = w
                    .site_create(other.id, "Quay", None, Nation::England, true)
                    .await?;
                let mut made = Vec::new();
                for (name, role) in [
                    ("Sam", Role::SecurityOfficer),
                    ("Lil", Role::DaLead),
                    ("Ned", Role::WorkCoach),
                ] {
                    let new = NewAccount {
                        organisation: other.id,
                        site: Some(site.id),
                        role,
                        name,
                        email: &format!("{name}@example.org"),
                        password: None,
                    };
                    made.push(w.account_create(&new).await?);
                }
                Ok(made)
            })
        })
        .await
        .unwrap();
    made.try_into().unwrap()
}
