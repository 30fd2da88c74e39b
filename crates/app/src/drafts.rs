//! Drafts, kept as they are typed (ARCHITECTURE rule 8): a page's fields by name. Nobody but their writer reads them.

use std::collections::BTreeMap;

use throughline_core::time::At;
use throughline_policy::action::DraftKeep;
use throughline_policy::{Actor, Purpose};
use throughline_store::Result;
use throughline_store::draft::Draft;

use crate::App;

/// The fields of a page, each with its values.
pub type Fields = BTreeMap<String, Vec<String>>;

/// Keeps what was typed on a page. `page` is a fixed word with a reference if need be.
pub async fn keep(app: &App, actor: &Actor, page: &str, fields: &Fields) -> Result<At> {
    let page = &page;
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.draft_facts(page).await?;
                let permit = w.permit::<DraftKeep>(&facts)?;
                w.draft_keep(&permit, page, fields).await
            })
        })
        .await
}

/// What was typed on a page and never sent.
pub async fn read(app: &App, actor: &Actor, page: &str) -> Result<Option<Draft<Fields>>> {
    let page = &page;
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.draft_facts(page).await?;
                let permit = w.permit::<DraftKeep>(&facts)?;
                w.draft(&permit, page).await
            })
        })
        .await
}

/// Drops what was typed on a page, once it has been kept for good or given up.
pub async fn drop_page(app: &App, actor: &Actor, page: &str) -> Result<()> {
    let page = &page;
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.draft_facts(page).await?;
                let permit = w.permit::<DraftKeep>(&facts)?;
                w.draft_drop(&permit, page).await
            })
        })
        .await
}
