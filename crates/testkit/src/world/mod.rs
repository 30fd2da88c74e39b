//! The demo world: invented people in real towns, their two years of history written through the use cases, the same for the
//! same seed.
//!
//! Names come from several language traditions and belong to nobody. Telephone numbers are Ofcom's drama numbers, mail is at
//! example.org, and no refuge has a point on a map.
//!
//! To add to it: a step of `people`'s history, a template in `listings`, a body in `staff`. What must never happen here: a
//! real person, or a row written past the use cases.

mod arrival;
mod help;
mod listings;
mod lists;
mod names;
mod parameters;
mod people;
mod programs;
mod staff;
mod visit;

use std::sync::Arc;

use serde::Serialize;
use throughline_app::directory_import::{Import, ImportError, import};
use throughline_app::directory_source::{FromBytes, Source};
use throughline_app::{App, Settings};
use throughline_core::need::NeedType;
use throughline_core::pack::Packs;
use throughline_core::time::At;
use throughline_exchange::inbound::Limits;
use throughline_policy::action::DirectoryImport;
use throughline_policy::{Actor, Purpose};
use throughline_store::directory::NewService;
use throughline_store::feed::import_facts;
use throughline_store::{Result, Store};

use crate::env::SetClock;
use listings::Answers;
use people::Answered;
use staff::{Staff, TOWNS};

pub use programs::{Programs, programs};
pub use staff::{SIGN_INS, SignIn};

/// How large a world, from which seed, ending when.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The seed.
    pub seed: u64,
    /// How many people there are: adults who come for help, and their children.
    pub people: u32,
    /// The instant at which the history ends.
    pub end: At,
}

/// What was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Organisations.
    pub organisations: u32,
    /// Sites of the jobcentre.
    pub sites: u32,
    /// Accounts.
    pub accounts: u32,
    /// Services in the directory.
    pub services: u32,
    /// People, children included.
    pub people: u32,
    /// Referrals sent.
    pub referrals: u32,
}

impl Counts {
    /// In words.
    pub fn words(&self) -> String {
        format!(
            "{} people, {} referrals, {} services, {} organisations, {} sites, {} accounts",
            self.people,
            self.referrals,
            self.services,
            self.organisations,
            self.sites,
            self.accounts
        )
    }
}

/// Six rows, of which one repeats an identifier, one has no name and one is a refuge with an address.
const FAULTY_FEED: &str = include_str!("../../data/feed_with_faults.json");
/// Days of history.
const DAYS: i64 = 731;

/// Fills an empty, migrated database. `progress` is told how many people there are so far.
pub async fn fill(
    store: &Store,
    clock: &Arc<SetClock>,
    packs: &Packs,
    size: &Size,
    progress: &(dyn Fn(u32) + Send + Sync),
) -> Result<Counts> {
    clock.set(size.end.plus_days(-DAYS));
    let mut counts = Counts::default();
    // What one worker does at one instant becomes one unit of work: a visit, not its keystrokes.
    let store = &store.gathering();
    let staff = staff::fill(store, clock, size, &mut counts).await?;
    let settings = Settings {
        base_url: "http://127.0.0.1:8080".to_owned(),
        mail_from: "no-reply@example.org".to_owned(),
        call: Some("01632 960123".to_owned()),
        node: "demo".to_owned(),
        demo: true,
    };
    let app = App::new(store.clone(), packs.clone(), settings)?;
    let answered = directory(&app, clock, &staff, size).await?;
    people::fill(&app, clock, &staff, &answered, size, &mut counts, progress).await?;
    clock.set(size.end.plus_hours(-3));
    faulty_feed(&app, &staff).await?;
    clock.set(size.end.plus_minutes(-2));
    people::today(&app, &staff).await?;
    clock.set(size.end);
    store.settle().await?;
    let services = store
        .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
        .await?;
    counts.services = u32::try_from(services.len()).unwrap_or(u32::MAX);
    Ok(counts)
}

/// Puts the services in, each with who answers for it and when it was last confirmed.
async fn directory(
    app: &App,
    clock: &Arc<SetClock>,
    staff: &Staff,
    size: &Size,
) -> Result<Vec<Answered>> {
    let listings = listings::all(size.seed)?;
    let rows: Vec<NewService> = listings.iter().map(|listing| listing.new.clone()).collect();
    let (rows, operator) = (&rows, &staff.operator);
    let steward = staff.steward.actor();
    app.store
        .work(&steward, Purpose::RunTheDirectory, |w| {
            Box::pin(async move {
                let permit = w.permit::<DirectoryImport>(&import_facts(*operator))?;
                let feed = w
                    .feed_create(&permit, "Town directories (invented)", "made from the seed")
                    .await?;
                w.services_upsert(&permit, &feed, rows).await?;
                Ok(())
            })
        })
        .await?;
    let services = app
        .store
        .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
        .await?;
    let mut answered = Vec::new();
    let mut settings = Vec::new();
    for listing in &listings {
        let Some(service) = services
            .iter()
            .find(|service| service.entry.source_id == listing.new.entry.source_id)
        else {
            continue;
        };
        let at = match listing.answers {
            Answers::Specialist => 0,
            Answers::Housing => 1,
            Answers::Money => 2,
            Answers::Nobody => continue,
        };
        let Some(town) = TOWNS.get(listing.town) else {
            continue;
        };
        let Some(partner) = people::partner_of(&staff.partners, town.area, at) else {
            continue;
        };
        let Some(body) = staff.partners.get(partner) else {
            continue;
        };
        for need in &service.entry.needs {
            answered.push(Answered {
                service: service.reference,
                partner,
                town: listing.town,
                need: *need,
            });
        }
        // One listing is stale by 200 days (planted); the others were confirmed in the last eighty.
        let days = if settings.is_empty() {
            200
        } else {
            i64::try_from(settings.len() % 80).unwrap_or(0)
        };
        settings.push((service.id, body.organisation, size.end.plus_days(-days)));
    }
    let settings = &settings;
    app.store
        .work(
            &Actor::System {
                organisation: staff.operator,
            },
            Purpose::RunTheDirectory,
            |w| {
                Box::pin(async move {
                    for (service, organisation, confirmed_at) in settings {
                        w.service_answered_by(*service, *organisation, Some(*confirmed_at))
                            .await?;
                    }
                    Ok(())
                })
            },
        )
        .await?;
    // The specialist's own safe homes come before the council's.
    answered.sort_by_key(|one| {
        (
            one.town,
            one.need != NeedType::SafeAccommodation,
            one.partner,
        )
    });
    clock.set(size.end.plus_days(1 - DAYS));
    Ok(answered)
}

/// A council's feed with the faults that feeds have: the steward's list of the day is made from it.
async fn faulty_feed(app: &App, staff: &Staff) -> Result<()> {
    let order = Import {
        organisation: staff.operator,
        feed: "Council feed (invented)",
        location: "made for the demonstration",
        dry_run: false,
        limits: Limits::default(),
    };
    let source: Arc<dyn Source> = Arc::new(FromBytes(Arc::from(FAULTY_FEED.as_bytes())));
    match import(app, &staff.steward.actor(), &order, &source, &|_| {}).await {
        Ok(_) => Ok(()),
        Err(ImportError::Store(error)) => Err(error),
        Err(ImportError::Unreadable(_)) => Err(throughline_store::Error::Illegal(
            "the demo's own feed cannot be read",
        )),
    }
}
