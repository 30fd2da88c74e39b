//! Telling whether where a service is must stay unknown, from what a feed says about it.
//!
//! A refuge's address in the wrong hands can kill; a charity's office address withheld costs a steward one click. So:
//! a listing that says it houses people who flee is [`Verdict::Confidential`]; one that speaks of such housing without making clear
//! whose it is, is [`Verdict::Doubtful`] and its address is withheld too, until a steward clears it; one that only points people
//! elsewhere ("signposts to refuges"), or uses the word otherwise ("wildlife refuge"), is [`Verdict::Open`]
//! (ASSURANCE F2; SPEC 0: when the system does not know whether something is safe, it is unsafe).
//!
//! To change what is recognised, change the lists in `confidential_words`; each rule is one function with a test.

use super::confidential_words::{
    ABUSE, HOUSING, HOUSING_LOOSELY, HOUSING_WHERE_ABUSE, LINE, OFFERS, OTHER_SENSE,
    POINTS_ELSEWHERE, TERM_OF_SOMETHING_ELSE, WORK_ELSEWHERE,
};
use super::lists::ServiceType;

/// What a feed says about one service.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Kinds of service, where the feed says them in our words.
    pub types: &'a [ServiceType],
    /// Name of the service.
    pub name: &'a str,
    /// Name of its organisation.
    pub organisation: &'a str,
    /// Description, plain text.
    pub description: &'a str,
    /// Classification terms.
    pub terms: &'a [&'a str],
    /// Whether the feed itself marks the address as not to be shown.
    pub marked: bool,
}

/// What is known about the place of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against showing it.
    Open,
    /// It houses people who flee: never show it.
    Confidential {
        /// The kind of housing.
        kind: ServiceType,
        /// Which rule said so.
        because: Because,
    },
    /// Perhaps it does: withhold it until a steward has looked.
    Doubtful {
        /// Which rule said so.
        because: Because,
    },
}

crate::code_list! {
    /// The rule that withheld a place.
    pub enum Because {
        /// The feed marks the address as not to be shown.
        MarkedByFeed = "marked_by_feed",
        /// The kind of service is confidential.
        KindOfService = "kind_of_service",
        /// A classification term says that it houses people who flee.
        Classified = "classified",
        /// Its name says that it houses people who flee.
        Name = "name",
        /// Its description says that it offers such housing.
        OffersHousing = "offers_housing",
        /// Its description speaks of such housing without saying whose it is.
        MentionsHousing = "mentions_housing",
    }
}

impl Because {
    /// The reason in words, for the steward.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::MarkedByFeed => "the feed marks its address as not to be shown",
            Self::KindOfService => "this kind of service never has a public address",
            Self::Classified => "it is classified as housing for people who flee abuse",
            Self::Name => "its name says that it houses people who flee abuse",
            Self::OffersHousing => "its description says that it houses people who flee abuse",
            Self::MentionsHousing => {
                "its description speaks of housing for people who flee abuse, and it is not clear whose"
            }
        }
    }
}

/// Applies every rule, the surest first.
pub fn judge(evidence: &Evidence<'_>) -> Verdict {
    if let Some(kind) = evidence
        .types
        .iter()
        .copied()
        .find(|kind| kind.is_confidential())
    {
        return Verdict::Confidential {
            kind,
            because: Because::KindOfService,
        };
    }
    let text = Text::of(evidence);
    let found = [by_term(&text), by_name(&text), by_description(&text)];
    found
        .iter()
        .find(|verdict| matches!(verdict, Verdict::Confidential { .. }))
        .or_else(|| {
            found
                .iter()
                .find(|verdict| matches!(verdict, Verdict::Doubtful { .. }))
        })
        .copied()
        .unwrap_or(if evidence.marked {
            Verdict::Doubtful {
                because: Because::MarkedByFeed,
            }
        } else {
            Verdict::Open
        })
}

/// The evidence as lower-case words with single spaces around each, so that a phrase matches whole words only.
struct Text {
    name: String,
    organisation: String,
    terms: Vec<String>,
    sentences: Vec<String>,
    speaks_of_abuse: bool,
}

impl Text {
    fn of(evidence: &Evidence<'_>) -> Self {
        let name = words(evidence.name);
        let organisation = words(evidence.organisation);
        let terms: Vec<String> = evidence.terms.iter().map(|term| words(term)).collect();
        let sentences: Vec<String> = evidence
            .description
            .split(['.', '!', '?', ';', '\n', '•'])
            .map(words)
            .filter(|s| s.len() > 2)
            .collect();
        let speaks_of_abuse = [&name, &organisation]
            .into_iter()
            .chain(&terms)
            .chain(&sentences)
            .any(|t| any(t, ABUSE));
        Self {
            name,
            organisation,
            terms,
            sentences,
            speaks_of_abuse,
        }
    }
}

/// Lower-case words of a text, one space before, between and after.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            out.push(letter);
        } else if !matches!(letter, '\'' | '’') && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// Whether any of the phrases stands in the words.
fn any(words: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        words.match_indices(phrase).any(|(at, _)| {
            words[..at].ends_with(' ') && words[at + phrase.len()..].starts_with(' ')
        })
    })
}

/// The kind of housing that the words name. Some names mean it only where abuse is spoken of.
fn housing_named(words: &str, speaks_of_abuse: bool) -> Option<ServiceType> {
    let sure = HOUSING.iter().find(|(phrase, _)| any(words, &[phrase]));
    let with_abuse = || {
        HOUSING_WHERE_ABUSE
            .iter()
            .find(|(phrase, _)| speaks_of_abuse && any(words, &[phrase]))
    };
    sure.or_else(with_abuse).map(|(_, kind)| *kind)
}

/// A term of its source's classification names such housing, as a service and not as a group of people or a gift.
fn by_term(text: &Text) -> Verdict {
    let kind = text
        .terms
        .iter()
        .filter(|term| !any(term, OTHER_SENSE) && !any(term, TERM_OF_SOMETHING_ELSE))
        .find_map(|term| housing_named(term, text.speaks_of_abuse));
    match kind {
        Some(_) if any(&text.name, LINE) => Verdict::Doubtful {
            because: Because::Classified,
        },
        Some(kind) => Verdict::Confidential {
            kind,
            because: Because::Classified,
        },
        None => Verdict::Open,
    }
}

/// Its name names such housing.
fn by_name(text: &Text) -> Verdict {
    if any(&text.name, OTHER_SENSE) {
        return Verdict::Open;
    }
    match housing_named(&text.name, text.speaks_of_abuse) {
        Some(_) if any(&text.name, LINE) => Verdict::Open,
        Some(_) if any(&text.name, WORK_ELSEWHERE) => Verdict::Doubtful {
            because: Because::Name,
        },
        Some(kind) => Verdict::Confidential {
            kind,
            because: Because::Name,
        },
        None => Verdict::Open,
    }
}

/// Its description says that it houses people who flee, or might.
fn by_description(text: &Text) -> Verdict {
    if !text.speaks_of_abuse {
        return Verdict::Open;
    }
    let mut verdict = Verdict::Open;
    for sentence in &text.sentences {
        let named = housing_named(sentence, true);
        let loosely =
            any(sentence, HOUSING_LOOSELY) && any(sentence, ABUSE) && any(sentence, OFFERS);
        if any(sentence, OTHER_SENSE)
            || any(sentence, POINTS_ELSEWHERE)
            || (named.is_none() && !loosely)
        {
            continue;
        }
        let about_abuse = any(&text.name, ABUSE)
            || any(&text.organisation, ABUSE)
            || text.terms.iter().any(|t| any(t, ABUSE));
        if any(sentence, OFFERS) && about_abuse && !any(&text.name, LINE) {
            let kind = named.unwrap_or(ServiceType::OtherDesignatedEmergency);
            return Verdict::Confidential {
                kind,
                because: Because::OffersHousing,
            };
        }
        let because = if any(sentence, OFFERS) {
            Because::OffersHousing
        } else {
            Because::MentionsHousing
        };
        if verdict == Verdict::Open || because == Because::OffersHousing {
            verdict = Verdict::Doubtful { because };
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, organisation: &str, description: &str, terms: &[&str]) -> Verdict {
        judge(&Evidence {
            name,
            organisation,
            description,
            terms,
            ..Evidence::default()
        })
    }

    #[test]
    fn a_confidential_kind_decides_alone() {
        for kind in ServiceType::confidential() {
            let verdict = judge(&Evidence {
                types: &[kind],
                name: "Helpline",
                ..Evidence::default()
            });
            assert_eq!(
                verdict,
                Verdict::Confidential {
                    kind,
                    because: Because::KindOfService
                }
            );
        }
    }

    #[test]
    fn a_refuge_by_name_is_confidential() {
        for name in [
            "Anytown Refuge",
            "Women’s refuges in Anyshire",
            "Harbour House Domestic Abuse Shelter",
            "The Shelter for Abused Women & Children",
        ] {
            assert!(
                matches!(
                    of(name, "", "", &[]),
                    Verdict::Confidential {
                        because: Because::Name,
                        ..
                    }
                ),
                "{name}"
            );
        }
        assert!(matches!(
            of(
                "Respite rooms",
                "Harbour",
                "For women fleeing violence who sleep rough",
                &[]
            ),
            Verdict::Confidential {
                kind: ServiceType::RespiteRoom,
                ..
            }
        ));
    }

    #[test]
    fn a_term_that_names_the_housing_is_enough_and_one_that_names_its_residents_is_not() {
        assert!(matches!(
            of("Lodge", "", "", &["Domestic Violence Shelters"]),
            Verdict::Confidential {
                because: Because::Classified,
                ..
            }
        ));
        assert_eq!(
            of(
                "Legal desk",
                "",
                "",
                &["Domestic Violence Shelter Residents"]
            ),
            Verdict::Open
        );
        assert_eq!(
            of("Key Island", "", "", &["Wildlife Refuges"]),
            Verdict::Open
        );
    }

    #[test]
    fn a_description_that_offers_such_housing_withholds_the_place() {
        let about =
            "Women have the choice to live in a dedicated safe house for women and children.";
        assert!(matches!(
            of("Harbour Domestic Abuse Services", "Harbour", about, &[]),
            Verdict::Confidential {
                because: Because::OffersHousing,
                ..
            }
        ));
        let one_of_many =
            "It runs a night shelter, and a domestic abuse refuge for up to 17 women.";
        assert!(matches!(
            of("See Far", "Julia House", one_of_many, &[]),
            Verdict::Doubtful {
                because: Because::OffersHousing
            }
        ));
        let unclear = "Staff visit schools as well as a domestic violence shelter.";
        assert!(matches!(
            of("Play", "Play", unclear, &[]),
            Verdict::Doubtful {
                because: Because::MentionsHousing
            }
        ));
    }

    #[test]
    fn lines_signposts_and_other_senses_stay_open() {
        let signposts = "Information and support on domestic abuse. They signpost people to refuges and councils.";
        assert_eq!(
            of("Men's Helpline", "Men's Initiative", signposts, &[]),
            Verdict::Open
        );
        assert_eq!(
            of(
                "National Domestic Abuse Helpline (Refuge)",
                "Refuge",
                "Free, at any hour.",
                &[]
            ),
            Verdict::Open
        );
        assert_eq!(
            of("Refuse collection", "Council", "Bins and recycling.", &[]),
            Verdict::Open
        );
        assert_eq!(
            of(
                "Refugee welcome",
                "",
                "For refugees and asylum seekers.",
                &[]
            ),
            Verdict::Open
        );
        assert_eq!(
            of(
                "Drop in",
                "Parish",
                "Established for those seeking refuge in need.",
                &[]
            ),
            Verdict::Open
        );
        let list = "Advice on relationship breakdown, domestic violence and applications for supported accommodation.";
        assert_eq!(of("Housing advice", "", list, &[]), Verdict::Open);
        assert_eq!(of("Donkey refuge", "", "", &[]), Verdict::Open);
        assert_eq!(
            of(
                "The Sanctuary",
                "NHS",
                "A calm place in the evening for people in a mental health crisis.",
                &[]
            ),
            Verdict::Open
        );
        assert_eq!(
            of(
                "Respite rooms",
                "Carers' centre",
                "A break for people who care.",
                &[]
            ),
            Verdict::Open
        );
    }

    #[test]
    fn the_offices_of_a_refuge_and_addresses_marked_by_the_feed_are_for_the_steward_to_clear() {
        assert!(matches!(
            of("Refuge outreach", "Harbour", "", &[]),
            Verdict::Doubtful {
                because: Because::Name
            }
        ));
        let marked = judge(&Evidence {
            name: "Club",
            marked: true,
            ..Evidence::default()
        });
        assert_eq!(
            marked,
            Verdict::Doubtful {
                because: Because::MarkedByFeed
            }
        );
    }
}
