//! How a service that said yes is shown how to reach the person: it says why, then the rules stand before the number, once. When a
//! life is at risk it is shown at once.

use throughline_app::reach::{self, Way};
use throughline_app::referral::ShownTo;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::reveal::{Reason, Why};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{when, word};
use crate::visit::Visit;

const TITLE: &str = "page-request-title";
const REACHERS: Access = Access::Staff(&[ActionKind::ContactReveal]);
/// How much somebody may say, in characters.
const MOST: usize = 300;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/requests/{referral}/reach", TITLE, REACHERS, page, |v| {
            Box::pin(asks(v))
        }),
        post("/requests/{referral}/reach", TITLE, REACHERS, page, |v| {
            Box::pin(shows(v))
        }),
        post(
            "/requests/{referral}/reach-now",
            TITLE,
            REACHERS,
            page,
            |v| Box::pin(shows_now(v)),
        ),
    ]
}

/// On the page of a request that the service said yes to, for somebody with an account.
pub(crate) fn way_in(visit: &Visit, reference: Ref, form: &Form) -> Html {
    let text = visit.text();
    Html::paragraph(text.t("reveal-before"))
        .then(Button::link(
            text.t("reveal-start"),
            format!("/requests/{reference}/reach"),
        ))
        .then(at_risk_form(
            visit,
            form,
            visit.form_to(format!("/requests/{reference}/reach-now")),
        ))
}

/// Why they need it, and the button that shows it: one choice and one press.
pub(crate) fn ask_form(visit: &Visit, form: &Form, list: &[Why], post: PostForm) -> Html {
    let text = visit.text();
    let other = Input::new("more", text.t("reveal-more")).bind(form, text);
    let choice = |why: Why| {
        let choice = Choice::new(why.code(), word(text, "reveal-why", why.code()));
        if why.needs_words() {
            choice.conditional(other.clone())
        } else {
            choice
        }
    };
    let legend = Legend::new(text.t("reveal-why")).classes("govuk-fieldset__legend--m");
    let why = Radios::new("reveal", legend)
        .items(list.iter().map(|why| choice(*why)))
        .bind(form, text);
    asked(visit, post)
        .body(Html::from(why).then(Button::new(text.t("reveal-show"))))
        .into()
}

/// A life is at risk: a few words, and it is shown.
pub(crate) fn at_risk_form(visit: &Visit, form: &Form, post: PostForm) -> Html {
    let text = visit.text();
    let words = Input::new("danger", text.t("reveal-danger")).bind(form, text);
    let fields = Html::paragraph(text.t("reveal-at-risk-what")).then(
        asked(visit, post)
            .body(Html::from(words).then(Button::new(text.t("reveal-show-now")).warning())),
    );
    let details = Details::new(word(text, "reveal-why", Why::LifeAtRisk.code()), fields);
    if form.error(text, "danger").is_some() {
        details.open().into()
    } else {
        details.into()
    }
}

/// The form, with a number of its own: what it asks for is shown once.
fn asked(visit: &Visit, post: PostForm) -> PostForm {
    post.hidden("ask", visit.app().env().reference().to_string())
}

/// Reads which form it was and why; what is wrong stands in the form. Errors when the form is none of ours.
pub(crate) fn read_reason(form: &mut Form, list: &[Why]) -> Result<Option<(Ref, Reason)>, Fault> {
    let ask: Ref = form.value("ask").parse().map_err(|_| Fault::BadRequest)?;
    let listed: Vec<&str> = list.iter().map(|why| why.code()).collect();
    let chosen = form.required_choice("reveal", &listed, "reveal-why-needed");
    let words = form.optional_within("more", MOST);
    let Some(why) = chosen.and_then(|code| Why::from_code(&code).ok()) else {
        return Ok(None);
    };
    let reason = Reason::new(why, words.and_then(|words| Words::new(&words).ok()));
    if reason.is_err() {
        form.wrong("more", "reveal-more-needed");
    }
    Ok(reason
        .ok()
        .filter(|_| !form.has_errors())
        .map(|reason| (ask, reason)))
}

/// The same of the form for a life at risk.
pub(crate) fn read_danger(form: &mut Form) -> Result<Option<(Ref, Reason)>, Fault> {
    let ask: Ref = form.value("ask").parse().map_err(|_| Fault::BadRequest)?;
    let words = form.required_within("danger", "reveal-danger-needed", MOST);
    let words = words.and_then(|words| Words::new(&words).ok());
    Ok(Reason::new(Why::LifeAtRisk, words)
        .ok()
        .map(|reason| (ask, reason)))
}

/// What is shown.
pub(crate) fn shown_body(text: Text, found: &[Way]) -> Html {
    Html::heading(1, Size::L, text.t("partner-reach-heading"))
        .then(ways(text, found))
        .then(InsetText::new(text.t("reveal-recorded")))
}

/// Who was shown how to reach the person, for those who sent the request.
pub(crate) fn shown_to(text: Text, shown: &[ShownTo]) -> Html {
    if shown.is_empty() {
        return Html::default();
    }
    let rows = shown.iter().map(|one| {
        let reveal = &one.reveal;
        let organisation = ("organisation", one.organisation.clone().into());
        let who = match &one.by {
            Some(name) => text.plain_with(
                "case-looks-of",
                &[("name", name.clone().into()), organisation],
            ),
            None => text.plain_with("case-looks-link", &[organisation]),
        };
        let why = word(text, "reveal-why", reveal.why.code());
        let event =
            Event::new(why, reveal.at.to_string(), when(text, reveal.at)).by(text.lang(), &who);
        match &reveal.words {
            Some(words) => event.body(Html::paragraph(words)),
            None => event,
        }
    });
    Html::heading(2, Size::M, text.t("reveal-shown-heading")).then(Timeline::new(rows))
}

fn ask_page(visit: &Visit, reference: Ref, form: &Form) -> Page {
    let text = visit.text();
    let at = format!("/requests/{reference}/reach");
    let body = Html::heading(1, Size::L, text.t("partner-reach-heading"))
        .then(Html::paragraph(text.t("reveal-before")))
        .then(ask_form(visit, form, &Why::REACH, visit.form_to(at)));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(format!("/requests/{reference}"));
    page
}

async fn asks(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    reach::may_ask(visit.app(), visit.actor(), reference).await?;
    Ok(visit.show(ask_page(&visit, reference, &Form::empty())))
}

async fn shows(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    if let Some((ask, reason)) = read_reason(&mut form, &Why::REACH)? {
        return shown(&visit, reference, ask, &reason).await;
    }
    reach::may_ask(visit.app(), visit.actor(), reference).await?;
    Ok(visit.show_errors(ask_page(&visit, reference, &form)))
}

async fn shows_now(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    if let Some((ask, reason)) = read_danger(&mut form)? {
        return shown(&visit, reference, ask, &reason).await;
    }
    let page = crate::partner::page_of(&visit, reference, &form).await?;
    Ok(visit.show_errors(page))
}

async fn shown(visit: &Visit, reference: Ref, ask: Ref, reason: &Reason) -> Outcome {
    let request = format!("/requests/{reference}");
    match reach::reach(visit.app(), visit.actor(), reference, ask, reason).await {
        Ok(found) => {
            let mut page = visit.page(TITLE, shown_body(visit.text(), &found));
            page.back = Some(request);
            Ok(visit.show(page))
        }
        Err(throughline_app::Error::Conflict) => Ok(visit.go_saying(&request, "reveal-once")),
        Err(error) => Err(error.into()),
    }
}

/// How to reach the person: for each way the rules come first and the number last, if at all. Where none may be used it says so,
/// and what to do instead.
fn ways(text: Text, ways: &[Way]) -> Html {
    let cards = Html::join(ways.iter().map(|way| {
        let list = if way.is_usable() {
            rules(text, way)
        } else {
            SummaryList::new()
        };
        Html::from(SummaryCard::new(
            word(text, "channel", way.channel.code()),
            list.fact(text.t("partner-number"), number(text, way)),
        ))
    }));
    if ways.iter().any(Way::is_usable) {
        Html::from(WarningText::new(
            text.lang(),
            text.t("partner-reach-rules-first"),
        ))
        .then(cards)
    } else {
        Html::from(WarningText::new(text.lang(), text.t("partner-no-safe-way"))).then(cards)
    }
}

/// When a way is safe, and what to do and not to do.
fn rules(text: Text, way: &Way) -> SummaryList {
    let times = if way.windows.is_empty() {
        text.plain("partner-any-time")
    } else {
        let each: Vec<String> = way
            .windows
            .iter()
            .map(|window| {
                let day = format!("weekday-{}", window.day().to_monday_one_offset());
                text.plain_with(
                    "partner-window",
                    &[
                        ("day", text.plain(&day).into()),
                        ("from", clock(text, window.from()).into()),
                        ("to", clock(text, window.to()).into()),
                    ],
                )
            })
            .collect();
        text.list(&each)
    };
    let voicemail = if way.voicemail {
        "partner-voicemail-yes"
    } else {
        "partner-voicemail-no"
    };
    let list = SummaryList::new()
        .fact(text.t("partner-times"), times)
        .fact(
            text.t("partner-who-answers"),
            word(text, "answered", way.answered_by.code()),
        )
        .fact(text.t("partner-voicemail"), text.t(voicemail));
    match &way.say {
        Some(say) => list.fact(text.t("partner-say"), say),
        None => list,
    }
}

/// The number or address, or why it is not shown.
fn number(text: Text, way: &Way) -> Html {
    match (&way.value, way.hidden) {
        (Some(value), _) => Html::text(value),
        (None, Some(reason)) => {
            let mut words = word(text, "hidden", reason.code());
            if let Some(at) = way.opens_at {
                words.push(' ');
                words.push_str(
                    &text.plain_with("partner-opens", &[("when", when(text, at).into())]),
                );
            }
            Html::text(words)
        }
        (None, None) => text.t("partner-number-not-shared"),
    }
}

/// Minutes after midnight as people say them; 1440 is midnight.
fn clock(text: Text, minutes: i16) -> String {
    let minutes = minutes.rem_euclid(1_440);
    let hour = i8::try_from(minutes / 60).unwrap_or(0);
    let minute = i8::try_from(minutes % 60).unwrap_or(0);
    jiff::civil::Time::new(hour, minute, 0, 0)
        .map(|time| text.time(time))
        .unwrap_or_default()
}
