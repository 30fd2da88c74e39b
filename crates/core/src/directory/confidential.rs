//! Telling whether where a service is must stay unknown, from what a feed says about it.
//!
//! A refuge's address in the wrong hands can kill; a charity's office address withheld costs a steward one click. So:
//! a listing that says it houses people who flee is [`Verdict::Confidential`]; one that speaks of such housing without making clear
//! whose it is, is [`Verdict::Doubtful`] and its address is withheld too, until a steward clears it (ASSURANCE F2; SPEC 0: when the
//! system does not know whether something is safe, it is unsafe).
//!
//! Words that point people elsewhere ("signposts to refuges") or are used otherwise ("wildlife refuge") make a sure thing doubtful.
//! They make it [`Verdict::Open`] only where the listing has no place that could be shown, or where nothing in it speaks of abuse:
//! every refuge also refers, advises, and may welcome dogs.
//!
//! To change what is recognised, change the lists in `confidential_words`; each rule is one function with a test.

use super::confidential_words::{
    ABUSE, HOUSES, HOUSING, HOUSING_IN_PASSING, HOUSING_LOOSELY, HOUSING_WHERE_ABUSE, LINE, OFFERS,
    OTHER_SENSE_AFTER, OTHER_SENSE_BEFORE, POINTS_ELSEWHERE, TERM_OF_SOMETHING_ELSE,
    WORK_ELSEWHERE,
};
use super::lists::ServiceType;

/// What a feed says about one service.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Kinds of service, where the feed says them in our words.
    pub types: &'a [ServiceType],
    /// Name of the service.
    pub name: &'a str,
    /// Its other name, and the names of its places.
    pub other_names: &'a [&'a str],
    /// Name of its organisation.
    pub organisation: &'a str,
    /// Description, plain text.
    pub description: &'a str,
    /// Everything else that it says in words, plain text.
    pub also: &'a [&'a str],
    /// Classification terms.
    pub terms: &'a [&'a str],
    /// Whether it says where it is, so that there is something to withhold.
    pub placed: bool,
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
        /// Nothing in its words says so any more, but it was withheld until now.
        WithheldBefore = "withheld_before",
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
            Self::WithheldBefore => {
                "its address was withheld until now, and nobody has said that it may be shown"
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
    let found = [
        by_term(&text),
        by_name(&text),
        by_organisation(&text),
        by_description(&text),
    ];
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
    /// The name, the other name, the names of its places.
    names: Vec<String>,
    organisation: String,
    terms: Vec<String>,
    sentences: Vec<String>,
    /// Abuse is spoken of somewhere.
    speaks_of_abuse: bool,
    /// Abuse is what it, its organisation or its class is called after.
    is_about_abuse: bool,
    placed: bool,
}

impl Text {
    fn of(evidence: &Evidence<'_>) -> Self {
        let all =
            |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| words(text)).collect() };
        let name = words(evidence.name);
        let mut names = all(evidence.other_names);
        names.insert(0, name.clone());
        let organisation = words(evidence.organisation);
        let terms = all(evidence.terms);
        let sentences: Vec<String> = std::iter::once(&evidence.description)
            .chain(evidence.also)
            .flat_map(|text| text.split(['.', '!', '?', ';', '\n', '•']))
            .map(words)
            .filter(|sentence| sentence != " ")
            .collect();
        // One search of all of them: a feed has thousands of listings. No phrase reaches over the mark between two.
        let of_abuse = |texts: &[String]| any(&texts.join("."), ABUSE);
        let is_about_abuse = of_abuse(&names) || any(&organisation, ABUSE) || of_abuse(&terms);
        let speaks_of_abuse = is_about_abuse || of_abuse(&sentences);
        Self {
            name,
            names,
            organisation,
            terms,
            sentences,
            speaks_of_abuse,
            is_about_abuse,
            placed: evidence.placed,
        }
    }

    /// Withheld until a steward has looked, where there is something to withhold.
    const fn doubt(&self, because: Because) -> Verdict {
        if self.placed {
            Verdict::Doubtful { because }
        } else {
            Verdict::Open
        }
    }
}

/// Lower-case words of a text, one space before, between and after. Apostrophes of any kind, soft hyphens and letters without width
/// do not part a word.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for letter in text.chars().flat_map(char::to_lowercase) {
        let parts = !matches!(
            letter,
            '\'' | '’' | '‘' | 'ʼ' | '′' | '`' | '´' | '\u{ad}' | '\u{200b}'
                ..='\u{200d}' | '\u{2060}' | '\u{feff}'
        );
        if letter.is_alphanumeric() {
            out.push(letter);
        } else if parts && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// What stands before and after each place where the phrase stands in the words, spaces included.
fn around<'w>(words: &'w str, phrase: &'w str) -> impl Iterator<Item = (&'w str, &'w str)> {
    words
        .match_indices(phrase)
        .map(move |(at, _)| (&words[..at], &words[at + phrase.len()..]))
        .filter(|(before, after)| before.ends_with(' ') && after.starts_with(' '))
}

/// Whether any of the phrases stands in the words.
fn any(words: &str, phrases: &[&str]) -> bool {
    phrases
        .iter()
        .any(|phrase| around(words, phrase).next().is_some())
}

/// What some words say of housing for people who flee.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Housing {
    /// They name it.
    Named(ServiceType),
    /// They use its name for something else: a wildlife refuge, a seeker of refuge.
    InOtherSense,
    /// Nothing.
    Unnamed,
}

/// The kind of housing that the words name. Some names mean it only where abuse is spoken of; none does next to a word that gives it
/// another sense.
fn housing(words: &str, speaks_of_abuse: bool) -> Housing {
    let names = HOUSING
        .iter()
        .chain(HOUSING_WHERE_ABUSE.iter().filter(|_| speaks_of_abuse));
    let mut found = Housing::Unnamed;
    for (phrase, kind) in names {
        for (before, after) in around(words, phrase) {
            if !has_other_sense(before, after) {
                return Housing::Named(*kind);
            }
            found = Housing::InOtherSense;
        }
    }
    found
}

/// Whether the word next to it gives the name of such housing another sense.
fn has_other_sense(before: &str, after: &str) -> bool {
    let ends = |word: &&str| {
        let rest = before.trim_end().strip_suffix(*word);
        rest.is_some_and(|rest| rest.ends_with(' '))
    };
    let begins = |word: &&str| {
        let rest = after.trim_start().strip_prefix(*word);
        rest.is_some_and(|rest| rest.starts_with(' '))
    };
    OTHER_SENSE_BEFORE.iter().any(ends) || OTHER_SENSE_AFTER.iter().any(begins)
}

/// A term of its source's classification names such housing, as a service and not as a group of people or a gift.
fn by_term(text: &Text) -> Verdict {
    let because = Because::Classified;
    let mut verdict = Verdict::Open;
    for term in text
        .terms
        .iter()
        .filter(|term| !any(term, TERM_OF_SOMETHING_ELSE))
    {
        match housing(term, text.speaks_of_abuse) {
            Housing::Named(_) if any(&text.name, LINE) => verdict = Verdict::Doubtful { because },
            Housing::Named(kind) => return Verdict::Confidential { kind, because },
            Housing::InOtherSense if text.speaks_of_abuse => verdict = text.doubt(because),
            Housing::InOtherSense | Housing::Unnamed => {}
        }
    }
    verdict
}

/// One of its names names such housing, or a house where it is known to be about abuse.
fn by_name(text: &Text) -> Verdict {
    let because = Because::Name;
    let mut verdict = Verdict::Open;
    for name in &text.names {
        match housing(name, text.speaks_of_abuse) {
            Housing::Named(_) if any(name, LINE) => verdict = text.doubt(because),
            Housing::Named(_) if any(name, WORK_ELSEWHERE) => {
                verdict = Verdict::Doubtful { because };
            }
            Housing::Named(kind) => return Verdict::Confidential { kind, because },
            Housing::InOtherSense if text.speaks_of_abuse => verdict = text.doubt(because),
            Housing::Unnamed if text.is_about_abuse && any(name, HOUSES) => {
                verdict = text.doubt(because);
            }
            Housing::InOtherSense | Housing::Unnamed => {}
        }
    }
    verdict
}

/// Its organisation is called after such housing: this may be it.
fn by_organisation(text: &Text) -> Verdict {
    match housing(&text.organisation, text.speaks_of_abuse) {
        Housing::Named(_) => text.doubt(Because::Name),
        Housing::InOtherSense | Housing::Unnamed => Verdict::Open,
    }
}

/// Its description, or anything else it says, tells that it houses people who flee, or might.
fn by_description(text: &Text) -> Verdict {
    if !text.speaks_of_abuse {
        return Verdict::Open;
    }
    let mut verdict = Verdict::Open;
    for sentence in &text.sentences {
        let said = by_sentence(text, sentence);
        match (verdict, said) {
            (_, Verdict::Confidential { .. }) => return said,
            (Verdict::Open, _)
            | (
                _,
                Verdict::Doubtful {
                    because: Because::OffersHousing,
                },
            ) => verdict = said,
            _ => {}
        }
    }
    verdict
}

/// What one sentence says, in a listing that speaks of abuse.
fn by_sentence(text: &Text, sentence: &str) -> Verdict {
    let named = housing(sentence, true);
    let of_abuse = any(sentence, ABUSE);
    let loosely = any(sentence, HOUSING_LOOSELY);
    let offers = any(sentence, OFFERS);
    let elsewhere = any(sentence, POINTS_ELSEWHERE) || named == Housing::InOtherSense;
    let kind = match named {
        Housing::Named(kind) => Some(kind),
        _ if loosely && of_abuse && offers => Some(ServiceType::OtherDesignatedEmergency),
        _ => None,
    };
    match kind.filter(|_| !elsewhere) {
        Some(kind) if offers && text.is_about_abuse && !any(&text.name, LINE) => {
            Verdict::Confidential {
                kind,
                because: Because::OffersHousing,
            }
        }
        Some(_) if offers => Verdict::Doubtful {
            because: Because::OffersHousing,
        },
        Some(_) => Verdict::Doubtful {
            because: Because::MentionsHousing,
        },
        None if named != Housing::Unnamed
            || (loosely && (of_abuse || text.is_about_abuse))
            || ((of_abuse || text.is_about_abuse) && any(sentence, HOUSING_IN_PASSING)) =>
        {
            text.doubt(Because::MentionsHousing)
        }
        None => Verdict::Open,
    }
}

#[cfg(test)]
#[path = "confidential_tests.rs"]
mod tests;
