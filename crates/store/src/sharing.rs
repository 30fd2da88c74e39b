//! What was agreed, made less: who may see it and who may narrow it, what a decision about it needs to know of the case, and what
//! a service reads from then on.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use throughline_core::code::Code as _;
use throughline_core::consent::{HowMuch, LessShared};
use throughline_core::id::{AccountId, CaseId, ConsentId, OrganisationId, SiteId};
use throughline_core::risk::RiskBand;
use throughline_policy::action::{
    CaseChange, CaseRead, ReferralTakeBack, SharingNarrow, SharingRead,
};
use throughline_policy::{Action, Permit};

use crate::col::Col;
use crate::entity::{referral, support_case};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::referral::Referral;
use crate::story::StoryKind;
use crate::work::Work;

/// Actions under which it may be seen what was agreed to be shared.
pub trait SeesSharing: Action<Subject = CaseId> {}
impl SeesSharing for CaseRead {}
impl SeesSharing for SharingRead {}

/// Actions under which a record of what was agreed may be made or ended.
pub trait ChangesSharing: Action<Subject = CaseId> {}
impl ChangesSharing for CaseChange {}
impl ChangesSharing for SharingNarrow {}

/// What a decision about sharing needs to know of a case: nothing of the person.
#[derive(Debug, Clone)]
pub struct SharingCase {
    /// The organisation that holds it.
    pub organisation: OrganisationId,
    /// Where the person is seen.
    pub site: SiteId,
    /// Who leads.
    pub lead: AccountId,
    /// The policy pack, by its name there.
    pub pack: String,
    /// The risk as judged.
    pub risk: RiskBand,
}

impl Work<'_> {
    /// Records that nothing was shared, or only part, and why: kept like a decision to share (SPEC 4.7), sealed with the story.
    pub async fn less_shared(
        &mut self,
        permit: &Permit<CaseChange>,
        less: &LessShared,
    ) -> Result<()> {
        let kind = match less.how_much {
            HowMuch::Nothing => StoryKind::NotShared,
            HowMuch::Part => StoryKind::PartShared,
        };
        let left_out: Vec<&str> = less.left_out.iter().map(|item| item.code()).collect();
        let detail = json!({
            "with": less.with.as_str(),
            "purpose": less.purpose.code(),
            "left_out": left_out,
            "reason": less.reason.as_str(),
            "if_not": less.if_not.as_str(),
            "told": less.told.code(),
        });
        self.case_event(permit, kind, Some(detail)).await
    }

    /// The plain facts of a case under any permit that sees what is shared from it.
    pub async fn sharing_case<A: SeesSharing>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<SharingCase> {
        self.note(permit, permit.on().uuid(), &["risk"]);
        let row = support_case::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(A::KIND))?;
        Ok(SharingCase {
            organisation: row.organisation_id.0,
            site: row.site_id.0,
            lead: row.lead_account_id.0,
            risk: RiskBand::from_code(&row.risk_band).map_err(|_| Error::RowShape {
                table: "support_case",
                column: "risk_band",
            })?,
            pack: row.pack_id,
        })
    }

    /// Lets a referral rest on what is left of its consent, and the service read what is left of the packet: `less` makes it from
    /// what was sealed before. Its version changes, so that nobody answers from a page that showed more.
    pub async fn packet_narrow<P: Serialize + DeserializeOwned + Send + Sync>(
        &mut self,
        permit: &Permit<ReferralTakeBack>,
        referral: &Referral,
        consent: ConsentId,
        less: impl FnOnce(P) -> P + Send,
    ) -> Result<()> {
        let absent = Error::NotFound(ReferralTakeBack::KIND);
        if referral.id != permit.on() {
            return Err(absent);
        }
        self.note(permit, permit.on().uuid(), &["packet", "consent"]);
        let row = referral::Entity::find_by_id(Col(referral.id))
            .one(&self.tx)
            .await?
            .ok_or(absent)?;
        let (owner, at) = (
            referral.person.uuid(),
            place("referral", "packet", referral.id.uuid()),
        );
        let before: P = self.open(owner, at, &row.packet).await?;
        let at = place("referral", "packet", referral.id.uuid());
        let packet = self.seal(owner, at, &less(before)).await?;
        let change = referral::ActiveModel {
            packet: Set(packet),
            consent_id: Set(Col(consent)),
            version: Set(referral.version + 1),
            ..Default::default()
        };
        let done = referral::Entity::update_many()
            .set(change)
            .filter(referral::Column::Id.eq(Col(referral.id)))
            .filter(referral::Column::Version.eq(referral.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }
}
