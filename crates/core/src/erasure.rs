//! Erasing a person, and what stands before it (SPEC R-IG-11; ASSURANCE 6.4; UK GDPR Articles 17 and 19).

use crate::time::At;

/// How long a backup may be kept, in days: for so long after an erasure an older backup may still open what was erased
/// (ASSURANCE 6.4: say it in the privacy notice).
pub const BACKUP_DAYS: i64 = 30;

crate::code_list! {
    /// Why a record is erased.
    pub enum Ground {
        /// The person asked, and no duty to keep stands against it.
        AskedByPerson = "asked_by_person",
        /// The organisation's own period has run out.
        PeriodOver = "period_over",
        /// It should never have been kept: the wrong person, no basis.
        NeverRight = "never_right",
        /// It was erased before, and a backup that was put back had brought it again. Never chosen by anybody.
        PutBack = "put_back",
    }
}

crate::code_list! {
    /// Why a record must be kept whatever else is asked (SPEC R-IG-11).
    pub enum HoldKind {
        /// A review of a death (DARDR, DHR, child safeguarding practice review).
        DeathReview = "death_review",
        /// A case before a court, or one that is to be expected.
        Litigation = "litigation",
        /// A complaint that is not settled.
        Complaint = "complaint",
        /// A public inquiry or a police investigation.
        Inquiry = "inquiry",
    }
}

crate::code_list! {
    /// Where an erasure stands.
    pub enum ErasureState {
        /// Asked for; a second person decides.
        Asked = "asked",
        /// Taken back by who asked, or refused by the second person.
        Refused = "refused",
        /// Done: nothing is left that could be opened.
        Done = "done",
    }
}

crate::code_list! {
    /// What stands before an erasure.
    pub enum Stands {
        /// The case is open: somebody still counts on it.
        OpenCase = "open_case",
        /// A service still has a request.
        LiveReferral = "live_referral",
        /// A legal hold.
        Hold = "hold",
        /// Somebody asked to see what is held and has no answer yet: it would be destroyed before they see it.
        OpenRequest = "open_request",
    }
}

/// What is known of a person's record when somebody would erase it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// Cases that are not closed.
    pub open_cases: u64,
    /// Requests that a service still has.
    pub live_referrals: u64,
    /// Holds that nobody has lifted.
    pub holds: u64,
    /// Requests to see what is held that have not ended.
    pub open_requests: u64,
}

/// What stands before erasing; empty when nothing does. Erasing is the one thing that cannot be undone, so it is asked when
/// somebody asks for it and again when the second person decides.
pub fn stands_before(known: &Standing) -> Vec<Stands> {
    [
        (known.holds, Stands::Hold),
        (known.open_cases, Stands::OpenCase),
        (known.live_referrals, Stands::LiveReferral),
        (known.open_requests, Stands::OpenRequest),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(_, stands)| stands)
    .collect()
}

/// The day from which no backup may hold what was erased at `at`, if backups are kept no longer than [`BACKUP_DAYS`].
pub fn backups_gone_by(at: At) -> At {
    at.plus_hours(BACKUP_DAYS * 24)
}

/// Whether this is an hour in which a database may be rewritten from end to end: from two to five, in London.
pub fn is_quiet(now: At) -> bool {
    (2..5).contains(&now.london().hour())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code as _;

    #[test]
    fn each_thing_stands_before_erasing_on_its_own_and_nothing_else_does() {
        assert!(stands_before(&Standing::default()).is_empty());
        for (known, alone) in [
            (
                Standing {
                    holds: 1,
                    ..Standing::default()
                },
                Stands::Hold,
            ),
            (
                Standing {
                    open_cases: 1,
                    ..Standing::default()
                },
                Stands::OpenCase,
            ),
            (
                Standing {
                    live_referrals: 2,
                    ..Standing::default()
                },
                Stands::LiveReferral,
            ),
            (
                Standing {
                    open_requests: 1,
                    ..Standing::default()
                },
                Stands::OpenRequest,
            ),
        ] {
            assert_eq!(stands_before(&known), [alone]);
        }
        let all = Standing {
            holds: 1,
            open_cases: 1,
            live_referrals: 1,
            open_requests: 1,
        };
        assert_eq!(stands_before(&all).len(), Stands::ALL.len());
    }

    #[test]
    fn the_quiet_hours_are_those_of_london_in_summer_too() {
        for (at, quiet) in [
            ("2026-01-10T01:59:59Z", false),
            ("2026-01-10T02:00:00Z", true),
            ("2026-01-10T04:59:59Z", true),
            ("2026-01-10T05:00:00Z", false),
            ("2026-07-10T01:00:00Z", true),
            ("2026-07-10T04:00:00Z", false),
        ] {
            assert_eq!(is_quiet(At::parse(at).unwrap()), quiet, "{at}");
        }
    }

    #[test]
    fn no_backup_holds_what_was_erased_thirty_days_ago() {
        let erased = At::parse("2026-01-10T12:00:00Z").unwrap();
        assert_eq!(
            backups_gone_by(erased),
            At::parse("2026-02-09T12:00:00Z").unwrap()
        );
    }
}
