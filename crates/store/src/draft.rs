//! Drafts: what someone is typing, kept as they type, so that signing out, a dead battery or a killed process loses nothing
//! (ARCHITECTURE rule 8). One per account and page, sealed under the account's own key: nobody else reads it.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_core::id::{AccountId, DraftId, PersonId, Ref};
use throughline_core::time::At;
use throughline_policy::action::DraftKeep;
use throughline_policy::{Action, Facts, Permit, Ties};

use crate::audit::Event;
use crate::col::Col;
use crate::entity::{conversation, draft, referral, support_case};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

/// The longest name of a page, in bytes: a fixed word and a reference.
const PAGE_MAX: usize = 80;

/// A draft.
#[derive(Clone)]
pub struct Draft<T> {
    /// What was typed.
    pub body: T,
    /// When it was last saved.
    pub saved_at: At,
}

impl<T> std::fmt::Debug for Draft<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft(saved at {})", self.saved_at)
    }
}

impl Work<'_> {
    fn me(&self) -> Result<AccountId> {
        self.actor()
            .account()
            .ok_or(Error::NotFound(DraftKeep::KIND))
    }

    async fn draft_row(&self, account: AccountId, page: &str) -> Result<Option<draft::Model>> {
        Ok(draft::Entity::find()
            .filter(draft::Column::AccountId.eq(Col(account)))
            .filter(draft::Column::Page.eq(page))
            .lock_exclusive()
            .one(&self.tx)
            .await?)
    }

    /// The ties of the actor's own draft of a page, there or not yet. `page` is a fixed word, with a reference if need be:
    /// never anything that was typed. Errors when it is not.
    pub async fn draft_facts(&mut self, page: &str) -> Result<Facts<DraftId>> {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-/".contains(c);
        if page.is_empty() || page.len() > PAGE_MAX || !page.chars().all(word) {
            return Err(Error::Invalid {
                field: "page",
                problem: "draft-page-unknown",
            });
        }
        let me = self.me()?;
        let row = self.draft_row(me, page).await?;
        Ok(Facts {
            subject: row.map_or_else(|| self.env().id(), |row| row.id.0),
            person: None,
            ties: Ties {
                organisation: self.actor().organisation(),
                lead: Some(me),
                ..Ties::default()
            },
        })
    }

    /// Whom a page is about, by the references in its name: what somebody typed of a person is closed to them with the person.
    async fn person_on_page(&self, page: &str) -> Result<Option<PersonId>> {
        for reference in page.split('/').filter_map(|part| part.parse::<Ref>().ok()) {
            let case = support_case::Entity::find()
                .filter(support_case::Column::Reference.eq(Col(reference)))
                .one(&self.tx)
                .await?;
            if let Some(case) = case {
                return Ok(Some(case.person_id.0));
            }
            let referral = referral::Entity::find()
                .filter(referral::Column::Reference.eq(Col(reference)))
                .one(&self.tx)
                .await?;
            if let Some(referral) = referral {
                return Ok(Some(referral.person_id.0));
            }
            let talk = conversation::Entity::find()
                .filter(conversation::Column::Reference.eq(Col(reference)))
                .one(&self.tx)
                .await?;
            if let Some(case) = talk.and_then(|talk| talk.case_id) {
                return self.person_in(Some(case.0)).await;
            }
        }
        Ok(None)
    }

    /// Keeps what was typed on a page, in place of what was kept before.
    pub async fn draft_keep<T: Serialize + Sync>(
        &mut self,
        permit: &Permit<DraftKeep>,
        page: &str,
        body: &T,
    ) -> Result<At> {
        let me = self.me()?;
        let now = self.now();
        let id = permit.on();
        let body = self
            .seal(me.uuid(), place("draft", "body", id.uuid()), body)
            .await?;
        let known = self.draft_row(me, page).await?;
        if known.is_some_and(|row| row.id.0 == id) {
            let change = draft::ActiveModel {
                body: Set(body),
                saved_at: Set(Col(now)),
                ..Default::default()
            };
            draft::Entity::update_many()
                .set(change)
                .filter(draft::Column::Id.eq(Col(id)))
                .exec(&self.tx)
                .await?;
        } else {
            let row = draft::ActiveModel {
                id: Set(Col(id)),
                account_id: Set(Col(me)),
                page: Set(page.to_owned()),
                body: Set(body),
                saved_at: Set(Col(now)),
            };
            draft::Entity::insert(row)
                .exec_without_returning(&self.tx)
                .await
                .map_err(|error| match Error::from(error) {
                    // Two browsers of one person saved at once: the later one tries again.
                    error if error.is_duplicate() => Error::Conflict,
                    error => error,
                })?;
        }
        self.note(permit, id.uuid(), &["draft"]);
        Ok(now)
    }

    /// What was kept of a page; nothing of a page about somebody who is closed to its writer by now. (It is no refusal: whoever sends
    /// such a form again leaves the same entries as for a record that is not there.)
    pub async fn draft<T: DeserializeOwned>(
        &mut self,
        permit: &Permit<DraftKeep>,
        page: &str,
    ) -> Result<Option<Draft<T>>> {
        let me = self.me()?;
        let Some(row) = self.draft_row(me, page).await? else {
            return Ok(None);
        };
        self.note(permit, permit.on().uuid(), &["draft"]);
        let about = self.person_on_page(page).await?;
        if self.is_closed(about).await? {
            return Ok(None);
        }
        let body = self
            .open(
                me.uuid(),
                place("draft", "body", row.id.0.uuid()),
                &row.body,
            )
            .await?;
        Ok(Some(Draft {
            body,
            saved_at: row.saved_at.0,
        }))
    }

    /// Drops the draft of a page, once what it held has been kept for good.
    pub async fn draft_drop(&mut self, permit: &Permit<DraftKeep>, page: &str) -> Result<()> {
        let me = self.me()?;
        // Most forms go through at once and were never kept: then there is nothing to change and nothing to note.
        if self.draft_row(me, page).await?.is_none() {
            return Ok(());
        }
        draft::Entity::delete_many()
            .filter(draft::Column::AccountId.eq(Col(me)))
            .filter(draft::Column::Page.eq(page))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["draft"]);
        Ok(())
    }

    /// Forgets what was typed before `before` and never sent: a draft is a help with today's work, not a second record.
    pub async fn draft_purge(&mut self, before: At) -> Result<u64> {
        let old = draft::Column::SavedAt.lt(Col(before));
        let any = draft::Entity::find()
            .filter(old.clone())
            .limit(1)
            .one(&self.tx)
            .await?;
        // Most turns find nothing: then nothing is written, and the audit record stays readable.
        if any.is_none() {
            return Ok(0);
        }
        let gone = draft::Entity::delete_many()
            .filter(old)
            .exec(&self.tx)
            .await?;
        self.note_event(Event::PromiseKept, None, &["draft"]);
        Ok(gone.rows_affected)
    }
}
