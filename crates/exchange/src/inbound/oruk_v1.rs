//! Open Referral UK 1 (2021): the names it uses where version 3 has others.
//!
//! The rest is the same, so that [`oruk_v3`](super::oruk_v3) reads both. Reviews are not read: they are people's words about
//! people.

/// Version 1 name, version 3 name.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("regular_schedules", "schedules"),
    ("regular_schedule", "schedules"),
    ("holiday_schedules", "holidays"),
    ("holiday_schedule", "holidays"),
    ("holiday_schedule_collection", "holidays"),
    ("fundings", "funding"),
    ("physical_addresses", "addresses"),
    ("physical_address", "addresses"),
    ("service_taxonomys", "attributes"),
    ("service_taxonomies", "attributes"),
    ("eligibilitys", "eligibilities"),
    ("accessibility_for_disabilities", "accessibility"),
    ("fees", "fees_description"),
];
