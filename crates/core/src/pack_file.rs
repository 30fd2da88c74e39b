//! Reading a pack from its file and checking that it leaves nothing out.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{
    Helpline, HighRiskRoute, Mark, MoneyRoute, Pack, PackError, PackStatus, Sourced, ThresholdId,
};
use crate::calendar::{Span, Unit, WorkingDays};
use crate::clock::{ClockId, Urgency};
use crate::code::Code;
use crate::nation::Nation;
use crate::need::NeedType;
use crate::notice::Quiet;
use crate::risk::RiskBand;

/// The file as it is written. Unknown keys are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pack_id: String,
    version: u32,
    nation: Nation,
    valid_from: toml::value::Datetime,
    valid_to: toml::value::Datetime,
    status: PackStatus,
    source: String,
    clock: Vec<ClockRow>,
    threshold: Vec<ThresholdRow>,
    high_risk: HighRiskRoute,
    money: Vec<MoneyRoute>,
    helpline: Vec<HelplineRow>,
    bank_holidays: BankHolidays,
    quiet: QuietRow,
    urgency: UrgencyRows,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRow {
    id: ClockId,
    urgency: Option<Urgency>,
    value: u16,
    unit: Unit,
    #[serde(default)]
    inclusive: bool,
    mark: Mark,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdRow {
    id: ThresholdId,
    value: u32,
    mark: Mark,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelplineRow {
    name: String,
    contact: String,
    hours: String,
    mark: Mark,
    last_verified: Option<toml::value::Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BankHolidays {
    source: String,
    mark: Mark,
    complete_to: toml::value::Datetime,
    dates: Vec<toml::value::Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuietRow {
    from: jiff::civil::Time,
    until: jiff::civil::Time,
    collect_minutes: u16,
    mark: Mark,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UrgencyRows {
    by_need: BTreeMap<NeedType, Urgency>,
    at_least_by_risk: BTreeMap<RiskBand, Urgency>,
    immediate_when_high: ImmediateWhenHigh,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImmediateWhenHigh {
    needs: Vec<NeedType>,
    mark: Mark,
}

fn civil(date: toml::value::Datetime, pack: &str, what: &'static str) -> Result<Date, PackError> {
    let not = || PackError::NotADate {
        pack: pack.to_owned(),
        what,
    };
    let toml::value::Datetime {
        date: Some(day),
        time: None,
        offset: None,
    } = date
    else {
        return Err(not());
    };
    let part = |n: u8| i8::try_from(n).map_err(|_| not());
    Date::new(
        i16::try_from(day.year).map_err(|_| not())?,
        part(day.month)?,
        part(day.day)?,
    )
    .map_err(|_| not())
}

impl Pack {
    /// Reads and checks a pack. Errors when a key is unknown, a clock, threshold or urgency is missing or stated twice.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        let file: File =
            toml::from_str(text).map_err(|error| PackError::Unreadable(error.to_string()))?;
        let pack = file.pack_id;
        let missing = |what: String| PackError::Missing {
            pack: pack.clone(),
            what,
        };
        let twice = |what: String| PackError::Twice {
            pack: pack.clone(),
            what,
        };
        let (valid_from, valid_to) = (
            civil(file.valid_from, &pack, "valid_from")?,
            civil(file.valid_to, &pack, "valid_to")?,
        );
        if valid_to < valid_from {
            return Err(PackError::EndsBeforeItBegins(pack));
        }

        let mut clocks = BTreeMap::new();
        for row in file.clock {
            let span = Sourced {
                value: Span {
                    value: row.value,
                    unit: row.unit,
                    inclusive: row.inclusive,
                },
                mark: row.mark,
                source: row.source,
            };
            let urgencies = row
                .urgency
                .as_ref()
                .map_or(Urgency::ALL, std::slice::from_ref);
            for urgency in urgencies {
                if clocks.insert((row.id, *urgency), span.clone()).is_some() {
                    return Err(twice(format!("the clock {} ({urgency})", row.id)));
                }
            }
        }
        for id in ClockId::ALL {
            for urgency in Urgency::ALL {
                if !clocks.contains_key(&(*id, *urgency)) {
                    return Err(missing(format!("how long the clock {id} ({urgency}) runs")));
                }
            }
        }

        let mut thresholds = BTreeMap::new();
        for row in file.threshold {
            let value = Sourced {
                value: row.value,
                mark: row.mark,
                source: row.source,
            };
            if thresholds.insert(row.id, value).is_some() {
                return Err(twice(row.id.to_string()));
            }
        }
        if let Some(id) = ThresholdId::ALL
            .iter()
            .find(|id| !thresholds.contains_key(id))
        {
            return Err(missing(id.to_string()));
        }
        if let Some(need) = NeedType::ALL
            .iter()
            .find(|need| !file.urgency.by_need.contains_key(need))
        {
            return Err(missing(format!("how urgent {need} is")));
        }
        if let Some(band) = RiskBand::ALL
            .iter()
            .find(|band| !file.urgency.at_least_by_risk.contains_key(band))
        {
            return Err(missing(format!(
                "how urgent a risk that is {band} makes things"
            )));
        }
        if file.helpline.is_empty() {
            return Err(missing("any helpline".to_owned()));
        }

        let days: Vec<Date> = file
            .bank_holidays
            .dates
            .into_iter()
            .map(|date| civil(date, &pack, "a bank holiday"))
            .collect::<Result<_, _>>()?;
        let horizon = civil(file.bank_holidays.complete_to, &pack, "complete_to")?;
        let helplines = file
            .helpline
            .into_iter()
            .map(|row| {
                let last_verified = row
                    .last_verified
                    .map(|date| civil(date, &pack, "last_verified"))
                    .transpose()?;
                Ok(Helpline {
                    name: row.name,
                    contact: row.contact,
                    hours: row.hours,
                    mark: row.mark,
                    last_verified,
                })
            })
            .collect::<Result<_, _>>()?;
        let immediate = file.urgency.immediate_when_high;
        Ok(Self {
            version: file.version,
            nation: file.nation,
            valid_from,
            valid_to,
            status: file.status,
            source: file.source,
            clocks,
            thresholds,
            high_risk: file.high_risk,
            money: file.money,
            helplines,
            working_days: Sourced {
                value: WorkingDays::new(days, horizon),
                mark: file.bank_holidays.mark,
                source: file.bank_holidays.source,
            },
            quiet: Sourced {
                value: Quiet {
                    from: file.quiet.from,
                    until: file.quiet.until,
                    collect_minutes: file.quiet.collect_minutes,
                },
                mark: file.quiet.mark,
                source: "pack".to_owned(),
            },
            by_need: file.urgency.by_need,
            by_risk: file.urgency.at_least_by_risk,
            immediate_when_high: Sourced {
                value: immediate.needs,
                mark: immediate.mark,
                source: "pack".to_owned(),
            },
            id: pack,
        })
    }
}
