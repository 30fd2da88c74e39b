//! Who may not see a record: kept to named viewers, or closed to a colleague by name (SPEC 4.6, decision 0019).

use throughline_core::id::{AccountId, Ref};
use throughline_core::reason::Reason;
use throughline_core::time::At;
use throughline_policy::action::CaseRestrict;
use throughline_policy::{Actor, Permit};
use throughline_store::account::Account;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{HELP, permit};
use crate::case_view::account_name;

const NO_SUCH_COLLEAGUE: Error = Error::Invalid {
    field: "account",
    problem: "case-no-such-colleague",
};

/// What the page shows.
#[derive(Debug)]
pub struct WhoMaySee {
    /// Whether it is kept to named viewers: why, since when and who said so, by name.
    pub kept: Option<(String, At, String)>,
    /// The viewers of a record that is kept.
    pub viewers: Vec<Account>,
    /// The colleagues of whom was said that they must not see it.
    pub barred: Vec<Account>,
    /// Whether a colleague is kept away because of what they said of themselves: never who, nor what.
    pub declared: bool,
    /// The colleagues of the organisation who lead cases, and could otherwise see it.
    pub colleagues: Vec<Account>,
}

/// What is to change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Keep the record to whoever leads and whoever says so.
    Keep(Reason),
    /// Keep it no longer.
    KeepNoLonger,
    /// Name one more viewer.
    Name(Ref),
    /// Somebody is a viewer no longer.
    Unname(Ref),
    /// A colleague must not see it.
    Bar(Ref),
    /// A colleague may see it again.
    LiftBar(Ref),
}

/// Who may see a record and who must not.
///
/// Errors as refused unless the actor may say so and has proved themselves again.
pub async fn who_may_see(app: &App, actor: &Actor, case: Ref) -> Result<WhoMaySee> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRestrict>(w, case).await?;
                let kept = w.kept(&may).await?;
                let mut viewers = Vec::new();
                let mut shown = None;
                if let Some(kept) = kept {
                    for id in kept.viewers {
                        viewers.extend(w.account(id).await?);
                    }
                    let by = account_name(w, kept.by).await?;
                    shown = Some((kept.reason, kept.since, by));
                }
                let mut barred = Vec::new();
                for id in w.barred(&may).await? {
                    barred.extend(w.account(id).await?);
                }
                Ok(WhoMaySee {
                    kept: shown,
                    viewers,
                    barred,
                    declared: w.is_kept_from_declared(&may).await?,
                    colleagues: w.case_colleagues(&may).await?,
                })
            })
        })
        .await
}

/// Changes who may see a record.
///
/// Errors with [`Error::Invalid`] for somebody who is no colleague, for whoever leads as a viewer and for oneself as barred; with
/// [`Error::Conflict`] when it is kept already; and as refused unless the actor may say so and has proved themselves again.
pub async fn change(app: &App, actor: &Actor, case: Ref, change: &Change) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRestrict>(w, case).await?;
                match change {
                    Change::Keep(reason) => w.keep(&may, reason).await,
                    Change::KeepNoLonger => w.keep_no_longer(&may).await,
                    Change::Name(who) => {
                        let who = colleague(w, &may, *who).await?;
                        w.viewer_add(&may, who).await
                    }
                    // Whoever is named is taken off by name, also once they work elsewhere or have left.
                    Change::Unname(who) => {
                        let named = w.kept(&may).await?.map(|kept| kept.viewers);
                        let who = one_of(w, named.unwrap_or_default(), *who).await?;
                        w.viewer_end(&may, who).await
                    }
                    Change::Bar(who) => {
                        let who = colleague(w, &may, *who).await?;
                        w.bar(&may, who).await
                    }
                    Change::LiftBar(who) => {
                        let barred = w.barred(&may).await?;
                        let who = one_of(w, barred, *who).await?;
                        w.bar_lift(&may, who).await
                    }
                }
            })
        })
        .await
}

async fn one_of(w: &mut Work<'_>, named: Vec<AccountId>, who: Ref) -> Result<AccountId> {
    for id in named {
        if w.account(id)
            .await?
            .is_some_and(|known| known.reference == who)
        {
            return Ok(id);
        }
    }
    Err(NO_SUCH_COLLEAGUE)
}

async fn colleague(w: &mut Work<'_>, may: &Permit<CaseRestrict>, who: Ref) -> Result<AccountId> {
    let colleagues = w.case_colleagues(may).await?;
    let known = colleagues.iter().find(|known| known.reference == who);
    known.map(|known| known.id).ok_or(NO_SUCH_COLLEAGUE)
}
