//! What workers do about their lists: judge, offer the next one, answer, look again; and the last visit, which ends what is
//! open.

use throughline_app::case::{self, Closing};
use throughline_app::today::{self, Row, Target, TaskOutcome, What};
use throughline_app::{case_now, referral, referral_answer, unmet};
use throughline_core::child::ChildMove;
use throughline_core::closing::StillOpen;
use throughline_core::id::Ref;
use throughline_core::need::NeedMove;
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::Actor;
use throughline_store::{Error, Result};

use super::people::{Event, History, words};

/// In the last hours before the end, so many in a hundred lists are still to be worked: they are what the demo opens with.
const LEFT_OVER: i64 = 40;

impl History<'_> {
    /// A coach does what their list says.
    pub(super) async fn list(&mut self, at: At, post: usize, coach: usize) -> Result<()> {
        let hours = self.end.seconds_since(at) / 3_600;
        let signs_in = post == 0 && coach == 0;
        if hours < 30 && (signs_in && hours < 10 || self.below(100) < LEFT_OVER) {
            return Ok(());
        }
        let actor = self.coach(post, coach)?.actor();
        let day = today::worker(self.app, &actor).await?;
        for row in day.do_now.iter().chain(&day.next) {
            self.row(at, &actor, row).await?;
        }
        Ok(())
    }

    async fn row(&mut self, at: At, actor: &Actor, row: &Row) -> Result<()> {
        let (What::Task(kind), Some(task)) = (row.what, row.task) else {
            return Ok(());
        };
        match (kind, row.target) {
            (TaskKind::JudgeRisk, Target::Case(case)) => {
                let Some(known) = self.known.iter().rposition(|known| known.case == case) else {
                    return Ok(());
                };
                let band = if self.chance(0.6) {
                    RiskBand::Standard
                } else {
                    RiskBand::Medium
                };
                self.judge(actor, known, band, at).await
            }
            (TaskKind::OfferNext, Target::Referral(old)) => {
                self.offer_next(at, actor, old, task).await
            }
            (TaskKind::AnswerQuestion, Target::Referral(asked)) => {
                let answer = words("Yes, until eight. Not at weekends.")?;
                referral_answer::reply(self.app, actor, asked, &answer).await
            }
            // A child is looked at once there was time to ask.
            (TaskKind::ReviewChild, Target::Case(own)) if row.since < at.plus_days(-4) => {
                today::task_finish(self.app, actor, task, TaskOutcome::Done).await?;
                for known in self.known.iter_mut().rev() {
                    if known.children.contains(&own) {
                        known.reviewed = true;
                        break;
                    }
                }
                Ok(())
            }
            (
                TaskKind::ChaseReferral
                | TaskKind::AskWhetherStarted
                | TaskKind::AskWhetherHelping
                | TaskKind::AskWhetherStillWaiting,
                _,
            ) => today::task_finish(self.app, actor, task, TaskOutcome::Done).await,
            _ => Ok(()),
        }
    }

    /// After a no or a silence: the next service, or the honest word that there is none.
    async fn offer_next(&mut self, at: At, actor: &Actor, old: Ref, task: Ref) -> Result<()> {
        let Some(asking) = self.asking.get(&old).copied() else {
            return Ok(());
        };
        let need = asking.asked.need;
        // Asking the next one ends the task by itself.
        if !self.ask(at, asking.known, need).await? {
            self.need(actor, asking.known, need, NeedMove::FallThrough, None)
                .await?;
            self.nothing_worth_sending(actor, asking.known, need)
                .await?;
            today::task_finish(self.app, actor, task, TaskOutcome::CouldNot).await?;
        }
        // Silence stays silence: it is taken back, so that nobody answers what was given to another.
        let view = referral::view(self.app, actor, old).await?;
        if !view.referral.state.is_final() {
            referral_answer::withdraw(self.app, actor, old, view.referral.version).await?;
            self.over(old);
        }
        Ok(())
    }

    /// Says that nothing is worth sending: every service that could be asked has said no.
    async fn nothing_worth_sending(
        &mut self,
        actor: &Actor,
        at_known: usize,
        need: throughline_core::need::NeedType,
    ) -> Result<()> {
        let Some(known) = self.known.get_mut(at_known) else {
            return Ok(());
        };
        let Some(version) = known.needs.get_mut(&need) else {
            return Ok(());
        };
        let said = unmet::Said {
            need,
            because: unmet::NotSent::NoRoom,
            service: None,
            told: None,
        };
        unmet::not_worth_sending(self.app, actor, known.case, &said).await?;
        *version += 1;
        Ok(())
    }

    /// Moves a need that is not settled.
    async fn need(
        &mut self,
        actor: &Actor,
        at_known: usize,
        need: throughline_core::need::NeedType,
        by: NeedMove,
        reason: Option<&throughline_core::reason::Reason>,
    ) -> Result<()> {
        let Some(known) = self.known.get_mut(at_known) else {
            return Ok(());
        };
        let Some(version) = known.needs.get_mut(&need) else {
            return Ok(());
        };
        let state =
            case::need_move(self.app, actor, known.case, need, *version, by, reason).await?;
        *version += 1;
        if state.is_settled() {
            known.needs.remove(&need);
        }
        Ok(())
    }

    /// A lead does what has come up to them.
    pub(super) async fn lead(&mut self, post: usize) -> Result<()> {
        let lead = self
            .staff
            .posts
            .get(post)
            .and_then(|post| post.lead.as_ref());
        let Some(actor) = lead.map(throughline_store::account::Account::actor) else {
            return Ok(());
        };
        let site = today::lead(self.app, &actor).await?;
        for row in &site.climbing {
            // A lead finds what a worker could not, and acts on what was told them.
            let theirs = matches!(
                (row.what, row.turn),
                (What::Task(TaskKind::ActOnEscalation), _)
                    | (What::Task(TaskKind::OfferNext), Owner::Lead)
            );
            if let (true, Some(task)) = (theirs, row.task) {
                today::task_take(self.app, &actor, task).await?;
                today::task_finish(self.app, &actor, task, TaskOutcome::Done).await?;
            }
        }
        Ok(())
    }

    /// The last visit: what is left of the needs is said, the children are closed in their own right, the case is closed.
    /// While a service still helps, it waits.
    pub(super) async fn finish(&mut self, at: At, at_known: usize) -> Result<()> {
        let Some(known) = self.known.get(at_known) else {
            return Ok(());
        };
        if known.open > 0 {
            let days = 3 + self.below(8);
            self.put(at.plus_days(days), Event::Finish(at_known));
            return Ok(());
        }
        let (case, post, coach) = (known.case, known.post, known.coach);
        let (children, reviewed) = (known.children.clone(), known.reviewed);
        let needs: Vec<_> = known.needs.keys().copied().collect();
        let actor = self.coach(post, coach)?.actor();
        if !reviewed {
            self.list(at, post, coach).await?;
        }
        for need in needs {
            let by = match self.below(10) {
                0 => NeedMove::Refuse,
                _ => NeedMove::Meet,
            };
            self.need(&actor, at_known, need, by, None).await?;
        }
        for own in children {
            // Added, then decided about: the second version; heard: the third.
            let app = self.app;
            case_now::child_move(app, &actor, case, own, 2, ChildMove::HearNeeds).await?;
            case_now::child_move(app, &actor, case, own, 3, ChildMove::Close).await?;
            // Opened, then judged.
            if let Closing::StillOpen(open) = case::close(app, &actor, own, 2).await? {
                return Err(Error::Integrity(format!(
                    "a demo child's case cannot close: {open:?}"
                )));
            }
        }
        if let Some(known) = self.known.get_mut(at_known) {
            known.children.clear();
            known.reviewed = true;
        }
        let version = self.known.get(at_known).map_or(1, |known| known.version);
        let waits = |open: &StillOpen| !matches!(open, StillOpen::Immediate(_) | StillOpen::Child);
        match case::close(self.app, &actor, case, version).await? {
            Closing::Closed => Ok(()),
            // A judgement, the lead or a service comes first: another day.
            Closing::StillOpen(open) if open.iter().all(waits) => {
                self.put(at.plus_days(1), Event::Finish(at_known));
                Ok(())
            }
            Closing::StillOpen(open) => Err(Error::Integrity(format!(
                "a demo case cannot close: {open:?}"
            ))),
        }
    }
}
