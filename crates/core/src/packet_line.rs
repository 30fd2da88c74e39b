//! One line of a packet, as it is agreed or struck out by itself (NE-10): an item, and for needs which need.
//!
//! Immigration is no such line: it never goes along with a request for something else. It leaves in one way only, as the very
//! thing that help is asked for, with a confirmation of its own. Anything more would need a release with two approvals (NE-11),
//! which does not exist here, so it does not leave.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::{Code as _, UnknownCode};
use crate::consent::PacketItem;
use crate::need::NeedType;

/// A line. Spelt as the item, or as the item, a full stop and the need: `chosen_name`, `needs.debt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PacketLine {
    item: PacketItem,
    need: Option<NeedType>,
}

impl PacketLine {
    /// The line for one need. `None` where the item does not hold needs, and for immigration (NE-11).
    pub fn of_need(item: PacketItem, need: NeedType) -> Option<Self> {
        (item.is_needs() && !need.leaves_only_by_itself()).then_some(Self {
            item,
            need: Some(need),
        })
    }

    /// The item.
    pub const fn item(self) -> PacketItem {
        self.item
    }

    /// Which need it is, where the item holds needs.
    pub const fn need(self) -> Option<NeedType> {
        self.need
    }

    /// Whether it means every need at once. So it was recorded before each need was a line; nothing is shared by it any more.
    pub const fn is_every_need(self) -> bool {
        self.item.is_needs() && self.need.is_none()
    }

    /// Whether it has a tick before anybody has struck anything out. Needs other than the one that help is asked for have none,
    /// nor has the name on documents: they go only where somebody asks for them.
    pub const fn starts_ticked(self) -> bool {
        !self.item.is_needs() && !matches!(self.item, PacketItem::LegalName)
    }

    /// Every line that can be agreed, in the order they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        PacketItem::ALL.iter().flat_map(|item| {
            let whole = (!item.is_needs()).then_some(Self::from(*item));
            let needs = NeedType::ALL
                .iter()
                .filter_map(|need| Self::of_need(*item, *need));
            whole.into_iter().chain(needs)
        })
    }
}

impl From<PacketItem> for PacketLine {
    fn from(item: PacketItem) -> Self {
        Self { item, need: None }
    }
}

impl fmt::Display for PacketLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.need {
            Some(need) => write!(f, "{}.{need}", self.item),
            None => write!(f, "{}", self.item),
        }
    }
}

impl FromStr for PacketLine {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let Some((item, need)) = text.split_once('.') else {
            return PacketItem::from_code(text).map(Self::from);
        };
        Self::of_need(PacketItem::from_code(item)?, NeedType::from_code(need)?)
            .ok_or(UnknownCode { list: "PacketLine" })
    }
}

impl TryFrom<String> for PacketLine {
    type Error = UnknownCode;

    fn try_from(text: String) -> Result<Self, UnknownCode> {
        text.parse()
    }
}

impl From<PacketLine> for String {
    fn from(line: PacketLine) -> Self {
        line.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_reads_back_as_it_is_spelt() {
        let all: Vec<PacketLine> = PacketLine::all().collect();
        // Thirteen items without needs, and two with every need but immigration.
        assert_eq!(all.len(), 13 + 2 * (NeedType::ALL.len() - 1));
        for line in all {
            assert_eq!(line.to_string().parse(), Ok(line));
            assert!(!line.is_every_need());
        }
        assert!("chosen_name.debt".parse::<PacketLine>().is_err());
        assert!("needs.".parse::<PacketLine>().is_err());
    }

    #[test]
    fn immigration_cannot_even_be_spelt_as_a_line() {
        for item in PacketItem::ALL {
            assert_eq!(PacketLine::of_need(*item, NeedType::Immigration), None);
            assert!(format!("{item}.immigration").parse::<PacketLine>().is_err());
        }
        assert!(PacketLine::all().all(|line| !line.to_string().contains("immigration")));
    }

    #[test]
    fn no_need_starts_with_a_tick() {
        for line in PacketLine::all() {
            let asked_for = line.item().is_needs() || line.item() == PacketItem::LegalName;
            assert_eq!(line.starts_ticked(), !asked_for, "{line}");
        }
    }

    #[test]
    fn a_line_is_kept_as_it_is_spelt() {
        let line = PacketLine::of_need(PacketItem::Needs, NeedType::Debt).unwrap();
        assert_eq!(
            (line.item(), line.need()),
            (PacketItem::Needs, Some(NeedType::Debt))
        );
        assert_eq!(serde_json::to_string(&line).unwrap(), "\"needs.debt\"");
        let read: PacketLine = serde_json::from_str("\"needs.debt\"").unwrap();
        assert_eq!(read, line);
        let whole = PacketLine::from(PacketItem::ChildrenNeeds);
        assert!(whole.is_every_need() && whole.need().is_none());
        assert!(!PacketLine::from(PacketItem::Risk).is_every_need());
    }
}
