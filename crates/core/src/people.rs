//! Plain facts about people. The store seals every one of them; nothing here says what role anyone has, because roles
//! belong to a relationship or an incident (standing rule 4, SPEC R-DAA-07).

use jiff::civil::Date;

use crate::artefact::Lang;
use crate::reason::Words;

/// What a person is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    /// The name they want to be called by. May be all there is.
    pub chosen: Words,
    /// Given names as on documents, where they gave them.
    pub given: Option<Words>,
    /// Family name as on documents, where they gave it.
    pub family: Option<Words>,
}

crate::code_list! {
    /// Age when the date of birth is not needed or not known.
    pub enum AgeBand {
        /// Under 16.
        Under16 = "under_16",
        /// 16 or 17.
        From16To17 = "16_to_17",
        /// 18 to 24.
        From18To24 = "18_to_24",
        /// 25 to 59.
        From25To59 = "25_to_59",
        /// 60 and over.
        Over60 = "60_and_over",
        /// Not known. Never taken for adult or child.
        NotKnown = "not_known",
    }
}

/// How old someone is, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Born on this day.
    Born(Date),
    /// In this band.
    Band(AgeBand),
}

impl Age {
    /// Whether they are under an age in whole years on a day; `None` when it cannot be told. A child born on 29 February
    /// comes of age on 1 March in other years.
    pub fn is_under(self, years: u8, on: Date) -> Option<bool> {
        match self {
            Self::Born(born) => {
                let mut age = i32::from(on.year()) - i32::from(born.year());
                if (on.month(), on.day()) < (born.month(), born.day()) {
                    age -= 1;
                }
                (age >= 0).then_some(age < i32::from(years))
            }
            Self::Band(band) => {
                let (from, to) = match band {
                    AgeBand::Under16 => (0, 15),
                    AgeBand::From16To17 => (16, 17),
                    AgeBand::From18To24 => (18, 24),
                    AgeBand::From25To59 => (25, 59),
                    AgeBand::Over60 => (60, u8::MAX),
                    AgeBand::NotKnown => return None,
                };
                if to < years {
                    Some(true)
                } else if from >= years {
                    Some(false)
                } else {
                    None
                }
            }
        }
    }
}

/// A language to speak with them in, and whether a professional interpreter is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// BCP 47 tag, for example `cy`, `ur`, `bfi` (British Sign Language).
    pub tag: Words,
    /// Whether an interpreter is needed. Only a professional one, never family (NE-18).
    pub interpreter: crate::answer::Answer,
    /// The language of letters and pages, where the system speaks it.
    pub pages: Option<Lang>,
}

crate::code_list! {
    /// What someone needs so that they can take part.
    pub enum Adjustment {
        /// Step-free way in.
        StepFree = "step_free",
        /// British Sign Language.
        SignLanguage = "sign_language",
        /// Hearing loop or text relay.
        HearingLoop = "hearing_loop",
        /// Large print.
        LargePrint = "large_print",
        /// Easy read.
        EasyRead = "easy_read",
        /// Braille or audio.
        BrailleOrAudio = "braille_or_audio",
        /// More time.
        MoreTime = "more_time",
        /// A quiet place.
        QuietPlace = "quiet_place",
        /// Someone they choose beside them.
        SupporterPresent = "supporter_present",
        /// An assistance dog.
        AssistanceDog = "assistance_dog",
        /// Childcare while they talk.
        Childcare = "childcare",
    }
}

crate::code_list! {
    /// A role in a relationship or incident, never of a person (SPEC 4.2 `role_in_relationship`).
    pub enum RelationshipRole {
        /// Victim.
        Victim = "victim",
        /// Alleged perpetrator.
        AllegedPerpetrator = "alleged_perpetrator",
        /// Child victim in their own right (R-DAA-04).
        ChildVictim = "child_victim",
        /// Witness.
        Witness = "witness",
        /// Each alleges it of the other.
        BothAlleged = "both_alleged",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_birthday_changes_the_age_on_the_day_itself() {
        let born = Age::Born(date(2010, 6, 15));
        assert_eq!(born.is_under(16, date(2026, 6, 14)), Some(true));
        assert_eq!(born.is_under(16, date(2026, 6, 15)), Some(false));
    }

    #[test]
    fn a_leap_day_child_comes_of_age_on_the_first_of_march() {
        let born = Age::Born(date(2008, 2, 29));
        assert_eq!(born.is_under(18, date(2026, 2, 28)), Some(true));
        assert_eq!(born.is_under(18, date(2026, 3, 1)), Some(false));
    }

    #[test]
    fn an_unknown_age_is_neither_child_nor_adult() {
        assert_eq!(
            Age::Band(AgeBand::NotKnown).is_under(18, date(2026, 1, 1)),
            None
        );
        assert_eq!(
            Age::Band(AgeBand::From18To24).is_under(21, date(2026, 1, 1)),
            None
        );
        assert_eq!(
            Age::Born(date(2030, 1, 1)).is_under(18, date(2026, 1, 1)),
            None,
            "born in the future is a mistake"
        );
        assert_eq!(
            Age::Band(AgeBand::From16To17).is_under(18, date(2026, 1, 1)),
            Some(true)
        );
    }

    #[test]
    fn a_band_answers_only_where_every_age_in_it_does() {
        let on = date(2026, 1, 1);
        for (band, years, under) in [
            (AgeBand::Under16, 16, Some(true)),
            (AgeBand::Under16, 15, None),
            (AgeBand::From16To17, 16, Some(false)),
            (AgeBand::From16To17, 17, None),
            (AgeBand::From16To17, 18, Some(true)),
            (AgeBand::From18To24, 18, Some(false)),
            (AgeBand::From18To24, 25, Some(true)),
            (AgeBand::From25To59, 25, Some(false)),
            (AgeBand::From25To59, 60, Some(true)),
            (AgeBand::Over60, 60, Some(false)),
            (AgeBand::Over60, 61, None),
        ] {
            assert_eq!(Age::Band(band).is_under(years, on), under, "{band} {years}");
        }
    }

    #[test]
    fn somebody_born_today_is_nought_and_somebody_born_tomorrow_a_mistake() {
        let on = date(2026, 6, 15);
        assert_eq!(Age::Born(on).is_under(1, on), Some(true));
        assert_eq!(Age::Born(on).is_under(0, on), Some(false));
        assert_eq!(Age::Born(date(2026, 6, 16)).is_under(1, on), None);
        assert_eq!(Age::Born(date(2025, 6, 15)).is_under(1, on), Some(false));
    }
}
