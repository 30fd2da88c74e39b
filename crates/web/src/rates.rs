//! How often one caller may come. These limits stop machines, not people: a whole office may sit behind one address, so whoever is
//! signed in, and every device that somebody has signed in on before, is counted apart from whatever else comes from there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use throughline_core::id::AccountId;
use throughline_identity::DeviceId;
use throughline_identity::cookies::Devices;

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

/// Limits per caller and minute, by class.
pub(crate) struct Rates {
    by_class: HashMap<Rate, DefaultKeyedRateLimiter<Caller>>,
    /// What an address may ask at all before anything is looked up for it: far more than an office does.
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

/// Requests a minute of one address, whoever is behind it.
const OF_AN_ADDRESS: u32 = 30_000;

impl Default for Rates {
    fn default() -> Self {
        let per_minute = [
            (Rate::Page, 3_000_u32),
            (Rate::Search, 600),
            (Rate::SignIn, 300),
            (Rate::Api, 6_000),
        ];
        let quota = |n| Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        Self {
            by_class: per_minute
                .into_iter()
                .map(|(rate, n)| (rate, RateLimiter::keyed(quota(n))))
                .collect(),
            addresses: RateLimiter::keyed(quota(OF_AN_ADDRESS)),
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
    }
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
    Err(Fault::TooMany(WAIT_SECONDS))
}

async fn known_device(visit: &Visit) -> Result<Option<DeviceId>, Fault> {
    let name = visit.web.cookies().device_name();
    let Some(devices) = crate::session::cookie(&visit.headers, name).map(Devices::parse) else {
        return Ok(None);
    };
    Ok(visit.web.identity().known_device(&devices).await?)
}
