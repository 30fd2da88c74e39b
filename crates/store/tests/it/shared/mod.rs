//! What several test files of the store share: a small world, and a way past the doors for playing the attacker.

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use throughline_core::id::{OrganisationId, Ref};
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_policy::action::{CaseOpen, CaseRead};
use throughline_policy::{Actor, Facts, Purpose, Ties};
use throughline_store::account::{Account, NewAccount};
use throughline_store::case::NewCase;
use throughline_store::person::PersonSheet;
use throughline_store::setup::OrganisationKind;
use throughline_store::{Error, Store};
use throughline_testkit::db::TestStore;

/// The roles of most tests.
pub const TWO: &[Role] = &[Role::WorkCoach, Role::DaLead];

pub const HELP: Purpose = Purpose::HelpAPerson;

/// A person.
pub fn amina() -> PersonSheet {
    PersonSheet {
        chosen: "Amina".into(),
        given: None,
        family: Some("Quill".into()),
        born: Some("1990-02-03".into()),
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

/// An organisation with two sites' worth of staff.
pub async fn organisation(
    store: &Store,
    name: &'static str,
    first: bool,
    roles: &'static [Role],
) -> (OrganisationId, Vec<Account>) {
    store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Charity;
                let own = if first {
                    w.installation_create(name, kind, Nation::England, true)
                        .await?
                } else {
                    w.organisation_create(name, kind, Nation::England).await?
                };
                let mut accounts = Vec::new();
                for n in 0..2 {
                    let site = w
                        .site_create(own.id, &format!("{name} {n}"), None, Nation::England, true)
                        .await?;
                    for role in roles {
                        let email = format!("{name}.{n}.{role:?}@example.org");
                        let new = NewAccount {
                            organisation: own.id,
                            site: Some(site.id),
                            role: *role,
                            name: "A worker",
                            email: &email,
                            password: None,
                        };
                        accounts.push(w.account_create(&new).await?);
                    }
                }
                Ok((own.id, accounts))
            })
        })
        .await
        .unwrap()
}

/// A case at the account's own site.
pub async fn open_case(store: &Store, lead: &Account) -> Result<Ref, Error> {
    let actor = lead.actor();
    store
        .work(&actor, HELP, |w| {
            Box::pin(async move {
                let site = lead.site.unwrap();
                let facts = Facts {
                    subject: site,
                    person: None,
                    ties: Ties {
                        organisation: Some(lead.organisation),
                        site: Some(site),
                        ..Ties::default()
                    },
                };
                let permit = w.permit::<CaseOpen>(&facts)?;
                let new = NewCase {
                    person: &amina(),
                    lead: lead.id,
                    pack: "england-test",
                    risk_clock: throughline_store::case::RiskClock::Running,
                };
                w.case_open(&permit, &new).await.map(|(_, case)| case)
            })
        })
        .await
}

/// Reads the name in a case.
pub async fn read_name(store: &Store, actor: &Actor, case: Ref) -> Result<String, Error> {
    let case = &case;
    store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                Ok(w.case_read(&permit).await?.sheet.chosen)
            })
        })
        .await
}

/// One organisation, a few cases, some reading: about twenty entries in its log.
pub async fn little_world(store: &Store) -> (Vec<Account>, Vec<Ref>) {
    let (_, accounts) = organisation(store, "north", true, TWO).await;
    let mut cases = Vec::new();
    for account in &accounts {
        let case = open_case(store, account).await.unwrap();
        read_name(store, &account.actor(), case).await.unwrap();
        cases.push(case);
    }
    (accounts, cases)
}

/// A connection that knows no doors: what an attacker with the database's password has.
pub struct Raw(pub DatabaseConnection);

impl Raw {
    pub async fn of(world: &TestStore) -> Self {
        let url = match (world.sqlite_path(), world.postgres_url()) {
            (Some(path), _) => format!("sqlite://{}?mode=rw", path.display()),
            (None, url) => url.unwrap(),
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        Self(Database::connect(options).await.unwrap())
    }

    pub fn is_sqlite(&self) -> bool {
        self.0.get_database_backend() == DbBackend::Sqlite
    }

    /// Takes away SQLite's own second look at every column (decision 0027): a column cannot be dropped while an index names it.
    pub async fn without_second_look(&self) {
        if self.is_sqlite() {
            let sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND substr(name, 1, 6) = 'whole_'";
            for index in self.texts(sql).await {
                self.run(&format!("DROP INDEX {index}")).await;
            }
        }
    }

    pub async fn run(&self, sql: &str) -> u64 {
        self.0
            .execute_unprepared(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
            .rows_affected()
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let row = self
            .0
            .query_one_raw(Statement::from_string(self.0.get_database_backend(), sql))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
            .unwrap();
        row.try_get_by_index::<i64>(0).unwrap()
    }

    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self
            .0
            .query_all_raw(Statement::from_string(self.0.get_database_backend(), sql))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter()
            .map(|row| row.try_get_by_index::<String>(0).unwrap())
            .collect()
    }
}
