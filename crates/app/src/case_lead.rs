//! Handing a case over to a colleague.

use throughline_core::id::Ref;
use throughline_policy::Actor;
use throughline_policy::action::{CaseHandOver, CaseRead};
use throughline_store::account::Account;
use throughline_store::{Error, Result};

use crate::App;
use crate::case::{HELP, permit};

/// The colleagues to whom a case can be handed over.
pub async fn colleagues(app: &App, actor: &Actor, case: Ref) -> Result<Vec<Account>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseHandOver>(w, case).await?;
                w.case_colleagues(&may).await
            })
        })
        .await
}

/// Hands a case over to a colleague of the same organisation, by the colleague's reference.
pub async fn hand_over(app: &App, actor: &Actor, case: Ref, to: Ref) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseHandOver>(w, case).await?;
                let missing = Error::Invalid {
                    field: "to",
                    problem: "case-no-such-colleague",
                };
                let colleagues = w.case_colleagues(&may).await?;
                let colleague = colleagues.iter().find(|known| known.reference == to);
                let to = colleague.ok_or(missing)?.id;
                // Children go with their parent, where the same worker leads them.
                let children = match permit::<CaseRead>(w, case).await {
                    Ok(may_read) => w.children(&may_read).await?,
                    Err(_) => Vec::new(),
                };
                w.case_hand_over(&may, to).await?;
                for child in children {
                    if let Ok(may) = permit::<CaseHandOver>(w, child.reference).await {
                        w.case_hand_over(&may, to).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}
