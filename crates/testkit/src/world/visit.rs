//! The first visit: somebody is heard, what comes first is answered, and the risk is judged.

use std::collections::{BTreeMap, BTreeSet};

use throughline_app::case::Closing;
use throughline_app::contact::ContactSaid;
use throughline_app::conversation::{Heard, SafeAnswers, ToCase, TwoColumns};
use throughline_app::conversation_end::{self, CloseAnswers, Ending};
use throughline_app::{case, case_now, contact, conversation};
use throughline_core::answer::Answer;
use throughline_core::child::Safeguarding;
use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code as _;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::conversation::{Interpreter, Mode, Overheard, Sign};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateAnswer, ImmediateKind};
use throughline_core::need::NeedType;
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_policy::Actor;
use throughline_store::{Error, Result};

use super::Counts;
use super::arrival::{Arrival, sheet};
use super::people::{Event, History, Known, PLANTED, TODAY, words};
use super::staff::TOWNS;

impl History<'_> {
    /// Who comes in is heard: a conversation, or a case at once where somebody rang ahead.
    pub(super) async fn arrive(&mut self, at: At, n: usize, counts: &mut Counts) -> Result<()> {
        let Some(arrival) = self.arrivals.get(n).cloned() else {
            return Ok(());
        };
        let actor = self.coach(arrival.post, arrival.coach)?.actor();
        let person = sheet(
            &arrival.given,
            &arrival.family,
            &arrival.born,
            arrival.language,
        );
        if arrival.once {
            counts.people += 1;
            return self.came_once(&actor, &arrival, person).await;
        }
        let (case, talk) = if arrival.talks {
            let (case, talk) = self.talk(&actor, &arrival, person).await?;
            (case, Some(talk))
        } else {
            (case::open(self.app, &actor, &person).await?, None)
        };
        counts.people += 1 + u32::try_from(arrival.children.len()).unwrap_or(0);
        let mut needs = BTreeMap::new();
        for need in &arrival.needs {
            case::need_add(self.app, &actor, case, *need, true).await?;
            needs.insert(*need, 1);
        }
        case::statement_write(self.app, &actor, case, &words(arrival.statement)?).await?;
        let town = self
            .staff
            .posts
            .get(arrival.post)
            .and_then(|post| TOWNS.iter().position(|town| town.area == post.town.area));
        let known = self.known.len();
        self.known.push(Known {
            case,
            post: arrival.post,
            coach: arrival.coach,
            town: town.unwrap_or(0),
            needs,
            children: Vec::new(),
            reviewed: true,
            risk: None,
            version: 1,
            open: 0,
            tried: BTreeSet::new(),
            planted: (TODAY..PLANTED).contains(&n),
        });
        let minutes = 7 + self.below(9);
        self.put(at.plus_minutes(minutes), Event::First { n, known, talk });
        Ok(())
    }

    /// Somebody who comes once and does not tell: what was seen, a judgement, how to reach them, and a door left open.
    async fn came_once(
        &mut self,
        actor: &Actor,
        arrival: &Arrival,
        person: conversation::PersonSheet,
    ) -> Result<()> {
        let app = self.app;
        let case = case::open(app, actor, &person).await?;
        for need in arrival.needs.iter().take(1) {
            case::need_add(app, actor, case, *need, false).await?;
        }
        let band = match arrival.risk {
            Some(RiskBand::High | RiskBand::Medium) => RiskBand::Medium,
            _ => RiskBand::Standard,
        };
        let reason = words("Nothing was told; seen alone, calm")?;
        case_now::risk_judge(app, actor, case, band, &reason, false).await?;
        // Opened, then judged.
        match case::close(app, actor, case, 2).await? {
            Closing::Closed => Ok(()),
            Closing::StillOpen(open) => Err(Error::Integrity(format!(
                "a demo case cannot close: {open:?}"
            ))),
        }
    }

    /// A conversation in which somebody tells, up to the case it leads to.
    async fn talk(
        &mut self,
        actor: &Actor,
        arrival: &Arrival,
        person: conversation::PersonSheet,
    ) -> Result<(Ref, Ref)> {
        let app = self.app;
        let mode = if self.chance(0.8) {
            Mode::InPerson
        } else {
            Mode::Telephone
        };
        let talk = conversation::start(app, actor, mode).await?;
        let interpreter = match arrival.language {
            "English" | "Welsh" => Interpreter::None,
            _ => Interpreter::Professional,
        };
        let answers = SafeAnswers {
            alone: Answer::Yes,
            interpreter,
            overheard: Overheard::Nobody,
            mode,
        };
        conversation::safe_to_talk(app, actor, talk, 1, answers).await?;
        let signs = [Sign::InDistress, Sign::PhoneWatched, Sign::NoOwnMoney];
        let signs = signs.get(self.stream.below(5)).copied();
        let columns = TwoColumns {
            signs: signs.into_iter().collect(),
            seen: String::new(),
            told: arrival.statement.to_owned(),
            heard: Heard::Told,
        };
        conversation::keep(app, actor, talk, 2, &columns).await?;
        let case = conversation::continue_to_case(app, actor, talk, &ToCase::New(person)).await?;
        Ok((case, talk))
    }

    /// Bed, money, essentials; children; the risk; how to reach them. Then the talk is over and services are asked.
    pub(super) async fn first(
        &mut self,
        at: At,
        n: usize,
        at_known: usize,
        talk: Option<Ref>,
    ) -> Result<()> {
        let (Some(arrival), Some(known)) =
            (self.arrivals.get(n).cloned(), self.known.get(at_known))
        else {
            return Ok(());
        };
        let (app, case, town) = (self.app, known.case, known.town);
        let actor = self.coach(arrival.post, arrival.coach)?.actor();
        let asked: Vec<NeedType> = arrival
            .needs
            .iter()
            .filter(|need| {
                self.answered
                    .iter()
                    .any(|one| one.town == town && one.need == **need)
            })
            .take(arrival.asks)
            .copied()
            .collect();
        for kind in ImmediateKind::ALL {
            self.immediate(&actor, at_known, *kind, &arrival, &asked, at)
                .await?;
        }
        if arrival.children.is_empty() {
            case_now::children_answer(app, &actor, case, AreThereChildren::None).await?;
        }
        for (given, born) in &arrival.children {
            let child = sheet(given, &arrival.family, born, arrival.language);
            let own = case_now::child_add(app, &actor, case, &child).await?;
            let decision = match self.below(20) {
                0..=3 => Safeguarding::Referred,
                4..=6 => Safeguarding::AlreadyOpen,
                _ => Safeguarding::NotNeeded(words("Safe with a grandparent; seen today")?),
            };
            case_now::child_decide(app, &actor, case, own, 1, &decision).await?;
            let reason = words("What was told and seen of the child today")?;
            let band = match arrival.risk {
                Some(RiskBand::High | RiskBand::Medium) => RiskBand::Medium,
                _ => RiskBand::Standard,
            };
            case_now::risk_judge(app, &actor, own, band, &reason, false).await?;
            if let Some(known) = self.known.get_mut(at_known) {
                known.children.push(own);
                known.reviewed = false;
            }
        }
        match arrival.risk {
            Some(band) => self.judge(&actor, at_known, band, at).await?,
            // Somebody thinks about it and judges within the hour.
            None => self.put_list(at_known, at.plus_minutes(20)),
        }
        let said = ContactSaid {
            channel: Channel::PhoneMobile,
            verdict: match (arrival.phone_never, arrival.windows.is_empty()) {
                (true, _) => Verdict::Never,
                (false, true) => Verdict::Safe,
                (false, false) => Verdict::SafeOnlyInWindow,
            },
            value: arrival.phone.clone(),
            windows: arrival.windows.clone(),
            voicemail: false,
            answered_by: AnsweredBy::OnlyThem,
            neutral_only: true,
            shared_account: Answer::No,
            say: Some("Say it is the library.".to_owned()),
        };
        contact::add(app, &actor, case, &said).await?;
        if let Some(talk) = talk {
            // Started, safe to talk, told, led to a case: four versions.
            // Its children were recorded above; with none recorded, there are none.
            let ending = Ending::Close(CloseAnswers {
                children: Some(AreThereChildren::None),
                ..CloseAnswers::default()
            });
            if let Err(open) = conversation_end::end(app, &actor, talk, 4, &ending).await? {
                return Err(Error::Integrity(format!(
                    "a demo talk cannot end: {open:?}"
                )));
            }
        }
        let mut minutes = 2;
        for need in asked {
            minutes += 3 + self.below(25);
            self.put(
                at.plus_minutes(minutes),
                Event::Ask {
                    known: at_known,
                    need,
                },
            );
        }
        if !arrival.children.is_empty() {
            self.put_list(at_known, at.plus_days(6));
        }
        let last = at.plus_days(arrival.days).plus_minutes(self.below(90));
        self.put(last, Event::Finish(at_known));
        Ok(())
    }

    /// What happened about a bed, money or essentials. What services are asked for is not answered here as well.
    async fn immediate(
        &mut self,
        actor: &Actor,
        at_known: usize,
        kind: ImmediateKind,
        arrival: &Arrival,
        asked: &[NeedType],
        at: At,
    ) -> Result<()> {
        let need = kind.need();
        let wanted = arrival.needs.contains(&need) && !asked.contains(&need);
        // Towards the end something cannot be had: the lead tries again.
        let lately = self.end.seconds_since(at) < 5 * 3_600;
        let answer = match self.below(10) {
            _ if !wanted => ImmediateAnswer::NotNeeded,
            0..=3 if lately => ImmediateAnswer::Unavailable,
            0 => ImmediateAnswer::Declined,
            _ => ImmediateAnswer::Given,
        };
        let settled = matches!(answer, ImmediateAnswer::Given | ImmediateAnswer::Declined);
        let Some(known) = self.known.get_mut(at_known) else {
            return Ok(());
        };
        let said = case_now::Said {
            kind,
            answer,
            only_theirs: (kind == ImmediateKind::Money).then_some(Answer::Yes),
            into_account: false,
            version: 0,
        };
        case_now::immediate_answer(self.app, actor, known.case, &said).await?;
        if settled {
            known.needs.remove(&need);
        }
        Ok(())
    }

    /// A judgement; a high one reaches the lead, who acts within hours.
    pub(super) async fn judge(
        &mut self,
        actor: &Actor,
        at_known: usize,
        band: RiskBand,
        at: At,
    ) -> Result<()> {
        let lead_in = 20 + self.below(150);
        let Some(known) = self.known.get_mut(at_known) else {
            return Ok(());
        };
        // Where nobody leads, nobody could act.
        let lead = self
            .staff
            .posts
            .get(known.post)
            .is_some_and(|post| post.lead.is_some());
        let band = if band == RiskBand::High && !lead {
            RiskBand::Medium
        } else {
            band
        };
        // Whoever judged while the conversation went on may have found more; only a practitioner finds less (NE-09).
        let was = known.risk.unwrap_or(RiskBand::NotAssessed);
        let band = match was {
            RiskBand::NotAssessed => band,
            _ if was.severity() > band.severity() => was,
            _ => band,
        };
        known.risk = Some(band);
        let reason = words("What was told in the conversation")?;
        case_now::risk_judge(self.app, actor, known.case, band, &reason, false).await?;
        known.version += 1;
        let post = known.post;
        if band == RiskBand::High {
            self.put(at.plus_minutes(lead_in), Event::Lead(post));
        }
        Ok(())
    }
}
