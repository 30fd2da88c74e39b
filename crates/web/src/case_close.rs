//! Closing a case and opening it again: what stands before closing is said with the way to it.

use throughline_app::case::{self, CaseState, Closing};
use throughline_app::case_view::CaseView;
use throughline_core::closing::StillOpen;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, Tab, frame, opened, right_now};
use crate::fault::{Fault, Outcome};
use crate::keeping;
use crate::route::{Rate, Route, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        post("/cases/{case}/close", TITLE, CHANGE, page, |v| {
            Box::pin(close(v))
        }),
        post("/cases/{case}/reopen", TITLE, CHANGE, page, |v| {
            Box::pin(reopen(v))
        }),
    ]
}

/// Who leads the case, and the way to hand it over, close it or open it again.
pub(crate) fn ending(visit: &Visit, view: &CaseView) -> Html {
    let text = visit.text();
    let at = format!("/cases/{}", view.case.reference);
    let (path, key) = match view.case.state {
        CaseState::Open => ("close", "case-close"),
        CaseState::Closed => ("reopen", "case-reopen"),
    };
    let lead = Html::paragraph(text.t_with("case-lead", &[("name", view.lead.clone().into())]));
    let form = PostForm::new(format!("{at}/{path}"), visit.csrf())
        .hidden("version", view.case.version.to_string())
        .body(Button::new(text.t(key)).secondary());
    let keeping = if keeping::is_for(visit) {
        Html::paragraph(Link::new(
            text.t("keeping-heading"),
            format!("{at}/keeping"),
        ))
        .then(Html::paragraph(Link::new(
            text.t("access-heading"),
            format!("{at}/access"),
        )))
    } else {
        Html::default()
    };
    Html::heading(2, Size::M, text.t("case-ending-heading"))
        .then(lead)
        .then(Html::paragraph(Link::new(
            text.t("case-hand-over"),
            format!("{at}/hand-over"),
        )))
        .then(Html::paragraph(Link::new(
            text.t("closed-link"),
            format!("{at}/who-may-see"),
        )))
        .then(keeping)
        .then(form)
}

fn version(form: &Form) -> Result<i64, Fault> {
    form.value("version").parse().map_err(|_| Fault::BadRequest)
}

async fn close(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let form = visit.form()?;
    let closing = case::close(visit.app(), visit.actor(), reference, version(&form)?).await?;
    match closing {
        Closing::Closed => Ok(visit.go_saying(&format!("/cases/{reference}"), "case-closed-said")),
        Closing::StillOpen(open) => {
            let view = opened(&visit).await?;
            let text = visit.text();
            let items = open.into_iter().map(|one| {
                let (path, key) = still_open(one);
                ErrorItem::to(text.t(&key), format!("/cases/{reference}/{path}"))
            });
            let summary = ErrorSummary::new(visit.lang)
                .title(text.t("case-close-not-yet"))
                .items(items);
            let mut page = frame(
                &visit,
                &view,
                Tab::Story,
                right_now(&visit, &view).then(ending(&visit, &view)),
            );
            page.errors = Some(summary);
            Ok(visit.show_errors(page))
        }
    }
}

/// Where to go for what stands before closing, and its words.
fn still_open(open: StillOpen) -> (String, String) {
    match open {
        StillOpen::Immediate(kind) => (format!("now/{kind}"), format!("case-close-{kind}")),
        // Answered wrongly or not at all, these are mended on the page of the card.
        StillOpen::Money(_) => ("now/money".to_owned(), "case-close-money-way".to_owned()),
        StillOpen::RecordChild => ("children".to_owned(), "talk-open-record-child".to_owned()),
        StillOpen::AreThereChildren | StillOpen::Safeguarding => (
            "children".to_owned(),
            "case-close-are-there-children".to_owned(),
        ),
        StillOpen::Child => ("children".to_owned(), "case-close-child".to_owned()),
        StillOpen::Risk => ("risk".to_owned(), "case-close-risk".to_owned()),
        StillOpen::Referral => ("referrals".to_owned(), "case-close-referral".to_owned()),
        StillOpen::Escalation => ("risk".to_owned(), "case-close-escalation".to_owned()),
        StillOpen::ChildReview => ("plan".to_owned(), "case-close-child-review".to_owned()),
        StillOpen::ServiceNotTold => ("referrals".to_owned(), "case-close-tell".to_owned()),
        StillOpen::DutyToRefer => ("home".to_owned(), "case-close-home".to_owned()),
        StillOpen::Sharing => ("sharing".to_owned(), "case-close-sharing".to_owned()),
    }
}

async fn reopen(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let form = visit.form()?;
    case::reopen(visit.app(), visit.actor(), reference, version(&form)?).await?;
    Ok(visit.go_saying(&format!("/cases/{reference}"), "case-reopened-said"))
}
