//! What a service sees of a person: line by line, each agreed, each able to be struck out. Numbers and addresses are never in
//! it: they are looked up, through the gate, only after a named human accepted.
//!
//! Three things are always told, because nobody can answer without them: what help is asked for, whether the person agreed, and,
//! beside the packet, by when an answer is due. All else is a line. What was struck out is not told in any other way either: how
//! urgent it is and how they agreed would tell of a risk or of an interpreter, so they are not here.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use throughline_core::clock::Urgency;
use throughline_core::code::Code as _;
use throughline_core::consent::{self, HowAgreed, PacketItem, SharePurpose, without_lines};
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
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

impl Line {
    /// Which line it is, to be agreed or struck out. One that was sealed with several needs at once is none that can be.
    pub fn id(&self) -> PacketLine {
        match self.codes.as_slice() {
            [code] if self.item.is_needs() => NeedType::from_code(code)
                .ok()
                .and_then(|need| PacketLine::of_need(self.item, need)),
            _ => None,
        }
        .unwrap_or(self.item.into())
    }
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
    /// What sharing is for.
    pub purpose: SharePurpose,
    /// Whether the person agreed. In what way they did is not the service's to know.
    #[serde(alias = "how", deserialize_with = "agreed_or_how")]
    pub agreed: bool,
    /// The lines, in the order they are shown.
    pub lines: Vec<Line>,
}

/// Packets from before told how the person agreed, in place of whether.
fn agreed_or_how<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Agreed(bool),
        How(HowAgreed),
    }
    Ok(match Told::deserialize(from)? {
        Told::Agreed(agreed) => agreed,
        Told::How(how) => how.is_agreement(),
    })
}

impl Packet {
    /// The packet that the agreed lines leave of everything known.
    pub fn of(agreed: &consent::Packet, how: HowAgreed, need: NeedType, known: &[Line]) -> Self {
        let items: BTreeSet<PacketLine> = agreed.items().collect();
        let purpose = agreed.purpose();
        Self::left(purpose, how, need, &items, agreed.struck_lines(), known)
    }

    /// The packet as it would be, were these lines agreed in this way: what is looked at before anybody agrees. `struck` are
    /// lines of the statement, counted from 1.
    pub fn preview(
        items: &BTreeSet<PacketLine>,
        struck: &BTreeSet<usize>,
        how: HowAgreed,
        need: NeedType,
        known: &[Line],
    ) -> Self {
        Self::left(SharePurpose::Referral, how, need, items, struck, known)
    }

    fn left(
        purpose: SharePurpose,
        how: HowAgreed,
        need: NeedType,
        items: &BTreeSet<PacketLine>,
        struck: &BTreeSet<usize>,
        known: &[Line],
    ) -> Self {
        let asked_for = PacketLine::of_need(PacketItem::Needs, need);
        // What help is asked for stands above the lines already.
        let items = items.iter().filter(|item| Some(**item) != asked_for);
        let lines = items.filter_map(|item| {
            let mut line = known.iter().find(|line| line.id() == *item)?.clone();
            if line.item == PacketItem::Statement {
                let kept = without_lines(&line.words.join("\n"), struck);
                line.words = kept.lines().map(str::to_owned).collect();
            }
            // A statement of which every line was struck out leaves no line that says so.
            (!line.codes.is_empty() || !line.words.is_empty()).then_some(line)
        });
        Self {
            need,
            purpose,
            agreed: how.is_agreement(),
            lines: lines.collect(),
        }
    }

    /// The packet without what is no longer among the agreed lines. What help is asked for stands above them.
    #[must_use]
    pub fn kept(mut self, items: &BTreeSet<PacketLine>) -> Self {
        self.lines.retain(|line| items.contains(&line.id()));
        self
    }

    /// Whether a line of this kind was agreed.
    pub fn holds(&self, item: PacketItem) -> bool {
        self.lines.iter().any(|line| line.item == item)
    }

    /// A mark of all that it says: equal exactly when a service would read the same. It tells what was looked at apart from what
    /// would be sent. Errors when it cannot be written down, which nothing in it can cause.
    pub fn mark(&self) -> Result<String> {
        let text = serde_json::to_string(self)
            .map_err(|_| throughline_store::Error::Setup("a packet cannot be written".into()))?;
        Ok(throughline_exchange::hex_digest(&text))
    }
}

/// Everything that could be shared in a referral: the lines a worker shows and the person strikes out. What is not known makes
/// no line, nor does a way to reach them that is never to be used; each need is a line of its own.
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
    let needs = needs.iter().filter(|need| !need.state.is_settled());
    for code in one_by_one(PacketItem::Needs, needs.map(|need| need.kind)) {
        line(PacketItem::Needs, vec![code], vec![]);
    }
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
    for code in one_by_one(PacketItem::ChildrenNeeds, own) {
        line(PacketItem::ChildrenNeeds, vec![code], vec![]);
    }
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

/// The needs that can be told at all, each for a line of its own. Immigration is not among them (NE-11).
fn one_by_one(item: PacketItem, needs: impl IntoIterator<Item = NeedType>) -> Vec<String> {
    needs
        .into_iter()
        .filter(|need| PacketLine::of_need(item, *need).is_some())
        .map(|need| need.code().to_owned())
        .collect()
}

#[cfg(test)]
#[allow(
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_from_before_shows_no_urgency_and_not_how_they_agreed() {
        let sealed = |how: &str| {
            format!(
                r#"{{"need":"debt","urgency":"immediate","purpose":"referral","how":"{how}",
                "lines":[{{"item":"needs","codes":["debt","caring"],"words":[]}}]}}"#
            )
        };
        for how in HowAgreed::ALL {
            let packet: Packet = serde_json::from_str(&sealed(how.code())).unwrap();
            assert_eq!(packet.agreed, how.is_agreement(), "{how}");
            assert_eq!(
                packet.lines[0].codes,
                ["debt", "caring"],
                "as it was agreed"
            );
            assert!(packet.lines[0].id().is_every_need());
            let now = serde_json::to_string(&packet).unwrap();
            assert!(
                !now.contains("immediate") && !now.contains(how.code()),
                "{now}"
            );
            assert_eq!(serde_json::from_str::<Packet>(&now).unwrap(), packet);
        }
    }

    #[test]
    fn a_statement_struck_out_line_by_line_leaves_no_line() {
        let known = [Line {
            item: PacketItem::Statement,
            codes: vec![],
            words: vec!["I owe rent.".to_owned()],
        }];
        let items = BTreeSet::from([PacketItem::Statement.into()]);
        let left = |struck: &[usize]| {
            let struck = struck.iter().copied().collect();
            Packet::preview(&items, &struck, HowAgreed::Spoken, NeedType::Debt, &known)
        };
        assert!(left(&[]).holds(PacketItem::Statement));
        assert_eq!(left(&[1]).lines, []);
        assert_ne!(left(&[]).mark().unwrap(), left(&[1]).mark().unwrap());
    }

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
