//! The one address that a worker needs once a service has said yes: somebody must bring the person there (decision 0026). It is seen
//! once, by one worker, and is gone with the showing.

/// For how long an address that a service gave waits to be seen, in days (our design).
pub const PLACE_DAYS: i64 = 7;

crate::code_list! {
    /// How an address that a service gave came to its end. It is gone with each of these.
    pub enum PlaceEnd {
        /// The worker whose case it is saw it.
        Shown = "shown",
        /// The service took it back.
        TakenBack = "taken_back",
        /// The service gave another one.
        Replaced = "replaced",
        /// The request is no longer with the service.
        Over = "over",
        /// Nobody looked in time.
        Lapsed = "lapsed",
    }
}
