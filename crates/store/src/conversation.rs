//! Conversations at a front door: where one stands, and what was seen and told, sealed under the conversation's own key. When
//! one leads to a case it is linked and stays sealed: reading the case is not reading what was said (SPEC 4.3 SM-RESPONSE).

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code;
use throughline_core::conversation::{Mode, Reach, Stage, StageMove};
use throughline_core::id::{AccountId, CaseId, ConversationId, OrganisationId, Ref, SiteId};
use throughline_core::immediate::ImmediateKind;
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    CaseChange, CaseRead, ConversationKeep, ConversationStart, ReferralSend,
};
use throughline_policy::{Action, Facts, Permit, Scope, Ties};

use crate::col::Col;
use crate::entity::{child, conversation, immediate_need, support_case, task};
use crate::error::{Error, Result};
use crate::keys::{Owner, place};
use crate::scope::{About, TieColumns, branches};
use crate::work::Work;

/// The plain facts of a conversation: nothing of what was said.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Internal id.
    pub id: ConversationId,
    /// Reference.
    pub reference: Ref,
    /// Whose site it is.
    pub organisation: OrganisationId,
    /// The site.
    pub site: SiteId,
    /// The worker.
    pub account: AccountId,
    /// The case it led to.
    pub case: Option<CaseId>,
    /// Where it stands.
    pub stage: Stage,
    /// How they talk.
    pub mode: Mode,
    /// How far what is said may travel.
    pub reach: Reach,
    /// When it began.
    pub started_at: At,
    /// When it was closed.
    pub ended_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

/// What stands before closing a conversation; see `core::conversation::may_close`.
#[derive(Debug, Clone, Default)]
pub struct CloseLook {
    /// Which of bed, money and essentials the case it led to has an answer for.
    pub answered: Vec<ImmediateKind>,
    /// For each child of that case: whether safeguarding was decided.
    pub children: Vec<bool>,
    /// Whether there are children, as far as that case knows.
    pub about_children: Option<AreThereChildren>,
    /// The risk of that case; `None` where there is no case.
    pub risk: Option<RiskBand>,
    /// Whether somebody is to judge the risk by a certain time.
    pub risk_on_clock: bool,
}

/// A conversation as whoever has a task about it in hand may take it up.
#[derive(Debug)]
pub struct TakenUp<C> {
    /// The plain facts.
    pub plain: Conversation,
    /// The part of what was kept that may be shown; `None` before anything was.
    pub safe: Option<C>,
    /// Whether somebody is to judge the risk by a certain time.
    pub risk_on_clock: bool,
    /// Whether the task is over: then nobody has it in hand any more.
    pub over: bool,
}

/// What is kept of a conversation in one go.
#[derive(Debug)]
pub struct ConversationChange<'a, C> {
    /// The version that the page was made from.
    pub version: i64,
    /// What happened, if the stage is to change.
    pub moves: &'a [StageMove],
    /// How they talk.
    pub mode: Mode,
    /// How far what is said may travel.
    pub reach: Reach,
    /// What was seen and told.
    pub content: &'a C,
}

const fn reach_code(reach: Reach) -> &'static str {
    match reach {
        Reach::AsAgreed => "as_agreed",
        Reach::SpecialistOnly => "specialist_only",
    }
}

const fn ties() -> TieColumns<conversation::Column> {
    TieColumns {
        organisation: Some(conversation::Column::OrganisationId),
        site: Some(conversation::Column::SiteId),
        lead: Some(conversation::Column::AccountId),
        to: None,
        accepted_by: None,
        referral: None,
        about: About::Case(conversation::Column::CaseId),
    }
}

fn facts(row: &conversation::Model, closed: bool) -> Facts<ConversationId> {
    Facts {
        subject: row.id.0,
        person: None,
        ties: Ties {
            organisation: Some(row.organisation_id.0),
            site: Some(row.site_id.0),
            lead: Some(row.account_id.0),
            closed,
            ..Ties::default()
        },
    }
}

pub(crate) fn conversation_of(row: &conversation::Model) -> Result<Conversation> {
    let bad = |column| Error::RowShape {
        table: "conversation",
        column,
    };
    Ok(Conversation {
        id: row.id.0,
        reference: row.reference.0,
        organisation: row.organisation_id.0,
        site: row.site_id.0,
        account: row.account_id.0,
        case: row.case_id.map(|id| id.0),
        stage: Stage::from_code(&row.stage).map_err(|_| bad("stage"))?,
        mode: Mode::from_code(&row.mode).map_err(|_| bad("mode"))?,
        // Whatever is not plainly "as agreed" goes no further than the specialist.
        reach: if row.reach == reach_code(Reach::AsAgreed) {
            Reach::AsAgreed
        } else {
            Reach::SpecialistOnly
        },
        started_at: row.started_at.0,
        ended_at: row.ended_at.map(|at| at.0),
        version: row.version,
    })
}

impl Work<'_> {
    /// The ties of a conversation, by reference.
    pub async fn conversation_facts(
        &mut self,
        reference: Ref,
    ) -> Result<Option<Facts<ConversationId>>> {
        let row = conversation::Entity::find()
            .filter(conversation::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        let case = row.as_ref().and_then(|row| row.case_id);
        let about = self.person_in(case.map(|case| case.0)).await?;
        let closed = self.is_closed(about).await?;
        Ok(row.map(|row| facts(&row, closed)))
    }

    /// Starts a conversation with a key of its own. Until "is it safe to talk?" is answered, it goes no further than the
    /// specialist (ASSURANCE C5).
    pub async fn conversation_start(
        &mut self,
        permit: &Permit<ConversationStart>,
        mode: Mode,
    ) -> Result<Conversation> {
        let account = self
            .actor()
            .account()
            .ok_or(Error::NotFound(ConversationStart::KIND))?;
        let (id, reference) = (
            self.env().id::<throughline_core::id::Conversation>(),
            self.env().reference(),
        );
        self.data_key_create(id.uuid(), Owner::Conversation, permit.organisation())
            .await?;
        let row = conversation::Model {
            id: Col(id),
            reference: Col(reference),
            organisation_id: Col(permit.organisation()),
            site_id: Col(permit.on()),
            account_id: Col(account),
            case_id: None,
            stage: Stage::Noticed.code().to_owned(),
            mode: mode.code().to_owned(),
            reach: reach_code(Reach::SpecialistOnly).to_owned(),
            content: None,
            started_at: Col(self.now()),
            ended_at: None,
            version: 1,
            told_at: None,
        };
        let made = conversation_of(&row)?;
        conversation::Entity::insert(conversation::ActiveModel::from(row))
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, id.uuid(), &["stage"]);
        Ok(made)
    }

    pub(crate) async fn conversation_row(&self, id: ConversationId) -> Result<conversation::Model> {
        let row = conversation::Entity::find_by_id(Col(id))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.ok_or(Error::NotFound(ConversationKeep::KIND))
    }

    /// A conversation and what was seen and told in it.
    pub async fn conversation<C: DeserializeOwned>(
        &mut self,
        permit: &Permit<ConversationKeep>,
    ) -> Result<(Conversation, Option<C>)> {
        let row = self.conversation_row(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["stage", "content"]);
        let owner = row.id.0.uuid();
        let content = self
            .open_option(
                owner,
                place("conversation", "content", owner),
                row.content.as_ref(),
            )
            .await?;
        Ok((conversation_of(&row)?, content))
    }

    /// Keeps what was seen and told, and moves the stage. `Called999` keeps the stage and needs nothing else.
    ///
    /// Errors with [`Error::Conflict`] when it was changed elsewhere and [`Error::Illegal`] when the stage does not allow it.
    pub async fn conversation_keep<C: Serialize + Sync>(
        &mut self,
        permit: &Permit<ConversationKeep>,
        kept: &ConversationChange<'_, C>,
    ) -> Result<Stage> {
        let row = self.conversation_row(permit.on()).await?;
        if row.version != kept.version {
            return Err(Error::Conflict);
        }
        let was = conversation_of(&row)?.stage;
        let stage = kept
            .moves
            .iter()
            .try_fold(was, |stage, made| stage.apply(*made))
            .map_err(|illegal| Error::Illegal(illegal.by))?;
        let owner = row.id.0.uuid();
        let content = self
            .seal(owner, place("conversation", "content", owner), kept.content)
            .await?;
        let closed = stage
            .is_final()
            .then(|| row.ended_at.unwrap_or(Col(self.now())));
        // It stays known that they told, wherever the conversation goes from here.
        let told = kept.moves.contains(&StageMove::Hear);
        let told_at = row.told_at.or_else(|| told.then(|| Col(self.now())));
        let change = conversation::ActiveModel {
            stage: Set(stage.code().to_owned()),
            mode: Set(kept.mode.code().to_owned()),
            reach: Set(reach_code(kept.reach).to_owned()),
            content: Set(Some(content)),
            ended_at: Set(closed),
            told_at: Set(told_at),
            ..Default::default()
        };
        self.conversation_update(&row, change).await?;
        self.note(permit, permit.on().uuid(), &["stage", "content"]);
        if let (Some(case), Some(at)) = (row.case_id, told_at) {
            self.case_told(case.0, at.0).await?;
        }
        if stage.is_final() {
            // A risk that still waits to be judged outlives the conversation.
            self.tasks_settle_conversation(permit.on(), &[TaskKind::ResumeConversation])
                .await?;
        }
        Ok(stage)
    }

    async fn conversation_update(
        &mut self,
        row: &conversation::Model,
        mut change: conversation::ActiveModel,
    ) -> Result<()> {
        change.version = Set(row.version + 1);
        let done = conversation::Entity::update_many()
            .set(change)
            .filter(conversation::Column::Id.eq(row.id))
            .filter(conversation::Column::Version.eq(row.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Ends the conversations that led to a case, because it is closed. How far each came stays, for whoever opens the case again.
    pub async fn conversations_end(&mut self, permit: &Permit<CaseChange>) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["conversation"]);
        let rows = conversation::Entity::find()
            .filter(conversation::Column::CaseId.eq(Col(permit.on())))
            .filter(conversation::Column::EndedAt.is_null())
            .order_by_asc(conversation::Column::Id)
            .all(&self.tx)
            .await?;
        for row in &rows {
            let change = conversation::ActiveModel {
                ended_at: Set(Some(Col(self.now()))),
                ..Default::default()
            };
            self.conversation_update(row, change).await?;
        }
        Ok(())
    }

    /// Links a conversation to the case it led to. What was said stays sealed under the conversation's own key.
    ///
    /// Errors with [`Error::Illegal`] when it already led to another case.
    pub async fn conversation_link(
        &mut self,
        permit: &Permit<ConversationKeep>,
        case: &Permit<CaseRead>,
    ) -> Result<()> {
        let row = self.conversation_row(permit.on()).await?;
        self.link_row(&row, case).await?;
        self.note(permit, permit.on().uuid(), &["case"]);
        Ok(())
    }

    /// Marks a case as one in which somebody told us, at this moment or later.
    async fn case_told(&self, case: CaseId, at: At) -> Result<()> {
        let earlier = Condition::any()
            .add(support_case::Column::ToldAt.is_null())
            .add(support_case::Column::ToldAt.lt(Col(at)));
        support_case::Entity::update_many()
            .col_expr(support_case::Column::ToldAt, Expr::value(Col(at)))
            .filter(support_case::Column::Id.eq(Col(case)))
            .filter(earlier)
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    pub(crate) async fn link_row(
        &mut self,
        row: &conversation::Model,
        case: &Permit<CaseRead>,
    ) -> Result<()> {
        if row.case_id.is_some_and(|known| known.0 != case.on()) {
            return Err(Error::Illegal("link"));
        }
        let change = conversation::ActiveModel {
            case_id: Set(Some(Col(case.on()))),
            ..Default::default()
        };
        self.conversation_update(row, change).await?;
        if let Some(told_at) = row.told_at {
            self.case_told(case.on(), told_at.0).await?;
        }
        let with_case = task::ActiveModel {
            case_id: Set(Some(Col(case.on()))),
            ..Default::default()
        };
        task::Entity::update_many()
            .set(with_case)
            .filter(task::Column::ConversationId.eq(row.id))
            .filter(task::Column::DoneAt.is_null())
            .exec(&self.tx)
            .await?;
        self.note(case, case.on().uuid(), &["conversation"]);
        Ok(())
    }

    /// What stands before closing: answers, children and risk of the case it led to, and whether somebody is to judge the risk.
    pub async fn conversation_close_look(
        &mut self,
        permit: &Permit<ConversationKeep>,
    ) -> Result<CloseLook> {
        let bad = |table, column| Error::RowShape { table, column };
        let row = self.conversation_row(permit.on()).await?;
        let mut about = Condition::any().add(task::Column::ConversationId.eq(row.id));
        let mut look = CloseLook::default();
        if let Some(case) = row.case_id {
            about = about.add(task::Column::CaseId.eq(case));
            let known = support_case::Entity::find_by_id(case)
                .one(&self.tx)
                .await?
                .ok_or(Error::NotFound(ConversationKeep::KIND))?;
            let band = RiskBand::from_code(&known.risk_band);
            look.risk = Some(band.map_err(|_| bad("support_case", "risk_band"))?);
            look.about_children = known
                .children_answer
                .as_deref()
                .map(AreThereChildren::from_code)
                .transpose()
                .map_err(|_| bad("support_case", "children_answer"))?;
            let answered = immediate_need::Entity::find()
                .filter(immediate_need::Column::CaseId.eq(case))
                .all(&self.tx)
                .await?;
            // What was answered before they told is asked again: it was another day's bed.
            let since = row.told_at;
            for need in answered
                .into_iter()
                .filter(|need| since.is_none_or(|told_at| need.answered_at.0 >= told_at.0))
            {
                let kind = ImmediateKind::from_code(&need.kind);
                look.answered
                    .push(kind.map_err(|_| bad("immediate_need", "kind"))?);
            }
            let children = child::Entity::find()
                .filter(child::Column::CaseId.eq(case))
                .all(&self.tx)
                .await?;
            look.children
                .extend(children.iter().map(|child| child.decided_at.is_some()));
        }
        look.risk_on_clock = self.risk_on_clock(about).await?;
        self.note(
            permit,
            permit.on().uuid(),
            &["immediate", "children", "risk_band"],
        );
        Ok(look)
    }

    /// The actor's conversations that are not closed, newest first: nothing of what was said.
    pub async fn conversations(
        &mut self,
        scope: &Scope<ConversationKeep>,
        limit: u64,
    ) -> Result<Vec<Conversation>> {
        self.note_scope(scope, &["stage", "started_at"]);
        let mut out = Vec::new();
        for branch in branches(scope, &ties(), self.now()) {
            let rows = conversation::Entity::find()
                .filter(branch)
                .filter(conversation::Column::EndedAt.is_null())
                .order_by_desc(conversation::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            for row in &rows {
                out.push(conversation_of(row)?);
            }
        }
        Ok(out)
    }

    /// The reference of one of the actor's own conversations, for the row of a task about it; `None` for anybody else's.
    pub async fn conversation_reference(
        &mut self,
        scope: &Scope<ConversationKeep>,
        id: ConversationId,
    ) -> Result<Option<Ref>> {
        self.note_scope(scope, &["reference"]);
        for branch in branches(scope, &ties(), self.now()) {
            let row = conversation::Entity::find_by_id(Col(id))
                .filter(branch)
                .one(&self.tx)
                .await?;
            if let Some(row) = row {
                return Ok(Some(row.reference.0));
            }
        }
        Ok(None)
    }

    /// How far what was said may travel, from the conversations that led to a case: the last of them decides, because being
    /// seen alone later lifts what came before. `None` when the case began without a conversation.
    pub async fn case_reach(&mut self, permit: &Permit<ReferralSend>) -> Result<Option<Reach>> {
        let row = conversation::Entity::find()
            .filter(conversation::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(conversation::Column::StartedAt)
            .order_by_desc(conversation::Column::Id)
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["reach"]);
        row.map(|row| conversation_of(&row).map(|talk| talk.reach))
            .transpose()
    }
}
