//! "Nothing here is worth sending", in one press: why, as a button. It is kept as an unmet need and goes to nobody.

use throughline_app::unmet::{self, NotSent, Said};
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE};
use crate::fault::{Fault, Outcome};
use crate::find_shown::ForCase;
use crate::refer_line::{TOLD, told, told_value};
use crate::route::{Rate, Route, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![post(
        "/cases/{case}/not-sent",
        TITLE,
        CHANGE,
        Rate::Page,
        |v| Box::pin(not_sent(v)),
    )]
}

/// Whom and what the buttons are about.
pub(crate) struct About<'a> {
    pub(crate) case: Ref,
    pub(crate) need: NeedType,
    /// The one service; `None`: nothing is worth sending.
    pub(crate) service: Option<Ref>,
    /// What was told to the finder.
    pub(crate) told: Option<&'a Circumstances>,
}

/// Why, as buttons: one press keeps it.
pub(crate) fn buttons(visit: &Visit, about: &About<'_>) -> Html {
    let text = visit.text();
    let to = format!("/cases/{}/not-sent", about.case);
    let mut form = PostForm::new(to, visit.csrf()).hidden("need", about.need.code());
    if let Some(service) = about.service {
        form = form.hidden("service", service.to_string());
    }
    if let Some(told) = about.told {
        form = form.hidden(TOLD, told_value(told));
    }
    let reasons = NotSent::ALL.iter().map(|because| {
        let words = text.t(&format!("not-sent-{because}"));
        Html::from(
            Button::new(words)
                .secondary()
                .sends("because", because.code()),
        )
    });
    form.body(Html::from(ButtonGroup::new(reasons.collect::<Vec<_>>())))
        .into()
}

/// Below what was found for a case: a way to say that nothing of it is worth sending, for each need that was looked for.
pub(crate) fn nothing_worth_sending(visit: &Visit, case: &ForCase, needs: &[NeedType]) -> Html {
    let text = visit.text();
    let needs: Vec<NeedType> = needs
        .iter()
        .copied()
        .filter(|need| case.looks_for.contains(need))
        .collect();
    if needs.is_empty() {
        return Html::default();
    }
    let mut out = Html::heading(2, Size::M, text.t("not-sent-heading"))
        .then(Html::paragraph(text.t("not-sent-words")));
    for need in needs {
        let buttons = buttons(
            visit,
            &About {
                case: case.case,
                need,
                service: None,
                told: Some(&case.told),
            },
        );
        let name = text.plain(&format!("need-{need}"));
        out.push(Html::heading(3, Size::S, Html::text(name)));
        out.push(buttons);
    }
    out
}

async fn not_sent(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let form = visit.form()?;
    let read = |name: &str| form.value(name).to_owned();
    let service = match read("service").as_str() {
        "" => None,
        one => Some(one.parse().map_err(|_| Fault::BadRequest)?),
    };
    let said = Said {
        need: NeedType::from_code(&read("need")).map_err(|_| Fault::BadRequest)?,
        because: NotSent::from_code(&read("because")).map_err(|_| Fault::BadRequest)?,
        service,
        told: told(&form)?,
    };
    match unmet::not_worth_sending(visit.app(), visit.actor(), case, &said).await {
        Ok(()) => Ok(visit.go_saying(&format!("/cases/{case}/plan"), "not-sent-kept")),
        // Somebody was asked meanwhile, or it was said before: the plan tells how the need stands.
        Err(throughline_app::Error::Invalid { .. }) => {
            Ok(visit.go_saying(&format!("/cases/{case}/plan"), "not-sent-not-now"))
        }
        Err(error) => Err(error.into()),
    }
}
