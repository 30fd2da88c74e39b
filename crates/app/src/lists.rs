//! Lists that a program reads page by page: the tasks of its organisation, and what it sent.

use throughline_core::id::Ref;
use throughline_policy::action::{CaseRead, ReferralRead};
use throughline_policy::{Actor, Purpose};
use throughline_store::referral::Referral;
pub use throughline_store::task_list::TaskListed;
use throughline_store::{Error, Result};

use crate::App;
use crate::case_view::organisation_name;

/// Rows on a page at most.
pub const PAGE_LIMIT: u64 = 200;

/// Which page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The last row of the page before; `None`: the first page.
    pub after: Option<Ref>,
    /// Rows on it, from 1 to [`PAGE_LIMIT`].
    pub limit: u64,
}

impl Page {
    /// One more than asked for: whether there is a next page shows itself.
    fn rows(self) -> Result<u64> {
        if (1..=PAGE_LIMIT).contains(&self.limit) {
            return Ok(self.limit + 1);
        }
        Err(Error::Invalid {
            field: "limit",
            problem: "api-limit",
        })
    }

    /// The rows of this page, and whether more follow.
    fn cut<T>(self, mut rows: Vec<T>) -> (Vec<T>, bool) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        (rows, more)
    }
}

/// The unfinished tasks of the actor's organisation, oldest first, and whether more follow. The case that one is about is named
/// only to whoever may read cases.
///
/// Errors with [`Error::Invalid`] when the limit is out of bounds or `after` is no row of this list.
pub async fn tasks(app: &App, actor: &Actor, page: Page) -> Result<(Vec<TaskListed>, bool)> {
    let limit = page.rows()?;
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let mut rows = w.task_list(&w.scope(), page.after, limit).await?;
                if w.scope::<CaseRead>().rule().any.is_empty() {
                    for row in &mut rows {
                        row.case = None;
                    }
                }
                Ok(page.cut(rows))
            })
        })
        .await
}

/// What the actor's organisation sent, newest first, each with the name of the organisation asked, and whether more follow.
///
/// Errors as [`tasks`].
pub async fn sent(app: &App, actor: &Actor, page: Page) -> Result<(Vec<(Referral, String)>, bool)> {
    let limit = page.rows()?;
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let scope = w.scope::<ReferralRead>();
                let rows = w.referrals_sent_page(&scope, page.after, limit).await?;
                let (rows, more) = page.cut(rows);
                let mut named = Vec::with_capacity(rows.len());
                for referral in rows {
                    let to = organisation_name(w, referral.to).await?;
                    named.push((referral, to));
                }
                Ok((named, more))
            })
        })
        .await
}
