//! What came of help: contact, start, end, and whether it helped; recorded by the service or by the worker.

use throughline_app::referral_answer::Outcome as Came;
use throughline_core::code::Code as _;
use throughline_core::referral::{EndReason, Helped, ReferralState};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::shown::{choices, codes, select};

/// What may be recorded next about help under way; nothing before acceptance.
/// `first` is asked before it, where it matters.
pub(crate) fn outcome_form(
    text: Text,
    form: &Form,
    post: PostForm,
    state: ReferralState,
    first: Html,
) -> Html {
    let ended = Choice::new("ended", text.t("refer-outcome-ended")).conditional(
        Html::from(select::<EndReason>(text, "why", "refer-outcome-why", "ended").bind(form, text))
            .then(
                Radios::new("helped", Legend::new(text.t("refer-outcome-helped")))
                    .items(choices::<Helped>(text, "helped"))
                    .bind(form, text),
            ),
    );
    let next = match state {
        ReferralState::Accepted => Some(Choice::new("contact", text.t("refer-outcome-contact"))),
        ReferralState::FirstContact => {
            Some(Choice::new("started", text.t("refer-outcome-started")))
        }
        ReferralState::InService => None,
        _ => return Html::default(),
    };
    Html::heading(2, Size::M, text.t("refer-outcome-heading")).then(
        post.body(
            first
                .then(
                    Radios::new("outcome", Legend::new(text.t("refer-outcome")))
                        .items(next.into_iter().chain([ended]))
                        .bind(form, text),
                )
                .then(Button::new(text.t("refer-outcome-save"))),
        ),
    )
}

/// Reads what came of it; what is wrong stands in the form.
pub(crate) fn read_outcome(form: &mut Form) -> Option<Came> {
    let kinds = ["contact", "started", "ended"];
    Some(
        match form
            .required_choice("outcome", &kinds, "refer-outcome-needed")?
            .as_str()
        {
            "contact" => Came::FirstContact,
            "started" => Came::Started,
            _ => {
                let why =
                    form.required_choice("why", &codes::<EndReason>(), "refer-outcome-why-needed");
                let helped = form.required_choice(
                    "helped",
                    &codes::<Helped>(),
                    "refer-outcome-helped-needed",
                );
                Came::Ended {
                    reason: EndReason::from_code(&why?).ok()?,
                    helped: Helped::from_code(&helped?).ok()?,
                }
            }
        },
    )
}
