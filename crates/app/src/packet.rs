//! What a service sees of a person: line by line, each agreed, each able to be struck out. Numbers and addresses are never in
//! it: they are looked up, through the gate, only after a named human accepted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use throughline_core::clock::Urgency;
use throughline_core::code::Code as _;
use throughline_core::consent::{self, HowAgreed, PacketItem, SharePurpose};
use throughline_core::need::NeedType;
use throughline_core::people::{Age, AgeBand};
use throughline_policy::Permit;
use throughline_policy::action::CaseRead;
use throughline_store::Work;

use crate::Result;

/// One line.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Line {
    /// What kind of thing it says.
    pub item: PacketItem,
    /// Values from code lists, shown with the catalogue's words.
    pub codes: Vec<String>,
    /// The person's own values and words.
    pub words: Vec<String>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({})", self.item)
    }
}

/// The packet as the service reads it. Sealed with the referral: what was agreed then is what is read later.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Packet {
    /// The need it is about.
    pub need: NeedType,
    /// How urgent it is.
    pub urgency: Urgency,
    /// What sharing is for.
    pub purpose: SharePurpose,
    /// How the person agreed.
    pub how: HowAgreed,
    /// The lines, in the order they are shown.
    pub lines: Vec<Line>,
}

impl Packet {
    /// The packet that the agreed items and the lines not struck out leave of everything known.
    pub fn of(
        agreed: &consent::Packet,
        how: HowAgreed,
        need: NeedType,
        urgency: Urgency,
        known: &[Line],
    ) -> Self {
        let lines = agreed.items().filter_map(|item| {
            let line = known.iter().find(|line| line.item == item)?;
            let mut line = line.clone();
            if item == PacketItem::Statement {
                let kept = agreed.statement(&line.words.join("\n"))?;
                line.words = kept.lines().map(str::to_owned).collect();
            }
            Some(line)
        });
        Self {
            need,
            urgency,
            purpose: agreed.purpose(),
            how,
            lines: lines.collect(),
        }
    }

    /// Whether a line of this kind was agreed.
    pub fn holds(&self, item: PacketItem) -> bool {
        self.lines.iter().any(|line| line.item == item)
    }
}

/// Everything that could be shared in a referral for one need: the lines a worker shows and the person strikes out.
/// What is not known makes no line.
pub async fn known(
    w: &mut Work<'_>,
    permit: &Permit<CaseRead>,
    urgency: Urgency,
) -> Result<Vec<Line>> {
    let case = w.case_read(permit).await?;
    let today = w.now().london_date();
    let mut lines = Vec::new();
    let mut line = |item, codes: Vec<String>, words: Vec<String>| {
        if !codes.is_empty() || !words.is_empty() {
            lines.push(Line { item, codes, words });
        }
    };
    let sheet = &case.sheet;
    line(PacketItem::ChosenName, vec![], vec![sheet.chosen.clone()]);
    let legal = [&sheet.given, &sheet.family];
    if legal.iter().any(|part| part.is_some()) {
        let name: Vec<&str> = legal.into_iter().flatten().map(String::as_str).collect();
        line(PacketItem::LegalName, vec![], vec![name.join(" ")]);
    }
    line(
        PacketItem::AgeBand,
        age_band(sheet.born.as_deref(), sheet.age_band.as_deref(), today)
            .map(|band| band.code().to_owned())
            .into_iter()
            .collect(),
        vec![],
    );
    let contacts = w.contacts(permit).await?;
    if contacts
        .all
        .iter()
        .any(|contact| contact.ended_at.is_none() && contact.point.is_a_way())
    {
        line(
            PacketItem::ContactRules,
            vec!["after_acceptance".to_owned()],
            vec![],
        );
        line(
            PacketItem::ContactDetails,
            vec!["after_acceptance".to_owned()],
            vec![],
        );
    }
    let needs = w.needs(permit).await?;
    line(
        PacketItem::Needs,
        needs
            .iter()
            .filter(|need| !need.state.is_settled())
            .map(|need| need.kind.code().to_owned())
            .collect(),
        vec![],
    );
    line(PacketItem::Urgency, vec![urgency.code().to_owned()], vec![]);
    line(PacketItem::Risk, vec![case.risk.code().to_owned()], vec![]);
    if let Some(statement) = w.statement_latest(permit).await? {
        let words = statement.words.lines().map(str::to_owned).collect();
        line(PacketItem::Statement, vec![], words);
    }
    let children = w.children(permit).await?;
    line(
        PacketItem::Children,
        children
            .iter()
            .map(|child| {
                age_band(
                    child.sheet.born.as_deref(),
                    child.sheet.age_band.as_deref(),
                    today,
                )
                .unwrap_or(AgeBand::NotKnown)
                .code()
                .to_owned()
            })
            .collect(),
        vec![],
    );
    let mut own = BTreeSet::new();
    for child in &children {
        // A child whose own case somebody else leads by now is theirs to share.
        let facts = w.case_facts(child.reference).await?;
        if let Ok(permit) = w.permit_found::<CaseRead>(facts) {
            let needs = w.needs(&permit).await?;
            own.extend(
                needs
                    .iter()
                    .filter(|need| !need.state.is_settled())
                    .map(|need| need.kind),
            );
        }
    }
    line(
        PacketItem::ChildrenNeeds,
        own.into_iter().map(|kind| kind.code().to_owned()).collect(),
        vec![],
    );
    line(
        PacketItem::Language,
        vec![],
        sheet.language.iter().cloned().collect(),
    );
    line(PacketItem::AccessNeeds, sheet.access.clone(), vec![]);
    Ok(lines)
}

/// The age band from a date of birth or a band: the date itself is never in a packet.
fn age_band(born: Option<&str>, band: Option<&str>, today: jiff::civil::Date) -> Option<AgeBand> {
    let born: Option<jiff::civil::Date> = born.and_then(|born| born.parse().ok());
    let Some(born) = born else {
        return band.and_then(|band| AgeBand::from_code(band).ok());
    };
    let age = Age::Born(born);
    let bands = [
        (16, AgeBand::Under16),
        (18, AgeBand::From16To17),
        (25, AgeBand::From18To24),
        (60, AgeBand::From25To59),
    ];
    age.is_under(u8::MAX, today)?;
    let under = bands
        .into_iter()
        .find(|(years, _)| age.is_under(*years, today) == Some(true));
    Some(under.map_or(AgeBand::Over60, |(_, band)| band))
}

/// The items of some lines: what is ticked when nothing has been struck out yet. The name on documents is not among them:
/// it is shared only when someone asks for it.
pub fn offered(lines: &[Line]) -> BTreeSet<PacketItem> {
    lines
        .iter()
        .map(|line| line.item)
        .filter(|item| *item != PacketItem::LegalName)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_band_is_told_from_a_birthday_to_the_day() {
        let today = "2026-11-23".parse().unwrap();
        for (born, band) in [
            ("2010-11-24", AgeBand::Under16),
            ("2010-11-23", AgeBand::From16To17),
            ("2008-11-23", AgeBand::From18To24),
            ("2001-11-23", AgeBand::From25To59),
            ("1966-11-23", AgeBand::Over60),
        ] {
            assert_eq!(age_band(Some(born), None, today), Some(band), "{born}");
        }
        assert_eq!(age_band(Some("2030-01-01"), None, today), None);
        assert_eq!(
            age_band(None, Some("60_and_over"), today),
            Some(AgeBand::Over60)
        );
        assert_eq!(age_band(None, None, today), None);
    }
}
