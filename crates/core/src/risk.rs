//! Risk as a human judged it. There is no score here and no label that reassures (SPEC 3.16 R-IG-10, NE-09).

use crate::id::AccountId;
use crate::reason::Reason;

crate::code_list! {
    /// The band of a risk (SPEC 4.2 `risk_band`; local bands). It has no order of its own: see [`RiskBand::severity`].
    pub enum RiskBand {
        /// Standard. It never means "safe".
        Standard = "standard",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// Nobody has judged it yet. It runs on the clock of high.
        NotAssessed = "not_assessed",
    }
}

impl RiskBand {
    /// How it is treated, for clocks and for "who may see this first": 1 standard, 2 medium, 3 high and not assessed.
    pub const fn severity(self) -> u8 {
        match self {
            Self::Standard => 1,
            Self::Medium => 2,
            Self::High | Self::NotAssessed => 3,
        }
    }

    /// What the screen says. Never a word that reassures.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Standard => "Risk judged as standard",
            Self::Medium => "Risk judged as medium",
            Self::High => "Risk judged as high",
            Self::NotAssessed => "Risk not judged yet: treated as high",
        }
    }
}

/// Who judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// The person themselves: they know the danger best. They may raise.
    Person,
    /// A checklist with a score. It may raise, never lower (NE-09).
    Instrument,
    /// A member of staff who is not a practitioner in this field.
    Worker(AccountId),
    /// A named practitioner, for example the domestic abuse lead.
    Practitioner(AccountId),
}

/// One judgement of risk. Judgements are only ever added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskJudgement {
    /// The band.
    pub band: RiskBand,
    /// Why.
    pub reason: Reason,
    /// Who judged.
    pub judge: Judge,
}

/// Why a judgement may not take the place of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RiskRefused {
    /// Only a named practitioner may lower it.
    #[error(
        "The risk was not changed. Only a named practitioner can lower it. Ask your lead to look at it."
    )]
    OnlyAPractitionerLowers,
    /// A judgement cannot be taken back to "not assessed".
    #[error("The risk was not changed. A judgement stays on the record; record a new one instead.")]
    CannotUnjudge,
    /// A checklist on its own cannot say that a risk nobody judged is less than high.
    #[error("The risk was not changed. A person must judge it, not a score.")]
    AScoreCannotLower,
}

/// Whether `proposed` may take the place of `current` (`None`: nothing recorded yet). Anyone and anything may raise; only a
/// named practitioner with a reason may lower (standing rule 5, NE-09); a first judgement below high needs a human.
pub fn may_replace(current: Option<RiskBand>, proposed: &RiskJudgement) -> Result<(), RiskRefused> {
    let was = current.unwrap_or(RiskBand::NotAssessed);
    if proposed.band == RiskBand::NotAssessed {
        return if was == RiskBand::NotAssessed {
            Ok(())
        } else {
            Err(RiskRefused::CannotUnjudge)
        };
    }
    if proposed.band.severity() >= was.severity() {
        return Ok(());
    }
    match (proposed.judge, was) {
        (Judge::Practitioner(_), _) | (Judge::Worker(_), RiskBand::NotAssessed) => Ok(()),
        (Judge::Instrument, _) => Err(RiskRefused::AScoreCannotLower),
        _ => Err(RiskRefused::OnlyAPractitionerLowers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    fn judged(band: RiskBand, judge: Judge) -> RiskJudgement {
        RiskJudgement {
            band,
            reason: Reason::new("what they told me").unwrap(),
            judge,
        }
    }

    fn someone() -> AccountId {
        AccountId::from_uuid(uuid::Uuid::from_u128(1))
    }

    fn judges() -> [Judge; 4] {
        [
            Judge::Person,
            Judge::Instrument,
            Judge::Worker(someone()),
            Judge::Practitioner(someone()),
        ]
    }

    #[test]
    fn anyone_and_anything_may_raise() {
        for judge in judges() {
            assert_eq!(
                may_replace(Some(RiskBand::Standard), &judged(RiskBand::High, judge)),
                Ok(())
            );
            assert_eq!(may_replace(None, &judged(RiskBand::High, judge)), Ok(()));
        }
    }

    #[test]
    fn only_a_named_practitioner_lowers_a_judgement() {
        for judge in judges() {
            let lowered =
                may_replace(Some(RiskBand::High), &judged(RiskBand::Medium, judge)).is_ok();
            assert_eq!(
                lowered,
                matches!(judge, Judge::Practitioner(_)),
                "{judge:?}"
            );
        }
    }

    #[test]
    fn a_score_never_lowers_from_any_band() {
        for was in RiskBand::ALL {
            for band in RiskBand::ALL {
                let ok = may_replace(Some(*was), &judged(*band, Judge::Instrument)).is_ok();
                assert!(!ok || band.severity() >= was.severity(), "{was} to {band}");
            }
        }
    }

    #[test]
    fn a_judgement_is_never_taken_back_to_not_assessed() {
        for was in [RiskBand::Standard, RiskBand::Medium, RiskBand::High] {
            for judge in judges() {
                assert_eq!(
                    may_replace(Some(was), &judged(RiskBand::NotAssessed, judge)),
                    Err(RiskRefused::CannotUnjudge)
                );
            }
        }
    }

    #[test]
    fn not_assessed_runs_on_the_clock_of_high_and_no_label_reassures() {
        assert_eq!(RiskBand::NotAssessed.severity(), RiskBand::High.severity());
        assert_eq!(
            crate::clock::clock_band(RiskBand::NotAssessed),
            RiskBand::High
        );
        for band in RiskBand::ALL {
            let plain = band.plain().to_lowercase();
            assert!(
                !["safe", "low", "no risk", "fine", "ok"]
                    .iter()
                    .any(|word| plain.split(' ').any(|w| w == *word)),
                "{plain}"
            );
        }
    }

    #[test]
    fn each_band_is_told_by_its_own_word_and_weighs_as_much_as_it_is_dangerous() {
        for (band, word, severity) in [
            (RiskBand::Standard, "standard", 1),
            (RiskBand::Medium, "medium", 2),
            (RiskBand::High, "as high", 3),
            (RiskBand::NotAssessed, "not judged", 3),
        ] {
            assert!(band.plain().contains(word), "{band}");
            assert_eq!(band.severity(), severity, "{band}");
        }
    }

    #[test]
    fn a_worker_may_judge_first_and_never_lower_what_somebody_judged() {
        let worker = Judge::Worker(someone());
        for was in [None, Some(RiskBand::NotAssessed)] {
            for band in [RiskBand::Standard, RiskBand::Medium] {
                assert_eq!(may_replace(was, &judged(band, worker)), Ok(()));
                let person = may_replace(was, &judged(band, Judge::Person));
                assert_eq!(person, Err(RiskRefused::OnlyAPractitionerLowers));
                let score = may_replace(was, &judged(band, Judge::Instrument));
                assert_eq!(score, Err(RiskRefused::AScoreCannotLower));
            }
            let none_yet = judged(RiskBand::NotAssessed, worker);
            assert_eq!(may_replace(was, &none_yet), Ok(()));
        }
    }
}
