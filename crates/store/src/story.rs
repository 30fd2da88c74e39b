//! The story of a case, line by line.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, CaseId, ReferralId};
use throughline_core::time::At;
use throughline_policy::action::CaseRead;
use throughline_policy::{Action, Permit};
use uuid::Uuid;

use crate::col::Col;
use crate::entity::case_event;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

throughline_core::code_list! {
    /// What a line of the story tells. Every kind has its own words in the catalogue, in both languages; a test holds them together.
    pub enum StoryKind {
        /// The record was made.
        CaseOpened = "case_opened",
        /// The case was closed.
        CaseClosed = "case_closed",
        /// The case was opened again.
        CaseReopened = "case_reopened",
        /// Somebody else leads.
        HandedOver = "handed_over",
        /// A record that is kept to others was opened because it could not wait.
        OpenedUrgently = "opened_urgently",
        /// Somebody else reviewed that it was opened.
        OpeningReviewed = "opening_reviewed",
        /// Who may see the record was changed.
        AccessChanged = "access_changed",
        /// What they told of themselves was changed.
        PersonChanged = "person_changed",
        /// They told of a need.
        NeedTold = "need_told",
        /// Signs of a need were seen.
        NeedSeen = "need_seen",
        /// They were asked to tell again what they had told before.
        AskedAgain = "asked_again",
        /// Something happened to a duty to refer.
        DutyToRefer = "duty_to_refer",
        /// One service was not worth asking.
        NotAsked = "not_asked",
        /// A need moved on.
        NeedMoved = "need_moved",
        /// Bed, money or essentials were answered.
        ImmediateAnswered = "immediate_answered",
        /// It was asked whether there are children.
        ChildrenAsked = "children_asked",
        /// A child was added.
        ChildAdded = "child_added",
        /// Safeguarding of a child was decided.
        ChildDecided = "child_decided",
        /// A child's own help moved on.
        ChildMoved = "child_moved",
        /// The risk was judged.
        RiskJudged = "risk_judged",
        /// Their own words were written down.
        StatementWritten = "statement_written",
        /// A way to make contact was added.
        ContactAdded = "contact_added",
        /// A way to make contact was confirmed.
        ContactConfirmed = "contact_confirmed",
        /// A way to make contact was ended.
        ContactEnded = "contact_ended",
        /// They moved or separated.
        ContactChanged = "contact_changed",
        /// A worker has a message to hand over.
        MessageHanded = "message_handed",
        /// A message went.
        MessageSent = "message_sent",
        /// A message did not go, or did not reach them.
        MessageNotSent = "message_not_sent",
        /// A message is not wanted any more.
        MessageDropped = "message_dropped",
        /// What told of an appointment was taken back, because its time does not hold any longer. Who changed it is never told.
        MessageTimeChanged = "message_time_changed",
        /// A sheet of paper was given to them.
        SheetGiven = "sheet_given",
        /// Sharing was agreed.
        ConsentGiven = "consent_given",
        /// They still agree to share what they had agreed to.
        ConsentRenewed = "consent_renewed",
        /// Sharing was taken back.
        ConsentWithdrawn = "consent_withdrawn",
        /// Lines were struck from what was shared, or its time was shortened.
        ConsentNarrowed = "consent_narrowed",
        /// Why something was shared first was put on record in full.
        SharingCompleted = "sharing_completed",
        /// It was decided not to share.
        NotShared = "not_shared",
        /// It was decided to share only part.
        PartShared = "part_shared",
        /// A referral moved.
        Referral = "referral",
        /// Something was asked or answered about a referral.
        ReferralSaid = "referral_said",
        /// A task was done.
        TaskDone = "task_done",
        /// A task ended with the case.
        TaskEnded = "task_ended",
        /// A task went up the ladder.
        TaskClimbed = "task_climbed",
        /// An appointment was booked.
        AppointmentBooked = "appointment_booked",
        /// An appointment got another time. Who changed it is never told, whoever it was (decision 0023).
        AppointmentMoved = "appointment_moved",
        /// The time of an appointment does not hold. Who said so is never told.
        AppointmentToRearrange = "appointment_to_rearrange",
        /// An appointment was called off.
        AppointmentCancelled = "appointment_cancelled",
        /// An appointment happened.
        AppointmentHappened = "appointment_happened",
        /// The person did not come to an appointment.
        AppointmentMissed = "appointment_missed",
        /// 999 was called.
        Called999 = "called_999",
    }
}

impl StoryKind {
    /// Whether nobody is named for it, whoever it was: that somebody else than the worker changed a time would tell the worker why
    /// (decision 0023). The audit record names them.
    const fn is_unsigned(self) -> bool {
        matches!(
            self,
            Self::AppointmentMoved | Self::AppointmentToRearrange | Self::MessageTimeChanged
        )
    }
}

/// One line of the story.
#[derive(Debug, Clone)]
pub struct StoryLine {
    /// When.
    pub at: At,
    /// What kind of thing happened: a code of [`StoryKind`], or one of a newer version of this program.
    pub kind: String,
    /// By whom, if staff.
    pub account: Option<AccountId>,
    /// The referral it is about.
    pub referral: Option<ReferralId>,
    /// Parameters of the words.
    pub detail: serde_json::Value,
}

pub(crate) struct NewEvent {
    pub case: CaseId,
    pub owner: Uuid,
    pub kind: StoryKind,
    pub referral: Option<ReferralId>,
    pub detail: Option<serde_json::Value>,
}

impl Work<'_> {
    /// Adds a line to the story. `detail` holds the parameters of the words, sealed.
    pub async fn case_event<A: Action<Subject = CaseId>>(
        &mut self,
        permit: &Permit<A>,
        kind: StoryKind,
        detail: Option<serde_json::Value>,
    ) -> Result<()> {
        let owner = permit.person().ok_or(Error::NotFound(A::KIND))?.uuid();
        self.note(permit, permit.on().uuid(), &["story"]);
        self.event_add(NewEvent {
            case: permit.on(),
            owner,
            kind,
            referral: None,
            detail,
        })
        .await
    }

    pub(crate) async fn event_add(&mut self, new: NewEvent) -> Result<()> {
        let id = self.env().id::<()>().uuid();
        let detail = self
            .seal_option(
                new.owner,
                place("case_event", "detail", id),
                new.detail.as_ref(),
            )
            .await?;
        let signed = self.actor().account().filter(|_| !new.kind.is_unsigned());
        let row = case_event::ActiveModel {
            id: Set(id),
            case_id: Set(Col(new.case)),
            at: Set(Col(self.now())),
            kind: Set(new.kind.code().to_owned()),
            account_id: Set(signed.map(Col)),
            referral_id: Set(new.referral.map(Col)),
            detail: Set(detail),
        };
        case_event::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// How often the person was asked to tell again what they had told before ("told once" is counted, PRODUCT).
    pub async fn times_asked_again(&mut self, permit: &Permit<CaseRead>) -> Result<u64> {
        self.note(permit, permit.on().uuid(), &["story"]);
        let count = case_event::Entity::find()
            .filter(case_event::Column::CaseId.eq(Col(permit.on())))
            .filter(case_event::Column::Kind.eq(StoryKind::AskedAgain.code()))
            .count(&self.tx)
            .await?;
        Ok(count)
    }

    /// The story, newest first.
    pub async fn story(&mut self, permit: &Permit<CaseRead>, limit: u64) -> Result<Vec<StoryLine>> {
        let owner = permit
            .person()
            .ok_or(Error::NotFound(CaseRead::KIND))?
            .uuid();
        let rows = case_event::Entity::find()
            .filter(case_event::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(case_event::Column::At)
            .order_by_desc(case_event::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["story"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let detail = self
                .open_option(
                    owner,
                    place("case_event", "detail", row.id),
                    row.detail.as_ref(),
                )
                .await?;
            out.push(StoryLine {
                at: row.at.0,
                kind: row.kind,
                account: row.account_id.map(|id| id.0),
                referral: row.referral_id.map(|id| id.0),
                detail: detail.unwrap_or_default(),
            });
        }
        Ok(out)
    }
}
