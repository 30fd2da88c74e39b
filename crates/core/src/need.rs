//! Needs: what they are, in which order they are met, and how one moves from seen to met.
//!
//! Order is stability first: safety, housing, health, caring, money, work (SPEC INV-018, seed 1 L18).

use crate::code::Code;
use crate::machine::IllegalMove;

crate::code_list! {
    /// A kind of need (SPEC 4.2 `need_type`; never renumbered).
    pub enum NeedType {
        /// Someone may be hurt now.
        ImmediateDanger = "immediate_danger",
        /// A safe place to sleep.
        SafeAccommodation = "safe_accommodation",
        /// Money today.
        MoneyToday = "money_today",
        /// Food, clothes, a phone, heat.
        FoodAndEssentials = "food_and_essentials",
        /// Physical health.
        PhysicalHealth = "physical_health",
        /// Mental health.
        MentalHealth = "mental_health",
        /// The safety of a child.
        ChildrenSafety = "children_safety",
        /// Caring for someone.
        Caring = "caring",
        /// Alcohol or other drugs.
        SubstanceUse = "substance_use",
        /// Debt.
        Debt = "debt",
        /// Immigration status.
        Immigration = "immigration",
        /// Orders, family law, criminal justice.
        LegalProtection = "legal_protection",
        /// Housing for longer.
        HousingLongerTerm = "housing_longer_term",
        /// Emotional support.
        EmotionalSupport = "emotional_support",
        /// Training and skills.
        TrainingAndSkills = "training_and_skills",
        /// Employment.
        Employment = "employment",
        /// A phone, data, a safe account.
        DigitalAccess = "digital_access",
        /// Family relationships.
        FamilyRelationships = "family_relationships",
        /// Company and community.
        CommunityAndIsolation = "community_and_isolation",
    }
}

crate::code_list! {
    /// The steps of stability in the order they are met (SPEC INV-018). `Connection` is our own step `[design]` for the
    /// needs that the rule does not place; it locks nothing.
    pub enum Stability {
        /// Safety.
        Safety = "safety",
        /// Housing.
        Housing = "housing",
        /// Health.
        Health = "health",
        /// Caring.
        Caring = "caring",
        /// Money.
        Money = "money",
        /// Being in touch with the world.
        Connection = "connection",
        /// Work and training for it.
        Work = "work",
    }
}

impl NeedType {
    /// Whether it is told to a service only as the very thing that help is asked for, confirmed by itself, and never along with
    /// another (NE-11).
    pub const fn leaves_only_by_itself(self) -> bool {
        matches!(self, Self::Immigration)
    }

    /// Whether that somebody asked for it tells over a shoulder that they, or a child, may be in danger, or of what only leaves by
    /// itself: on a person's own page nothing is named by it (decision 0021).
    pub const fn tells_of_danger(self) -> bool {
        matches!(
            self,
            Self::ImmediateDanger
                | Self::SafeAccommodation
                | Self::ChildrenSafety
                | Self::LegalProtection
                | Self::Immigration
        )
    }

    /// The step of stability it belongs to.
    pub const fn stability(self) -> Stability {
        match self {
            Self::ImmediateDanger
            | Self::ChildrenSafety
            | Self::LegalProtection
            | Self::Immigration => Stability::Safety,
            Self::SafeAccommodation | Self::HousingLongerTerm => Stability::Housing,
            Self::PhysicalHealth
            | Self::MentalHealth
            | Self::SubstanceUse
            | Self::EmotionalSupport => Stability::Health,
            Self::Caring | Self::FamilyRelationships => Stability::Caring,
            Self::MoneyToday | Self::FoodAndEssentials | Self::Debt => Stability::Money,
            Self::DigitalAccess | Self::CommunityAndIsolation => Stability::Connection,
            Self::TrainingAndSkills | Self::Employment => Stability::Work,
        }
    }

    /// Whether this is a goal about work, which waits until stability is reached (SPEC INV-018).
    pub const fn is_work_goal(self) -> bool {
        matches!(self.stability(), Stability::Work)
    }

    /// Plain English, for a heading or a list that the person may see.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::ImmediateDanger => "Being safe right now",
            Self::SafeAccommodation => "Somewhere safe to stay",
            Self::MoneyToday => "Money today",
            Self::FoodAndEssentials => "Food and essentials",
            Self::PhysicalHealth => "Physical health",
            Self::MentalHealth => "Mental health",
            Self::ChildrenSafety => "Children’s safety",
            Self::Caring => "Caring for someone",
            Self::SubstanceUse => "Alcohol or drugs",
            Self::Debt => "Debt",
            Self::Immigration => "Immigration advice",
            Self::LegalProtection => "Legal help",
            Self::HousingLongerTerm => "Housing for longer",
            Self::EmotionalSupport => "Someone to talk to",
            Self::TrainingAndSkills => "Training and skills",
            Self::Employment => "Work",
            Self::DigitalAccess => "A phone or getting online",
            Self::FamilyRelationships => "Family relationships",
            Self::CommunityAndIsolation => "Company and community",
        }
    }
}

/// Puts needs in the order they are to be met: by step of stability, then as the list has them (SPEC INV-018).
pub fn in_order(needs: &mut [NeedType]) {
    needs.sort_by_key(|need| (need.stability(), *need));
}

crate::code_list! {
    /// Where one need stands: the stages of the funnel of unmet need.
    pub enum NeedState {
        /// A worker saw signs of it; the person has not spoken of it. An observation, not a fact (SPEC 3.20).
        Seen = "seen",
        /// The person told us.
        Told = "told",
        /// Something was offered.
        Offered = "offered",
        /// The worker judged that no referral was worth sending, with a reason: unmet need that others never see.
        NotWorthSending = "not_worth_sending",
        /// Referred to a service.
        Referred = "referred",
        /// Help has begun.
        Started = "started",
        /// What was tried did not help or was refused.
        Unmet = "unmet",
        /// Put off to a later day.
        PutOff = "put_off",
        /// The person does not want help with it.
        NotWanted = "not_wanted",
        /// Met.
        Met = "met",
    }
}

crate::code_list! {
    /// What can happen to a need.
    pub enum NeedMove {
        /// The person speaks of it, or speaks of it again.
        Tell = "tell",
        /// Something is offered.
        Offer = "offer",
        /// The worker judges that no referral is worth sending.
        JudgeNotWorthSending = "judge_not_worth_sending",
        /// A referral is sent.
        Refer = "refer",
        /// Help begins.
        Start = "start",
        /// What was tried falls through.
        FallThrough = "fall_through",
        /// It is put off.
        PutOff = "put_off",
        /// The person does not want help with it.
        Refuse = "refuse",
        /// It is met.
        Meet = "meet",
    }
}

impl NeedState {
    /// Whether the need no longer waits for anyone. A need put off is not settled.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Met | Self::NotWanted)
    }

    /// Whether somebody is to be found who helps with it: told, and with nobody now. A sign alone is not enough (SPEC 3.20).
    pub const fn looks_for_help(self) -> bool {
        matches!(self, Self::Told | Self::Offered | Self::Unmet)
    }

    /// The state after a move. Errors when the move makes no sense from here; a settled need can only be told again.
    pub fn apply(self, by: NeedMove) -> Result<Self, IllegalMove> {
        use NeedMove as M;
        let open = !self.is_settled();
        let next = match by {
            M::Tell if !matches!(self, Self::Told | Self::Referred | Self::Started) => Self::Told,
            M::Offer if open && !matches!(self, Self::Started) => Self::Offered,
            M::JudgeNotWorthSending
                if matches!(
                    self,
                    Self::Told | Self::Offered | Self::Unmet | Self::PutOff
                ) =>
            {
                Self::NotWorthSending
            }
            // A need only seen cannot be sent on: a sign is not a disclosure (SPEC 3.20).
            M::Refer if open && !matches!(self, Self::Seen | Self::Started) => Self::Referred,
            M::Start if matches!(self, Self::Offered | Self::Referred) => Self::Started,
            M::FallThrough if matches!(self, Self::Offered | Self::Referred | Self::Started) => {
                Self::Unmet
            }
            M::PutOff if open && self != Self::PutOff => Self::PutOff,
            M::Refuse if open => Self::NotWanted,
            M::Meet if open => Self::Met,
            _ => {
                return Err(IllegalMove {
                    machine: "need",
                    from: self.code(),
                    by: by.code(),
                });
            }
        };
        Ok(next)
    }
}

/// Whether goals about work may be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkGoals {
    /// Nothing stands before them.
    Open,
    /// These needs come first, in order. The person may still choose work; nobody may set it for them.
    Locked(Vec<NeedType>),
}

/// Whether goals about work are open, given every need of the case (SPEC INV-018): they wait for every need of safety,
/// housing, health, caring and money that is not settled.
pub fn work_goals(needs: &[(NeedType, NeedState)]) -> WorkGoals {
    let mut first: Vec<NeedType> = needs
        .iter()
        .filter(|(need, state)| need.stability() < Stability::Connection && !state.is_settled())
        .map(|(need, _)| *need)
        .collect();
    in_order(&mut first);
    first.dedup();
    if first.is_empty() {
        WorkGoals::Open
    } else {
        WorkGoals::Locked(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safety_comes_before_housing_before_health_before_caring_before_money_before_work() {
        let mut needs = vec![
            NeedType::Employment,
            NeedType::MoneyToday,
            NeedType::Caring,
            NeedType::MentalHealth,
            NeedType::SafeAccommodation,
            NeedType::ImmediateDanger,
        ];
        in_order(&mut needs);
        assert_eq!(
            needs,
            [
                NeedType::ImmediateDanger,
                NeedType::SafeAccommodation,
                NeedType::MentalHealth,
                NeedType::Caring,
                NeedType::MoneyToday,
                NeedType::Employment
            ]
        );
    }

    #[test]
    fn a_need_that_is_put_off_still_locks_work() {
        let locked = work_goals(&[
            (NeedType::SafeAccommodation, NeedState::PutOff),
            (NeedType::Employment, NeedState::Told),
        ]);
        assert_eq!(locked, WorkGoals::Locked(vec![NeedType::SafeAccommodation]));
        assert_eq!(
            work_goals(&[
                (NeedType::SafeAccommodation, NeedState::Met),
                (NeedType::DigitalAccess, NeedState::Told)
            ]),
            WorkGoals::Open
        );
    }

    #[test]
    fn only_a_settled_state_unlocks_work_for_every_stability_need() {
        for need in NeedType::ALL {
            for state in NeedState::ALL {
                let open = work_goals(&[(*need, *state)]) == WorkGoals::Open;
                assert_eq!(
                    open,
                    state.is_settled()
                        || matches!(need.stability(), Stability::Connection | Stability::Work),
                    "{need} {state}"
                );
            }
        }
    }

    /// Rows: state. Columns: tell offer nws refer start fall putoff refuse meet; `-` is refused.
    const TABLE: &str = "
        seen              told offered -                 -        -       -     put_off not_wanted met
        told              -    offered not_worth_sending referred -       -     put_off not_wanted met
        offered           told offered not_worth_sending referred started unmet put_off not_wanted met
        not_worth_sending told offered -                 referred -       -     put_off not_wanted met
        referred          -    offered -                 referred started unmet put_off not_wanted met
        started           -    -       -                 -        -       unmet put_off not_wanted met
        unmet             told offered not_worth_sending referred -       -     put_off not_wanted met
        put_off           told offered not_worth_sending referred -       -     -       not_wanted met
        not_wanted        told -       -                 -        -       -     -       -          -
        met               told -       -                 -        -       -     -       -          -";

    #[test]
    fn every_state_answers_every_move_as_the_table_says() {
        let rows: Vec<Vec<&str>> = TABLE
            .trim()
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows.len(), NeedState::ALL.len());
        for (row, state) in rows.iter().zip(NeedState::ALL) {
            assert_eq!(row[0], state.code());
            assert_eq!(row.len(), NeedMove::ALL.len() + 1);
            for (cell, by) in row[1..].iter().zip(NeedMove::ALL) {
                let got = state.apply(*by).map_or("-", Code::code);
                assert_eq!(got, *cell, "{state} by {by}");
            }
        }
    }

    #[test]
    fn five_needs_tell_over_a_shoulder_of_danger_and_one_leaves_only_by_itself() {
        let of = |tells: fn(NeedType) -> bool| -> Vec<NeedType> {
            NeedType::ALL
                .iter()
                .copied()
                .filter(|need| tells(*need))
                .collect()
        };
        assert_eq!(
            of(NeedType::tells_of_danger),
            [
                NeedType::ImmediateDanger,
                NeedType::SafeAccommodation,
                NeedType::ChildrenSafety,
                NeedType::Immigration,
                NeedType::LegalProtection,
            ]
        );
        assert_eq!(of(NeedType::leaves_only_by_itself), [NeedType::Immigration]);
        assert_eq!(
            of(NeedType::is_work_goal),
            [NeedType::TrainingAndSkills, NeedType::Employment]
        );
    }

    #[test]
    fn each_need_has_words_of_its_own() {
        let words: std::collections::BTreeSet<&str> =
            NeedType::ALL.iter().map(|need| need.plain()).collect();
        assert_eq!(words.len(), NeedType::ALL.len());
        assert_eq!(NeedType::Debt.plain(), "Debt");
    }

    #[test]
    fn help_is_looked_for_once_it_was_told_and_while_nobody_helps() {
        for state in NeedState::ALL {
            let expected = matches!(
                state,
                NeedState::Told | NeedState::Offered | NeedState::Unmet
            );
            assert_eq!(state.looks_for_help(), expected, "{state}");
        }
    }
}
