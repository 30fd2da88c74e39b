//! What nobody was asked for, and why ([`throughline_core::unmet`]): for a need nothing was worth sending, or one service was not worth
//! asking. Codes that figures count; what ruled services out when it was looked for is sealed under the person's key.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use throughline_core::code::Code as _;
use throughline_core::id::ServiceId;
use throughline_core::need::{NeedMove, NeedType};
use throughline_core::time::At;
use throughline_core::unmet::{Blocked, NotSent};
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, CaseRead};

use crate::case::person_of;
use crate::col::Col;
use crate::entity::unmet_need;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::story::StoryKind;
use crate::work::Work;

/// What a worker says in one press.
#[derive(Debug)]
pub struct NewUnmet<'a> {
    /// For which need.
    pub need: NeedType,
    /// Why nobody is asked.
    pub because: NotSent,
    /// The one service that is not worth asking; `None` when nothing is worth sending.
    pub service: Option<(ServiceId, &'a str)>,
    /// What ruled services out.
    pub blocked: &'a Blocked,
}

/// One such record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// For which need.
    pub need: NeedType,
    /// Why.
    pub because: NotSent,
    /// The one service it was said of.
    pub service: Option<ServiceId>,
    /// What ruled services out when it was looked for.
    pub blocked: Blocked,
    /// When.
    pub recorded_at: At,
}

impl Work<'_> {
    /// Records that nobody is asked for a need, or that one service is not. Where nothing is worth sending the need says so from now on;
    /// errors with [`Error::Invalid`] where it cannot: it is not known of this case, was only seen, or somebody was asked already.
    pub async fn unmet_add(
        &mut self,
        permit: &Permit<CaseChange>,
        new: &NewUnmet<'_>,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["needs"]);
        let case = self.case_row(permit.on()).await?;
        let (kind, mut detail) = match new.service {
            None => {
                let by = NeedMove::JudgeNotWorthSending;
                let next = self.need_must(permit.on(), new.need, by).await?;
                let detail = json!({ "need": new.need.code(), "state": next.code() });
                (StoryKind::NeedMoved, detail)
            }
            Some((_, name)) => (
                StoryKind::NotAsked,
                json!({ "need": new.need.code(), "service": name }),
            ),
        };
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("because".to_owned(), new.because.code().into());
        }
        let id = self.env().id::<()>().uuid();
        let at = place("unmet_need", "blocked", id);
        let blocked = self.seal(case.person_id.0.uuid(), at, new.blocked).await?;
        let row = unmet_need::ActiveModel {
            id: Set(id),
            case_id: Set(Col(permit.on())),
            organisation_id: Set(case.organisation_id),
            site_id: Set(case.site_id),
            need: Set(new.need.code().to_owned()),
            because: Set(new.because.code().to_owned()),
            service_id: Set(new.service.map(|(id, _)| Col(id))),
            blocked: Set(blocked),
            recorded_by: Set(Col(self.doer()?)),
            recorded_at: Set(Col(self.now())),
        };
        unmet_need::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.case_event(permit, kind, Some(detail)).await
    }

    /// What nobody was asked for in this case, newest first.
    pub async fn unmet(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Unmet>> {
        self.note(permit, permit.on().uuid(), &["needs"]);
        let owner = person_of(permit)?;
        let rows = unmet_need::Entity::find()
            .filter(unmet_need::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(unmet_need::Column::RecordedAt)
            .order_by_desc(unmet_need::Column::Id)
            .all(&self.tx)
            .await?;
        let bad = |column| Error::RowShape {
            table: "unmet_need",
            column,
        };
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("unmet_need", "blocked", row.id);
            out.push(Unmet {
                need: NeedType::from_code(&row.need).map_err(|_| bad("need"))?,
                because: NotSent::from_code(&row.because).map_err(|_| bad("because"))?,
                service: row.service_id.map(|id| id.0),
                blocked: self.open(owner, at, &row.blocked).await?,
                recorded_at: row.recorded_at.0,
            });
        }
        Ok(out)
    }
}
