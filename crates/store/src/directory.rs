//! The directory of services. Public information only, with one counter that tells every node what has changed.
//!
//! Every change takes the next number of `directory_head`, whose row is locked until commit: numbers become visible in
//! their own order, so a node that has read up to a number never misses an earlier one.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use throughline_core::code::Code;
use throughline_core::directory::{Entry, Room, RoomSaid, Status};
use throughline_core::id::{FeedId, OrganisationId, Ref, ServiceId};
use throughline_core::referral::ReferralState;
use throughline_core::time::At;
use throughline_policy::action::{DirectoryImport, ServiceEdit};
use throughline_policy::{Facts, Permit, Ties};

use crate::audit::Event;
use crate::col::{Blob, Col};
use crate::entity::{directory_head, referral, search_count, service};
use crate::error::{Error, Result};
use crate::feed::Feed;
use crate::read::Read;
use crate::work::Work;

throughline_core::code_list! {
    /// Whether a service can be found.
    pub enum ServiceState {
        /// It can.
        Listed = "listed",
        /// A steward took it out; it stays known, so that its history does.
        Withdrawn = "withdrawn",
    }
}

throughline_core::code_list! {
    /// What an import did with a row.
    pub enum Upsert {
        /// New.
        Added = "added",
        /// Known and different.
        Changed = "changed",
        /// Known and the same.
        Unchanged = "unchanged",
    }
}

/// A service of the directory.
#[derive(Debug, Clone)]
pub struct Service {
    /// Internal id.
    pub id: ServiceId,
    /// Reference.
    pub reference: Ref,
    /// The feed that it comes from, if it comes from one.
    pub feed: Option<FeedId>,
    /// The organisation that answers referrals to it here. No import can set it.
    pub organisation: Option<OrganisationId>,
    /// Whether it can be found.
    pub state: ServiceState,
    /// When the provider or a steward last confirmed it here.
    pub confirmed_at: Option<At>,
    /// When it last changed.
    pub changed_at: At,
    /// The number of the change.
    pub changed_in: i64,
    /// Version.
    pub version: i64,
    /// The entry.
    pub entry: Entry,
}

/// A row of a feed to be stored.
#[derive(Debug, Clone)]
pub struct NewService {
    /// The entry.
    pub entry: Entry,
    /// Digest of its canonical form.
    pub digest: Vec<u8>,
}

/// What is held of a row of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The service.
    pub id: ServiceId,
    /// Digest of what its source says.
    pub digest: Vec<u8>,
    /// Whether where it is must stay unknown.
    pub confidential: bool,
}

/// How many services are read or written by one statement.
const CHUNK: usize = 200;

fn service_of(row: &service::Model) -> Result<Service> {
    let bad = |column| Error::RowShape {
        table: "service",
        column,
    };
    let mut entry: Entry = serde_json::from_str(&row.document).map_err(|_| bad("document"))?;
    entry.confirmed_at = row.confirmed_at.map(|at| at.0);
    entry.room = match (&row.room, row.room_said_at) {
        (Some(room), Some(said_at)) => Some(RoomSaid {
            room: Room::from_code(room).map_err(|_| bad("room"))?,
            wait_days: row.room_wait_days.and_then(|days| u16::try_from(days).ok()),
            said_at: said_at.0,
        }),
        _ => None,
    };
    Ok(Service {
        id: row.id.0,
        reference: row.reference.0,
        feed: row.feed_id.map(|id| id.0),
        organisation: row.organisation_id.map(|id| id.0),
        state: ServiceState::from_code(&row.state).map_err(|_| bad("state"))?,
        confirmed_at: row.confirmed_at.map(|at| at.0),
        changed_at: row.changed_at.0,
        changed_in: row.changed_in,
        version: row.version,
        entry,
    })
}

/// An entry as it is stored: without what is ours and not its source's.
fn document(entry: &Entry) -> Result<String> {
    entry.canonical_json().map_err(|_| Error::Invalid {
        field: "entry",
        problem: "service-entry-unwritable",
    })
}

impl Work<'_> {
    /// The number under which changes of this work become visible; locks the counter until commit.
    async fn directory_next(&mut self) -> Result<i64> {
        if let Some(number) = self.directory_number {
            return Ok(number);
        }
        let done = directory_head::Entity::update_many()
            .col_expr(
                directory_head::Column::Version,
                Expr::col(directory_head::Column::Version).add(1),
            )
            .filter(directory_head::Column::Id.eq(1))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Setup(
                "the installation has not been set up".to_owned(),
            ));
        }
        let number = version_of(&self.tx).await?;
        self.directory_number = Some(number);
        Ok(number)
    }

    /// Stores rows of a feed that this work has locked: new ones are added, different ones changed, equal ones left alone.
    /// Nothing else of a service is touched: not its reference, state, confirmation or who answers for it.
    ///
    /// `rows` has each source's identifier once.
    pub async fn services_upsert(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
        rows: &[NewService],
    ) -> Result<Vec<(Upsert, ServiceId)>> {
        if permit.on() != feed.organisation {
            return Err(Error::Illegal("the feed is another organisation's"));
        }
        self.note(permit, feed.id.uuid(), &["service"]);
        let mut out = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(CHUNK) {
            let held = self.services_held(feed.id, Some(chunk)).await?;
            let mut added = Vec::new();
            for row in chunk {
                match held.get(&row.entry.source_id) {
                    Some(held) if held.digest == row.digest => {
                        out.push((Upsert::Unchanged, held.id));
                    }
                    Some(held) => {
                        self.service_replace(held.id, row).await?;
                        out.push((Upsert::Changed, held.id));
                    }
                    None => {
                        let id = self.env().id();
                        added.push(self.service_row(id, feed, row).await?);
                        out.push((Upsert::Added, id));
                    }
                }
            }
            if !added.is_empty() {
                service::Entity::insert_many(added)
                    .exec_without_returning(&self.tx)
                    .await?;
            }
        }
        Ok(out)
    }

    /// Stores one entry of a feed, new or not; `listed` puts it back where it was taken out.
    pub(crate) async fn service_put(
        &mut self,
        feed: &Feed,
        new: &NewService,
        listed: bool,
    ) -> Result<ServiceId> {
        let held = self
            .services_held(feed.id, Some(std::slice::from_ref(new)))
            .await?;
        if let Some(held) = held.get(&new.entry.source_id) {
            self.service_replace(held.id, new).await?;
            if listed {
                self.service_state(held.id, ServiceState::Listed).await?;
            }
            return Ok(held.id);
        }
        let id = self.env().id();
        let row = self.service_row(id, feed, new).await?;
        service::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(id)
    }

    /// Whether the directory still says what was read from a row of a feed.
    pub(crate) async fn service_says(&self, feed: &Feed, read: &NewService) -> Result<bool> {
        let held = self
            .services_held(feed.id, Some(std::slice::from_ref(read)))
            .await?;
        Ok(held
            .get(&read.entry.source_id)
            .is_some_and(|held| held.digest == read.digest))
    }

    /// Records whether there is room, as the service's own people say it now. `wait_days` is how long somebody may wait at most.
    pub async fn service_room_say(
        &mut self,
        permit: &Permit<ServiceEdit>,
        room: Room,
        wait_days: Option<u16>,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["room"]);
        let change = service::ActiveModel {
            room: Set(Some(room.code().to_owned())),
            room_wait_days: Set(wait_days.map(i64::from)),
            room_said_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        self.service_update(permit.on(), change).await
    }

    /// The services that an organisation answers for, by name. It is public information: no permit.
    pub async fn services_answered_by(
        &self,
        organisation: OrganisationId,
        limit: u64,
    ) -> Result<Vec<Service>> {
        let rows = service::Entity::find()
            .filter(service::Column::OrganisationId.eq(Col(organisation)))
            .order_by_asc(service::Column::Name)
            .limit(limit)
            .all(&self.tx)
            .await?;
        rows.iter().map(service_of).collect()
    }

    /// Takes a service out of the directory, or puts it back.
    pub(crate) async fn service_state(&mut self, id: ServiceId, state: ServiceState) -> Result<()> {
        let change = service::ActiveModel {
            state: Set(state.code().to_owned()),
            ..Default::default()
        };
        self.service_update(id, change).await?;
        if state == ServiceState::Withdrawn {
            self.wake_who_waits(id).await?;
        }
        Ok(())
    }

    /// Whoever waits for an answer of a service that left the directory is looked at now. It is done blindly, in the same commit, and
    /// says nothing of whether anybody does.
    async fn wake_who_waits(&mut self, service: ServiceId) -> Result<()> {
        use ReferralState as S;
        let waiting = [S::Sent, S::Received, S::Opened].map(Code::code);
        let change = referral::ActiveModel {
            due_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        referral::Entity::update_many()
            .set(change)
            .filter(referral::Column::ServiceId.eq(Col(service)))
            .filter(referral::Column::State.is_in(waiting))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// What is held of every row of a feed, by its source's identifier.
    pub async fn services_of(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
    ) -> Result<HashMap<String, Held>> {
        self.note(permit, feed.id.uuid(), &["service"]);
        self.services_held(feed.id, None).await
    }

    /// What is held of these rows of a feed, or of all.
    async fn services_held(
        &self,
        feed: FeedId,
        rows: Option<&[NewService]>,
    ) -> Result<HashMap<String, Held>> {
        let mut of = Condition::all().add(service::Column::FeedId.eq(Col(feed)));
        if let Some(rows) = rows {
            let ids = rows.iter().map(|row| row.entry.source_id.as_str());
            of = of.add(service::Column::SourceId.is_in(ids));
        }
        let held: Vec<(Col<ServiceId>, String, Blob, bool)> = service::Entity::find()
            .select_only()
            .columns([
                service::Column::Id,
                service::Column::SourceId,
                service::Column::Digest,
                service::Column::Confidential,
            ])
            .filter(of)
            .into_tuple()
            .all(&self.tx)
            .await?;
        Ok(held
            .into_iter()
            .map(|(id, source, digest, confidential)| {
                let held = Held {
                    id: id.0,
                    digest: digest.0,
                    confidential,
                };
                (source, held)
            })
            .collect())
    }

    async fn service_row(
        &mut self,
        id: ServiceId,
        feed: &Feed,
        new: &NewService,
    ) -> Result<service::ActiveModel> {
        Ok(service::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(self.env().reference())),
            feed_id: Set(Some(Col(feed.id))),
            source_id: Set(new.entry.source_id.clone()),
            organisation_id: Set(None),
            name: Set(new.entry.name.clone()),
            state: Set(ServiceState::Listed.code().to_owned()),
            confidential: Set(new.entry.is_confidential()),
            document: Set(document(&new.entry)?),
            digest: Set(Blob(new.digest.clone())),
            confirmed_at: Set(None),
            changed_at: Set(Col(self.now())),
            changed_in: Set(self.directory_next().await?),
            version: Set(1),
            room: Set(None),
            room_wait_days: Set(None),
            room_said_at: Set(None),
        })
    }

    async fn service_replace(&mut self, id: ServiceId, new: &NewService) -> Result<()> {
        let change = service::ActiveModel {
            name: Set(new.entry.name.clone()),
            confidential: Set(new.entry.is_confidential()),
            document: Set(document(&new.entry)?),
            digest: Set(Blob(new.digest.clone())),
            ..Default::default()
        };
        self.service_update(id, change).await?;
        if new.entry.status != Status::Active {
            self.wake_who_waits(id).await?;
        }
        Ok(())
    }

    /// Writes a change with its time, number and version.
    pub(crate) async fn service_update(
        &mut self,
        id: ServiceId,
        change: service::ActiveModel,
    ) -> Result<()> {
        let number = self.directory_next().await?;
        let change = service::ActiveModel {
            changed_at: Set(Col(self.now())),
            changed_in: Set(number),
            ..change
        };
        let done = service::Entity::update_many()
            .set(change)
            .col_expr(
                service::Column::Version,
                Expr::col(service::Column::Version).add(1),
            )
            .filter(service::Column::Id.eq(Col(id)))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// The ties of a service, by reference: the organisation that answers for it, else nobody's.
    pub async fn service_facts(&self, reference: Ref) -> Result<Option<Facts<ServiceId>>> {
        let row = service::Entity::find()
            .filter(service::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| Facts {
            subject: row.id.0,
            person: None,
            ties: Ties {
                organisation: row.organisation_id.map(|id| id.0),
                ..Ties::default()
            },
        }))
    }

    /// A service by reference, whether it can be found or not. It is public information: no permit.
    pub async fn service(&self, reference: Ref) -> Result<Option<Service>> {
        service::Entity::find()
            .filter(service::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?
            .as_ref()
            .map(service_of)
            .transpose()
    }

    /// A service by id.
    pub async fn service_by_id(&self, id: ServiceId) -> Result<Option<Service>> {
        service::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
            .as_ref()
            .map(service_of)
            .transpose()
    }

    /// Services by id, in no order.
    pub async fn services_by_id(&self, ids: &[ServiceId]) -> Result<Vec<Service>> {
        let rows = service::Entity::find()
            .filter(service::Column::Id.is_in(ids.iter().copied().map(Col)))
            .all(&self.tx)
            .await?;
        rows.iter().map(service_of).collect()
    }

    /// Records that the provider or a steward confirmed what the directory says (SPEC SM-LISTING).
    pub async fn service_confirm(&mut self, permit: &Permit<ServiceEdit>) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["confirmed_at"]);
        let change = service::ActiveModel {
            confirmed_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        self.service_update(permit.on(), change).await
    }

    /// Takes a service out of the directory, or puts it back.
    pub async fn service_set_state(
        &mut self,
        permit: &Permit<ServiceEdit>,
        state: ServiceState,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["state"]);
        self.service_state(permit.on(), state).await
    }

    /// The organisation that answers for a service, read once nobody else can change it: every change of a service waits for the
    /// directory's number, which this takes until commit. For whoever is about to set it.
    pub async fn service_answering(
        &mut self,
        service: ServiceId,
    ) -> Result<Option<OrganisationId>> {
        self.directory_next().await?;
        self.note_event(Event::SetUp, Some(service.uuid()), &["organisation"]);
        let row = service::Entity::find_by_id(Col(service))
            .one(&self.tx)
            .await?;
        Ok(row.and_then(|row| row.organisation_id).map(|id| id.0))
    }

    /// Sets which organisation here answers referrals to a service, and when it was last confirmed. Called when a referral is
    /// first sent to a service of which nobody has an account, and when a partner that two people let in takes it over
    /// ([`crate::partner_join`]). No feed, import or provider's edit can change it.
    pub async fn service_answered_by(
        &mut self,
        service: ServiceId,
        organisation: OrganisationId,
        confirmed_at: Option<At>,
    ) -> Result<()> {
        self.note_event(Event::SetUp, Some(service.uuid()), &["organisation"]);
        let mut change = service::ActiveModel {
            organisation_id: Set(Some(Col(organisation))),
            ..Default::default()
        };
        if confirmed_at.is_some() {
            change.confirmed_at = Set(confirmed_at.map(Col));
        }
        self.service_update(service, change).await
    }

    /// Adds to the number of anonymous searches of a day. It says nothing about what was asked or by whom.
    pub async fn searches_add(&mut self, day: &str, kind: &str, count: i64) -> Result<()> {
        use sea_orm::sea_query::OnConflict;
        let row = search_count::ActiveModel {
            id: Set(format!("{day} {kind}")),
            day: Set(day.to_owned()),
            kind: Set(kind.to_owned()),
            total: Set(count),
        };
        let more = OnConflict::column(search_count::Column::Id)
            .value(
                search_count::Column::Total,
                Expr::col((search_count::Entity, search_count::Column::Total)).add(count),
            )
            .to_owned();
        search_count::Entity::insert(row)
            .on_conflict(more)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

async fn version_of(tx: &crate::tx::Tx) -> Result<i64> {
    let row = directory_head::Entity::find_by_id(1).one(tx).await?;
    Ok(row.map_or(0, |row| row.version))
}

impl Read<'_> {
    /// The number of the newest change of the directory; 0 before the first.
    pub async fn directory_version(&self) -> Result<i64> {
        version_of(&self.tx).await
    }

    /// Every service that changed after a number, those taken out too, oldest change first.
    pub async fn services_changed_since(&self, version: i64) -> Result<Vec<Service>> {
        use service::Column::{ChangedIn, Id};
        let mut out: Vec<Service> = Vec::new();
        let mut after: Option<(i64, ServiceId)> = None;
        loop {
            let newer = match after {
                None => Condition::all().add(ChangedIn.gt(version)),
                Some((number, id)) => Condition::any().add(ChangedIn.gt(number)).add(
                    Condition::all()
                        .add(ChangedIn.eq(number))
                        .add(Id.gt(Col(id))),
                ),
            };
            let page = service::Entity::find()
                .filter(newer)
                .order_by_asc(ChangedIn)
                .order_by_asc(Id)
                .limit(500)
                .all(&self.tx)
                .await?;
            let Some(last) = page.last() else {
                return Ok(out);
            };
            after = Some((last.changed_in, last.id.0));
            for row in page {
                out.push(service_of(&row)?);
            }
        }
    }

    /// A service by reference.
    pub async fn service(&self, reference: Ref) -> Result<Option<Service>> {
        service::Entity::find()
            .filter(service::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?
            .as_ref()
            .map(service_of)
            .transpose()
    }

    /// How many anonymous searches there were, by day and kind, newest day first.
    pub async fn searches(&self, days: u64) -> Result<Vec<(String, String, i64)>> {
        let rows = search_count::Entity::find()
            .order_by_desc(search_count::Column::Day)
            .order_by_asc(search_count::Column::Kind)
            .limit(days)
            .all(&self.tx)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.day, row.kind, row.total))
            .collect())
    }
}
