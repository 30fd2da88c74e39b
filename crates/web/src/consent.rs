//! The sharing tab: what was agreed, with whom, line by line; agreeing again before it lapses, and taking it back.

use throughline_app::case_view::{Agreed, CaseView};
use throughline_app::consent::{self, Again};
use throughline_app::referral::Referral;
use throughline_core::code::Code;
use throughline_core::consent::{HowAgreed, ShareBasis};
use throughline_core::id::Ref;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_ui::prelude::*;

use crate::case::{CHANGE, READ, TITLE, Tab, frame, moment, opened, step, word};
use crate::case_now::{at, choices, codes, reason};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::shown::line_name;
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/sharing", TITLE, READ, page, |v| {
            Box::pin(tab(v))
        }),
        get(
            "/cases/{case}/sharing/{consent}",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(ask(v)),
        ),
        post(
            "/cases/{case}/sharing/{consent}",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(withdraw(v)),
        ),
        get(
            "/cases/{case}/sharing/{consent}/again",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(ask_again(v)),
        ),
        post(
            "/cases/{case}/sharing/{consent}/again",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(agree_again(v)),
        )
        .keeping(&["words", "reason"]),
    ]
}

fn facts(visit: &Visit, agreed: &Agreed) -> SummaryList {
    let text = visit.text();
    let known = &agreed.record.consent;
    let items = known.items.iter().map(|line| line_name(text, *line));
    let mut list = SummaryList::new()
        .fact(text.t("sharing-items"), Html::bullets(items))
        .fact(
            text.t("sharing-purpose"),
            word(text, "purpose", known.purpose.code()),
        )
        .fact(
            text.t("sharing-how"),
            word(text, "agreed", known.how.code()),
        )
        .fact(
            text.t("sharing-basis"),
            word(text, "basis", known.basis.code()),
        );
    if let Some(reasons) = &known.reasons {
        list = list.fact(text.t("sharing-reasons"), Html::text(reasons.as_str()));
    }
    if known.life_at_risk {
        let stands = match agreed.record.told {
            Some(told) => word(text, "told", told.code()),
            None => text.t("sharing-life-owed"),
        };
        list = list.fact(text.t("sharing-life"), stands);
    }
    if let Some(words) = &agreed.record.words {
        list = list.fact(text.t("sharing-words"), Html::text(words));
    }
    if !agreed.record.struck.is_empty() {
        let struck = text.t_with(
            "sharing-struck-lines",
            &[("count", agreed.record.struck.len().into())],
        );
        list = list.fact(text.t("sharing-struck"), struck);
    }
    list = list.fact(
        text.t("sharing-since"),
        Html::text(moment(text, known.agreed_at)),
    );
    match known.withdrawn_at {
        Some(at) => list.fact(text.t("sharing-withdrawn"), Html::text(moment(text, at))),
        None => list.fact(
            text.t("sharing-until"),
            Html::text(moment(text, known.expires_at)),
        ),
    }
}

async fn tab(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let mut body = Html::paragraph(text.t("sharing-what"));
    if view.consents.is_empty() {
        body.push(InsetText::new(text.t("sharing-none")));
    }
    for agreed in &view.consents {
        let mut card = SummaryCard::new(Html::text(&agreed.recipient), facts(&visit, agreed));
        let taken_back = agreed.record.consent.withdrawn_at.is_some();
        let open = open_under(&view, agreed).next().is_some();
        let href = format!(
            "/cases/{}/sharing/{}",
            view.case.reference, agreed.record.reference
        );
        if open && !taken_back {
            let again = format!("{href}/again");
            card = card.action(Action::new(text.t("sharing-again"), again));
        }
        if agreed.holds && agreed.record.consent.rests_on_agreement() {
            let less = format!("{href}/less");
            card = card.action(Action::new(text.t("sharing-less"), less));
        }
        if agreed.record.is_owed() {
            let complete = format!("{href}/complete");
            card = card.action(Action::new(text.t("sharing-complete"), complete));
        }
        if agreed.record.has_receipt {
            let receipt = format!("{href}/receipt");
            card = card.action(Action::new(text.t("sharing-receipt"), receipt));
        }
        // Also one that has lapsed, while a request still rests on it.
        if !taken_back && (open || agreed.holds) {
            card = card.action(Action::new(text.t("sharing-withdraw"), href));
        }
        body.push(card);
    }
    body.push(Html::paragraph(Link::new(
        text.t("own-heading"),
        format!("/cases/{}/own-page", view.case.reference),
    )));
    body.push(Html::paragraph(Link::new(
        text.t("sharing-not-link"),
        format!("/cases/{}/not-shared", view.case.reference),
    )));
    let page = frame(&visit, &view, Tab::Sharing, body);
    Ok(visit.show(page))
}

/// The requests that rest on it and are not over.
pub(crate) fn open_under<'a>(
    view: &'a CaseView,
    agreed: &Agreed,
) -> impl Iterator<Item = &'a Referral> {
    let id = agreed.record.id;
    view.referrals
        .iter()
        .map(|(referral, _)| referral)
        .filter(move |referral| referral.consent == id && !referral.state.is_final())
}

/// The consent of this case that the address names.
pub(crate) fn named<'a>(visit: &Visit, view: &'a CaseView) -> Result<&'a Agreed, Fault> {
    let reference: Ref = visit.reference("consent")?;
    view.consents
        .iter()
        .find(|agreed| agreed.record.reference == reference)
        .ok_or(Fault::NotFound)
}

async fn ask(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let action = format!(
        "/cases/{}/sharing/{}",
        view.case.reference, agreed.record.reference
    );
    let mut body = Html::heading(2, Size::M, Html::text(&agreed.recipient));
    if agreed.record.consent.rests_on_agreement() {
        body.push(WarningText::new(
            visit.lang,
            text.t("sharing-withdraw-notice"),
        ));
        body.push(Html::bullets(
            open_under(&view, agreed).map(|referral| text.t(what_follows(referral.state))),
        ));
        body.push(
            PostForm::new(action, visit.csrf())
                .body(Button::new(text.t("sharing-withdraw-go")).warning()),
        );
    } else {
        // A choice that is not there is not offered (NE-24): somebody decides again, with the reasons on record.
        body.push(InsetText::new(text.t("sharing-not-by-agreement")));
        for referral in open_under(&view, agreed) {
            let href = format!("/referrals/{}", referral.reference);
            let link = Link::new(text.t("sharing-to-request"), href);
            body.push(Html::paragraph(link));
        }
    }
    let page = step(
        &visit,
        &view,
        "sharing-withdraw-heading",
        "/sharing",
        &Form::empty(),
        body,
    );
    Ok(visit.show(page))
}

/// What taking it back does to a request that rests on it.
fn what_follows(state: ReferralState) -> &'static str {
    match state.when_consent_is_taken_back() {
        Some(ReferralMove::End { .. }) => "sharing-withdraw-ends-help",
        _ => "sharing-withdraw-takes-back",
    }
}

async fn ask_again(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let action = again_path(&view, agreed);
    let form = visit.typed(&action, Form::empty()).await?;
    Ok(visit.show(again_page(&visit, &view, agreed, &form)))
}

/// They are asked again about the same lines: how they agreed is said anew, never filled in (NE-24).
fn again_page(visit: &Visit, view: &CaseView, agreed: &Agreed, form: &Form) -> Page {
    let text = visit.text();
    let known = &agreed.record.consent;
    let mut ways = choices::<HowAgreed>(text, "agreed");
    if known.rests_on_agreement() {
        ways = ways_of_agreeing()
            .map(|how| Choice::new(how.code(), word(text, "agreed", how.code())))
            .collect();
    }
    let mut questions = Html::from(
        Radios::new("agreed", Legend::new(text.t("refer-how-agreed")))
            .items(ways)
            .bind(form, text),
    )
    .then(
        Textarea::new("words", text.t("refer-agreed-words"))
            .hint(text.t("refer-agreed-words-hint"))
            .rows(3)
            .bind(form, text),
    );
    if known.basis != ShareBasis::Consent {
        questions.push(
            Textarea::new("reason", text.t("refer-reasons"))
                .rows(3)
                .bind(form, text),
        );
    }
    let body = Html::heading(2, Size::M, Html::text(&agreed.recipient))
        .then(facts(visit, agreed))
        .then(Html::paragraph(text.t("sharing-again-what")))
        .then(
            visit
                .form_to(again_path(view, agreed))
                .body(questions.then(Button::new(text.t("sharing-again-go")))),
        );
    step(visit, view, "sharing-again-heading", "/sharing", form, body)
}

fn again_path(view: &CaseView, agreed: &Agreed) -> String {
    format!("{}/sharing/{}/again", at(view), agreed.record.reference)
}

fn ways_of_agreeing() -> impl Iterator<Item = HowAgreed> {
    let all = HowAgreed::ALL.iter().copied();
    all.filter(|how| how.is_agreement())
}

async fn agree_again(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let mut form = visit.form()?;
    let how = form.required_choice("agreed", &codes::<HowAgreed>(), "refer-how-agreed-needed");
    let words = form.optional_within("words", 500);
    let reasons = if agreed.record.consent.basis == ShareBasis::Consent {
        None
    } else {
        reason(&mut form)
    };
    let how = how.and_then(|code| HowAgreed::from_code(&code).ok());
    if let (Some(how), false) = (how, form.has_errors()) {
        let again = Again {
            how,
            words,
            reasons,
        };
        let (case, reference) = (view.case.reference, agreed.record.reference);
        match consent::agree_again(visit.app(), visit.actor(), case, reference, &again).await {
            Ok(()) => {
                return Ok(visit.go_saying(&format!("/cases/{case}/sharing"), "sharing-again-said"));
            }
            Err(throughline_app::Error::Invalid { problem, .. }) => form.wrong("agreed", problem),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(visit.show_errors(again_page(&visit, &view, agreed, &form)))
}

async fn withdraw(visit: Visit) -> Outcome {
    let (case, reference) = (visit.reference("case")?, visit.reference("consent")?);
    consent::withdraw(visit.app(), visit.actor(), case, reference).await?;
    let receipt = format!("/cases/{case}/sharing/{reference}/receipt");
    Ok(visit.go_saying(&receipt, "sharing-withdrawn-said"))
}
