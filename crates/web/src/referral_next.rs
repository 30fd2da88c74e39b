//! What comes after a no, a silence or a bounce: who else could help, by name, and the way to the finder.

use throughline_app::referral::{Referral, SenderView};
use throughline_app::referral_next::Next;
use throughline_core::code::Code as _;
use throughline_core::referral::{EndReason, Helped, ReferralState};
use throughline_core::task::TaskKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::find_shown::{ForCase, card};
use crate::visit::Visit;

/// Whether the next option is to be found: after a no, silence or a bounce, and after help that ended before it had helped.
pub(crate) fn next_is_asked(referral: &Referral) -> bool {
    let ended = referral
        .reason
        .as_deref()
        .zip(referral.helped.as_deref())
        .filter(|_| referral.state == ReferralState::Ended)
        .and_then(|(reason, helped)| {
            let reason = EndReason::from_code(reason).ok()?;
            reason.next_step(Helped::from_code(helped).ok()?)
        });
    let step = ended.or_else(|| referral.state.next_step());
    step.is_some_and(|step| step.task == TaskKind::OfferNext)
}

/// A no, a silence or a bounce is never the end (NE-22): who else could help, by name, and the way to find more.
pub(crate) fn next_option(visit: &Visit, view: &SenderView, next: &Next) -> Html {
    let text = visit.text();
    let need = view.referral.need;
    let mut body = Html::heading(2, Size::M, text.t("refer-next-heading"))
        .then(Html::paragraph(text.t("refer-next-what")));
    if next.found.is_empty() {
        body.push(InsetText::new(text.t("refer-next-none")));
    } else {
        if !next.sure {
            body.push(InsetText::new(text.t("refer-next-unsure")));
        }
        body.push(Html::paragraph(text.t("refer-next-safe")));
        // None of them was asked for this before: there is nothing to say of that.
        let case = ForCase {
            case: view.case,
            before: Vec::new(),
            // That nothing is worth sending is said where all that was found is seen.
            looks_for: Vec::new(),
            told: next.told.clone(),
            like: Some(view.referral.reference),
        };
        for found in &next.found {
            body.push(card(visit, found, Some(&case), &[need]));
        }
    }
    body.then(
        PostForm::new(format!("/find/for/{}", view.case), visit.csrf())
            .hidden("need", need.code())
            .body(Button::new(text.t("refer-next-find"))),
    )
}
