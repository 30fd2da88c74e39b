//! Answering somebody who asks what is held about them (UK GDPR Article 15; SPEC R-IG-08, NE-04, NE-12). Pure rules: what starts as
//! withheld, who may never be given what, what striking out leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::time::At;

/// How long there is to answer, in days: the shortest month, so that the clock is never longer than the law's one month
/// (UK GDPR Article 12(3); SPEC C22).
const ANSWER_DAYS: i64 = 28;
/// How long what was put together can be fetched, in days (our design).
const FETCH_DAYS: i64 = 7;
/// What stands where something was struck out: always the same, so that its length tells nothing.
pub const STRUCK: &str = "[…]";

crate::code_list! {
    /// Who asks.
    pub enum AskedBy {
        /// The person themself.
        Person = "person",
        /// Somebody who says that they have parental responsibility.
        Parent = "parent",
        /// A solicitor or an advocate with written authority.
        Representative = "representative",
    }
}

crate::code_list! {
    /// Why something is withheld: an exemption of the Data Protection Act 2018.
    pub enum Exemption {
        /// It would reveal something about somebody else (Schedule 2, paragraph 16).
        Others = "others",
        /// It would prejudice preventing or detecting crime (Schedule 2, paragraph 2).
        Crime = "crime",
        /// Serious harm to somebody's health, as a health professional judges (Schedule 3, paragraph 5).
        HealthHarm = "health_harm",
        /// Serious harm to somebody, as social work judges (Schedule 3, paragraph 11).
        SocialWorkHarm = "social_work_harm",
        /// Child abuse data asked for by somebody with parental responsibility (Schedule 3, paragraph 21).
        ChildAbuse = "child_abuse",
        /// Legal professional privilege (Schedule 2, paragraph 19).
        Privilege = "privilege",
    }
}

crate::code_list! {
    /// What kind of thing an item of a record is.
    pub enum ItemKind {
        /// What they told of themselves.
        About = "about",
        /// A way to reach them, with its rules.
        Contact = "contact",
        /// Their own words.
        Statement = "statement",
        /// A need.
        Need = "need",
        /// Bed, money or essentials.
        RightNow = "right_now",
        /// A child.
        Child = "child",
        /// A judgement of risk.
        Risk = "risk",
        /// What was agreed to be shared.
        Consent = "consent",
        /// What somebody asked for and was not given, or not wholly.
        LessShared = "less_shared",
        /// A request to a service.
        Referral = "referral",
        /// A message to them.
        Message = "message",
        /// An appointment with them.
        Appointment = "appointment",
        /// Whom they are to be kept apart from.
        Apart = "apart",
        /// What happened, line by line.
        Story = "story",
    }
}

crate::code_list! {
    /// Where a request stands.
    pub enum RequestState {
        /// It is being looked through.
        Open = "open",
        /// It is put together and can be fetched.
        Ready = "ready",
        /// It is over: fetched, lapsed, or ended without an answer from here.
        Ended = "ended",
    }
}

impl ItemKind {
    /// Whether it may say something about somebody else: it is marked, so that nobody gives it unread.
    pub const fn may_be_about_others(self) -> bool {
        matches!(
            self,
            Self::Statement
                | Self::RightNow
                | Self::Child
                | Self::Risk
                | Self::LessShared
                | Self::Referral
                | Self::Apart
        )
    }

    /// Whether it may be given to whoever asks at all. What a child said, how they can be reached and what was judged of their
    /// safety is never given to a parent through here, whatever anybody decides item by item (NE-12): the parent may be who they
    /// are safe from.
    pub const fn may_go_to(self, asked_by: AskedBy) -> bool {
        match asked_by {
            AskedBy::Person | AskedBy::Representative => true,
            AskedBy::Parent => matches!(self, Self::About | Self::Need),
        }
    }
}

/// One thing that is held, as words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is called within its record; it stays the same from one look to the next.
    pub key: String,
    /// Its kind.
    pub kind: ItemKind,
    /// Since when it is held.
    pub at: Option<At>,
    /// What it says, line by line.
    pub lines: Vec<String>,
}

/// What somebody decided about an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Given, without these words.
    Give {
        /// Words that are struck out wherever they stand.
        strike: BTreeSet<String>,
    },
    /// Withheld.
    Withhold {
        /// Why.
        exemption: Exemption,
    },
}

/// What was decided, and of which words: what has changed since then is undecided again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The lines that were looked at.
    pub of: Vec<String>,
    /// The decision.
    pub decision: Decision,
}

/// By when a request that came at `asked_at` is answered.
pub fn answer_by(asked_at: At) -> At {
    asked_at.plus_days(ANSWER_DAYS)
}

/// Until when what was put together can be fetched.
pub fn fetch_until(ready_at: At) -> At {
    ready_at.plus_days(FETCH_DAYS)
}

/// What was decided of an item as it stands now; `None` when nobody has looked at these words.
pub fn decision_on<'d>(
    item: &Item,
    decided: &'d BTreeMap<String, Decided>,
) -> Option<&'d Decision> {
    decided
        .get(&item.key)
        .filter(|decided| decided.of == item.lines)
        .map(|decided| &decided.decision)
}

/// What is given of an item: nothing unless somebody decided to give it, and it may go to whoever asks.
pub fn given(item: &Item, asked_by: AskedBy, decided: Option<&Decision>) -> Option<Vec<String>> {
    match decided {
        Some(Decision::Give { strike }) if item.kind.may_go_to(asked_by) => {
            Some(item.lines.iter().map(|line| struck(line, strike)).collect())
        }
        _ => None,
    }
}

/// A line without some words, wherever they stand and however they are written in capitals. The longest are struck first, so that a
/// short one leaves no rest of a long one.
pub fn struck(line: &str, strike: &BTreeSet<String>) -> String {
    let mut words: Vec<Vec<char>> = strike
        .iter()
        .map(|word| word.trim().chars().flat_map(char::to_lowercase).collect())
        .filter(|word: &Vec<char>| !word.is_empty())
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    'next: while let Some(first) = rest.chars().next() {
        for word in &words {
            if let Some(length) = begins_with(rest, word) {
                out.push_str(STRUCK);
                rest = rest.get(length..).unwrap_or_default();
                continue 'next;
            }
        }
        out.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    out
}

/// How many bytes of `text` spell `word`, whose letters are small; `None` when it begins otherwise.
fn begins_with(text: &str, word: &[char]) -> Option<usize> {
    let mut wanted = word.iter();
    for (at, letter) in text.char_indices() {
        if wanted.len() == 0 {
            return Some(at);
        }
        for small in letter.to_lowercase() {
            if wanted.next() != Some(&small) {
                return None;
            }
        }
    }
    (wanted.len() == 0).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code as _;

    fn item(kind: ItemKind) -> Item {
        Item {
            key: "one".to_owned(),
            kind,
            at: None,
            lines: vec!["Karl Voss rang.".to_owned()],
        }
    }

    fn give(words: &[&str]) -> Decision {
        Decision::Give {
            strike: words.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    #[test]
    fn what_nobody_decided_and_what_is_withheld_is_not_given_to_anybody() {
        for kind in ItemKind::ALL {
            for asked_by in AskedBy::ALL {
                assert_eq!(given(&item(*kind), *asked_by, None), None);
                for exemption in Exemption::ALL {
                    let withheld = Decision::Withhold {
                        exemption: *exemption,
                    };
                    assert_eq!(given(&item(*kind), *asked_by, Some(&withheld)), None);
                }
            }
            // Control: decided, it is given.
            assert!(given(&item(*kind), AskedBy::Person, Some(&give(&[]))).is_some());
        }
    }

    #[test]
    fn what_has_changed_since_it_was_looked_at_is_undecided_again() {
        let mut one = item(ItemKind::Statement);
        let decided = Decided {
            of: one.lines.clone(),
            decision: give(&[]),
        };
        let decided = BTreeMap::from([(one.key.clone(), decided)]);
        assert!(decision_on(&one, &decided).is_some());
        one.lines.push("And again.".to_owned());
        assert_eq!(decision_on(&one, &decided), None);
    }

    #[test]
    fn ne_12_a_parent_is_never_given_what_a_child_said_or_how_they_are_kept_safe() {
        for kind in ItemKind::ALL {
            let to_parent = given(&item(*kind), AskedBy::Parent, Some(&give(&[])));
            let harmless = matches!(kind, ItemKind::About | ItemKind::Need);
            assert_eq!(to_parent.is_some(), harmless, "{kind}");
        }
    }

    #[test]
    fn what_is_struck_out_leaves_neither_letters_nor_length() {
        let strike: BTreeSet<_> = ["karl", "Karl Voss", " ", "ÅSA"].map(str::to_owned).into();
        assert_eq!(
            struck("KARL VOSS and karl, åsa.", &strike),
            "[…] and […], […]."
        );
        assert_eq!(struck("nothing here", &strike), "nothing here");
        assert_eq!(struck("", &strike), "");
        // What is left never holds a struck word, whatever stands around it.
        for line in ["kkarlarl", "xKarl Vossx", "KarlKarl Voss"] {
            assert!(
                !struck(line, &strike).to_lowercase().contains("karl"),
                "{line}"
            );
        }
    }

    #[test]
    fn the_clock_to_answer_is_never_longer_than_a_month() {
        for month in 1..=12 {
            let at = At::parse(&format!("2027-{month:02}-01T12:00:00Z")).unwrap();
            let next = if month == 12 {
                "2028-01-01T12:00:00Z".to_owned()
            } else {
                format!("2027-{:02}-01T12:00:00Z", month + 1)
            };
            assert!(answer_by(at) <= At::parse(&next).unwrap());
        }
    }

    #[test]
    fn what_may_speak_of_somebody_else_is_marked() {
        let marked: Vec<ItemKind> = ItemKind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.may_be_about_others())
            .collect();
        assert_eq!(
            marked,
            [
                ItemKind::Statement,
                ItemKind::RightNow,
                ItemKind::Child,
                ItemKind::Risk,
                ItemKind::LessShared,
                ItemKind::Referral,
                ItemKind::Apart
            ]
        );
    }

    #[test]
    fn there_are_four_weeks_to_answer_and_one_to_fetch_it() {
        let at = At::parse("2027-01-01T12:00:00Z").unwrap();
        assert_eq!(answer_by(at), At::parse("2027-01-29T12:00:00Z").unwrap());
        assert_eq!(fetch_until(at), At::parse("2027-01-08T12:00:00Z").unwrap());
    }

    #[test]
    fn a_word_that_the_line_ends_within_is_not_struck() {
        let strike: BTreeSet<_> = ["karl voss"].map(str::to_owned).into();
        assert_eq!(struck("Karl Vos", &strike), "Karl Vos");
        assert_eq!(struck("Karl Voss", &strike), "[…]");
    }
}
