//! What a security officer looks at: refusals, who looked, leavers, whether the record is whole.

use std::collections::HashMap;

use throughline_core::id::{AccountId, Ref};
use throughline_policy::action::AuditRead;
use throughline_policy::{Action, Permit};
use throughline_store::account::Account;
use throughline_store::review::{LogState, Seen, Which, record_facts};
use throughline_store::{Error, Result, Store, UseCase, Work};

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
        Ok(Overview {
            state,
            refusals: named(w, refused).await?,
            latest: named(w, latest).await?,
            leavers: w.leavers(&permit, LINES).await?,
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

/// Recomputes every log from its entries. Gives how many entries were read and how many do not fit.
pub async fn check_record(store: &Store) -> Result<(u64, usize)> {
    let report = store.audit_verify(None).await?;
    let entries = report.logs.iter().map(|log| log.entries).sum();
    Ok((entries, report.all_problems().count()))
}
