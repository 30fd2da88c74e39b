//! "Nothing here is worth sending", in one press: unmet need with what blocked it, which no service ever sees.

use throughline_core::circumstances::Circumstances;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::unmet::Blocked;
pub use throughline_core::unmet::NotSent;
use throughline_find::{Query, find};
use throughline_policy::action::{CaseChange, CaseRead, ReferralSend};
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::unmet::NewUnmet;
pub use throughline_store::unmet::Unmet;

use crate::referral_next::{begun_in, looked_for};
use crate::{App, Result};

/// What a worker says.
#[derive(Debug, Clone)]
pub struct Said {
    /// For which need nobody is asked.
    pub need: NeedType,
    /// Why.
    pub because: NotSent,
    /// The one service that is not worth asking; `None` when nothing is worth sending.
    pub service: Option<Ref>,
    /// What was told to the finder; `None` where nobody looked, or it was looked for by what is on record.
    pub told: Option<Circumstances>,
}

/// Records it, with what rules services out by what was told. Errors with [`Error::Invalid`] where the need cannot move so: it is not
/// known of this case, the person has not spoken of it, or somebody was asked already.
pub async fn not_worth_sending(app: &App, actor: &Actor, case: Ref, said: &Said) -> Result<()> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(case).await?;
                w.permit_found::<ReferralSend>(facts)?;
                let read = w.permit_found::<CaseRead>(facts)?;
                let may = w.permit_found::<CaseChange>(facts)?;
                let begun = begun_in(w, &read).await?;
                let told = looked_for(&begun, said.told.clone(), said.need);
                let service = match said.service {
                    None => None,
                    Some(one) => Some(w.service(one).await?.ok_or(Error::Illegal("no service"))?),
                };
                let new = NewUnmet {
                    need: said.need,
                    because: said.because,
                    service: service
                        .as_ref()
                        .map(|one| (one.id, one.entry.name.as_str())),
                    blocked: &blocked(app, told),
                };
                w.unmet_add(&may, &new).await
            })
        })
        .await
}

/// What rules services out, by the one finder: the numbers that stand on the page that a worker reads.
fn blocked(app: &App, told: Circumstances) -> Blocked {
    let query = Query {
        told,
        limit: 0,
        ..Query::default()
    };
    let answer = find(&app.directory.snapshot(), &query, app.env().now());
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Blocked {
        found: number(answer.total),
        ruled_out: answer
            .ruled_out
            .iter()
            .map(|row| (row.rule.to_string(), number(row.count)))
            .collect(),
        if_only: answer
            .if_only
            .iter()
            .map(|row| (row.rule.to_string(), number(row.opens)))
            .collect(),
    }
}
