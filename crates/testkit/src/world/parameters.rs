//! The shares that the demo world is made with, read from `data/demo_parameters.json`: each is marked there as evidence, with
//! its source, or as assumption. None of them is a statistic about anywhere.

use serde_json::Value;
use throughline_core::code::Code as _;
use throughline_core::need::NeedType;

const FILE: &str = include_str!("../../data/demo_parameters.json");

/// The shares.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    /// How often each need is told at first contact, 0 to 1.
    pub(super) needs: Vec<(NeedType, f64)>,
    /// How many have children, 0 to 1.
    pub(super) have_children: f64,
    /// How many referrals to refuges do not succeed, 0 to 1.
    pub(super) refuge_unsuccessful: f64,
    /// Hours until half of all referrals are answered.
    pub(super) median_hours: i64,
    /// Hours until nine in ten are.
    pub(super) p90_hours: i64,
}

impl Parameters {
    /// The shares of the file inside the program.
    pub(super) fn built_in() -> Self {
        let file: Value = serde_json::from_str(FILE).unwrap_or_default();
        let share = |path: &str| {
            file.pointer(path)
                .and_then(Value::as_f64)
                .unwrap_or_default()
        };
        let hours = |path: &str| {
            file.pointer(path)
                .and_then(Value::as_i64)
                .unwrap_or_default()
        };
        let needs = file
            .pointer("/need_mix_at_first_contact/value")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(code, share)| Some((NeedType::from_code(code).ok()?, share.as_f64()?)))
            .collect();
        Self {
            needs,
            have_children: share("/children/value/have_children"),
            refuge_unsuccessful: share("/refuge_referrals/value/unsuccessful"),
            median_hours: hours("/referral_time_hours/value/median_to_specialist_contact"),
            p90_hours: hours("/referral_time_hours/value/p90"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_is_in_the_file() {
        let read = Parameters::built_in();
        assert_eq!(read.needs.len(), 14);
        assert!(
            read.needs
                .iter()
                .all(|(_, share)| (0.0..=1.0).contains(share) && *share > 0.0)
        );
        assert!(
            (read.have_children - 0.6).abs() < 1e-9
                && (read.refuge_unsuccessful - 0.6).abs() < 1e-9
        );
        assert_eq!((read.median_hours, read.p90_hours), (26, 120));
    }
}
