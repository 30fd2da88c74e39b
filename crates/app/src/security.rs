//! What a security officer looks at: refusals, who looked, leavers, whether the record is whole.

use std::collections::HashMap;

use throughline_core::id::{AccountId, Ref};
use throughline_policy::action::AuditRead;
use throughline_policy::{Action, Actor, Permit, Purpose};
use throughline_store::account::Account;
pub use throughline_store::proof::{Checked, CheckedBy};
use throughline_store::review::{LogState, Seen, Which, record_facts};
use throughline_store::urgent_review::Opening;
use throughline_store::watch::ClosedLook;
use throughline_store::{Error, Result, Store, UseCase, Work};

use crate::App;
use crate::case_view::{account_name, organisation_name};

/// How many lines a page shows.
const LINES: u64 = 100;

/// One line with the name of who did it.
#[derive(Debug)]
pub struct Line {
    /// The line.
    pub seen: Seen,
    /// Who: reference and name, where it was somebody of the installation.
    pub who: Option<(Ref, String)>,
}

/// What the first page shows.
#[derive(Debug)]
pub struct Overview {
    /// How large the record is.
    pub state: LogState,
    /// What was refused lately.
    pub refusals: Vec<Line>,
    /// What happened lately.
    pub latest: Vec<Line>,
    /// Who has left, and how many requests of theirs came after that.
    pub leavers: Vec<(Account, u64)>,
    /// When the record was last checked here, by what, and what came of it.
    pub last_check: Option<Checked>,
    /// What staff opened because it could not wait, with the name of who did.
    pub openings: Vec<(Opening, String)>,
    /// Looks, by staff of other organisations, at people from whom they are barred.
    pub closed_looks: Vec<Watched>,
    /// Whether another organisation is told of such looks by our own staff.
    pub is_watched: bool,
}

/// A look at somebody from whom whoever looked is barred.
#[derive(Debug)]
pub struct Watched {
    /// When, who and what.
    pub look: ClosedLook,
    /// Who, by name.
    pub name: String,
    /// Where they work, by name.
    pub organisation: String,
}

/// How many looks of one account one turn of the job settles.
const LOOKS: u64 = 500;

/// Tells whoever watches of looks by staff at people from whom they are barred: a job. Gives how many.
///
/// Errors when the store does; then they are told in the next turn.
pub async fn watch(app: &App) -> Result<usize> {
    let system = crate::outbox::system(app).await?;
    app.store
        .work(&system, Purpose::ReviewSecurity, |w| {
            Box::pin(w.missed_looks_settle(LOOKS))
        })
        .await
}

async fn watched(w: &mut Work<'_>, looks: Vec<ClosedLook>) -> Result<Vec<Watched>> {
    let mut out = Vec::with_capacity(looks.len());
    for look in looks {
        let Some(who) = w.account(look.account).await? else {
            continue;
        };
        out.push(Watched {
            organisation: organisation_name(w, who.organisation).await?,
            name: who.name,
            look,
        });
    }
    Ok(out)
}

fn permit(w: &Work<'_>) -> Result<Permit<AuditRead>> {
    let organisation = w
        .actor()
        .organisation()
        .ok_or(Error::NotFound(AuditRead::KIND))?;
    w.permit::<AuditRead>(&record_facts(organisation))
}

async fn named(w: &mut Work<'_>, lines: Vec<Seen>) -> Result<Vec<Line>> {
    let mut names: HashMap<AccountId, Option<(Ref, String)>> = HashMap::new();
    let mut out = Vec::with_capacity(lines.len());
    for seen in lines {
        let who = match seen.account {
            None => None,
            Some(id) => {
                if let Some(known) = names.get(&id) {
                    known.clone()
                } else {
                    let found = w.account(id).await?.map(|a| (a.reference, a.name));
                    names.insert(id, found.clone());
                    found
                }
            }
        };
        out.push(Line { seen, who });
    }
    Ok(out)
}

/// Reads the first page.
#[derive(Debug)]
pub struct ReadOverview;

impl UseCase for ReadOverview {
    type Output = Overview;
    async fn run(&self, w: &mut Work<'_>) -> Result<Overview> {
        let permit = permit(w)?;
        let state = w.record_state(&permit).await?;
        let refused = w.record(&permit, Which::Refused, LINES).await?;
        let latest = w.record(&permit, Which::All, LINES).await?;
        let mut openings = Vec::new();
        for opening in w.openings(&permit, LINES).await? {
            let by = account_name(w, opening.by).await?;
            openings.push((opening, by));
        }
        let looks = w.closed_looks(&permit, LINES).await?;
        Ok(Overview {
            closed_looks: watched(w, looks).await?,
            is_watched: w.is_watched(&permit).await?,
            openings,
            state,
            refusals: named(w, refused).await?,
            latest: named(w, latest).await?,
            leavers: w.leavers(&permit, LINES).await?,
            last_check: w.last_check(),
        })
    }
}

/// Reads what one account did.
#[derive(Debug)]
pub struct ReadAccount {
    /// The account.
    pub reference: Ref,
}

impl UseCase for ReadAccount {
    type Output = (Account, Vec<Line>);
    async fn run(&self, w: &mut Work<'_>) -> Result<(Account, Vec<Line>)> {
        let permit = permit(w)?;
        let account = w
            .record_account(&permit, self.reference)
            .await?
            .ok_or(Error::NotFound(AuditRead::KIND))?;
        let lines = w.record(&permit, Which::Of(account.id), LINES).await?;
        let lines = named(w, lines).await?;
        Ok((account, lines))
    }
}

/// Leave to check the record, noted in it like every other look.
#[derive(Debug)]
struct MayCheck;

impl UseCase for MayCheck {
    type Output = ();
    async fn run(&self, w: &mut Work<'_>) -> Result<()> {
        let permit = permit(w)?;
        w.record_state(&permit).await.map(|_| ())
    }
}

/// Recomputes every log from its entries and compares it with the signed checkpoints of this node, for somebody who may read
/// the record. What does not fit is in the answer: a rolled-back database too, where checkpoints are kept.
pub async fn check_record(store: &Store, actor: &Actor) -> Result<Checked> {
    store.run(actor, Purpose::ReviewSecurity, &MayCheck).await?;
    let checked = store.record_check(CheckedBy::Person).await?;
    say(&checked);
    Ok(checked)
}

/// The same, by itself: a job.
pub async fn check_record_by_job(store: &Store) -> Result<()> {
    let checked = store.record_check(CheckedBy::Job).await?;
    say(&checked);
    Ok(())
}

/// What monitoring sees of a check, and one line in the log of errors where something does not fit.
fn say(checked: &Checked) {
    metrics::gauge!("throughline_audit_problems").set(f64::from(
        u32::try_from(checked.problems).unwrap_or(u32::MAX),
    ));
    if checked.problems > 0 {
        tracing::error!(
            problems = checked.problems,
            "the audit record does not fit: it was changed, cut or an older copy was put back"
        );
    }
}
