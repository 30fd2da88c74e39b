//! Bed, money, essentials: answered or put off, never silently skipped (SPEC 4.3 SM-RESPONSE, R-UC-06).

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::clock::ClockId;
use crate::need::NeedType;
use crate::reason::Reason;
use crate::task::{Owner, TaskKind};
use crate::time::At;

crate::code_list! {
    /// An immediate need.
    pub enum ImmediateKind {
        /// A bed tonight.
        Bed = "bed",
        /// Money today.
        Money = "money",
        /// Food, clothes, a phone, heat, medicine.
        Essentials = "essentials",
    }
}

impl ImmediateKind {
    /// Plain English, to fit "Say what happened about …".
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Bed => "a bed tonight",
            Self::Money => "money today",
            Self::Essentials => "food and essentials",
        }
    }

    /// The need it belongs to.
    pub const fn need(self) -> NeedType {
        match self {
            Self::Bed => NeedType::SafeAccommodation,
            Self::Money => NeedType::MoneyToday,
            Self::Essentials => NeedType::FoodAndEssentials,
        }
    }
}

crate::code_list! {
    /// The code of an answer, for a column or an API.
    pub enum ImmediateCode {
        /// Given.
        Given = "given",
        /// Not needed.
        NotNeeded = "not_needed",
        /// The person said no.
        Declined = "declined",
        /// Could not be had.
        Unavailable = "unavailable",
        /// Put off until a time.
        PutOff = "put_off",
    }
}

/// What happened about an immediate need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImmediateAnswer {
    /// Given.
    Given,
    /// Not needed.
    NotNeeded,
    /// The person said no.
    Declined,
    /// Could not be had. It is tried again, by the lead.
    Unavailable,
    /// Put off.
    PutOff {
        /// Until when.
        until: At,
        /// Why.
        reason: Reason,
    },
}

/// What an answer leaves to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImmediateDuty {
    /// Whose turn it is.
    pub owner: Owner,
    /// What to do.
    pub task: TaskKind,
    /// By when.
    pub due: ImmediateDue,
}

/// When an immediate need is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImmediateDue {
    /// When this clock of the pack runs out.
    Clock(ClockId),
    /// At the time that was agreed.
    At(At),
}

impl ImmediateAnswer {
    /// Its code.
    pub const fn code(&self) -> ImmediateCode {
        match self {
            Self::Given => ImmediateCode::Given,
            Self::NotNeeded => ImmediateCode::NotNeeded,
            Self::Declined => ImmediateCode::Declined,
            Self::Unavailable => ImmediateCode::Unavailable,
            Self::PutOff { .. } => ImmediateCode::PutOff,
        }
    }

    /// What it leaves to be done; `None` when it is settled.
    pub const fn duty(&self) -> Option<ImmediateDuty> {
        let (owner, due) = match self {
            Self::Given | Self::NotNeeded | Self::Declined => return None,
            // The worker has tried: it goes one step up.
            Self::Unavailable => (Owner::Lead, ImmediateDue::Clock(ClockId::ImmediateRetry)),
            Self::PutOff { until, .. } => (Owner::CaseWorker, ImmediateDue::At(*until)),
        };
        Some(ImmediateDuty {
            owner,
            task: TaskKind::RetryImmediate,
            due,
        })
    }
}

/// Why money must not go into an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Do not pay into this account. It must be theirs alone. Agree another way: a new account, a voucher or cash."
)]
pub struct NotTheirsAlone;

/// Whether money may be paid into an account, from the answer to "is the account only theirs?" (R-UC-06). Only a plain yes
/// will do.
pub const fn may_pay_into(only_theirs: Answer) -> Result<(), NotTheirsAlone> {
    if only_theirs.is_yes() {
        Ok(())
    } else {
        Err(NotTheirsAlone)
    }
}

crate::code_list! {
    /// How money was given.
    pub enum MoneyWay {
        /// Into an account.
        Account = "account",
        /// In hand, by voucher or another way.
        Hand = "hand",
    }
}

/// What was said of money that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MoneyGiven {
    /// How; `None`: not said.
    pub way: Option<MoneyWay>,
    /// Whether the account is theirs alone; `None`: not asked.
    pub only_theirs: Option<Answer>,
}

/// What an answer about money leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyOpen {
    /// It was given, and nobody said how.
    #[error("Say how the money was given.")]
    Way,
    /// It went into an account that is not plainly theirs alone.
    #[error("{NotTheirsAlone}")]
    NotTheirsAlone,
}

/// What an answer about money leaves open (R-UC-06); `None`: nothing. Only money that was given can have gone astray.
pub const fn money_open(answer: ImmediateCode, given: MoneyGiven) -> Option<MoneyOpen> {
    match (answer, given.way, given.only_theirs) {
        (ImmediateCode::Given, None, _) => Some(MoneyOpen::Way),
        (ImmediateCode::Given, Some(MoneyWay::Account), Some(Answer::Yes)) => None,
        (ImmediateCode::Given, Some(MoneyWay::Account), _) => Some(MoneyOpen::NotTheirsAlone),
        _ => None,
    }
}

impl ImmediateCode {
    /// The answer that is whole with its code alone, as it is where there is no case; `None`: what is put off needs a time and a
    /// reason, which only a case keeps.
    pub const fn alone(self) -> Option<ImmediateAnswer> {
        match self {
            Self::Given => Some(ImmediateAnswer::Given),
            Self::NotNeeded => Some(ImmediateAnswer::NotNeeded),
            Self::Declined => Some(ImmediateAnswer::Declined),
            Self::Unavailable => Some(ImmediateAnswer::Unavailable),
            Self::PutOff => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    #[test]
    fn money_goes_only_into_an_account_that_is_plainly_theirs_alone() {
        for answer in Answer::ALL {
            assert_eq!(
                may_pay_into(*answer).is_ok(),
                *answer == Answer::Yes,
                "{answer}"
            );
        }
    }

    #[test]
    fn money_that_was_given_says_how_and_into_whose_account() {
        let ways = [None, Some(MoneyWay::Hand), Some(MoneyWay::Account)];
        let answers = || Answer::ALL.iter().map(|answer| Some(*answer)).chain([None]);
        for code in ImmediateCode::ALL {
            for way in ways {
                for only_theirs in answers() {
                    let open = money_open(*code, MoneyGiven { way, only_theirs });
                    let sole = only_theirs.is_some_and(|answer| may_pay_into(answer).is_ok());
                    let expected = match (code, way) {
                        (ImmediateCode::Given, None) => Some(MoneyOpen::Way),
                        (ImmediateCode::Given, Some(MoneyWay::Account)) if !sole => {
                            Some(MoneyOpen::NotTheirsAlone)
                        }
                        _ => None,
                    };
                    assert_eq!(open, expected, "{code} {way:?} {only_theirs:?}");
                }
            }
        }
    }

    #[test]
    fn what_could_not_be_had_or_was_put_off_has_an_owner_and_a_time() {
        let until = At::parse("2026-01-14T17:00:00Z").unwrap();
        let put_off = ImmediateAnswer::PutOff {
            until,
            reason: Reason::new("waiting for a call back").unwrap(),
        };
        assert_eq!(
            put_off.duty().map(|duty| duty.due),
            Some(ImmediateDue::At(until))
        );
        assert_eq!(
            ImmediateAnswer::Unavailable.duty().map(|duty| duty.owner),
            Some(Owner::Lead)
        );
        for settled in [
            ImmediateAnswer::Given,
            ImmediateAnswer::NotNeeded,
            ImmediateAnswer::Declined,
        ] {
            assert_eq!(settled.duty(), None);
        }
    }

    #[test]
    fn every_code_is_some_answers_code() {
        assert_eq!(ImmediateCode::ALL.len(), 5);
        assert_eq!(ImmediateAnswer::Declined.code(), ImmediateCode::Declined);
    }

    #[test]
    fn where_there_is_no_case_every_answer_is_whole_with_its_code_but_what_is_put_off() {
        for code in ImmediateCode::ALL {
            let alone = code.alone().map(|answer| answer.code());
            let expected = (*code != ImmediateCode::PutOff).then_some(*code);
            assert_eq!(alone, expected, "{code}");
        }
    }

    #[test]
    fn each_kind_reads_as_what_it_is() {
        let plain: Vec<&str> = ImmediateKind::ALL.iter().map(|kind| kind.plain()).collect();
        assert_eq!(
            plain,
            ["a bed tonight", "money today", "food and essentials"]
        );
    }
}
