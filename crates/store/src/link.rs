//! One-time links by which a service without an account answers. The link goes by mail, its code another way; one without the
//! other opens nothing. Following a link changes nothing: mail scanners follow links.

use std::fmt::Write as _;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{OrganisationId, Ref, ReferralId, ReferralLinkId, ServiceId};
use throughline_core::referral::ReferralState;
use throughline_core::time::At;
use throughline_policy::action::ReferralRecord;
use throughline_policy::{Action, Permit};
use throughline_seal::{BlindKey, Code as LinkCode, Token};

use crate::audit::Event;
use crate::col::{Blob, Col};
use crate::entity::{referral, referral_link, support_case};
use crate::error::{Error, Result};
use crate::keys::{Keys, place};
use crate::referral::{Referral, plain, state_of};
use crate::work::Work;

/// The label of the keyed hash of codes.
const CODE_INDEX: &str = "link_code";

/// A one-time link.
#[derive(Debug, Clone)]
pub struct Link {
    /// Internal id.
    pub id: ReferralLinkId,
    /// The referral it opens.
    pub referral: ReferralId,
    /// Where that referral stands.
    pub state: ReferralState,
    /// The organisation that sent it.
    pub from: OrganisationId,
    /// The organisation that may still answer; `None` when the referral is no longer with it.
    pub organisation: Option<OrganisationId>,
    /// When it stops working.
    pub expires_at: At,
    /// Wrong codes so far.
    pub failures: i64,
    /// When it was closed, if it was.
    pub closed_at: Option<At>,
    code_hash: Vec<u8>,
}

/// A referral whose link was closed because its address is no longer used.
#[derive(Debug, Clone)]
pub struct CutOff {
    /// The referral.
    pub referral: Referral,
    /// The policy pack of its case, for clocks.
    pub pack: String,
}

/// The key by which this installation knows the passes that it gave.
fn link_key(keys: &Keys) -> BlindKey {
    BlindKey::from_bytes(keys.keyring().current().derive("link pass"))
}

/// What a pass proves.
fn pass_of(link: &Link, given_at: At) -> String {
    format!("{}\n{}", link.id.uuid(), given_at.micros())
}

impl Link {
    /// Whether a code may be tried on it at an instant.
    pub fn is_open_at(&self, now: At) -> bool {
        self.closed_at.is_none() && now < self.expires_at
    }
}

impl Work<'_> {
    /// Makes the link for a referral that was just sent, or sent again, and closes any older one. The token is kept sealed
    /// so that mail sent twice carries the same link.
    ///
    /// The note of the move that sent the referral covers it.
    pub async fn referral_link_create(
        &mut self,
        referral: &Referral,
        token: &Token,
        code: &LinkCode,
        expires_at: At,
    ) -> Result<ReferralLinkId> {
        self.referral_links_close(referral).await?;
        let id: ReferralLinkId = self.env().id();
        let at = place("referral_link", "token", id.uuid());
        let sealed = self
            .seal(referral.person.uuid(), at, &token.reveal())
            .await?;
        let key = self.blind_key(referral.from, CODE_INDEX).await?;
        let row = referral_link::ActiveModel {
            id: Set(Col(id)),
            referral_id: Set(Col(referral.id)),
            token: Set(sealed),
            token_hash: Set(Blob(token.hash().to_vec())),
            code_hash: Set(Blob(code.hash(&key).to_vec())),
            created_at: Set(Col(self.now())),
            expires_at: Set(Col(expires_at)),
            failures: Set(0),
            closed_at: Set(None),
        };
        referral_link::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(id)
    }

    /// Closes every link to a referral, for example when it is taken back. The note of the move covers it.
    pub async fn referral_links_close(&mut self, referral: &Referral) -> Result<()> {
        let change = referral_link::ActiveModel {
            closed_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        referral_link::Entity::update_many()
            .set(change)
            .filter(referral_link::Column::ReferralId.eq(Col(referral.id)))
            .filter(referral_link::Column::ClosedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Lets a link work until an instant, for a service that still needs it. The note of the move, or of the clock, covers it.
    pub async fn referral_link_extend(&mut self, link: &Link, expires_at: At) -> Result<()> {
        let change = referral_link::ActiveModel {
            expires_at: Set(Col(expires_at)),
            ..Default::default()
        };
        referral_link::Entity::update_many()
            .set(change)
            .filter(referral_link::Column::Id.eq(Col(link.id)))
            .filter(referral_link::Column::ClosedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Closes every link that an organisation was sent for a service and that still works: its address is in doubt. Gives the
    /// referrals that lost one, each with the policy pack of its case. The caller notes it.
    pub(crate) async fn service_links_close(
        &mut self,
        service: ServiceId,
        organisation: OrganisationId,
    ) -> Result<Vec<CutOff>> {
        use referral::Column as R;
        let apart = [ReferralState::Held, ReferralState::Undelivered].map(Code::code);
        let mut rows = Vec::new();
        // What is with them, and what may come back to them: one index each.
        for whose in [
            R::LiveOrganisationId.eq(Col(organisation)),
            R::State.is_in(apart),
        ] {
            let found = referral::Entity::find()
                .filter(whose)
                .filter(R::ToOrganisationId.eq(Col(organisation)))
                .filter(R::ServiceId.eq(Col(service)))
                .order_by_asc(R::Id)
                .lock_exclusive()
                .all(&self.tx)
                .await?;
            rows.extend(found);
        }
        let mut out = Vec::new();
        for row in &rows {
            let referral = plain(row)?;
            let open = self.referral_link_newest(&referral).await?;
            if !open.is_some_and(|link| link.is_open_at(self.now())) {
                continue;
            }
            self.referral_links_close(&referral).await?;
            let case = support_case::Entity::find_by_id(row.case_id)
                .one(&self.tx)
                .await?
                .ok_or(Error::NotFound(ReferralRecord::KIND))?;
            out.push(CutOff {
                referral,
                pack: case.pack_id,
            });
        }
        Ok(out)
    }

    /// The newest link to a referral that was not closed, if it has one. Its time may be over: [`Link::is_open_at`].
    pub async fn referral_link_newest(&mut self, referral: &Referral) -> Result<Option<Link>> {
        let row = referral_link::Entity::find()
            .filter(referral_link::Column::ReferralId.eq(Col(referral.id)))
            .filter(referral_link::Column::ClosedAt.is_null())
            .order_by_desc(referral_link::Column::Id)
            .one(&self.tx)
            .await?;
        match row {
            Some(row) => self.link_of(row).await,
            None => Ok(None),
        }
    }

    /// The last link that was made for a referral, closed or not: where the service was told of it.
    pub async fn referral_link_last(&mut self, referral: &Referral) -> Result<Option<Link>> {
        let row = referral_link::Entity::find()
            .filter(referral_link::Column::ReferralId.eq(Col(referral.id)))
            .order_by_desc(referral_link::Column::Id)
            .one(&self.tx)
            .await?;
        match row {
            Some(row) => self.link_of(row).await,
            None => Ok(None),
        }
    }

    /// Finds a link by its token, locked until commit. Consumes nothing.
    pub async fn referral_link_find(&mut self, token: &Token) -> Result<Option<Link>> {
        let found = referral_link::Entity::find()
            .filter(referral_link::Column::TokenHash.eq(Blob(token.hash().to_vec())))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        match found {
            Some(row) => self.link_of(row).await,
            None => Ok(None),
        }
    }

    /// A link by id.
    pub async fn referral_link(&mut self, id: ReferralLinkId) -> Result<Option<Link>> {
        match referral_link::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
        {
            Some(row) => self.link_of(row).await,
            None => Ok(None),
        }
    }

    async fn link_of(&self, row: referral_link::Model) -> Result<Option<Link>> {
        let Some(referral) = referral::Entity::find_by_id(row.referral_id)
            .one(&self.tx)
            .await?
        else {
            return Ok(None);
        };
        Ok(Some(Link {
            id: row.id.0,
            referral: row.referral_id.0,
            state: state_of(&referral)?,
            from: referral.from_organisation_id.0,
            organisation: referral.live_organisation_id.map(|id| id.0),
            expires_at: row.expires_at.0,
            failures: row.failures,
            closed_at: row.closed_at.map(|at| at.0),
            code_hash: row.code_hash.0,
        }))
    }

    /// The reference of the referral behind a link whose code was given.
    pub async fn referral_reference(&mut self, link: &Link) -> Result<Ref> {
        let row = referral::Entity::find_by_id(Col(link.referral))
            .one(&self.tx)
            .await?;
        row.map(|row| row.reference.0)
            .ok_or(Error::NotFound(ReferralRecord::KIND))
    }

    /// What the pages of a link carry in place of its code once that was given: when, and a proof that it was then.
    pub fn referral_link_pass(&self, link: &Link, given_at: At) -> String {
        let proof = link_key(self.store.keys()).hash(&pass_of(link, given_at));
        let hex = proof.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        format!("{}.{hex}", given_at.micros())
    }

    /// When the code of this link was given, by the pass of one of its pages; `None` for one that was made up, or that is of
    /// another link.
    pub fn referral_link_passed(&self, link: &Link, pass: &str) -> Option<At> {
        let (micros, _) = pass.split_once('.')?;
        let given_at = At::from_micros(micros.parse().ok()?)?;
        let right = self.referral_link_pass(link, given_at);
        let fits = link_key(self.store.keys()).same(&right, pass);
        (fits && given_at <= self.now()).then_some(given_at)
    }

    /// Whether what somebody typed is the code of this link. Constant time.
    pub async fn referral_link_code_fits(&mut self, link: &Link, typed: &str) -> Result<bool> {
        let key = self.blind_key(link.from, CODE_INDEX).await?;
        Ok(LinkCode::matches(typed, &link.code_hash, &key))
    }

    /// Counts a wrong code, and closes the link at `limit`; gives whether it is closed now. It must be committed: the caller
    /// returns normally and says no afterwards.
    pub async fn referral_link_failed(&mut self, link: &Link, limit: i64) -> Result<bool> {
        let failures = link.failures + 1;
        let closed = failures >= limit;
        let change = referral_link::ActiveModel {
            failures: Set(failures),
            closed_at: Set(closed.then_some(Col(self.now()))),
            ..Default::default()
        };
        referral_link::Entity::update_many()
            .set(change)
            .filter(referral_link::Column::Id.eq(Col(link.id)))
            .exec(&self.tx)
            .await?;
        self.note_event(Event::SignInFailed, Some(link.id.uuid()), &["code"]);
        Ok(closed)
    }

    /// The secret text of a link, for the mail that carries it.
    pub async fn referral_link_token(
        &mut self,
        permit: &Permit<ReferralRecord>,
        link: &Link,
    ) -> Result<String> {
        let absent = Error::NotFound(ReferralRecord::KIND);
        if link.referral != permit.on() {
            return Err(absent);
        }
        let person = permit.person().ok_or(absent)?;
        let row = referral_link::Entity::find_by_id(Col(link.id))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(ReferralRecord::KIND))?;
        self.note(permit, permit.on().uuid(), &["link"]);
        let at = place("referral_link", "token", link.id.uuid());
        self.open(person.uuid(), at, &row.token).await
    }
}
