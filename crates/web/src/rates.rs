//! How often one caller may come. These limits stop machines, not people: a whole office may sit behind one address, so whoever is
//! signed in, and every device that somebody has signed in on before, is counted apart from whatever else comes from there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use throughline_core::id::{AccountId, OrganisationId};
use throughline_identity::DeviceId;
use throughline_identity::cookies::Devices;
use throughline_policy::{ActionKind, Actor, Reason};
use uuid::Uuid;

use crate::fault::Fault;
use crate::route::Rate;
use crate::visit::Visit;

/// How long somebody who came too often is asked to wait, in seconds.
const WAIT_SECONDS: u64 = 10;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Caller {
    /// Nobody that is known, by where they are.
    Address(IpAddr),
    /// Somebody who is signed in.
    Account(AccountId),
    /// A device that somebody has signed in on before.
    Device(DeviceId),
}

/// Limits per caller, by class.
pub(crate) struct Rates {
    by_class: HashMap<Rate, DefaultKeyedRateLimiter<Caller>>,
    /// What an address may ask at all before anything is looked up for it: far more than an office does.
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    /// Searches over people of one account or program, and of one organisation.
    people: [DefaultKeyedRateLimiter<Uuid>; 3],
}

/// How many people one may look for in an hour, on each node: an account, a program, all of an organisation together. Our design
/// (ASSURANCE E4): far more than a day's work needs, far fewer than a list of guesses; who goes on is told to wait, and it is on
/// record for the security officer.
const PEOPLE_AN_HOUR: [u32; 3] = [100, 1_000, 5_000];
/// How long they wait for the next one, in seconds: an account gains one every 36.
const PEOPLE_WAIT_SECONDS: u64 = 60;

/// How many words one account may compare in an hour, on each node (our design): far more than anybody speaks with, far fewer than a
/// list of words that people choose.
const WORDS_AN_HOUR: u32 = 20;
/// How long they wait for the next one, in seconds.
const WORD_WAIT_SECONDS: u64 = 180;

/// Requests a minute of one address, whoever is behind it.
const OF_AN_ADDRESS: u32 = 30_000;

impl Default for Rates {
    fn default() -> Self {
        let per_minute = [
            (Rate::Page, 3_000_u32),
            (Rate::Search, 600),
            (Rate::People, 600),
            (Rate::SignIn, 300),
            (Rate::Api, 6_000),
        ];
        let some = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = |n| Quota::per_minute(some(n));
        let words = (Rate::Word, Quota::per_hour(some(WORDS_AN_HOUR)));
        Self {
            by_class: per_minute
                .into_iter()
                .map(|(rate, n)| (rate, quota(n)))
                .chain([words])
                .map(|(rate, quota)| (rate, RateLimiter::keyed(quota)))
                .collect(),
            addresses: RateLimiter::keyed(quota(OF_AN_ADDRESS)),
            people: PEOPLE_AN_HOUR.map(|n| RateLimiter::keyed(Quota::per_hour(some(n)))),
        }
    }
}

impl Rates {
    /// Whether one more request of this caller is within the limit.
    fn is_within(&self, rate: Rate, caller: Caller) -> bool {
        self.by_class
            .get(&rate)
            .is_none_or(|limiter| limiter.check_key(&caller).is_ok())
    }

    /// Counts one request of an address before it is known who asks. Errors with how long to wait.
    pub(crate) fn admit_address(&self, rate: Rate, address: IpAddr) -> Result<(), Fault> {
        if rate == Rate::Free || self.addresses.check_key(&address).is_ok() {
            return Ok(());
        }
        Err(Fault::TooMany(WAIT_SECONDS))
    }

    /// Forgets callers who have gone; called now and then so that memory stays bounded.
    pub(crate) fn forget(&self) {
        self.by_class
            .values()
            .for_each(DefaultKeyedRateLimiter::retain_recent);
        self.addresses.retain_recent();
        self.people.iter().for_each(RateLimiter::retain_recent);
    }

    /// Counts one search over people. Gives whether it is within what they, and their organisation, may look for in an hour.
    fn spends_a_search(&self, actor: &Actor) -> bool {
        let [accounts, programs, organisations] = &self.people;
        let own = match actor {
            Actor::Client { client, .. } => programs.check_key(&client.uuid()).is_ok(),
            _ => actor
                .account()
                .is_none_or(|account| accounts.check_key(&account.uuid()).is_ok()),
        };
        let all =
            |organisation: OrganisationId| organisations.check_key(&organisation.uuid()).is_ok();
        own && actor.organisation().is_none_or(all)
    }
}

/// Counts one search over people, on routes that are one. Errors with how long to wait when it was too many; that is on record
/// before anything is answered.
pub(crate) async fn spend_a_search(visit: &Visit) -> Result<(), Fault> {
    let actor = visit.actor();
    if visit.route.rate != Rate::People || visit.web.rates().spends_a_search(actor) {
        return Ok(());
    }
    metrics::counter!("throughline_searches_refused_total").increment(1);
    let (action, reason) = (ActionKind::PersonSearch, Reason::TooManySearches);
    visit.app().store.turned_away(actor, action, reason).await?;
    Err(Fault::TooMany(PEOPLE_WAIT_SECONDS))
}

/// Counts one request. Errors with how long to wait when there were too many.
pub(crate) async fn admit(visit: &Visit) -> Result<(), Fault> {
    let (rates, rate) = (visit.web.rates(), visit.route.rate);
    let account = visit
        .signed
        .as_ref()
        .and_then(|signed| signed.actor.account());
    let caller = account.map_or(Caller::Address(visit.address), Caller::Account);
    if rates.is_within(rate, caller) {
        return Ok(());
    }
    // Only once the address has spent what it has is it looked up whether this is a device that is known.
    if account.is_none()
        && let Some(device) = known_device(visit).await?
        && rates.is_within(rate, Caller::Device(device))
    {
        return Ok(());
    }
    Err(Fault::TooMany(match rate {
        Rate::Word => WORD_WAIT_SECONDS,
        _ => WAIT_SECONDS,
    }))
}

async fn known_device(visit: &Visit) -> Result<Option<DeviceId>, Fault> {
    let name = visit.web.cookies().device_name();
    let Some(devices) = crate::session::cookie(&visit.headers, name).map(Devices::parse) else {
        return Ok(None);
    };
    Ok(visit.web.identity().known_device(&devices).await?)
}
