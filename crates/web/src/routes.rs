//! The table of every route. Nothing answers that is not in it: the router is made from it, and snapshots, the page list for
//! accessibility tests and the role × route matrix read it.

use throughline_policy::Standing;

use crate::route::Route;

/// Every route, area by area.
pub fn all() -> Vec<Route> {
    [
        crate::general::routes(),
        crate::oruk::routes(),
        crate::find::routes(),
        crate::steward::routes(),
        crate::steward_import::routes(),
        crate::api::routes(),
        crate::api_case::routes(),
        crate::api_now::routes(),
        crate::api_lists::routes(),
        crate::api_sent::routes(),
        crate::front_desk::routes(),
        crate::today::routes(),
        crate::task_talk::routes(),
        crate::with_me::routes(),
        crate::conversation::routes(),
        crate::draft::routes(),
        crate::conversation_end::routes(),
        crate::case::routes(),
        crate::case_close::routes(),
        crate::case_now::routes(),
        crate::children::routes(),
        crate::needs::routes(),
        crate::unmet::routes(),
        crate::duty_to_refer::routes(),
        crate::hand_over::routes(),
        crate::closed::routes(),
        crate::keeping::routes(),
        crate::access_requests::routes(),
        crate::person::routes(),
        crate::contact::routes(),
        crate::message::routes(),
        crate::appointment::routes(),
        crate::apart::routes(),
        crate::plan_apart::routes(),
        crate::consent::routes(),
        crate::less_shared::routes(),
        crate::narrow::routes(),
        crate::own_link::routes(),
        crate::own::routes(),
        crate::receipt::routes(),
        crate::refer::routes(),
        crate::refer_change::routes(),
        crate::referral::routes(),
        crate::partner::routes(),
        crate::capacity::routes(),
        crate::reach::routes(),
        crate::place::routes(),
        crate::link::routes(),
        crate::sign_in::routes(),
        crate::welcome::routes(),
        crate::provider::routes(),
        crate::keys::routes(),
        crate::about_you::routes(),
        crate::admin::routes(),
        crate::admin_site::routes(),
        crate::programs::routes(),
        crate::partner_join::routes(),
        crate::second_person::routes(),
        crate::urgent::routes(),
        crate::security::routes(),
        crate::erasures::routes(),
        crate::address::routes(),
        crate::easement::routes(),
        crate::two_homes::routes(),
    ]
    .concat()
}

/// The parts of the service, in the order of the navigation: path and catalogue key. Each is shown to whoever may reach it.
pub(crate) const NAVIGATION: &[(&str, &str)] = &[
    ("/today", "nav-today"),
    ("/front-desk", "nav-front-desk"),
    ("/with-me", "nav-with-me"),
    ("/appointments", "nav-appointments"),
    ("/cases", "nav-cases"),
    ("/find", "nav-find"),
    ("/requests-to-see", "nav-rights"),
    ("/inbox", "nav-inbox"),
    ("/caseload", "nav-caseload"),
    ("/room-for-people", "nav-capacity"),
    ("/steward", "nav-steward"),
    ("/security", "nav-security"),
    ("/admin", "nav-admin"),
];

/// Whether a standing may reach the page at `path`.
pub(crate) fn admits(path: &str, standing: Standing) -> bool {
    all()
        .iter()
        .any(|route| route.path == path && route.access.admits(standing))
}
