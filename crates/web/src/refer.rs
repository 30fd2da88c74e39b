//! Referring someone: what they will see, line by line; how it was agreed; when an answer is due; sent. And the referral as its
//! sender sees it afterwards.

use std::collections::BTreeSet;

use throughline_app::referral::{
    self, Ask, Outcome as Came, Prepared, Route as Way, SendOrder, SenderView, Sent, Via,
};
use throughline_core::code::Code as _;
use throughline_core::consent::{Art9Condition, DpaCondition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::conversation::Reach;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::{EndReason, Helped, ReferralState};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{
    answer_fields, choices, codes, due, exchanges, line_value, packet, read_answer, seen, select,
    steps, when, word,
};
use crate::visit::Visit;

const SENDERS: Access = Access::Staff(&[ActionKind::ReferralSend]);
const TITLE: &str = "page-refer-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/cases/{case}/refer", TITLE, SENDERS, Rate::Page, |v| {
            Box::pin(whom(v))
        }),
        post("/cases/{case}/refer", TITLE, SENDERS, Rate::Search, |v| {
            Box::pin(found(v))
        }),
        get(
            "/cases/{case}/refer/{service}",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(lines(v)),
        ),
        post(
            "/cases/{case}/refer/{service}",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(agree(v)),
        ),
        post(
            "/cases/{case}/refer/{service}/send",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(send(v)),
        ),
        get("/referrals/{referral}", TITLE, SENDERS, Rate::Page, |v| {
            Box::pin(show(v))
        }),
        post(
            "/referrals/{referral}/answer",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(record(v)),
        ),
        post(
            "/referrals/{referral}/outcome",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(outcome(v)),
        ),
        post(
            "/referrals/{referral}/reply",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(reply(v)),
        ),
        post(
            "/referrals/{referral}/code",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(code(v)),
        ),
        post(
            "/referrals/{referral}/withdraw",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(withdraw(v)),
        ),
    ]
}

/// How many services a page shows.
const SHOWN: usize = 20;

fn whom_page(visit: &Visit, form: &Form, results: Html) -> Page {
    let text = visit.text();
    let path = format!("/cases/{}", visit.param("case").unwrap_or_default());
    let questions =
        Html::from(select::<NeedType>(text, "need", "refer-need-which", "need").bind(form, text))
            .then(
                Input::new("place", text.t("refer-place"))
                    .hint(text.t("refer-place-hint"))
                    .width(20)
                    .bind(form, text),
            )
            .then(Button::new(text.t("refer-find")));
    let body = Html::heading(1, Size::L, text.t("refer-whom"))
        .then(PostForm::new(format!("{path}/refer"), visit.csrf()).body(questions))
        .then(results);
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(format!("{path}/referrals"));
    page
}

async fn whom(visit: Visit) -> Outcome {
    // Nothing is looked up yet, but the page says nothing of a case that is not theirs.
    let case = visit.reference("case")?;
    referral::of_case(visit.app(), visit.actor(), case).await?;
    let page = whom_page(&visit, &Form::empty(), Html::default());
    Ok(visit.show(page))
}

async fn found(visit: Visit) -> Outcome {
    let text = visit.text();
    let mut form = visit.form()?;
    let need = form.required_choice("need", &codes::<NeedType>(), "refer-need-needed");
    let place = form.optional_within("place", 100);
    let Some(need) = need.and_then(|need| NeedType::from_code(&need).ok()) else {
        let page = whom_page(&visit, &form, Html::default());
        return Ok(visit.show_errors(page));
    };
    let case = visit.reference("case")?;
    let answer = referral::offers(
        visit.app(),
        visit.actor(),
        case,
        need,
        place.as_deref(),
        SHOWN,
    )
    .await?;
    let mut results = Html::heading(
        2,
        Size::M,
        text.t_with("refer-found", &[("count", answer.total.into())]),
    );
    if answer.place_not_known {
        results.push(InsetText::new(text.t("refer-place-not-known")));
    }
    for offer in &answer.offers {
        let mut body = Html::default();
        for words in [&offer.organisation, &offer.what].into_iter().flatten() {
            body.push(Html::paragraph(words));
        }
        results.push(
            Card::new(&offer.name)
                .href(format!("/cases/{case}/refer/{}", offer.service))
                .body(body),
        );
    }
    if answer.last_resort || answer.offers.is_empty() {
        results.push(InsetText::new(text.t("refer-last-resort")));
    }
    let page = whom_page(&visit, &form, results);
    Ok(visit.show(page))
}

/// What was chosen on the first page, as it stands in the form.
struct Chosen {
    need: Option<NeedType>,
    items: BTreeSet<PacketItem>,
    kept: BTreeSet<usize>,
    statement: Option<i64>,
}

fn chosen(form: &mut Form) -> Chosen {
    let need = form.required_choice("need", &codes::<NeedType>(), "refer-need-needed");
    let items = form.choices("item", &codes::<PacketItem>());
    if items.is_empty() {
        form.wrong("item", "refer-item-needed");
    }
    Chosen {
        need: need.and_then(|need| NeedType::from_code(&need).ok()),
        items: items
            .iter()
            .filter_map(|item| PacketItem::from_code(item).ok())
            .collect(),
        kept: form
            .values("line")
            .iter()
            .filter_map(|line| line.parse().ok())
            .collect(),
        statement: form.value("statement").parse().ok(),
    }
}

fn path(visit: &Visit) -> String {
    format!(
        "/cases/{}/refer/{}",
        visit.param("case").unwrap_or_default(),
        visit.param("service").unwrap_or_default()
    )
}

async fn prepared(visit: &Visit, need: Option<NeedType>) -> Result<Prepared, Fault> {
    let ask = Ask {
        case: visit.reference("case")?,
        service: visit.reference("service")?,
        // Before a need is chosen the page shows what every need has in common.
        need: need.unwrap_or(NeedType::CommunityAndIsolation),
    };
    Ok(referral::prepare(visit.app(), visit.actor(), &ask).await?)
}

fn route_words(text: Text, routes: &[Way]) -> Html {
    Html::join(routes.iter().map(|route| {
        Html::paragraph(text.t(match route {
            Way::Inbox => "refer-route-inbox",
            Way::Link => "refer-route-link",
            Way::Call => "refer-route-call",
        }))
    }))
}

async fn lines(visit: Visit) -> Outcome {
    let known = prepared(&visit, None).await?;
    let page = lines_page(&visit, &known, &Form::empty());
    Ok(visit.show(page))
}

fn lines_page(visit: &Visit, known: &Prepared, form: &Form) -> Page {
    let text = visit.text();
    let fresh = !form.has("statement");
    let offered = throughline_app::packet::offered(&known.lines);
    let items = known.lines.iter().map(|line| {
        let code = line.item.code();
        let ticked = if fresh {
            offered.contains(&line.item)
        } else {
            form.values("item").contains(&code)
        };
        let mut choice = Choice::new(code, word(text, "packet", code)).checked(ticked);
        if line.item == PacketItem::Statement {
            let kept = line.words.iter().enumerate().map(|(at, words)| {
                let number = (at + 1).to_string();
                let ticked = fresh || form.values("line").contains(&number.as_str());
                Choice::new(number, words).checked(ticked)
            });
            choice = choice.conditional(
                Checkboxes::new("line", text.t("refer-lines"))
                    .hint(text.t("refer-lines-hint"))
                    .items(kept)
                    .small(),
            );
        } else {
            choice = choice.hint(line_value(text, line));
        }
        choice
    });
    let questions = Html::join([
        Html::from(
            Radios::new("need", Legend::new(text.t("refer-need-which")))
                .items(choices::<NeedType>(text, "need"))
                .small()
                .bind(form, text),
        ),
        Checkboxes::new("item", Legend::new(text.t("refer-items")))
            .hint(text.t("refer-items-hint"))
            .items(items)
            .error(form.error(text, "item"))
            .into(),
        Button::new(text.t("refer-continue")).into(),
    ]);
    let statement = known.statement.map_or_else(String::new, |n| n.to_string());
    let body = Html::heading(
        1,
        Size::L,
        text.t_with(
            "refer-heading",
            &[("service", known.service.clone().into())],
        ),
    )
    .then(route_words(text, &known.routes))
    .then(
        PostForm::new(path(visit), visit.csrf())
            .hidden("statement", statement)
            .body(questions),
    );
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(format!(
        "/cases/{}",
        visit.param("case").unwrap_or_default()
    ));
    page
}

async fn agree(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let chosen = chosen(&mut form);
    let known = prepared(&visit, chosen.need).await?;
    if form.has_errors() {
        let page = lines_page(&visit, &known, &form);
        return Ok(visit.show_errors(page));
    }
    form.set("basis", ShareBasis::Consent.code());
    form.set("art9", Art9Condition::ExplicitConsent.code());
    let page = agree_page(&visit, &known, &chosen, &form);
    Ok(visit.show(page))
}

fn agree_page(visit: &Visit, known: &Prepared, chosen: &Chosen, form: &Form) -> Page {
    let text = visit.text();
    let now = visit.now();
    let mut shared = SummaryList::new();
    for line in known
        .lines
        .iter()
        .filter(|line| chosen.items.contains(&line.item))
    {
        let mut line = line.clone();
        if line.item == PacketItem::Statement {
            let mut number = 0;
            line.words.retain(|_| {
                number += 1;
                chosen.kept.contains(&number)
            });
        }
        shared = shared.fact(
            word(text, "packet", line.item.code()),
            line_value(text, &line),
        );
    }
    let questions = Html::join([
        Html::from(
            Radios::new("alone", Legend::new(text.t("refer-alone")))
                .hint(text.t("refer-alone-hint"))
                .yes_no_not_known(text)
                .bind(form, text),
        ),
        Radios::new("agreed", Legend::new(text.t("refer-how-agreed")))
            .items(choices::<HowAgreed>(text, "agreed"))
            .bind(form, text)
            .into(),
        Textarea::new("agreed_words", text.t("refer-agreed-words"))
            .hint(text.t("refer-agreed-words-hint"))
            .rows(2)
            .bind(form, text)
            .into(),
        other_basis(text, form),
        Html::heading(2, Size::M, text.t("refer-hear-back")),
        Html::paragraph(text.t_with(
            "refer-hear-back-by",
            &[("due", due(text, known.answer_by, now).into())],
        )),
        Html::paragraph(text.t("refer-hear-back-silence")),
        Button::new(text.t("refer-send"))
            .prevent_double_click(true)
            .into(),
    ]);
    let mut post = PostForm::new(format!("{}/send", path(visit)), visit.csrf());
    for name in ["need", "item", "line", "statement"] {
        for value in form.values(name) {
            post = post.hidden(name, value);
        }
    }
    let body = Html::heading(1, Size::L, text.t("refer-agree-heading"))
        .then(Html::heading(2, Size::M, text.t("refer-they-will-see")))
        .then(shared)
        .then(route_words(text, &known.routes))
        .then(post.body(questions));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(path(visit));
    page
}

/// Sharing rests on their consent unless the worker says otherwise, and why: four questions that only some need.
fn other_basis(text: Text, form: &Form) -> Html {
    let fields = Html::join([
        Html::from(select::<ShareBasis>(text, "basis", "refer-basis", "basis").bind(form, text)),
        select::<Art9Condition>(text, "art9", "refer-art9", "art9")
            .bind(form, text)
            .into(),
        select::<DpaCondition>(text, "dpa", "refer-dpa", "dpa")
            .bind(form, text)
            .into(),
        Textarea::new("reasons", text.t("refer-reasons"))
            .rows(3)
            .bind(form, text)
            .into(),
    ]);
    let details = Details::new(text.t("refer-other-basis"), fields);
    // What is wrong must be seen.
    Html::from(if form.has_errors() {
        details.open()
    } else {
        details
    })
}

async fn send(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let chosen = chosen(&mut form);
    let known = prepared(&visit, chosen.need).await?;
    let how = form.required_choice("agreed", &codes::<HowAgreed>(), "refer-how-agreed-needed");
    let basis = form.required_choice("basis", &codes::<ShareBasis>(), "refer-basis-needed");
    let art9 = form.required_choice("art9", &codes::<Art9Condition>(), "refer-art9-needed");
    let dpa = form.choice("dpa", &codes::<DpaCondition>());
    let alone = form.yes_no("alone");
    let words = form.optional_within("agreed_words", 500);
    let reasons = form.optional_within("reasons", 2_000);
    let again = |form: &Form| {
        let page = agree_page(&visit, &known, &chosen, form);
        Ok(visit.show_errors(page))
    };
    let (Some(need), Some(how), Some(basis), false) = (
        chosen.need,
        how.and_then(|code| HowAgreed::from_code(&code).ok()),
        basis.and_then(|code| ShareBasis::from_code(&code).ok()),
        form.has_errors(),
    ) else {
        return again(&form);
    };
    let lines = known
        .lines
        .iter()
        .find(|line| line.item == PacketItem::Statement)
        .map_or(0, |line| line.words.len());
    let order = SendOrder {
        ask: Ask {
            case: visit.reference("case")?,
            service: visit.reference("service")?,
            need,
        },
        items: chosen.items.clone(),
        struck: (1..=lines)
            .filter(|line| !chosen.kept.contains(line))
            .collect(),
        statement: chosen.statement,
        reach: if alone == Some(true) {
            Reach::AsAgreed
        } else {
            Reach::SpecialistOnly
        },
        how,
        words,
        basis,
        art9: art9.and_then(|code| Art9Condition::from_code(&code).ok()),
        dpa: dpa.and_then(|code| DpaCondition::from_code(&code).ok()),
        reasons: reasons.and_then(|reasons| Words::new(&reasons).ok()),
    };
    match referral::send(visit.app(), visit.actor(), &order).await {
        Ok(sent) => {
            let page = sent_page(&visit, &known, &sent);
            Ok(visit.show(page))
        }
        Err(error) => match Fault::from(error) {
            Fault::Invalid { field, problem } => {
                let field = match field {
                    "reach" => "alone",
                    "how" => "agreed",
                    other => other,
                };
                form.wrong(field, problem);
                again(&form)
            }
            fault => Err(fault),
        },
    }
}

/// The confirmation. It answers the post itself, because the code is shown this once and kept nowhere.
fn sent_page(visit: &Visit, known: &Prepared, sent: &Sent) -> Page {
    let text = visit.text();
    let mut body = Html::from(Panel::new(text.t("refer-sent-heading")).body(&known.service));
    body.push(route_words(text, &sent.routes));
    if let Some(code) = &sent.code {
        body.push(code_words(text, code, sent.code_route.as_deref()));
    }
    if let (true, Some(phone)) = (sent.routes.contains(&Way::Call), &known.phone) {
        body.push(Html::paragraph(
            text.t_with("refer-call-them", &[("phone", phone.clone().into())]),
        ));
    }
    let due = due(text, sent.answer_by, visit.now());
    body.push(Html::heading(2, Size::M, text.t("refer-hear-back")));
    body.push(Html::paragraph(
        text.t_with("refer-hear-back-by", &[("due", due.into())]),
    ));
    body.push(Html::paragraph(text.t("refer-hear-back-silence")));
    let href = format!("/referrals/{}", sent.reference);
    body.push(Button::link(text.t("refer-see"), href));
    visit.page(TITLE, body)
}

fn code_words(text: Text, code: &str, route: Option<&str>) -> Html {
    let mut body = Html::paragraph(text.t("refer-code-what"))
        .then(Html::heading(2, Size::L, code))
        .then(Html::paragraph(text.t("refer-code-once")));
    if let Some(route) = route {
        body.push(Html::paragraph(
            text.t_with("refer-code-route", &[("route", route.into())]),
        ));
    }
    InsetText::new(body).into()
}

async fn show(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    let page = show_page(&visit, &view, &Form::empty());
    Ok(visit.show(page))
}

fn fact_word(text: Text, view: &SenderView, made: &str) -> String {
    view.steps
        .iter()
        .find(|step| step.made == made)
        .map_or_else(|| text.plain("refer-not-yet"), |step| when(text, step.at))
}

fn show_page(visit: &Visit, view: &SenderView, form: &Form) -> Page {
    let text = visit.text();
    let referral = &view.referral;
    let base = format!("/referrals/{}", referral.reference);
    let version = referral.version.to_string();
    let send = |to: &str| {
        PostForm::new(format!("{base}/{to}"), visit.csrf()).hidden("seen", version.clone())
    };
    let mut facts = SummaryList::new()
        .fact(
            text.t("refer-state"),
            word(text, "referral-state", referral.state.code()),
        )
        .fact(text.t("refer-delivered"), fact_word(text, view, "deliver"))
        .fact(text.t("refer-opened"), fact_word(text, view, "open"))
        .fact(
            text.t("refer-accepted"),
            view.accepted.as_ref().map_or_else(
                || text.plain("refer-not-yet"),
                |accepted| accepted.by.clone(),
            ),
        );
    if let Some(accepted) = &view.accepted {
        let said: Vec<String> = [&accepted.when, &accepted.how]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        if !said.is_empty() {
            facts = facts.fact(text.t("refer-first-contact"), text.list(&said));
        }
    }
    if let Some(at) = referral.due_at {
        facts = facts.fact(text.t("refer-clock"), due(text, at, visit.now()));
    }
    if let Some(reason) = &referral.reason {
        let list = if referral.state == ReferralState::Ended {
            "ended"
        } else {
            "unmet"
        };
        facts = facts.fact(text.t("refer-reason"), word(text, list, reason));
    }
    if let Some(helped) = &referral.helped {
        facts = facts.fact(text.t("refer-helped"), word(text, "helped", helped));
    }
    if let Some(phone) = &view.phone {
        facts = facts.fact(text.t("refer-their-number"), phone);
    }
    let mut body = Html::heading(
        1,
        Size::L,
        text.t_with("refer-heading", &[("service", view.service.clone().into())]),
    )
    .then(facts)
    .then(exchanges(text, &view.exchanges));
    if referral.state.next_step().is_some() {
        // A no, a silence or a bounce is never the end (NE-22).
        body.push(InsetText::new(
            Html::paragraph(text.t("refer-next-what")).then(Button::link(
                text.t("refer-next-find"),
                format!("/cases/{}/refer", view.case),
            )),
        ));
    }
    if view.exchanges.last().is_some_and(|last| last.by_service) {
        body.push(
            send("reply").body(
                Html::from(
                    Textarea::new("reply", text.t("refer-reply"))
                        .rows(3)
                        .bind(form, text),
                )
                .then(Button::new(text.t("refer-reply-send"))),
            ),
        );
    }
    if !referral.state.is_final() {
        body.push(Html::heading(2, Size::M, text.t("refer-record-heading")));
        let more = vec![
            Choice::new("seen", text.t("refer-answer-seen")),
            Choice::new("person", text.t("refer-answer-person")),
        ];
        let via = Radios::new("via", Legend::new(text.t("refer-via")))
            .items(["phone", "paper", "person"].map(|via| Choice::new(via, word(text, "via", via))))
            .inline()
            .bind(form, text);
        body.push(
            send("answer").body(
                Html::from(via)
                    .then(answer_fields(form, text, more))
                    .then(Button::new(text.t("refer-record")).secondary()),
            ),
        );
        body.push(outcome_form(text, form, send("outcome"), referral.state));
        body.push(Html::heading(2, Size::M, text.t("refer-more-heading")));
        body.push(send("code").body(Button::new(text.t("refer-new-code")).secondary()));
        body.push(send("withdraw").body(Button::new(text.t("refer-withdraw")).warning()));
    }
    body.push(Html::heading(2, Size::M, text.t("refer-they-see")));
    body.push(packet(text, &view.packet));
    body.push(Html::heading(2, Size::M, text.t("refer-story")));
    body.push(steps(text, &view.steps));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(format!("/cases/{}", view.case));
    page
}

/// What may be recorded next about help under way; nothing before acceptance.
pub(crate) fn outcome_form(text: Text, form: &Form, post: PostForm, state: ReferralState) -> Html {
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
            Html::from(
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

/// The same page with what is wrong.
async fn again(visit: &Visit, reference: Ref, form: &Form) -> Outcome {
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    Ok(visit.show_errors(show_page(visit, &view, form)))
}

async fn record(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let via = form.required_choice("via", &["phone", "paper", "person"], "refer-via-needed");
    let answer = read_answer(&mut form, true);
    let (Some(via), Some(answer)) = (via.and_then(|via| Via::from_code(&via).ok()), answer) else {
        return again(&visit, reference, &form).await;
    };
    referral::record_answer(
        visit.app(),
        visit.actor(),
        reference,
        seen(&form),
        &answer,
        via,
    )
    .await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-recorded"))
}

async fn outcome(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let Some(came) = read_outcome(&mut form) else {
        return again(&visit, reference, &form).await;
    };
    referral::outcome(
        visit.app(),
        visit.actor(),
        reference,
        seen(&form),
        came,
        Via::Worker,
    )
    .await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-recorded"))
}

async fn reply(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let words = form.required_within("reply", "refer-reply-needed", 2_000);
    let Some(words) = words.and_then(|words| Words::new(&words).ok()) else {
        return again(&visit, reference, &form).await;
    };
    referral::reply(visit.app(), visit.actor(), reference, &words).await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-replied"))
}

async fn code(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    match referral::new_code(visit.app(), visit.actor(), reference).await {
        Ok((code, route)) => {
            let text = visit.text();
            let body = Html::heading(1, Size::L, text.t("refer-new-code-heading"))
                .then(code_words(text, &code, Some(&route)))
                .then(Button::link(
                    text.t("refer-see"),
                    format!("/referrals/{reference}"),
                ));
            let page = visit.page(TITLE, body);
            Ok(visit.show(page))
        }
        Err(error) => match Fault::from(error) {
            Fault::Invalid { problem, .. } => {
                let mut form = Form::empty();
                form.wrong("code", problem);
                again(&visit, reference, &form).await
            }
            fault => Err(fault),
        },
    }
}

async fn withdraw(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let form = visit.form()?;
    referral::withdraw(visit.app(), visit.actor(), reference, seen(&form)).await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-withdrawn"))
}
