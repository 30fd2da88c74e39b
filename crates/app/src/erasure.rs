//! Keeping and erasing: legal holds, asking for somebody to be erased, the second person who decides, and what is told of it
//! afterwards (docs/decisions/0022-erasure.md).

pub use throughline_core::erasure::{ErasureState, Standing};
use throughline_core::erasure::{
    Ground, HoldKind, Stands, backups_gone_by, is_quiet, stands_before,
};
use throughline_core::id::{AccountId, Ref};
use throughline_core::reason::Reason;
use throughline_core::time::At;
use throughline_policy::action::{CaseErase, ErasureDecide};
use throughline_policy::{Actor, Purpose};
pub use throughline_store::erasure::Erasure;
pub use throughline_store::legal_hold::Hold;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::permit;

const WHY: Purpose = Purpose::AnswerRights;

/// How many decisions a page lists.
const LINES: u64 = 100;

/// What the page about keeping a record shows.
#[derive(Debug)]
pub struct Keeping {
    /// The hold, with the name of who set it.
    pub hold: Option<(Hold, String)>,
    /// What was asked for and is not decided, with the name of who asked.
    pub asked: Option<(Erasure, String)>,
    /// What stands before erasing now.
    pub stands: Vec<Stands>,
}

async fn name(w: &mut Work<'_>, id: Option<AccountId>) -> Result<String> {
    let Some(id) = id else {
        return Ok(String::new());
    };
    let found = w.account(id).await?;
    Ok(found.map(|account| account.name).unwrap_or_default())
}

/// How it stands with keeping the record of a case.
pub async fn keeping(app: &App, actor: &Actor, case: Ref) -> Result<Keeping> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = permit::<CaseErase>(w, case).await?;
                let hold = match w.hold(&permit).await? {
                    Some(hold) => Some((hold.clone(), name(w, Some(hold.set_by)).await?)),
                    None => None,
                };
                let asked = match w.erasure_asked(&permit).await? {
                    Some(asked) => Some((asked.clone(), name(w, asked.asked_by).await?)),
                    None => None,
                };
                let stands = stands_before(&w.erasure_stands(&permit).await?);
                Ok(Keeping {
                    hold,
                    asked,
                    stands,
                })
            })
        })
        .await
}

/// Sets a legal hold: nothing of this record is erased until it is lifted. Errors with [`Error::Conflict`] when there is one.
pub async fn hold(
    app: &App,
    actor: &Actor,
    case: Ref,
    kind: HoldKind,
    reason: &Reason,
) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = permit::<CaseErase>(w, case).await?;
                w.hold_set(&permit, kind, reason).await
            })
        })
        .await
}

/// Lifts a legal hold.
pub async fn lift(app: &App, actor: &Actor, case: Ref, hold: Ref) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = permit::<CaseErase>(w, case).await?;
                w.hold_lift(&permit, hold).await
            })
        })
        .await
}

/// Asks for a person to be erased. Errors with [`Error::Illegal`] when something stands before it ([`keeping`] says what), and
/// with [`Error::Conflict`] when it is asked already.
pub async fn ask(
    app: &App,
    actor: &Actor,
    case: Ref,
    ground: Ground,
    reason: &Reason,
) -> Result<Ref> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = permit::<CaseErase>(w, case).await?;
                if ground == Ground::PutBack
                    || !stands_before(&w.erasure_stands(&permit).await?).is_empty()
                {
                    return Err(Error::Illegal("erasure-something-stands"));
                }
                w.erasure_ask(&permit, ground, reason).await
            })
        })
        .await
}

/// Takes back what was asked for.
pub async fn take_back(app: &App, actor: &Actor, case: Ref) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = permit::<CaseErase>(w, case).await?;
                w.erasure_take_back(&permit).await
            })
        })
        .await
}

/// Every decision of the actor's organisation, newest first: never whose record it is.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Erasure>> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move { w.erasures(&w.scope::<ErasureDecide>(), LINES).await })
        })
        .await
}

/// What the page of one decision shows.
#[derive(Debug)]
pub struct Decision {
    /// The decision.
    pub erasure: Erasure,
    /// Who asked.
    pub asked_by: String,
    /// Who decided.
    pub decided_by: String,
    /// What stands before it now.
    pub stands: Vec<Stands>,
    /// The organisations that must be told, because something was sent to them.
    pub told: Vec<String>,
    /// The backups that may still open what was erased.
    pub backups: Vec<At>,
    /// The day from which none of them may exist.
    pub backups_gone_by: Option<At>,
}

/// Reads one decision.
pub async fn read(app: &App, actor: &Actor, erasure: Ref) -> Result<Decision> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let facts = w.erasure_facts(erasure).await?;
                let permit = w.permit_found::<ErasureDecide>(facts)?;
                let (read, standing) = w.erasure(&permit).await?;
                let erased_at = read.decided_at.filter(|_| read.state == ErasureState::Done);
                let backups = match erased_at {
                    Some(at) => w.backups_before(&permit, at).await?,
                    None => Vec::new(),
                };
                let mut told = Vec::with_capacity(read.told.len());
                for id in &read.told {
                    told.extend(w.organisation(*id).await?.map(|found| found.name));
                }
                Ok(Decision {
                    asked_by: name(w, read.asked_by).await?,
                    decided_by: name(w, read.decided_by).await?,
                    stands: stands_before(&standing),
                    told,
                    backups,
                    backups_gone_by: erased_at.map(backups_gone_by),
                    erasure: read,
                })
            })
        })
        .await
}

/// Refuses what somebody asked for.
pub async fn refuse(app: &App, actor: &Actor, erasure: Ref) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let facts = w.erasure_facts(erasure).await?;
                let permit = w.permit_found::<ErasureDecide>(facts)?;
                w.erasure_refuse(&permit).await
            })
        })
        .await
}

/// Erases, now and for good: the key, everything that it sealed, and every row about the person. Errors as
/// [`Work::erasure_confirm`].
///
/// The list of erased people is written and the write-ahead log emptied at once; where that fails a job does it, and the free
/// space is overwritten in the next quiet hour ([`settle`]).
pub async fn confirm(app: &App, actor: &Actor, erasure: Ref) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let facts = w.erasure_facts(erasure).await?;
                let permit = w.permit_found::<ErasureDecide>(facts)?;
                w.erasure_confirm(&permit).await
            })
        })
        .await?;
    let listed = match app.store.checkpoints() {
        Some(folder) => app.store.erasures_settle(folder).await.map(drop),
        None => Ok(()),
    };
    for error in [listed, app.store.fold().await]
        .into_iter()
        .filter_map(Result::err)
    {
        tracing::warn!(%error, "somebody was erased; a job does what is left to do");
    }
    Ok(())
}

/// A job: the list of erased people and the database say the same, whoever a backup had brought again is erased again, and in a
/// quiet hour what erasures left on disk is overwritten.
pub async fn settle(app: &App) -> Result<()> {
    if let Some(folder) = app.store.checkpoints() {
        let again = app.store.erasures_settle(folder).await?;
        if again > 0 {
            tracing::warn!(
                people = again,
                "erased again: a backup had brought them back"
            );
        }
    }
    if is_quiet(app.env().now()) {
        app.store.erasures_purge().await?;
    }
    Ok(())
}
