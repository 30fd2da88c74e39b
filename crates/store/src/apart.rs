//! Protective links: whom a person told us they are to be kept apart from (SPEC 4.1, 4.6). What they told is sealed under their key;
//! beside it stands a keyed hash of name and birth date, by which [`crate::clash`] finds appointments that meet.
//!
//! Recording one looks nobody up: whether the other person is known here changes nothing that is written, read or answered. The
//! role of the other stands on the link, never on a person.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use throughline_core::apart::{Ground, LinkMove, LinkState, Window};
use throughline_core::code::Code;
use throughline_core::id::Ref;
use throughline_core::people::RelationshipRole;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead, LinkConfirm};
use throughline_policy::{Action, Permit};
use throughline_seal::normal;

use crate::case::person_of;
use crate::col::{Blob, Col};
use crate::entity::protective_link;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

/// How many people one case names at most. It counts what this person told and nothing else.
const AT_MOST: u64 = 30;

/// What a person told of the other one: sealed.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct OtherSheet {
    /// Their name.
    pub name: String,
    /// Their date of birth, ISO, where known.
    pub born: Option<String>,
    /// What else is known of them.
    pub else_known: Option<String>,
}

impl std::fmt::Debug for OtherSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OtherSheet(..)")
    }
}

/// A link to be recorded.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// What was told of the other one.
    pub other: &'a OtherSheet,
    /// The role of the other one between these two.
    pub role: RelationshipRole,
    /// How far apart they are kept.
    pub window: Window,
}

/// A link, as whoever may read the case sees it: what was told and how it stands. Whether anybody was found is not in it.
#[derive(Debug, Clone)]
pub struct ProtectiveLink {
    /// Reference.
    pub reference: Ref,
    /// What was told of the other one.
    pub other: OtherSheet,
    /// The role of the other one between these two.
    pub role: RelationshipRole,
    /// How far apart they are kept.
    pub window: Window,
    /// Where it stands.
    pub state: LinkState,
    /// What a confirmation rests on.
    pub ground: Option<Ground>,
    /// When it was told.
    pub told_at: At,
    /// When it ended.
    pub ended_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

pub(crate) const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "protective_link",
        column,
    }
}

pub(crate) fn window_of(row: &protective_link::Model) -> Result<Window> {
    u8::try_from(row.days)
        .ok()
        .and_then(Window::around)
        .ok_or(bad("days"))
}

pub(crate) fn state_of(row: &protective_link::Model) -> Result<LinkState> {
    LinkState::from_code(&row.state).map_err(|_| bad("state"))
}

impl Work<'_> {
    /// Records whom the person is to be kept apart from.
    ///
    /// Errors with [`Error::Invalid`] when nothing of the name can be compared, or when the case names too many already.
    pub async fn link_add(
        &mut self,
        permit: &Permit<CaseChange>,
        new: &NewLink<'_>,
    ) -> Result<Ref> {
        let by = self.named_human()?;
        let case = self.case_row(permit.on()).await?;
        let name = normal::name(&new.other.name);
        if name.is_empty() {
            return Err(Error::Invalid {
                field: "name",
                problem: "apart-name-needed",
            });
        }
        let told = protective_link::Entity::find()
            .filter(protective_link::Column::CaseId.eq(case.id))
            .filter(protective_link::Column::EndedAt.is_null())
            .count(&self.tx)
            .await?;
        if told >= AT_MOST {
            return Err(Error::Invalid {
                field: "name",
                problem: "apart-too-many",
            });
        }
        let organisation = case.organisation_id.0;
        let (id, reference) = (self.env().id(), self.env().reference());
        let row: throughline_core::id::ProtectiveLinkId = id;
        let sealed = self
            .seal(
                person_of(permit)?,
                place("protective_link", "told", row.uuid()),
                new.other,
            )
            .await?;
        let name_hash = self.blind_key(organisation, "name").await?.hash(&name);
        let born_key = self.blind_key(organisation, "born").await?;
        let born_hash = new.other.born.as_deref().map(|born| born_key.hash(born));
        let link = protective_link::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            organisation_id: Set(case.organisation_id),
            case_id: Set(case.id),
            person_id: Set(case.person_id),
            told: Set(sealed),
            name_hash: Set(Blob(name_hash.to_vec())),
            born_hash: Set(born_hash.map(|hash| Blob(hash.to_vec()))),
            role: Set(new.role.code().to_owned()),
            days: Set(i64::from(new.window.days())),
            state: Set(LinkState::Told.code().to_owned()),
            told_at: Set(Col(self.now())),
            told_by: Set(Col(by)),
            ground: Set(None),
            confirmed_at: Set(None),
            confirmed_by: Set(None),
            ended_at: Set(None),
            ended_by: Set(None),
            version: Set(1),
        };
        protective_link::Entity::insert(link)
            .exec_without_returning(&self.tx)
            .await?;
        self.person_changed(case.person_id.0).await?;
        self.note(permit, permit.on().uuid(), &["protective_link"]);
        Ok(reference)
    }

    /// The links of a case, those that hold first, in the order in which they were told.
    pub async fn links(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<ProtectiveLink>> {
        self.note(permit, permit.on().uuid(), &["protective_link"]);
        let owner = person_of(permit)?;
        let rows = protective_link::Entity::find()
            .filter(protective_link::Column::CaseId.eq(Col(permit.on())))
            .order_by_asc(protective_link::Column::Id)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("protective_link", "told", row.id.0.uuid());
            out.push(ProtectiveLink {
                reference: row.reference.0,
                other: self.open(owner, at, &row.told).await?,
                role: RelationshipRole::from_code(&row.role).map_err(|_| bad("role"))?,
                window: window_of(&row)?,
                state: state_of(&row)?,
                ground: row
                    .ground
                    .as_deref()
                    .map(Ground::from_code)
                    .transpose()
                    .map_err(|_| bad("ground"))?,
                told_at: row.told_at.0,
                ended_at: row.ended_at.map(|at| at.0),
                version: row.version,
            });
        }
        out.sort_by_key(|link| link.ended_at.is_some());
        Ok(out)
    }

    /// Ends a link: it no longer holds.
    pub async fn link_end(
        &mut self,
        permit: &Permit<CaseChange>,
        reference: Ref,
        version: i64,
    ) -> Result<()> {
        let by = self.named_human()?;
        let change = protective_link::ActiveModel {
            ended_at: Set(Some(Col(self.now()))),
            ended_by: Set(Some(Col(by))),
            ..Default::default()
        };
        self.link_move(permit, reference, version, LinkMove::End, change)
            .await
    }

    /// Confirms a link on something else than the person's word.
    pub async fn link_confirm(
        &mut self,
        permit: &Permit<LinkConfirm>,
        reference: Ref,
        version: i64,
        ground: Ground,
    ) -> Result<()> {
        let by = self.named_human()?;
        let change = protective_link::ActiveModel {
            ground: Set(Some(ground.code().to_owned())),
            confirmed_at: Set(Some(Col(self.now()))),
            confirmed_by: Set(Some(Col(by))),
            ..Default::default()
        };
        self.link_move(permit, reference, version, LinkMove::Confirm, change)
            .await
    }

    async fn link_move<A: Action<Subject = throughline_core::id::CaseId>>(
        &mut self,
        permit: &Permit<A>,
        reference: Ref,
        version: i64,
        by: LinkMove,
        mut change: protective_link::ActiveModel,
    ) -> Result<()> {
        let row = protective_link::Entity::find()
            .filter(protective_link::Column::Reference.eq(Col(reference)))
            .filter(protective_link::Column::CaseId.eq(Col(permit.on())))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(A::KIND))?;
        let next = state_of(&row)?
            .apply(by)
            .map_err(|illegal| Error::Illegal(illegal.by))?;
        change.state = Set(next.code().to_owned());
        change.version = Set(version + 1);
        let done = protective_link::Entity::update_many()
            .set(change)
            .filter(protective_link::Column::Id.eq(row.id))
            .filter(protective_link::Column::Version.eq(version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        self.note(permit, permit.on().uuid(), &["protective_link"]);
        Ok(())
    }
}
