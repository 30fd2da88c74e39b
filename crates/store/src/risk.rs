//! Judgements of risk: only ever added. Who judged is taken from who is signed in, never from what is sent.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use throughline_core::code::Code;
use throughline_core::id::AccountId;
use throughline_core::reason::Reason;
use throughline_core::risk::{Judge, RiskBand, RiskJudgement, RiskRefused, may_replace};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead};
use throughline_policy::{Permit, Standing};

use crate::case::person_of;
use crate::col::Col;
use crate::entity::{risk_assessment, support_case};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::story::StoryKind;
use crate::work::Work;

throughline_core::code_list! {
    /// In which capacity a risk was judged. An instrument never judges here: a checklist is a reason, not a judge.
    pub enum JudgedAs {
        /// The person said so; the worker wrote it down.
        Person = "person",
        /// A worker.
        Worker = "worker",
        /// A named practitioner: the domestic abuse lead.
        Practitioner = "practitioner",
    }
}

/// One judgement on record.
#[derive(Debug, Clone)]
pub struct Risk {
    /// The band.
    pub band: RiskBand,
    /// Why.
    pub reason: String,
    /// In which capacity.
    pub judged_as: JudgedAs,
    /// Who judged or wrote it down.
    pub by: AccountId,
    /// When.
    pub at: At,
}

impl Work<'_> {
    /// Every judgement, newest first. The first is the one that counts.
    pub async fn risks(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Risk>> {
        self.note(permit, permit.on().uuid(), &["risk"]);
        let owner = person_of(permit)?;
        let bad = |column| Error::RowShape {
            table: "risk_assessment",
            column,
        };
        let rows = risk_assessment::Entity::find()
            .filter(risk_assessment::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(risk_assessment::Column::JudgedAt)
            .order_by_desc(risk_assessment::Column::Id)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("risk_assessment", "reason", row.id.0.uuid());
            out.push(Risk {
                band: RiskBand::from_code(&row.band).map_err(|_| bad("band"))?,
                reason: self.open(owner, at, &row.reason).await?,
                judged_as: JudgedAs::from_code(&row.judge).map_err(|_| bad("judge"))?,
                by: row.judged_by.0,
                at: row.judged_at.0,
            });
        }
        Ok(out)
    }

    /// Adds a judgement, which then counts for the case. `said_by_them` says that the person judged and the worker wrote it
    /// down. Errors with [`Error::Invalid`] where `core::risk` refuses: only a named practitioner lowers.
    pub async fn risk_judge(
        &mut self,
        permit: &Permit<CaseChange>,
        band: RiskBand,
        reason: &Reason,
        said_by_them: bool,
    ) -> Result<()> {
        let by = self.named_human()?;
        let (judged_as, judge) = match self.actor().standing() {
            _ if said_by_them => (JudgedAs::Person, Judge::Person),
            Standing::DaLead => (JudgedAs::Practitioner, Judge::Practitioner(by)),
            _ => (JudgedAs::Worker, Judge::Worker(by)),
        };
        let case = self.case_row(permit.on()).await?;
        let owner = case.person_id.0.uuid();
        let current = RiskBand::from_code(&case.risk_band).map_err(|_| Error::RowShape {
            table: "support_case",
            column: "risk_band",
        })?;
        let judgement = RiskJudgement {
            band,
            reason: reason.clone(),
            judge,
        };
        may_replace(Some(current), &judgement).map_err(|refused| Error::Invalid {
            field: "band",
            problem: match refused {
                RiskRefused::OnlyAPractitionerLowers => "case-risk-only-a-practitioner-lowers",
                RiskRefused::CannotUnjudge => "case-risk-cannot-unjudge",
                RiskRefused::AScoreCannotLower => "case-risk-a-score-cannot-lower",
            },
        })?;
        let id = self.env().id::<throughline_core::id::RiskAssessment>();
        let reason = self
            .seal(
                owner,
                place("risk_assessment", "reason", id.uuid()),
                &reason.as_str(),
            )
            .await?;
        let row = risk_assessment::ActiveModel {
            id: Set(Col(id)),
            case_id: Set(case.id),
            band: Set(band.code().to_owned()),
            reason: Set(reason),
            judge: Set(judged_as.code().to_owned()),
            judged_by: Set(Col(by)),
            judged_at: Set(Col(self.now())),
        };
        risk_assessment::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        let change = support_case::ActiveModel {
            risk_band: Set(band.code().to_owned()),
            version: Set(case.version + 1),
            ..Default::default()
        };
        self.case_update(case.id.0, case.version, change).await?;
        self.note(permit, permit.on().uuid(), &["risk"]);
        let detail = json!({ "band": band.code() });
        self.case_event(permit, StoryKind::RiskJudged, Some(detail))
            .await
    }
}
