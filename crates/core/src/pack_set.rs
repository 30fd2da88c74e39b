//! Every pack together: which one is in force, and what is about to run out.

use jiff::civil::Date;

use super::{Helpline, Pack, PackError, PackStatus, ThresholdId};
use crate::code::Code;
use crate::nation::Nation;

/// No pack of a nation is in force on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("No policy pack for {} is in force on {on}. Nothing was decided. Ask your administrator to add one.", .nation.name())]
pub struct NoPackInForce {
    /// The nation.
    pub nation: Nation,
    /// The day.
    pub on: Date,
}

/// What `config check` says about packs that run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackWarning {
    /// The nation has no pack in force today.
    NoneInForce(Nation),
    /// The pack ends soon and no other follows.
    EndsSoon {
        /// Which pack.
        pack: String,
        /// Its last day.
        on: Date,
    },
    /// Bank holidays are known only up to a day that is near or past.
    BankHolidaysEndSoon {
        /// Which pack.
        pack: String,
        /// The last day for which they are known.
        on: Date,
    },
    /// Helplines that nobody has verified.
    HelplinesNotVerified {
        /// Which pack.
        pack: String,
        /// How many.
        count: usize,
    },
}

/// Every pack that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packs(Vec<Pack>);

impl Packs {
    /// The packs that come with the program.
    pub fn embedded() -> Result<Self, PackError> {
        Self::parse(&[
            include_str!("../packs/england/england-2024.toml"),
            include_str!("../packs/wales/wales-2024.toml"),
            include_str!("../packs/scotland/scotland-2024.toml"),
            include_str!("../packs/northern_ireland/northern_ireland-2024.toml"),
        ])
    }

    /// From the texts of pack files. Errors when one is wrong or two in force overlap.
    pub fn parse(texts: &[&str]) -> Result<Self, PackError> {
        let packs: Vec<Pack> = texts
            .iter()
            .map(|text| Pack::parse(text))
            .collect::<Result<_, _>>()?;
        for (at, a) in packs.iter().enumerate() {
            for b in packs.iter().skip(at + 1) {
                if a.id == b.id && a.version == b.version {
                    return Err(PackError::Twice {
                        pack: a.id.clone(),
                        what: "its own version".to_owned(),
                    });
                }
                let both = a.status == PackStatus::InForce
                    && b.status == PackStatus::InForce
                    && a.nation == b.nation;
                if both && a.valid_from <= b.valid_to && b.valid_from <= a.valid_to {
                    return Err(PackError::Overlap(a.id.clone(), b.id.clone()));
                }
            }
        }
        Ok(Self(packs))
    }

    /// The pack of a nation in force on a day.
    pub fn in_force(&self, nation: Nation, on: Date) -> Result<&Pack, NoPackInForce> {
        self.0
            .iter()
            .find(|pack| pack.nation == nation && pack.is_in_force(on))
            .ok_or(NoPackInForce { nation, on })
    }

    /// The pack a case was decided under.
    pub fn get(&self, id: &str, version: u32) -> Option<&Pack> {
        self.0
            .iter()
            .find(|pack| pack.id == id && pack.version == version)
    }

    /// Every pack.
    pub fn iter(&self) -> impl Iterator<Item = &Pack> {
        self.0.iter()
    }

    /// The helplines of every nation, for somebody of whom nobody knows where they are: first those of some nations alone, each with
    /// those nations and those of `first` before the rest, then those that answer everywhere, with none.
    #[must_use]
    pub fn helplines_everywhere(
        &self,
        first: Option<Nation>,
        on: Date,
    ) -> Vec<(&Helpline, Vec<Nation>)> {
        let mut nations = Nation::ALL.to_vec();
        nations.sort_by_key(|nation| Some(*nation) != first);
        let packs: Vec<&Pack> = nations
            .iter()
            .filter_map(|nation| self.in_force(*nation, on).ok())
            .collect();
        let same = |a: &Helpline, b: &Helpline| (&a.name, &a.contact) == (&b.name, &b.contact);
        let mut found: Vec<(&Helpline, Vec<Nation>)> = Vec::new();
        for pack in &packs {
            for line in pack.helplines() {
                match found.iter_mut().find(|(known, _)| same(known, line)) {
                    Some((_, of)) => of.push(pack.nation()),
                    None => found.push((line, vec![pack.nation()])),
                }
            }
        }
        for (_, of) in &mut found {
            if of.len() == packs.len() {
                of.clear();
            }
        }
        found.sort_by_key(|(_, of)| (of.is_empty(), of.len()));
        found
    }

    /// What is about to run out on a day (180 days ahead in the packs), and what nobody has verified.
    pub fn warnings(&self, today: Date) -> Vec<PackWarning> {
        let mut warnings = Vec::new();
        for nation in Nation::ALL {
            let Ok(pack) = self.in_force(*nation, today) else {
                warnings.push(PackWarning::NoneInForce(*nation));
                continue;
            };
            let ahead = pack
                .threshold(ThresholdId::WarnBeforeEndDays)
                .map_or(0, |days| days.value);
            let limit = today
                .checked_add(jiff::Span::new().days(i64::from(ahead)))
                .unwrap_or(Date::MAX);
            let followed = pack
                .valid_to
                .tomorrow()
                .is_ok_and(|next| self.in_force(*nation, next).is_ok());
            if pack.valid_to <= limit && !followed {
                warnings.push(PackWarning::EndsSoon {
                    pack: pack.id.clone(),
                    on: pack.valid_to,
                });
            }
            if let Some(on) = pack.working_days().horizon().filter(|on| *on <= limit) {
                warnings.push(PackWarning::BankHolidaysEndSoon {
                    pack: pack.id.clone(),
                    on,
                });
            }
            let count = pack
                .helplines
                .iter()
                .filter(|line| line.last_verified.is_none())
                .count();
            if count > 0 {
                warnings.push(PackWarning::HelplinesNotVerified {
                    pack: pack.id.clone(),
                    count,
                });
            }
        }
        warnings
    }
}
