//! What people agreed to share: by recipient, purpose and item. Taking it back stops further reading at once.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::json;
use throughline_core::code::Code;
use throughline_core::consent::{
    Art9Condition, Consent, ConsentFault, DpaCondition, HowAgreed, ShareBasis, SharePurpose,
    ToldPerson,
};
use throughline_core::id::{AccountId, ConsentId, Ref, ReferralId, StatementId};
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Reason;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, ReferralRecord, SharingNarrow};
use throughline_policy::{Action as _, Actor, Permit, Scope};
use uuid::Uuid;

use crate::case::person_of;
use crate::col::Col;
use crate::entity::{consent, referral, task};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::read::Read;
use crate::referral_list::ties;
use crate::scope::branches;
use crate::sharing::{ChangesSharing, SeesSharing};
use crate::story::StoryKind;
use crate::work::Work;

/// What was agreed, to be recorded.
#[derive(Debug)]
pub struct NewConsent<'a> {
    /// What was agreed.
    pub consent: &'a Consent,
    /// The version of the statement that was shown to them.
    pub statement: Option<StatementId>,
    /// The lines of it that they struck out, counted from 1.
    pub struck: &'a BTreeSet<usize>,
    /// The words in which they agreed.
    pub words: Option<&'a str>,
}

/// What was agreed, on record.
#[derive(Debug, Clone)]
pub struct ConsentRecord {
    /// Internal id.
    pub id: ConsentId,
    /// Reference.
    pub reference: Ref,
    /// What was agreed.
    pub consent: Consent,
    /// The version of the statement.
    pub statement: Option<StatementId>,
    /// The struck lines, counted from 1.
    pub struck: BTreeSet<usize>,
    /// The words in which they agreed.
    pub words: Option<String>,
    /// Who recorded it.
    pub given_by: AccountId,
    /// Whether it was taken back and there is a receipt.
    pub has_receipt: bool,
    /// Whether the person was told, where it was shared first.
    pub told: Option<ToldPerson>,
    /// When the record of sharing first was completed.
    pub completed_at: Option<At>,
}

impl ConsentRecord {
    /// Whether it was shared first and is still to be put on record in full.
    pub const fn is_owed(&self) -> bool {
        self.consent.life_at_risk && self.completed_at.is_none()
    }
}

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "consent",
        column,
    }
}

/// The message key of what is missing from a consent.
const fn problem(fault: ConsentFault) -> (&'static str, &'static str) {
    match fault {
        ConsentFault::NothingToShare => ("items", "consent-nothing-to-share"),
        ConsentFault::NotAgreed => ("how", "consent-not-agreed"),
        ConsentFault::ReasonsMissing => ("reasons", "consent-reasons-missing"),
        ConsentFault::NoExplicitConsent => ("art9", "consent-no-explicit-consent"),
        ConsentFault::ScheduleMissing => ("dpa", "consent-schedule-missing"),
        ConsentFault::ConditionMissing => ("art9", "consent-condition-missing"),
        ConsentFault::LifeNotAtRisk => ("life", "consent-life-not-at-risk"),
        ConsentFault::EndsBeforeItBegins => ("expires", "consent-ends-before-it-begins"),
    }
}

/// The referrals that are not over, as a clock of theirs runs, on a consent that lapses by `before` with nobody to ask again.
fn lapsing(before: At) -> Select<referral::Entity> {
    use {consent::Column as C, referral::Column as R, task::Column as T};
    let lapses = Query::select()
        .expr(Expr::val(1))
        .from(consent::Entity)
        .and_where(Expr::col((consent::Entity, C::Id)).equals((referral::Entity, R::ConsentId)))
        .and_where(Expr::col((consent::Entity, C::ExpiresAt)).lte(Col(before)))
        .and_where(Expr::col((consent::Entity, C::WithdrawnAt)).is_null())
        .to_owned();
    let asked = Query::select()
        .expr(Expr::val(1))
        .from(task::Entity)
        .and_where(Expr::col((task::Entity, T::ReferralId)).equals((referral::Entity, R::Id)))
        .and_where(Expr::col((task::Entity, T::Kind)).eq(TaskKind::AskConsentAgain.code()))
        .and_where(Expr::col((task::Entity, T::DoneAt)).is_null())
        .to_owned();
    // Only what is over has no clock; compared, so that it is read through the index of clocks.
    referral::Entity::find()
        .filter(R::DueAt.gt(0_i64))
        .filter(Expr::exists(lapses))
        .filter(Expr::exists(asked).not())
}

impl Read<'_> {
    /// Whether the consent of any referral that is not over lapses by `before` without anybody to ask again. It says nothing of
    /// which, or whose.
    pub async fn consents_lapse(&self, before: At) -> Result<bool> {
        Ok(lapsing(before).one(&self.tx).await?.is_some())
    }
}

impl Work<'_> {
    /// Records what was agreed, or decided on another basis. Errors with [`Error::Invalid`] when it is not complete (NE-24).
    pub async fn consent_give(
        &mut self,
        permit: &Permit<CaseChange>,
        new: &NewConsent<'_>,
    ) -> Result<(ConsentId, Ref)> {
        let by = self.doer()?;
        self.consent_insert(permit, new, StoryKind::ConsentGiven, by)
            .await
    }

    async fn consent_insert<A: ChangesSharing>(
        &mut self,
        permit: &Permit<A>,
        new: &NewConsent<'_>,
        kind: StoryKind,
        by: AccountId,
    ) -> Result<(ConsentId, Ref)> {
        new.consent.check_new().map_err(|fault| {
            let (field, problem) = problem(fault);
            Error::Invalid { field, problem }
        })?;
        let case = self.case_row(permit.on()).await?;
        let owner = case.person_id.0.uuid();
        let (id, reference) = (
            self.env().id::<throughline_core::id::Consent>(),
            self.env().reference(),
        );
        let words = self
            .seal_option(
                owner,
                place("consent", "words", id.uuid()),
                new.words.as_ref(),
            )
            .await?;
        let reasons = new.consent.reasons.as_ref().map(Reason::as_str);
        let reasons = self
            .seal_option(
                owner,
                place("consent", "reasons", id.uuid()),
                reasons.as_ref(),
            )
            .await?;
        let agreed = new.consent;
        let row = consent::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            person_id: Set(case.person_id),
            case_id: Set(case.id),
            to_organisation_id: Set(Col(agreed.recipient)),
            purpose: Set(agreed.purpose.code().to_owned()),
            basis: Set(agreed.basis.code().to_owned()),
            art9_condition: Set(agreed.art9.map(|art9| art9.code().to_owned())),
            dpa_condition: Set(agreed.dpa.map(|dpa| dpa.code().to_owned())),
            how_agreed: Set(Some(agreed.how.code().to_owned())),
            words: Set(words),
            own_words: Set(agreed.own_words),
            reasons: Set(reasons),
            items: Set(serde_json::to_string(&agreed.items).map_err(|_| bad("items"))?),
            struck_lines: Set(serde_json::to_string(new.struck).map_err(|_| bad("struck_lines"))?),
            statement_id: Set(new.statement.map(Col)),
            given_at: Set(Col(agreed.agreed_at)),
            given_by: Set(Col(by)),
            expires_at: Set(Col(agreed.expires_at)),
            withdrawn_at: Set(None),
            receipt: Set(None),
            life_at_risk: Set(Some(agreed.life_at_risk)),
            told: Set(None),
            completed_at: Set(None),
        };
        consent::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["consent"]);
        let detail = json!({
            "to": agreed.recipient.uuid(),
            "purpose": agreed.purpose.code(),
            "basis": agreed.basis.code(),
        });
        self.case_event(permit, kind, Some(detail)).await?;
        Ok((id, reference))
    }

    /// Records that the person still agrees to what they had agreed to before: a record of its own, with the same lines. The one
    /// before ends now, so that there is one to take back.
    pub async fn consent_renew(
        &mut self,
        permit: &Permit<CaseChange>,
        before: &ConsentRecord,
        new: &NewConsent<'_>,
    ) -> Result<ConsentId> {
        let by = self.doer()?;
        let (id, _) = self
            .consent_replace(permit, before, new, StoryKind::ConsentRenewed, by)
            .await?;
        Ok(id)
    }

    /// Records what is left of what was agreed: a record of its own, with fewer lines or less time. The one before ends now.
    pub async fn consent_narrow(
        &mut self,
        permit: &Permit<SharingNarrow>,
        before: &ConsentRecord,
        left: &Consent,
    ) -> Result<(ConsentId, Ref)> {
        let new = NewConsent {
            consent: left,
            statement: before.statement,
            struck: &before.struck,
            words: before.words.as_deref(),
        };
        // The person by themselves has no account: who recorded what they had agreed to stays.
        let by = match self.actor() {
            Actor::PersonHolder { .. } => before.given_by,
            _ => self.doer()?,
        };
        self.consent_replace(permit, before, &new, StoryKind::ConsentNarrowed, by)
            .await
    }

    /// Puts a new record in the place of one. Errors with [`Error::Conflict`] when somebody ended or replaced that meanwhile.
    async fn consent_replace<A: ChangesSharing>(
        &mut self,
        permit: &Permit<A>,
        before: &ConsentRecord,
        new: &NewConsent<'_>,
        kind: StoryKind,
        by: AccountId,
    ) -> Result<(ConsentId, Ref)> {
        let (id, reference) = self.consent_insert(permit, new, kind, by).await?;
        // What was put on record about sharing first, or is still owed, goes along.
        let carried = consent::ActiveModel {
            told: Set(before.told.map(|told| told.code().to_owned())),
            completed_at: Set(before.completed_at.map(Col)),
            ..Default::default()
        };
        consent::Entity::update_many()
            .set(carried)
            .filter(consent::Column::Id.eq(Col(id)))
            .exec(&self.tx)
            .await?;
        let change = consent::ActiveModel {
            expires_at: Set(Col(before.consent.expires_at.min(self.now()))),
            ..Default::default()
        };
        let ended = consent::Entity::update_many()
            .set(change)
            .filter(consent::Column::Id.eq(Col(before.id)))
            .filter(consent::Column::CaseId.eq(Col(permit.on())))
            .filter(consent::Column::ExpiresAt.eq(Col(before.consent.expires_at)))
            .filter(consent::Column::WithdrawnAt.is_null())
            .exec(&self.tx)
            .await?;
        if ended.rows_affected == 1 {
            Ok((id, reference))
        } else {
            Err(Error::Conflict)
        }
    }

    /// Lets a referral rest on the consent that renewed its own. What the service reads stays as it was sealed, so its version
    /// does not change; the caller holds its lock.
    pub async fn referral_consent_set(
        &mut self,
        permit: &Permit<ReferralRecord>,
        consent: ConsentId,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["consent"]);
        let change = referral::ActiveModel {
            consent_id: Set(Col(consent)),
            ..Default::default()
        };
        referral::Entity::update_many()
            .set(change)
            .filter(referral::Column::Id.eq(Col(permit.on())))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The referrals that are not over, whose consent has lapsed or does so by `before`, and about which nobody has the task yet to
    /// ask again. What was taken back is not asked again.
    pub async fn referrals_lapsing(
        &mut self,
        scope: &Scope<ReferralRecord>,
        before: At,
        limit: u64,
    ) -> Result<Vec<ReferralId>> {
        self.note_scope(scope, &["consent"]);
        let mut found = BTreeSet::new();
        for branch in branches(scope, &ties(), self.now()) {
            let rows = lapsing(before)
                .filter(branch)
                .limit(limit)
                .all(&self.tx)
                .await?;
            found.extend(rows.into_iter().map(|row| row.id.0));
        }
        Ok(found.into_iter().collect())
    }

    /// Everything that was agreed in a case, newest first.
    pub async fn consents<A: SeesSharing>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Vec<ConsentRecord>> {
        self.note(permit, permit.on().uuid(), &["consent"]);
        let owner = person_of(permit)?;
        let rows = consent::Entity::find()
            .filter(consent::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(consent::Column::Id)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.consent_of(owner, row).await?);
        }
        Ok(out)
    }

    /// One of them, by reference.
    pub async fn consent<A: SeesSharing>(
        &mut self,
        permit: &Permit<A>,
        reference: Ref,
    ) -> Result<ConsentRecord> {
        self.note(permit, permit.on().uuid(), &["consent"]);
        let owner = person_of(permit)?;
        let row = consent::Entity::find()
            .filter(consent::Column::Reference.eq(Col(reference)))
            .filter(consent::Column::CaseId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?;
        let row = row.ok_or(Error::NotFound(A::KIND))?;
        self.consent_of(owner, row).await
    }

    async fn consent_of(&mut self, owner: Uuid, row: consent::Model) -> Result<ConsentRecord> {
        let id = row.id.0.uuid();
        let words = self
            .open_option(owner, place("consent", "words", id), row.words.as_ref())
            .await?;
        let reasons: Option<String> = self
            .open_option(owner, place("consent", "reasons", id), row.reasons.as_ref())
            .await?;
        let items: BTreeSet<PacketLine> =
            serde_json::from_str(&row.items).map_err(|_| bad("items"))?;
        let how = row.how_agreed.as_deref().ok_or(bad("how_agreed"))?;
        Ok(ConsentRecord {
            id: row.id.0,
            reference: row.reference.0,
            consent: Consent {
                recipient: row.to_organisation_id.0,
                purpose: SharePurpose::from_code(&row.purpose).map_err(|_| bad("purpose"))?,
                items,
                how: HowAgreed::from_code(how).map_err(|_| bad("how_agreed"))?,
                own_words: row.own_words,
                basis: ShareBasis::from_code(&row.basis).map_err(|_| bad("basis"))?,
                art9: row
                    .art9_condition
                    .as_deref()
                    .map(Art9Condition::from_code)
                    .transpose()
                    .map_err(|_| bad("art9_condition"))?,
                dpa: row
                    .dpa_condition
                    .as_deref()
                    .map(DpaCondition::from_code)
                    .transpose()
                    .map_err(|_| bad("dpa_condition"))?,
                reasons: reasons.as_deref().and_then(|text| Reason::new(text).ok()),
                life_at_risk: row.life_at_risk.unwrap_or(false),
                agreed_at: row.given_at.0,
                expires_at: row.expires_at.0,
                withdrawn_at: row.withdrawn_at.map(|at| at.0),
            },
            statement: row.statement_id.map(|id| id.0),
            struck: serde_json::from_str(&row.struck_lines).map_err(|_| bad("struck_lines"))?,
            words,
            given_by: row.given_by.0,
            has_receipt: row.receipt.is_some(),
            told: row
                .told
                .as_deref()
                .map(ToldPerson::from_code)
                .transpose()
                .map_err(|_| bad("told"))?,
            completed_at: row.completed_at.map(|at| at.0),
        })
    }

    /// Takes a consent back from now on. A second time changes nothing.
    pub async fn consent_withdraw(
        &mut self,
        permit: &Permit<SharingNarrow>,
        reference: Ref,
    ) -> Result<()> {
        let row = consent::Entity::find()
            .filter(consent::Column::Reference.eq(Col(reference)))
            .filter(consent::Column::CaseId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(SharingNarrow::KIND))?;
        self.note(permit, permit.on().uuid(), &["consent"]);
        if row.withdrawn_at.is_some() {
            return Ok(());
        }
        let change = consent::ActiveModel {
            withdrawn_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        consent::Entity::update_many()
            .set(change)
            .filter(consent::Column::Id.eq(row.id))
            .exec(&self.tx)
            .await?;
        let detail = json!({ "to": row.to_organisation_id.0.uuid() });
        self.case_event(permit, StoryKind::ConsentWithdrawn, Some(detail))
            .await
    }

    /// Puts on record in full why something was shared first, for this record and those that it replaced or that replaced it. What
    /// had been said until then stays in the story. Errors with [`Error::Conflict`] when it has been already.
    pub async fn consent_complete(
        &mut self,
        permit: &Permit<CaseChange>,
        record: &ConsentRecord,
        reasons: &Reason,
        told: ToldPerson,
    ) -> Result<()> {
        let owner = permit
            .person()
            .ok_or(Error::NotFound(throughline_policy::ActionKind::CaseChange))?
            .uuid();
        let agreed = &record.consent;
        let owed = consent::Entity::find()
            .filter(consent::Column::CaseId.eq(Col(permit.on())))
            .filter(consent::Column::ToOrganisationId.eq(Col(agreed.recipient)))
            .filter(consent::Column::Purpose.eq(agreed.purpose.code()))
            .filter(consent::Column::LifeAtRisk.eq(true))
            .filter(consent::Column::CompletedAt.is_null())
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        if !owed.iter().any(|row| row.id.0 == record.id) {
            return Err(Error::Conflict);
        }
        for row in owed {
            let at = place("consent", "reasons", row.id.0.uuid());
            let change = consent::ActiveModel {
                reasons: Set(Some(self.seal(owner, at, &reasons.as_str()).await?)),
                told: Set(Some(told.code().to_owned())),
                completed_at: Set(Some(Col(self.now()))),
                ..Default::default()
            };
            consent::Entity::update_many()
                .set(change)
                .filter(consent::Column::Id.eq(row.id))
                .exec(&self.tx)
                .await?;
        }
        self.note(permit, permit.on().uuid(), &["consent"]);
        let first = agreed.reasons.as_ref().map(Reason::as_str);
        let detail = json!({ "to": agreed.recipient.uuid(), "first": first });
        self.case_event(permit, StoryKind::SharingCompleted, Some(detail))
            .await
    }

    /// When a consent lapses; `None` when it was taken back, or does not exist. Plain columns only.
    pub async fn consent_lapses_at(&self, id: ConsentId) -> Result<Option<At>> {
        let row = consent::Entity::find_by_id(Col(id)).one(&self.tx).await?;
        Ok(row
            .filter(|row| row.withdrawn_at.is_none())
            .map(|row| row.expires_at.0))
    }

    /// Whether a consent still lets the recipient read: not taken back and not lapsed. Plain columns only, so that it can be
    /// asked before anything is opened. One that does not exist does not hold.
    pub async fn consent_holds(&self, id: ConsentId) -> Result<bool> {
        let row = consent::Entity::find_by_id(Col(id)).one(&self.tx).await?;
        let now = self.now();
        Ok(row.is_some_and(|row| {
            row.given_at.0 <= now
                && now < row.expires_at.0
                && row.withdrawn_at.is_none_or(|at| now < at.0)
        }))
    }
}
