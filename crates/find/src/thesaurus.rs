//! Plain phrases to needs: "sleeping in my car" is somewhere safe to stay. The phrases are data
//! (`data/synonyms.toml`); the same phrases, met in a provider's own words, hint at what an unclassified service may do.

use std::collections::BTreeMap;

use serde::Deserialize;
use throughline_core::need::NeedType;

use crate::text::{Agreement, Splitter, Word, agree};

static SYNONYMS: &str = include_str!("../data/synonyms.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    needs: BTreeMap<NeedType, Phrases>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrases {
    say: Vec<String>,
}

/// Phrases and the needs they tell of.
#[derive(Debug)]
pub struct Thesaurus {
    phrases: Vec<(Vec<Word>, NeedType)>,
}

impl Thesaurus {
    /// The phrases that are part of the program.
    ///
    /// # Errors
    /// Only if the built-in file were damaged, which a test excludes.
    pub fn built_in(splitter: &Splitter) -> Result<Self, toml::de::Error> {
        Self::from_toml(SYNONYMS, splitter)
    }

    /// Reads phrases from TOML shaped like `data/synonyms.toml`.
    pub fn from_toml(text: &str, splitter: &Splitter) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let phrases = file
            .needs
            .into_iter()
            .flat_map(|(need, phrases)| phrases.say.into_iter().map(move |phrase| (phrase, need)))
            .map(|(phrase, need)| (splitter.words(&phrase), need))
            .filter(|(words, _)| !words.is_empty())
            .collect();
        Ok(Self { phrases })
    }

    /// The needs that what somebody typed tells of, in list order, each once. Long words are forgiven one slip.
    pub fn needs_typed(&self, typed: &[Word]) -> Vec<NeedType> {
        let exact = self.needs_by(|word| {
            typed
                .iter()
                .any(|have| agree(have, word) == Some(Agreement::Same))
        });
        // A slip is looked for only where nothing was said plainly: "refuse" is a word of its own.
        if exact.is_empty() {
            self.needs_by(|word| typed.iter().any(|have| agree(have, word).is_some()))
        } else {
            exact
        }
    }

    /// The needs that a provider's own words hint at. Spelt as they should be and side by side.
    pub fn needs_hinted(&self, written: &[Word]) -> Vec<NeedType> {
        let mut needs: Vec<NeedType> = self
            .phrases
            .iter()
            .filter(|(words, _)| {
                written.windows(words.len()).any(|run| {
                    run.iter()
                        .zip(words)
                        .all(|(have, word)| have.stem == word.stem)
                })
            })
            .map(|(_, need)| *need)
            .collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    fn needs_by(&self, has: impl Fn(&Word) -> bool) -> Vec<NeedType> {
        let mut needs: Vec<NeedType> = self
            .phrases
            .iter()
            .filter(|(words, _)| words.iter().all(&has))
            .map(|(_, need)| *need)
            .collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(text: &str) -> Vec<NeedType> {
        let splitter = Splitter::default();
        Thesaurus::built_in(&splitter)
            .unwrap()
            .needs_typed(&splitter.words(text))
    }

    #[test]
    fn plain_phrases_lead_to_the_need_behind_them() {
        use NeedType as N;
        for (text, need) in [
            ("I have been sleeping in my car", N::SafeAccommodation),
            ("he slept in the car for a week", N::SafeAccommodation),
            ("Sofa-surfing since June", N::SafeAccommodation),
            ("my mum kicked me out", N::SafeAccommodation),
            ("womens refuge", N::SafeAccommodation),
            ("homelss", N::SafeAccommodation),
            ("nowhere to go tonight", N::SafeAccommodation),
            ("she takes my wages", N::MoneyToday),
            ("I've run out of money", N::MoneyToday),
            ("my benefits have stopped", N::MoneyToday),
            ("nothing to eat", N::FoodAndEssentials),
            ("food bank near me", N::FoodAndEssentials),
            ("nappies", N::FoodAndEssentials),
            ("no electric on the meter", N::FoodAndEssentials),
            ("he's going to kill me", N::ImmediateDanger),
            ("I'm frightened of my husband", N::ImmediateDanger),
            ("he hits me", N::ImmediateDanger),
            ("I can't cope", N::MentalHealth),
            ("feeling suicidal", N::MentalHealth),
            ("panic attack", N::MentalHealth),
            ("bailiffs at the door", N::Debt),
            ("behind with the rent", N::Debt),
            ("he put debts in my name", N::Debt),
            ("my visa depends on him", N::Immigration),
            ("he took my passport", N::Immigration),
            ("non-molestation order", N::LegalProtection),
            ("need a solicitor", N::LegalProtection),
            ("Clare's Law", N::LegalProtection),
            ("landlord gave me an eviction notice", N::HousingLongerTerm),
            ("I need someone to talk to", N::EmotionalSupport),
            ("councelling", N::EmotionalSupport),
            ("I drink too much, I want to stop drinking", N::SubstanceUse),
            ("heroin", N::SubstanceUse),
            ("learn English", N::TrainingAndSkills),
            ("looking for work", N::Employment),
            ("he is tracking my phone", N::DigitalAccess),
            ("I look after my disabled brother", N::Caring),
            ("so lonely", N::CommunityAndIsolation),
            ("worried about the kids", N::ChildrenSafety),
            ("toothache", N::PhysicalHealth),
            ("arguing with my teenager", N::FamilyRelationships),
            ("rwy'n ddigartref, lloches", N::SafeAccommodation),
            ("banc bwyd", N::FoodAndEssentials),
        ] {
            assert!(
                needs(text).contains(&need),
                "{text}: {:?} lacks {need}",
                needs(text)
            );
        }
    }

    #[test]
    fn words_that_tell_of_no_need_give_none() {
        for text in ["", "the and of", "zzzz", "Bristol", "Tuesday"] {
            assert_eq!(needs(text), [], "{text}");
        }
    }

    #[test]
    fn a_plain_word_is_not_taken_for_its_neighbour() {
        assert!(
            !needs("I want to report a refused food parcel").contains(&NeedType::SafeAccommodation)
        );
    }

    #[test]
    fn every_need_has_phrases_and_no_phrase_is_all_common_words() {
        use throughline_core::code::Code;
        let splitter = Splitter::default();
        let file: File = toml::from_str(SYNONYMS).unwrap();
        for need in NeedType::ALL {
            let phrases = file
                .needs
                .get(need)
                .unwrap_or_else(|| panic!("{need} has no phrases"));
            for phrase in &phrases.say {
                assert!(!splitter.words(phrase).is_empty(), "{phrase}");
            }
        }
    }
}
