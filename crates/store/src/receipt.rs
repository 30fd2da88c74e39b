//! The receipt of what was taken back: made from the record of looks, signed with the key of the checkpoints, kept sealed beside
//! what had been agreed.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use throughline_core::code::Code as _;
use throughline_core::id::{ConsentId, Ref, ReferralId};
use throughline_core::receipt::{KIND, Receipt};
use throughline_core::time::At;
use throughline_policy::action::{ContactReveal, ContactRevealAtRisk, PacketRead, SharingNarrow};
use throughline_policy::{Action, Permit};
use throughline_seal::checkpoint::{CheckpointError, Signer, sign_text, verify_text};
use uuid::Uuid;

use crate::audit;
use crate::checkpoint::{cannot_sign, key_name, signer};
use crate::col::Col;
use crate::entity::{audit_entry, consent, installation};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::sharing::SeesSharing;
use crate::store::Store;
use crate::work::Work;

/// What a service has seen of one referral, as the record of looks has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeenByService {
    /// When what was shared was first read.
    pub first_read_at: Option<At>,
    /// When it was last read.
    pub last_read_at: Option<At>,
    /// When the way to make contact was last seen.
    pub contact_seen_at: Option<At>,
}

/// The part of an entry's text that says which record it is about.
#[derive(Deserialize)]
struct About {
    subject: Option<Uuid>,
    #[serde(default)]
    fields: BTreeSet<String>,
}

impl Work<'_> {
    /// What a service has seen of a referral of this case, from the record of looks.
    pub async fn referral_seen<A: SeesSharing>(
        &mut self,
        permit: &Permit<A>,
        referral: ReferralId,
    ) -> Result<SeenByService> {
        let person = permit.person().ok_or(Error::NotFound(A::KIND))?;
        self.note(permit, permit.on().uuid(), &["looks"]);
        let looks = [
            PacketRead::KIND.code(),
            ContactReveal::KIND.code(),
            ContactRevealAtRisk::KIND.code(),
        ];
        let rows = audit_entry::Entity::find()
            .filter(audit_entry::Column::PersonId.eq(Col(person)))
            .filter(audit_entry::Column::Action.is_in(looks))
            .filter(audit_entry::Column::Result.eq(audit::result_code(audit::Result::Granted)))
            .order_by_asc(audit_entry::Column::At)
            .all(&self.tx)
            .await?;
        let mut seen = SeenByService::default();
        for row in rows {
            let about: About = serde_json::from_str(&row.body).map_err(|_| Error::RowShape {
                table: "audit_entry",
                column: "body",
            })?;
            // Also a page that showed nothing, because the agreement was over, is on record: that is not having seen it.
            let contact = row.action != PacketRead::KIND.code();
            let shown = if contact { "contact" } else { "packet" };
            if about.subject != Some(referral.uuid()) || !about.fields.contains(shown) {
                continue;
            }
            let at = row.at.0;
            if contact {
                seen.contact_seen_at = Some(at);
            } else {
                seen.first_read_at = seen.first_read_at.or(Some(at));
                seen.last_read_at = Some(at);
            }
        }
        Ok(seen)
    }

    /// Signs the receipt of what was taken back and keeps it, sealed. A second one never takes the place of the first.
    pub async fn receipt_keep(
        &mut self,
        permit: &Permit<SharingNarrow>,
        consent: ConsentId,
        receipt: &Receipt,
    ) -> Result<()> {
        let owner = permit
            .person()
            .ok_or(Error::NotFound(SharingNarrow::KIND))?
            .uuid();
        let body = serde_json::to_string(receipt).map_err(|_| Error::RowShape {
            table: "consent",
            column: "receipt",
        })?;
        let installation = installation::Entity::find_by_id(1)
            .one(&self.tx)
            .await?
            .ok_or_else(|| Error::Setup("the installation has not been set up".to_owned()))?;
        let signer = signer(
            self.store.keys().keyring(),
            &installation.reference.0.to_string(),
        )?;
        let note = sign_text(&format!("{KIND}\n{body}\n"), &signer).map_err(cannot_sign)?;
        let sealed = self
            .seal(owner, place("consent", "receipt", consent.uuid()), &note)
            .await?;
        let change = consent::ActiveModel {
            receipt: Set(Some(sealed)),
            ..Default::default()
        };
        consent::Entity::update_many()
            .set(change)
            .filter(consent::Column::Id.eq(Col(consent)))
            .filter(consent::Column::CaseId.eq(Col(permit.on())))
            .filter(consent::Column::Receipt.is_null())
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["receipt"]);
        Ok(())
    }

    /// The signed receipt of what was taken back; `None` where nothing was.
    pub async fn receipt<A: SeesSharing>(
        &mut self,
        permit: &Permit<A>,
        reference: Ref,
    ) -> Result<Option<(String, Receipt)>> {
        let owner = permit.person().ok_or(Error::NotFound(A::KIND))?.uuid();
        self.note(permit, permit.on().uuid(), &["receipt"]);
        let row = consent::Entity::find()
            .filter(consent::Column::Reference.eq(Col(reference)))
            .filter(consent::Column::CaseId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(A::KIND))?;
        let at = place("consent", "receipt", row.id.0.uuid());
        let note: Option<String> = self.open_option(owner, at, row.receipt.as_ref()).await?;
        let Some(note) = note else {
            return Ok(None);
        };
        let receipt = said(&note).ok_or(Error::RowShape {
            table: "consent",
            column: "receipt",
        })?;
        Ok(Some((note, receipt)))
    }
}

impl Store {
    /// Reads a receipt that this installation signed, with its key of today or one of before that is still in the ring.
    ///
    /// Errors with [`Error::Integrity`] when nobody here signed it, or when a letter of it was changed.
    pub async fn receipt_verify(&self, note: &str) -> Result<Receipt> {
        let tx = self.begin_read().await?;
        let row = installation::Entity::find_by_id(1).one(&tx).await;
        tx.rollback().await?;
        let row =
            row?.ok_or_else(|| Error::Setup("the installation has not been set up".to_owned()))?;
        let name = key_name(&row.reference.0.to_string());
        let mut last = CheckpointError::Unsigned;
        for key in self.keys().keyring().keys() {
            let signer = Signer::from_root(key, &name).map_err(cannot_sign)?;
            match verify_text(note, &signer.verifier()) {
                Ok(_) => {
                    return said(note).ok_or_else(|| {
                        Error::Integrity("what is signed is no receipt".to_owned())
                    });
                }
                Err(CheckpointError::Unsigned) => {}
                Err(error) => last = error,
            }
        }
        Err(Error::Integrity(match last {
            CheckpointError::Unsigned => "this server did not sign it".to_owned(),
            CheckpointError::False => "it was changed after it was signed, or forged".to_owned(),
            _ => "it is no receipt".to_owned(),
        }))
    }
}

/// What a note says, whoever signed it.
fn said(note: &str) -> Option<Receipt> {
    let (kind, rest) = note.split_once('\n')?;
    let (body, _) = rest.split_once('\n')?;
    (kind == KIND).then(|| serde_json::from_str(body).ok())?
}
