//! What is sealed with a referral: the packet, what the one who accepts says, and what was asked and answered.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::id::ConsentId;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Words;
use throughline_core::time::At;
use throughline_policy::action::{PacketRead, ReferralRead, ReferralRecord};
use throughline_policy::{Action, Permit};

use crate::col::Col;
use crate::entity::{case_event, referral};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::referral::{MovesReferral, Referral, SeesReferral};
use crate::story::{NewEvent, StoryKind};
use crate::work::Work;

/// What the one who accepts says, sealed with the referral.
#[derive(Clone, Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Accepted {
    /// Their name.
    pub by: String,
    /// When they will first make contact, in their words.
    pub when: Option<String>,
    /// How, in their words.
    pub how: Option<String>,
}

impl std::fmt::Debug for Accepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accepted(..)")
    }
}

/// One thing asked or said about a referral between the service and the worker.
#[derive(Clone, Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Exchange {
    /// Whether the service said it; else the worker.
    pub by_service: bool,
    /// The words.
    pub words: String,
    /// When.
    pub at: At,
    /// The lines of what the service is told that were changed; then there are no words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<PacketLine>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exchange(..)")
    }
}

/// The kind of the story's lines that hold what was asked and answered.
const SAID: StoryKind = StoryKind::ReferralSaid;

impl Work<'_> {
    /// The packet, as the partner.
    pub async fn packet_read<P: DeserializeOwned>(
        &mut self,
        permit: &Permit<PacketRead>,
    ) -> Result<P> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(PacketRead::KIND))?;
        self.note(permit, permit.on().uuid(), &["packet"]);
        self.open(
            row.person_id.0.uuid(),
            place("referral", "packet", row.id.0.uuid()),
            &row.packet,
        )
        .await
    }

    /// The packet and the name of who accepted, as the sender.
    pub async fn referral_content<P: DeserializeOwned>(
        &mut self,
        permit: &Permit<ReferralRead>,
    ) -> Result<(P, Option<Accepted>)> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(ReferralRead::KIND))?;
        self.note(permit, permit.on().uuid(), &["packet", "accepted"]);
        let owner = row.person_id.0.uuid();
        let packet = self
            .open(
                owner,
                place("referral", "packet", row.id.0.uuid()),
                &row.packet,
            )
            .await?;
        let name = self
            .open_option(
                owner,
                place("referral", "accepted", row.id.0.uuid()),
                row.accepted.as_ref(),
            )
            .await?;
        Ok((packet, name))
    }

    /// What the person told when this service was found for them. For finding the next one, and never for a service.
    pub async fn referral_told(
        &mut self,
        permit: &Permit<ReferralRead>,
    ) -> Result<Option<Circumstances>> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(ReferralRead::KIND))?;
        self.note(permit, permit.on().uuid(), &["told"]);
        let at = place("referral", "told", row.id.0.uuid());
        self.open_option(row.person_id.0.uuid(), at, row.told.as_ref())
            .await
    }

    /// What the one who accepted said, for the service itself.
    pub async fn referral_accepted<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Option<Accepted>> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(A::KIND))?;
        self.note(permit, permit.on().uuid(), &["accepted"]);
        let at = place("referral", "accepted", row.id.0.uuid());
        self.open_option(row.person_id.0.uuid(), at, row.accepted.as_ref())
            .await
    }

    /// Keeps what the service asked or the worker answered, sealed in the story.
    pub async fn referral_said<A: MovesReferral>(
        &mut self,
        permit: &Permit<A>,
        referral: &Referral,
        by_service: bool,
        words: &Words,
    ) -> Result<()> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(A::KIND));
        }
        self.note(permit, permit.on().uuid(), &["question"]);
        let said = Exchange {
            by_service,
            words: words.as_str().to_owned(),
            at: self.now(),
            changed: Vec::new(),
        };
        self.exchange_add(referral, &said).await
    }

    async fn exchange_add(&mut self, referral: &Referral, said: &Exchange) -> Result<()> {
        let detail = serde_json::to_value(said).map_err(|_| Error::Illegal("question"))?;
        self.event_add(NewEvent {
            case: referral.case,
            owner: referral.person.uuid(),
            kind: SAID,
            referral: Some(referral.id),
            detail: Some(detail),
        })
        .await
    }

    /// Puts another packet in the place of the one that was sent, under the consent that was given for it, and says to both sides which
    /// lines changed. Errors with [`Error::Conflict`] when the referral moved meanwhile.
    pub async fn referral_amend<P: Serialize + Sync>(
        &mut self,
        permit: &Permit<ReferralRecord>,
        referral: &Referral,
        consent: ConsentId,
        packet: &P,
        changed: Vec<PacketLine>,
    ) -> Result<()> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(ReferralRecord::KIND));
        }
        self.note(permit, permit.on().uuid(), &["packet", "consent"]);
        let at = place("referral", "packet", referral.id.uuid());
        let packet = self.seal(referral.person.uuid(), at, packet).await?;
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
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        let said = Exchange {
            by_service: false,
            words: String::new(),
            at: self.now(),
            changed,
        };
        self.exchange_add(referral, &said).await
    }

    /// What was asked and answered about a referral, oldest first.
    pub async fn referral_exchanges<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Vec<Exchange>> {
        let person = permit.person().ok_or(Error::NotFound(A::KIND))?.uuid();
        let rows = case_event::Entity::find()
            .filter(case_event::Column::ReferralId.eq(Col(permit.on())))
            .filter(case_event::Column::Kind.eq(SAID.code()))
            .order_by_asc(case_event::Column::At)
            .order_by_asc(case_event::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["question"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("case_event", "detail", row.id);
            out.extend(
                self.open_option::<Exchange>(person, at, row.detail.as_ref())
                    .await?,
            );
        }
        Ok(out)
    }
}
