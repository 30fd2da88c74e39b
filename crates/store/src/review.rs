//! What a security officer sees of the record: who did what and when, what was refused, who has left. Never content, never
//! whom it was about.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref};
use throughline_core::time::At;
use throughline_policy::action::AuditRead;
use throughline_policy::{Facts, Permit, Ties};

use crate::account::{Account, AccountState};
use crate::audit;
use crate::col::Col;
use crate::entity::{account, audit_entry, audit_head};
use crate::error::Result;
use crate::work::Work;

/// One line of the record.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When.
    pub at: At,
    /// The action or event, as a code.
    pub action: String,
    /// Whether it was allowed: `granted`, or why not, as a code.
    pub result: String,
    /// Which account, where it was one.
    pub account: Option<AccountId>,
}

/// Which lines are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// What was refused or did not exist.
    Refused,
    /// What one account did.
    Of(AccountId),
}

/// The state of an organisation's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogState {
    /// How many entries it has.
    pub entries: u64,
    /// The root over them, in hexadecimal: two people who see the same one see the same record.
    pub root: String,
}

/// The ties of an organisation's record.
pub fn record_facts(organisation: OrganisationId) -> Facts<OrganisationId> {
    Facts {
        subject: organisation,
        person: None,
        ties: Ties {
            organisation: Some(organisation),
            ..Ties::default()
        },
    }
}

impl Work<'_> {
    /// Lines of the record of the permit's organisation, newest first. This look is noted and not yet among them.
    pub async fn record(
        &mut self,
        permit: &Permit<AuditRead>,
        which: Which,
        limit: u64,
    ) -> Result<Vec<Seen>> {
        let mut query =
            audit_entry::Entity::find().filter(audit_entry::Column::LogId.eq(permit.on().uuid()));
        query = match which {
            Which::All => query,
            Which::Refused => query
                .filter(audit_entry::Column::Result.ne(audit::result_code(audit::Result::Granted))),
            Which::Of(account) => query.filter(audit_entry::Column::AccountId.eq(Col(account))),
        };
        let rows = query
            .order_by_desc(audit_entry::Column::Seq)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["record"]);
        Ok(rows
            .into_iter()
            .map(|row| Seen {
                at: row.at.0,
                action: row.action,
                result: row.result,
                account: row.account_id.map(|id| id.0),
            })
            .collect())
    }

    /// The last check of the record on this node.
    pub fn last_check(&self) -> Option<crate::proof::Checked> {
        self.store.last_check()
    }

    /// How many entries the log has and the root over them.
    pub async fn record_state(&mut self, permit: &Permit<AuditRead>) -> Result<LogState> {
        let head = audit_head::Entity::find_by_id(permit.on().uuid())
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["root"]);
        Ok(head.map_or(
            LogState {
                entries: 0,
                root: String::new(),
            },
            |head| LogState {
                entries: u64::try_from(head.size).unwrap_or(0),
                root: head
                    .root
                    .0
                    .iter()
                    .fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
            },
        ))
    }

    /// Those who have left the permit's organisation, the latest first, with how often their account was refused after that.
    pub async fn leavers(
        &mut self,
        permit: &Permit<AuditRead>,
        limit: u64,
    ) -> Result<Vec<(Account, u64)>> {
        let rows = account::Entity::find()
            .filter(account::Column::OrganisationId.eq(Col(permit.on())))
            .filter(account::Column::State.eq(AccountState::Ended.code()))
            .order_by_desc(account::Column::EndedAt)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["leavers"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let account = self.account_of(row).await?;
            let since = account.ended_at.unwrap_or_else(|| self.now());
            let tried = audit_entry::Entity::find()
                .filter(audit_entry::Column::AccountId.eq(Col(account.id)))
                .filter(audit_entry::Column::At.gt(Col(since)))
                .count(&self.tx)
                .await?;
            out.push((account, tried));
        }
        Ok(out)
    }

    /// The account of a reference, if it is of the permit's organisation.
    pub async fn record_account(
        &mut self,
        permit: &Permit<AuditRead>,
        reference: Ref,
    ) -> Result<Option<Account>> {
        let row = account::Entity::find()
            .filter(account::Column::Reference.eq(Col(reference)))
            .filter(account::Column::OrganisationId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["account"]);
        match row {
            Some(row) => self.account_of(row).await.map(Some),
            None => Ok(None),
        }
    }
}
