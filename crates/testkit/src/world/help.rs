//! Services are asked, and answer: accepted, waiting, declined with a reason, silent; first contact, start, end.

use std::collections::BTreeSet;

use throughline_app::partner;
use throughline_app::referral_answer::{self, Answer as Reply, Outcome};
use throughline_app::referral_send::{self, Ask, SendOrder};
use throughline_core::consent::{Art9Condition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::conversation::Reach;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Reason;
use throughline_core::referral::{EndReason, Helped, UnmetReason};
use throughline_core::time::At;
use throughline_policy::Actor;
use throughline_store::referral::Via;
use throughline_store::{Error, Result};

use super::people::{Asking, Event, History, words};

impl History<'_> {
    /// Asks the next service of the town for a need. `false`: there is none that was not asked.
    pub(super) async fn ask(&mut self, at: At, at_known: usize, need: NeedType) -> Result<bool> {
        let Some(known) = self.known.get(at_known) else {
            return Ok(false);
        };
        let found = self.answered.iter().find(|one| {
            one.town == known.town && one.need == need && !known.tried.contains(&one.service)
        });
        let Some(asked) = found.copied() else {
            return Ok(false);
        };
        let actor = self.coach(known.post, known.coach)?.actor();
        let order = SendOrder {
            ask: Ask {
                case: known.case,
                service: asked.service,
                need,
            },
            items: BTreeSet::from(
                [
                    PacketItem::ChosenName,
                    PacketItem::Statement,
                    PacketItem::ContactRules,
                    PacketItem::ContactDetails,
                ]
                .map(PacketLine::from),
            ),
            immigration: false,
            shown: None,
            struck: BTreeSet::new(),
            statement: Some(1),
            reach: Reach::AsAgreed,
            how: HowAgreed::Spoken,
            words: None,
            basis: ShareBasis::Consent,
            art9: Some(Art9Condition::ExplicitConsent),
            dpa: None,
            // At a high risk every decision to send is reasoned.
            reasons: Reason::new("They asked for this help, and this service gives it.").ok(),
            life_at_risk: false,
            next: Vec::new(),
            told: None,
        };
        let sent = referral_send::send(self.app, &actor, &order).await?;
        self.referrals += 1;
        if let Some(known) = self.known.get_mut(at_known) {
            known.open += 1;
            known.tried.insert(asked.service);
            if let Some(version) = known.needs.get_mut(&need) {
                *version += 1;
            }
        }
        self.asking.insert(
            sent.reference,
            Asking {
                known: at_known,
                asked,
                version: 0,
                asked_back: false,
                over: false,
            },
        );
        if self.known.get(at_known).is_some_and(|known| known.planted) {
            let minutes = 20 + self.below(400);
            self.put(
                self.end.plus_minutes(-minutes),
                Event::Reply(sent.reference),
            );
        } else if self.chance(0.02) {
            // Nobody answers one in fifty: the clock does, and the work coach sees it.
            self.put(sent.answer_by.plus_minutes(2), Event::Jobs);
            self.put_list(at_known, sent.answer_by);
        } else {
            let minutes = self.reply_hours() * 60 + self.below(60);
            self.put(at.plus_minutes(minutes), Event::Reply(sent.reference));
        }
        Ok(true)
    }

    /// Hours until an answer: half within a working day, nine in ten within five days (`referral_time_hours`).
    fn reply_hours(&mut self) -> i64 {
        let (median, most) = (self.parameters.median_hours, self.parameters.p90_hours);
        match self.below(10) {
            0..=4 => 1 + self.below(median),
            5..=8 => median + self.below(most - median),
            _ => most + self.below(48),
        }
    }

    /// The worker of the service that was asked.
    fn answering(&self, asking: &Asking) -> Result<(Actor, &str)> {
        self.staff
            .partners
            .get(asking.asked.partner)
            .map(|partner| (partner.worker.actor(), partner.worker.name.as_str()))
            .ok_or(Error::Illegal("a demo service without a partner"))
    }

    /// One more referral is over.
    pub(super) fn over(&mut self, reference: Ref) {
        let Some(asking) = self.asking.get_mut(&reference) else {
            return;
        };
        if !asking.over
            && let Some(known) = self.known.get_mut(asking.known)
        {
            known.open = known.open.saturating_sub(1);
        }
        asking.over = true;
    }

    /// What is known of a referral, unless it is over.
    fn under_way(&self, reference: Ref) -> Option<Asking> {
        self.asking
            .get(&reference)
            .filter(|asking| !asking.over)
            .copied()
    }

    fn seen(&mut self, reference: Ref, version: i64) {
        if let Some(asking) = self.asking.get_mut(&reference) {
            asking.version = version;
        }
    }

    pub(super) async fn reply(&mut self, at: At, reference: Ref) -> Result<()> {
        let Some(asking) = self.under_way(reference) else {
            return Ok(());
        };
        let (actor, name) = self.answering(&asking)?;
        let name = words(name)?;
        let view = partner::open(self.app, &actor, reference).await?;
        let version = view.referral.version;
        let planted = self
            .known
            .get(asking.known)
            .is_some_and(|known| known.planted);
        if !asking.asked_back && !planted && self.chance(0.04) {
            let question = words("May we ring in the evening as well?")?;
            partner::ask(self.app, &actor, reference, &question).await?;
            if let Some(asking) = self.asking.get_mut(&reference) {
                asking.asked_back = true;
            }
            self.put_list(asking.known, at.plus_hours(1));
            self.put(at.plus_hours(20), Event::Reply(reference));
            return Ok(());
        }
        let declines = if planted {
            1.0
        } else if asking.asked.need == NeedType::SafeAccommodation {
            self.parameters.refuge_unsuccessful
        } else {
            0.15
        };
        if self.chance(declines) {
            let answer = Reply::Decline {
                reason: self.why_not(),
                words: None,
            };
            partner::answer(self.app, &actor, reference, version, &answer).await?;
            self.over(reference);
            let minutes = 20 + self.below(60);
            self.put_list(asking.known, at.plus_minutes(minutes));
        } else if self.chance(0.1) {
            let answer = Reply::Waitlist { days: Some(21) };
            partner::answer(self.app, &actor, reference, version, &answer).await?;
            let days = 8 + self.below(12);
            self.put(at.plus_days(days), Event::TakeOn(reference));
            self.put_list(asking.known, at.plus_days(7));
        } else {
            let answer = Reply::Accept {
                by: name,
                when: Some("Within two working days".to_owned()),
                how: Some("In the safe way that was agreed".to_owned()),
            };
            partner::answer(self.app, &actor, reference, version, &answer).await?;
            let hours = 3 + self.below(40);
            self.put(at.plus_hours(hours), Event::Contact(reference));
        }
        Ok(())
    }

    /// Somebody who waited is taken on.
    pub(super) async fn take_on(&mut self, at: At, reference: Ref) -> Result<()> {
        let Some(asking) = self.under_way(reference) else {
            return Ok(());
        };
        let (actor, name) = self.answering(&asking)?;
        let by = words(name)?;
        let view = partner::open(self.app, &actor, reference).await?;
        let answer = Reply::Accept {
            by,
            when: None,
            how: None,
        };
        partner::answer(self.app, &actor, reference, view.referral.version, &answer).await?;
        let hours = 3 + self.below(40);
        self.put(at.plus_hours(hours), Event::Contact(reference));
        Ok(())
    }

    /// Why a service says no, in the shares of the refuge audit and our split of the rest.
    fn why_not(&mut self) -> UnmetReason {
        match self.below(100) {
            0..=45 => UnmetReason::NoCapacityOrNoSpace,
            46..=79 => UnmetReason::SurvivorDeclinedOffer,
            80..=83 => UnmetReason::NoRecourseToPublicFunds,
            84..=87 => UnmetReason::MentalHealthNeedsTooHigh,
            88..=91 => UnmetReason::NoSpaceForFamilySize,
            92..=93 => UnmetReason::DisabilityAccessNotAvailable,
            _ => UnmetReason::CouldNotContact,
        }
    }

    pub(super) async fn contacted(&mut self, at: At, reference: Ref) -> Result<()> {
        self.outcome(reference, Outcome::FirstContact).await?;
        let hours = 20 + self.below(24 * 5);
        self.put(at.plus_hours(hours), Event::Start(reference));
        Ok(())
    }

    pub(super) async fn started(&mut self, at: At, reference: Ref) -> Result<()> {
        self.outcome(reference, Outcome::Started).await?;
        let days = 5 + self.below(22);
        self.put(at.plus_days(days), Event::End(reference));
        Ok(())
    }

    pub(super) async fn ended(&mut self, reference: Ref) -> Result<()> {
        let (reason, helped) = match self.below(20) {
            0..=13 => (EndReason::Finished, Helped::Yes),
            14..=16 => (EndReason::Finished, Helped::Partly),
            17 => (EndReason::PersonStopped, Helped::No),
            18 => (EndReason::Moved, Helped::NotKnown),
            _ => (EndReason::LostTouch, Helped::NotKnown),
        };
        self.outcome(reference, Outcome::Ended { reason, helped })
            .await?;
        self.over(reference);
        Ok(())
    }

    /// Records what came of it as the service does: from the page they have open, or a fresh one when that is stale.
    async fn outcome(&mut self, reference: Ref, outcome: Outcome) -> Result<()> {
        let Some(asking) = self.under_way(reference) else {
            return Ok(());
        };
        let (actor, _) = self.answering(&asking)?;
        let mut version = asking.version;
        let fresh = version == 0;
        if fresh {
            version = partner::open(self.app, &actor, reference)
                .await?
                .referral
                .version;
        }
        let via = Via::Account;
        let app = self.app;
        if !fresh {
            // A clock may have been first: the refusal then undoes nothing else.
            app.store.settle().await?;
        }
        match referral_answer::outcome(app, &actor, reference, version, outcome, via).await {
            Ok(_) => {}
            Err(Error::Conflict) if !fresh => {
                version = partner::open(app, &actor, reference)
                    .await?
                    .referral
                    .version;
                referral_answer::outcome(app, &actor, reference, version, outcome, via).await?;
            }
            Err(error) => return Err(error),
        }
        self.seen(reference, version + 1);
        Ok(())
    }
}
