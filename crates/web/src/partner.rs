//! A service with accounts: inbox by clock, caseload, one request, answering it, what came of it; and the demo's mail folder.

use throughline_app::partner::{self, InboxRow, PartnerView};
use throughline_app::referral::Via;
use throughline_app::referral_answer;
use throughline_core::code::Code as _;
use throughline_core::consent::PacketItem;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::referral::ReferralState;
use throughline_core::time::At;
use throughline_policy::{ActionKind, Actor};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::draft::said;
use crate::fault::{Fault, Outcome};
use crate::place::giving;
use crate::reach::way_in;
use crate::referral_outcome::{outcome_form, read_outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{
    ANSWER, answer_fields, asked_by, due, exchanges, no_fields, packet, read_answer, seen, steps,
    when, word,
};
use crate::visit::Visit;

const PARTNERS: Access = Access::Staff(&[ActionKind::PacketRead]);
/// How many rows a list shows.
const ROWS: u64 = 500;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/inbox", "page-inbox-title", PARTNERS, Rate::Page, |v| {
            Box::pin(inbox(v))
        }),
        get(
            "/caseload",
            "page-caseload-title",
            PARTNERS,
            Rate::Page,
            |v| Box::pin(caseload(v)),
        ),
        get(
            "/requests/{referral}",
            "page-request-title",
            PARTNERS,
            Rate::Page,
            |v| Box::pin(show(v)),
        ),
        post(
            "/requests/{referral}/answer",
            "page-request-title",
            PARTNERS,
            Rate::Page,
            |v| Box::pin(answer(v)),
        )
        .keeping(ANSWER),
        post(
            "/requests/{referral}/ask",
            "page-request-title",
            PARTNERS,
            Rate::Page,
            |v| Box::pin(ask(v)),
        )
        .keeping(&["question"]),
        post(
            "/requests/{referral}/outcome",
            "page-request-title",
            PARTNERS,
            Rate::Page,
            |v| Box::pin(outcome(v)),
        ),
        get(
            "/demo/mail",
            "page-folder-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(folder(v)),
        ),
    ]
}

/// How many letters of a reference tell a request apart from the others of an inbox.
const MARK: usize = 6;

fn rows(text: Text, rows: &[InboxRow], now: At, nothing: &str) -> Html {
    if rows.is_empty() {
        return Html::paragraph(text.t(nothing));
    }
    let mut table = Table::bare().stacked().head([
        text.t("partner-need"),
        text.t("partner-from"),
        text.t("partner-received"),
        text.t("partner-state"),
        text.t("partner-due"),
    ]);
    for row in rows {
        // Two rows may ask for the same: when it came and the beginning of its reference tell them apart, never a name.
        let mark: String = row.reference.to_string().chars().take(MARK).collect();
        let need = word(text, "need", row.need.code());
        let received = row.sent_at.map_or_else(String::new, |at| {
            let (day, time) = (text.date(at.london_date()), text.time(at.london().time()));
            format!("{day}, {time}")
        });
        table = table.row([
            Html::from(Link::new(
                text.t_with(
                    "partner-request",
                    &[("need", need.into()), ("mark", mark.into())],
                ),
                format!("/requests/{}", row.reference),
            )),
            Html::text(&row.from),
            Html::text(received),
            Html::text(word(text, "referral-state", row.state.code())),
            Html::text(row.due_at.map_or_else(String::new, |at| due(text, at, now))),
        ]);
    }
    table.into()
}

async fn inbox(visit: Visit) -> Outcome {
    let text = visit.text();
    let found = partner::inbox(visit.app(), visit.actor(), ROWS).await?;
    let body = Html::heading(1, Size::L, text.t("partner-inbox-heading"))
        .then(crate::about_you::asked(&visit).await?)
        .then(rows(text, &found, visit.now(), "partner-inbox-empty"));
    let mut page = visit.page("page-inbox-title", body);
    page.wide = true;
    Ok(visit.show(page))
}

async fn caseload(visit: Visit) -> Outcome {
    let text = visit.text();
    let found = partner::caseload(visit.app(), visit.actor(), ROWS).await?;
    let body = Html::heading(1, Size::L, text.t("partner-caseload-heading")).then(rows(
        text,
        &found,
        visit.now(),
        "partner-caseload-empty",
    ));
    let mut page = visit.page("page-caseload-title", body);
    page.wide = true;
    Ok(visit.show(page))
}

/// Whether this state can still be answered by the service.
const fn can_answer(state: ReferralState) -> bool {
    matches!(
        state,
        ReferralState::Sent
            | ReferralState::Received
            | ReferralState::Opened
            | ReferralState::NoResponse
            | ReferralState::Waitlisted
    )
}

/// The body of one request, for a service with an account or with a link. `reach` leads to how to reach the person; `post` makes a form to one of its actions.
pub(crate) fn request_body(
    visit: &Visit,
    view: &PartnerView,
    reach: impl Fn() -> Html,
    form: &Form,
    post: impl Fn(&str) -> PostForm,
) -> Html {
    let text = visit.text();
    let referral = &view.referral;
    let state = referral.state;
    let version = referral.version.to_string();
    let post = |to: &str| post(to).hidden("seen", version.clone());
    let mut facts = asked_by(text, &view.from, referral.due_at, visit.now()).fact(
        text.t("partner-state"),
        word(text, "referral-state", state.code()),
    );
    if let Some(accepted) = &view.accepted {
        facts = facts.fact(text.t("partner-accepted-by"), &accepted.by);
    }
    let mut body = Html::heading(1, Size::L, text.t("partner-request-heading"))
        .then(said(text, form))
        .then(facts);
    let accepted = state.has_said_yes();
    let question = || {
        post("ask").body(
            Html::from(
                Textarea::new("question", text.t("partner-question"))
                    .hint(text.t("partner-question-hint"))
                    .rows(3)
                    .bind(form, text),
            )
            .then(ButtonGroup::new([
                Html::from(
                    Button::new(text.t("partner-ask"))
                        .secondary()
                        .sends("wants", "answer"),
                ),
                Button::new(text.t("partner-tell"))
                    .secondary()
                    .sends("wants", "nothing")
                    .into(),
            ])),
        )
    };
    let came = || outcome_form(text, form, post("outcome"), state, Html::default());
    let Some(shared) = &view.packet else {
        // Nothing to read; a word to the worker, a no and what came of it need no reading.
        body.push(InsetText::new(text.t("partner-consent-over")));
        body.push(question());
        if can_answer(state) {
            let no = no_fields(form, text);
            let button = Button::new(text.t("refer-answer-decline")).secondary();
            body.push(
                post("answer")
                    .hidden("answer", "decline")
                    .body(no.then(button)),
            );
        }
        return body.then(came());
    };
    if accepted {
        body.push(Html::heading(2, Size::M, text.t("partner-reach-heading")));
        body.push(reach());
        body.push(giving(text, form, &view.places, post));
    }
    body.push(Html::heading(2, Size::M, text.t("partner-told-heading")));
    let mut told = shared.clone();
    if accepted {
        // What was promised for this moment stands above, with its rules.
        let above = [PacketItem::ContactRules, PacketItem::ContactDetails];
        told.lines.retain(|line| !above.contains(&line.item));
    }
    body.push(packet(text, &told));
    body.push(exchanges(text, &view.exchanges));
    if can_answer(state) {
        body.push(post("answer").body(
            answer_fields(form, text, Vec::new()).then(Button::new(text.t("partner-answer"))),
        ));
        body.push(question());
    } else if !accepted {
        body.push(InsetText::new(text.t("partner-answered-already")));
    }
    if accepted {
        body.push(question());
        body.push(came());
    }
    body.push(Html::heading(2, Size::M, text.t("partner-steps-heading")));
    body.then(steps(text, &view.steps))
}

pub(crate) async fn page_of(visit: &Visit, reference: Ref, form: &Form) -> Result<Page, Fault> {
    let view = partner::open(visit.app(), visit.actor(), reference).await?;
    page_with(visit, reference, &view, form).await
}

async fn page_with(
    visit: &Visit,
    reference: Ref,
    view: &PartnerView,
    form: &Form,
) -> Result<Page, Fault> {
    let reach = || way_in(visit, reference, form);
    let body = request_body(visit, view, reach, form, |to| {
        visit.form_to(format!("/requests/{reference}/{to}"))
    });
    let mut page = visit.page("page-request-title", body);
    page.errors = form.summary(visit.text());
    page.back = Some("/inbox".to_owned());
    Ok(page)
}

async fn show(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = Form::empty();
    let view = partner::open(visit.app(), visit.actor(), reference).await?;
    // Only where the form still is: words that cannot be sent any more are not said to wait.
    let forms: &[&str] = if can_answer(view.referral.state) {
        &["answer", "ask"]
    } else {
        &[]
    };
    for to in forms {
        form = visit
            .typed(&format!("/requests/{reference}/{to}"), form)
            .await?;
    }
    // Opened once: each opening is on record.
    let page = page_with(&visit, reference, &view, &form).await?;
    Ok(visit.show(page))
}

/// The same page with what is wrong. When somebody else was first, the page shows how things stand now.
async fn again(visit: &Visit, reference: Ref, form: &Form) -> Outcome {
    let page = page_of(visit, reference, form).await?;
    Ok(visit.show_errors(page))
}

async fn answer(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let Some(said) = read_answer(&mut form, false) else {
        return again(&visit, reference, &form).await;
    };
    match partner::answer(visit.app(), visit.actor(), reference, seen(&form), &said).await {
        // Another service said yes in the same second: they are told so, and read it again once the person has chosen them.
        Ok(ReferralState::Held) => Ok(visit.go_saying("/inbox", "partner-held")),
        Ok(state) => {
            // After a no the request is no longer theirs to read.
            let to = if state == ReferralState::Declined {
                "/inbox".to_owned()
            } else {
                format!("/requests/{reference}")
            };
            Ok(visit.go_saying(&to, "partner-answered"))
        }
        Err(throughline_app::Error::Conflict) => {
            form.wrong("answer", "partner-someone-first");
            Ok(visit.show_conflict(page_of(&visit, reference, &form).await?))
        }
        Err(throughline_app::Error::Invalid { problem, .. }) => {
            form.wrong("answer", problem);
            again(&visit, reference, &form).await
        }
        // A colleague may have said no, or the sender took it back: then it is no longer theirs to read. Whether there ever was
        // such a request, the answer is the same.
        Err(throughline_app::Error::Denied(_) | throughline_app::Error::NotFound(_)) => {
            Ok(visit.go_saying("/inbox", "partner-gone"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks the worker, or tells them something that waits for no answer, by which button was pressed. Gives what to say of it.
pub(crate) async fn written(
    visit: &Visit,
    actor: &Actor,
    reference: Ref,
    form: &Form,
    words: &Words,
) -> throughline_app::Result<&'static str> {
    if form.value("wants") == "nothing" {
        partner::tell(visit.app(), actor, reference, words).await?;
        Ok("partner-told-them")
    } else {
        partner::ask(visit.app(), actor, reference, words).await?;
        Ok("partner-asked")
    }
}

async fn ask(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let words = form.required_within("question", "partner-question-needed", 1_000);
    let Some(words) = words.and_then(|words| Words::new(&words).ok()) else {
        return again(&visit, reference, &form).await;
    };
    match written(&visit, visit.actor(), reference, &form, &words).await {
        Ok(said) => Ok(visit.go_saying(&format!("/requests/{reference}"), said)),
        Err(throughline_app::Error::Invalid { problem, .. }) => {
            form.wrong("question", problem);
            again(&visit, reference, &form).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn outcome(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let Some(came) = read_outcome(&mut form) else {
        return again(&visit, reference, &form).await;
    };
    match referral_answer::outcome(
        visit.app(),
        visit.actor(),
        reference,
        seen(&form),
        came,
        Via::Account,
    )
    .await
    {
        Ok(state) => {
            let to = if state == ReferralState::Ended {
                "/caseload".to_owned()
            } else {
                format!("/requests/{reference}")
            };
            Ok(visit.go_saying(&to, "partner-recorded"))
        }
        Err(throughline_app::Error::Conflict) => {
            form.wrong("outcome", "partner-someone-first");
            Ok(visit.show_conflict(page_of(&visit, reference, &form).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The mail that left, in a demo only: anywhere else there is no such page.
async fn folder(visit: Visit) -> Outcome {
    if !visit.app().settings.demo {
        return Err(Fault::NotFound);
    }
    let text = visit.text();
    let mails = visit
        .app()
        .store
        .read(|r| Box::pin(async move { r.sent_mails(100).await }))
        .await?;
    let mut body = Html::heading(1, Size::L, text.t("partner-folder-heading"))
        .then(Html::paragraph(text.t("partner-folder-what")));
    if mails.is_empty() {
        body.push(Html::paragraph(text.t("partner-folder-empty")));
    }
    let mut table = Table::bare().stacked().classes("tl-long").head([
        text.t("partner-folder-to"),
        text.t("partner-folder-title"),
        text.t("partner-folder-says"),
        text.t("partner-folder-sent"),
    ]);
    let any = !mails.is_empty();
    for mail in mails {
        let ours = &visit.app().settings.base_url;
        let words = Html::join(mail.body.lines().map(|line| {
            // A link of ours can be followed here.
            match line
                .strip_prefix(ours.as_str())
                .filter(|path| path.starts_with('/'))
            {
                Some(path) => Html::paragraph(Link::new(line, path)),
                None => Html::paragraph(line),
            }
        }));
        table = table.row([
            Html::text(&mail.recipient),
            Html::text(&mail.title),
            words,
            Html::text(when(text, mail.sent_at)),
        ]);
    }
    if any {
        body.push(table);
    }
    let mut page = visit.page("page-folder-title", body);
    page.wide = true;
    Ok(visit.show(page))
}
