//! The duty to refer (SPEC 3.5): one record a council that was chosen. `core::duty_to_refer` says what may follow what; this keeps it.
//! Which council it is, where they must stay away from, why, and how they can be reached are sealed under the person's key.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use throughline_core::code::Code as _;
use throughline_core::duty_to_refer::{Agreements, DutyMove, DutyOutcome, DutyState};
use throughline_core::id::{CaseId, Ref};
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, CaseRead};

use crate::case::person_of;
use crate::col::Col;
use crate::entity::duty_to_refer;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::story::StoryKind;
use crate::work::Work;

throughline_core::code_list! {
    /// How a worker sent it.
    pub enum SentBy {
        /// On the telephone.
        Phone = "phone",
        /// By the council's own form.
        Form = "form",
        /// By e-mail to the address that the council publishes for this.
        Email = "email",
    }
}

/// One thing that happened to it, as it is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// When.
    pub at: At,
    /// The code of the move; `chase` where the council was chased and nothing followed.
    pub made: String,
    /// Who at the council said so, or took it, in the worker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// What is sealed of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyContent {
    /// The council that the person chose: its code and name.
    pub authority: (String, String),
    /// Where they must stay away from, in their words.
    pub avoid: Vec<String>,
    /// Why it is sent, in words that the person agreed to.
    pub reason: String,
    /// How the council may reach them: a way that was confirmed as safe.
    pub contact: Option<String>,
    /// The agreements.
    pub agreed: Agreements,
    /// How it was sent.
    pub sent_by: Option<SentBy>,
    /// What happened, oldest first.
    pub log: Vec<Happened>,
}

impl std::fmt::Debug for DutyContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DutyContent(..)")
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// Reference.
    pub reference: Ref,
    /// Its case.
    pub case: CaseId,
    /// Where it stands.
    pub state: DutyState,
    /// What is sealed of it.
    pub content: DutyContent,
    /// How often the council tried to reach the person.
    pub attempts: u8,
    /// How often the council was chased.
    pub chased: u8,
    /// What came of it.
    pub outcome: Option<DutyOutcome>,
    /// When it was begun.
    pub created_at: At,
    /// When it was last sent.
    pub sent_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "duty_to_refer",
        column,
    }
}

impl Work<'_> {
    /// The ones of a case, newest first.
    pub async fn duties(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Duty>> {
        self.note(permit, permit.on().uuid(), &["duty_to_refer"]);
        let owner = person_of(permit)?;
        let rows = duty_to_refer::Entity::find()
            .filter(duty_to_refer::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(duty_to_refer::Column::CreatedAt)
            .order_by_desc(duty_to_refer::Column::Id)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("duty_to_refer", "content", row.id);
            let outcome = row.outcome.as_deref().map(DutyOutcome::from_code);
            out.push(Duty {
                reference: row.reference.0,
                case: row.case_id.0,
                state: DutyState::from_code(&row.state).map_err(|_| bad("state"))?,
                content: self.open(owner, at, &row.content).await?,
                attempts: u8::try_from(row.attempts).unwrap_or(u8::MAX),
                chased: u8::try_from(row.chased).unwrap_or(u8::MAX),
                outcome: outcome.transpose().map_err(|_| bad("outcome"))?,
                created_at: row.created_at.0,
                sent_at: row.sent_at.map(|at| at.0),
                version: row.version,
            });
        }
        Ok(out)
    }

    /// Begins one: a council was chosen. Errors with [`Error::Invalid`] while another of the case is not over.
    pub async fn duty_begin(
        &mut self,
        permit: &Permit<CaseChange>,
        read: &Permit<CaseRead>,
        content: &DutyContent,
    ) -> Result<Ref> {
        let case = self.case_row(permit.on()).await?;
        if self
            .duties(read)
            .await?
            .iter()
            .any(|one| !one.state.is_final())
        {
            return Err(Error::Invalid {
                field: "authority",
                problem: "duty-one-is-open",
            });
        }
        self.note(permit, permit.on().uuid(), &["duty_to_refer"]);
        let (id, reference) = (self.env().id::<()>().uuid(), self.env().reference());
        let at = place("duty_to_refer", "content", id);
        let content = self.seal(case.person_id.0.uuid(), at, content).await?;
        let row = duty_to_refer::ActiveModel {
            id: Set(id),
            reference: Set(Col(reference)),
            case_id: Set(Col(permit.on())),
            state: Set(DutyState::Draft.code().to_owned()),
            content: Set(content),
            attempts: Set(0),
            chased: Set(0),
            outcome: Set(None),
            created_at: Set(Col(self.now())),
            sent_at: Set(None),
            changed_at: Set(Col(self.now())),
            version: Set(1),
        };
        duty_to_refer::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        let detail = json!({ "duty": "begin" });
        self.case_event(permit, StoryKind::DutyToRefer, Some(detail))
            .await?;
        Ok(reference)
    }

    /// Keeps a move, or a chase that nothing followed (`by` is none), with its content as it is now. Errors with [`Error::Illegal`] where
    /// the state does not allow it, and [`Error::Conflict`] when somebody else was first.
    pub async fn duty_move(
        &mut self,
        permit: &Permit<CaseChange>,
        duty: &Duty,
        by: Option<DutyMove>,
        content: &DutyContent,
    ) -> Result<DutyState> {
        if duty.case != permit.on() {
            return Err(Error::Illegal("a duty to refer of another case"));
        }
        self.note(permit, permit.on().uuid(), &["duty_to_refer"]);
        let case = self.case_row(permit.on()).await?;
        let row = duty_to_refer::Entity::find()
            .filter(duty_to_refer::Column::Reference.eq(Col(duty.reference)))
            .one(&self.tx)
            .await?
            .ok_or(Error::Conflict)?;
        let attempts = duty
            .attempts
            .saturating_add(u8::from(by == Some(DutyMove::Miss)));
        let (next, chased) = match by {
            None if duty.state.is_with_the_authority() => {
                (duty.state, duty.chased.saturating_add(1))
            }
            None => return Err(Error::Illegal("chase")),
            Some(by) => {
                let next = duty.state.apply(by, attempts);
                (
                    next.map_err(|illegal| Error::Illegal(illegal.by))?,
                    duty.chased,
                )
            }
        };
        let sent = matches!(by, Some(DutyMove::Send | DutyMove::AskAgain));
        let at = place("duty_to_refer", "content", row.id);
        let sealed = self.seal(case.person_id.0.uuid(), at, content).await?;
        let change = duty_to_refer::ActiveModel {
            state: Set(next.code().to_owned()),
            content: Set(sealed),
            attempts: Set(i64::from(if sent { 0 } else { attempts })),
            chased: Set(i64::from(if sent { 0 } else { chased })),
            outcome: Set(match by {
                Some(DutyMove::Conclude(outcome)) => Some(outcome.code().to_owned()),
                _ => row.outcome,
            }),
            sent_at: Set(if sent {
                Some(Col(self.now()))
            } else {
                row.sent_at
            }),
            changed_at: Set(Col(self.now())),
            version: Set(duty.version + 1),
            ..Default::default()
        };
        let done = duty_to_refer::Entity::update_many()
            .set(change)
            .filter(duty_to_refer::Column::Reference.eq(Col(duty.reference)))
            .filter(duty_to_refer::Column::Version.eq(duty.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        let detail = json!({ "duty": by.map_or("chase", DutyMove::code) });
        self.case_event(permit, StoryKind::DutyToRefer, Some(detail))
            .await?;
        Ok(next)
    }
}
