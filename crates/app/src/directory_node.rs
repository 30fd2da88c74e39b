//! The directory as one node holds it: an immutable snapshot, swapped whole when the database says that something changed.
//!
//! Nothing here matters: a node that starts again reads it again. Searches are counted here and written down now and then,
//! so that no stranger can make the database wait by searching.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use serde_json::Value;
use throughline_core::code::Code as _;
use throughline_core::directory::Entry;
use throughline_core::id::{FeedId, Ref};
use throughline_core::time::At;
use throughline_exchange::inbound::stable_id;
use throughline_exchange::outbound::{self, Published as Outward};
use throughline_find::geo::Gazetteer;
use throughline_find::{Knowledge, Listed, Listing, Snapshot};
use throughline_policy::{Actor, Purpose};
use throughline_store::directory::{Service, ServiceState};
use throughline_store::{Error, Result, Store};
use uuid::Uuid;

throughline_core::code_list! {
    /// Who searched, as far as that is counted.
    pub enum SearchKind {
        /// Anyone, on the public page.
        Public = "public",
        /// A worker, without a person's record.
        Worker = "worker",
        /// A program, over the API.
        Program = "program",
    }
}

/// One state of the directory.
#[derive(Debug)]
pub struct Published {
    /// The services, indexed.
    pub snapshot: Arc<Snapshot>,
    /// The number of the newest change in it.
    pub version: i64,
    ours: HashMap<Ref, Ours>,
    lists: OnceLock<Lists>,
}

/// What we know about a service beside its entry.
#[derive(Debug, Clone, Copy)]
struct Ours {
    organisation: Uuid,
    changed_at: At,
}

/// What the public directory lists besides services, worked out once for each state.
#[derive(Debug, Default)]
struct Lists {
    organisations: BTreeMap<(String, Uuid), Vec<Ref>>,
    organisation_names: HashMap<Uuid, String>,
    places: HashMap<Uuid, (Ref, usize)>,
    taxonomies: Vec<Value>,
    terms: Vec<Value>,
}

impl Published {
    /// A service with its public identifiers.
    pub fn outward<'a>(&self, listed: &'a Listed) -> Outward<'a> {
        Outward {
            entry: listed.entry(),
            id: listed.reference().as_uuid(),
            organisation_id: self.organisation_of(listed.reference()),
            changed_at: self
                .ours
                .get(&listed.reference())
                .map(|ours| ours.changed_at),
        }
    }

    fn lists(&self) -> &Lists {
        self.lists.get_or_init(|| {
            let mut lists = Lists::default();
            for listed in self.snapshot.all() {
                let outward = self.outward(listed);
                if let Some(body) = &listed.entry().organisation {
                    let id = outward.organisation_id;
                    let name = lists
                        .organisation_names
                        .entry(id)
                        .or_insert_with(|| body.name.clone());
                    lists
                        .organisations
                        .entry((name.clone(), id))
                        .or_default()
                        .push(listed.reference());
                }
                for (at, place) in outbound::service_at_locations(&outward).iter().enumerate() {
                    let id = place.get("id").and_then(Value::as_str);
                    if let Some(id) = id.and_then(|id| Uuid::parse_str(id).ok()) {
                        lists.places.insert(id, (listed.reference(), at));
                    }
                }
            }
            let entries = || self.snapshot.all().map(Listed::entry);
            lists.taxonomies = outbound::taxonomies(entries());
            lists.terms = outbound::taxonomy_terms(entries());
            lists
        })
    }

    /// Every organisation by name, with its public identifier and its services.
    pub fn organisations(&self) -> impl Iterator<Item = (Uuid, &[Ref])> {
        let rows = self.lists().organisations.iter();
        rows.map(|((_, id), services)| (*id, services.as_slice()))
    }

    /// The services of one organisation. Empty: there is none of this identifier.
    pub fn services_of(&self, organisation: Uuid) -> &[Ref] {
        let lists = self.lists();
        lists
            .organisation_names
            .get(&organisation)
            .and_then(|name| lists.organisations.get(&(name.clone(), organisation)))
            .map_or(&[], Vec::as_slice)
    }

    /// The service and the position of its place, for the public identifier of a service at a location.
    pub fn place(&self, id: Uuid) -> Option<(Ref, usize)> {
        self.lists().places.get(&id).copied()
    }

    /// Every taxonomy, as published.
    pub fn taxonomies(&self) -> &[Value] {
        &self.lists().taxonomies
    }

    /// Every taxonomy term, as published.
    pub fn terms(&self) -> &[Value] {
        &self.lists().terms
    }

    /// The public identifier of the organisation that runs a service: the same for all services of one organisation.
    pub fn organisation_of(&self, service: Ref) -> Uuid {
        self.ours
            .get(&service)
            .map(|ours| ours.organisation)
            .unwrap_or_default()
    }
}

/// The directory on this node.
pub struct DirectoryNode {
    knowledge: Arc<Knowledge>,
    held: RwLock<Arc<Published>>,
    refreshing: tokio::sync::Mutex<()>,
    searches: Mutex<BTreeMap<(String, SearchKind), i64>>,
}

impl std::fmt::Debug for DirectoryNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DirectoryNode")
    }
}

impl DirectoryNode {
    /// An empty directory with the built-in places and words. Fill it with [`DirectoryNode::refresh`].
    ///
    /// # Errors
    /// Only if the built-in data were damaged, which a test excludes.
    pub fn new() -> Result<Self> {
        let knowledge =
            Knowledge::built_in().map_err(|damaged| Error::Setup(damaged.to_string()))?;
        Ok(Self::with(Arc::new(knowledge)))
    }

    /// An empty directory with other places and words.
    pub fn with(knowledge: Arc<Knowledge>) -> Self {
        let empty = Published {
            snapshot: Arc::new(Snapshot::build(Arc::clone(&knowledge), [])),
            version: 0,
            ours: HashMap::new(),
            lists: OnceLock::new(),
        };
        Self {
            knowledge,
            held: RwLock::new(Arc::new(empty)),
            refreshing: tokio::sync::Mutex::default(),
            searches: Mutex::default(),
        }
    }

    /// The directory now.
    pub fn published(&self) -> Arc<Published> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The services now, indexed.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.published().snapshot)
    }

    /// Places and postcodes.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.knowledge.gazetteer
    }

    /// Looks whether the directory has changed and takes the changes over. Gives whether there were any.
    pub async fn refresh(&self, store: &Store) -> Result<bool> {
        let _one_at_a_time = self.refreshing.lock().await;
        let old = self.published();
        let since = &old.version;
        let news = store
            .read(|read| {
                Box::pin(async move {
                    let version = read.directory_version().await?;
                    if version <= *since {
                        return Ok(None);
                    }
                    let changed = read.services_changed_since(*since).await?;
                    Ok(Some((version, changed, read.feed_names().await?)))
                })
            })
            .await?;
        let Some((version, changed, feeds)) = news else {
            return Ok(false);
        };
        let knowledge = Arc::clone(&self.knowledge);
        let built =
            tokio::task::spawn_blocking(move || rebuild(&old, version, changed, &feeds, knowledge))
                .await
                .map_err(|_| Error::Illegal("the directory could not be indexed"))?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(built);
        Ok(true)
    }

    /// Counts one search. Only that there was one, and on which day.
    pub fn count_search(&self, kind: SearchKind, now: At) {
        let day = now.london_date().to_string();
        let mut counted = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.entry((day, kind)).or_insert(0) += 1;
    }

    /// Writes counted searches down. What cannot be written is kept for the next time.
    pub async fn write_searches(&self, store: &Store) -> Result<()> {
        let counted =
            std::mem::take(&mut *self.searches.lock().unwrap_or_else(PoisonError::into_inner));
        if counted.is_empty() {
            return Ok(());
        }
        let rows = &counted;
        let done = store
            .work(&Actor::Public, Purpose::KeepPromises, |work| {
                Box::pin(async move {
                    for ((day, kind), count) in rows {
                        work.searches_add(day, kind.code(), *count).await?;
                    }
                    Ok(())
                })
            })
            .await;
        if done.is_err() {
            let mut held = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, count) in counted {
                *held.entry(key).or_insert(0) += count;
            }
        }
        done
    }
}

/// The old state with the changes taken over.
fn rebuild(
    old: &Published,
    version: i64,
    changed: Vec<Service>,
    feeds: &[(FeedId, String)],
    knowledge: Arc<Knowledge>,
) -> Published {
    let names: HashMap<FeedId, &str> = feeds
        .iter()
        .map(|(id, name)| (*id, name.as_str()))
        .collect();
    let mut ours = old.ours.clone();
    let mut touched: BTreeMap<Ref, Option<Listing>> = BTreeMap::new();
    for service in changed {
        let feed = service
            .feed
            .and_then(|feed| names.get(&feed).copied())
            .unwrap_or_default();
        let listed = service.state == ServiceState::Listed;
        let known = Ours {
            organisation: organisation_id(feed, &service.entry),
            changed_at: service.changed_at,
        };
        ours.insert(service.reference, known);
        touched.insert(service.reference, listed.then(|| listing(service)));
    }
    let kept: Vec<Listing> = old
        .snapshot
        .kept()
        .filter(|listing| !touched.contains_key(&listing.reference))
        .cloned()
        .collect();
    let listings = kept.into_iter().chain(touched.into_values().flatten());
    Published {
        snapshot: Arc::new(Snapshot::build(knowledge, listings)),
        version,
        ours,
        lists: OnceLock::new(),
    }
}

fn listing(service: Service) -> Listing {
    Listing {
        reference: service.reference,
        version: u64::try_from(service.version).unwrap_or(0),
        confirmed_at: service.confirmed_at,
        entry: service.entry,
    }
}

fn organisation_id(feed: &str, entry: &Entry) -> Uuid {
    let source = entry
        .organisation
        .as_ref()
        .map_or("", |body| body.source_id.as_str());
    stable_id(feed, source)
}
