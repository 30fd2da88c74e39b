//! Referring someone to a service that was found for them: what they will see, line by line; how it was agreed; when an answer is
//! due; sent.

use std::collections::BTreeSet;

use throughline_app::packet::Packet;
use throughline_app::referral_next::Before;
use throughline_app::referral_recipient::Route as Way;
use throughline_app::referral_send::{self, Ask, Prepared, SendOrder};
use throughline_core::code::Code;
use throughline_core::consent::{Art9Condition, DpaCondition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::conversation::Reach;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Words;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::draft::said;
use crate::fault::{Fault, Outcome};
use crate::find_shown::{asked_before, see_request};
use crate::refer_line::{TOLD, next_question, read_next, ready, told};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{asked_by, choices, codes, due, line_name, line_value, packet, select, word};
use crate::visit::Visit;

pub(crate) const SENDERS: Access = Access::Staff(&[ActionKind::ReferralSend]);
pub(crate) const TITLE: &str = "page-refer-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
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
            "/cases/{case}/refer/{service}/ready",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(ready(v)),
        ),
        post(
            "/cases/{case}/refer/{service}/send",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(send(v)),
        )
        .keeping(&["agreed_words", "decision", "reasons"]),
    ]
}

/// What was chosen on the first page, as it stands in the form.
pub(crate) struct Chosen {
    need: Option<NeedType>,
    items: BTreeSet<PacketLine>,
    kept: BTreeSet<usize>,
    statement: Option<i64>,
}

pub(crate) fn chosen(form: &mut Form) -> Chosen {
    let need = form.required_choice("need", &codes::<NeedType>(), "refer-need-needed");
    let lines: Vec<String> = PacketLine::all().map(|line| line.to_string()).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let items = form.choices("item", &lines);
    if items.is_empty() {
        form.wrong("item", "refer-item-needed");
    }
    Chosen {
        need: need.and_then(|need| NeedType::from_code(&need).ok()),
        items: items.iter().filter_map(|line| line.parse().ok()).collect(),
        kept: form
            .values("line")
            .iter()
            .filter_map(|line| line.parse().ok())
            .collect(),
        statement: form.value("statement").parse().ok(),
    }
}

/// Whether what was sent is changed; else something is sent.
pub(crate) fn is_change(visit: &Visit) -> bool {
    visit.param("referral").is_some()
}

fn path(visit: &Visit) -> String {
    if let Some(referral) = visit.param("referral") {
        return format!("/referrals/{referral}/change");
    }
    format!(
        "/cases/{}/refer/{}",
        visit.param("case").unwrap_or_default(),
        visit.param("service").unwrap_or_default()
    )
}

pub(crate) async fn prepared(visit: &Visit, need: Option<NeedType>) -> Result<Prepared, Fault> {
    if is_change(visit) {
        return Ok(crate::refer_change::prepared(visit).await?.known);
    }
    let ask = Ask {
        case: visit.reference("case")?,
        service: visit.reference("service")?,
        // Before a need is chosen the page shows what every need has in common.
        need: need.unwrap_or(NeedType::CommunityAndIsolation),
    };
    Ok(referral_send::prepare(visit.app(), visit.actor(), &ask).await?)
}

pub(crate) fn route_words(text: Text, routes: &[Way]) -> Html {
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

pub(crate) fn lines_page(visit: &Visit, known: &Prepared, form: &Form) -> Page {
    let text = visit.text();
    let fresh = !form.has("statement");
    let items = known.lines.iter().map(|line| {
        let id = line.id();
        let code = id.to_string();
        let ticked = if fresh {
            id.starts_ticked()
        } else {
            form.values("item").contains(&code.as_str())
        };
        let mut choice = Choice::new(code, line_name(text, id)).checked(ticked);
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
        } else if id.need().is_none() && line.item != PacketItem::Urgency {
            // How urgent it is depends on what the request is about, which is chosen on this very page: the preview says it.
            choice = choice.hint(line_value(text, line));
        }
        choice
    });
    let which = Radios::new("need", Legend::new(text.t("refer-need-which")))
        .items(choices::<NeedType>(text, "need"))
        .small();
    let questions = Html::join([
        if is_change(visit) {
            Html::default()
        } else {
            which.bind(form, text).into()
        },
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
    .then(known.before.as_ref().map_or_else(Html::default, |before| {
        InsetText::new(asked_before(text, before)).into()
    }));
    let body = if let Some(open) = open_request(known) {
        body.then(Html::paragraph(text.t("refer-already-asked")))
            .then(see_request(text, open))
    } else {
        let mut post = PostForm::new(path(visit), visit.csrf())
            .hidden("statement", statement)
            .hidden(TOLD, form.value(TOLD));
        if is_change(visit) {
            for name in ["need", "seen"] {
                post = post.hidden(name, form.value(name));
            }
        }
        body.then(route_words(text, &known.routes))
            .then(post.body(questions))
    };
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(match visit.param("referral") {
        Some(referral) => format!("/referrals/{referral}"),
        None => format!("/cases/{}", visit.param("case").unwrap_or_default()),
    });
    page
}

/// The request that this service still has for this person.
fn open_request(known: &Prepared) -> Option<&Before> {
    known.before.as_ref().filter(|before| before.came.is_open())
}

pub(crate) async fn agree(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let chosen = chosen(&mut form);
    let known = prepared(&visit, chosen.need).await?;
    match chosen.need {
        Some(need) if !form.has_errors() && open_request(&known).is_none() => {
            let form = visit.typed(&format!("{}/send", path(&visit)), form).await?;
            let page = agree_page(&visit, &known, &chosen, need, &form).await?;
            Ok(visit.show(page))
        }
        _ => {
            let page = lines_page(&visit, &known, &form);
            Ok(visit.show_errors(page))
        }
    }
}

/// The lines of the statement that were struck out, counted from 1.
fn struck(known: &Prepared, chosen: &Chosen) -> BTreeSet<usize> {
    let lines = known
        .lines
        .iter()
        .find(|line| line.item == PacketItem::Statement)
        .map_or(0, |line| line.words.len());
    (1..=lines)
        .filter(|line| !chosen.kept.contains(line))
        .collect()
}

/// What the service will read, made and shown as it will be when it reads it. Until it is said that they did not agree, it is the
/// packet of somebody who did; then what they see changes, and is looked at once more.
pub(crate) async fn agree_page(
    visit: &Visit,
    known: &Prepared,
    chosen: &Chosen,
    need: NeedType,
    form: &Form,
) -> Result<Page, Fault> {
    let text = visit.text();
    let now = visit.now();
    let how = HowAgreed::from_code(form.value("agreed")).unwrap_or(HowAgreed::OnScreen);
    let struck = struck(known, chosen);
    let shared = Packet::preview(&chosen.items, &struck, how, need, &known.lines);
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
        rests_on(text, form),
        decision(text, known, form),
        if is_change(visit) {
            Html::paragraph(text.t("refer-change-told"))
        } else {
            Html::join([
                immigration(text, need, known, form),
                next_question(visit, known, need, form).await?,
                Html::heading(2, Size::M, text.t("refer-hear-back")),
                Html::paragraph(text.t_with(
                    "refer-hear-back-by",
                    &[("due", due(text, known.answer_by, now).into())],
                )),
                Html::paragraph(text.t("refer-hear-back-silence")),
            ])
        },
        Button::new(text.t(if is_change(visit) {
            "refer-change-send"
        } else {
            "refer-send"
        }))
        .prevent_double_click(true)
        .into(),
    ]);
    let mut post = visit
        .form_to(format!("{}/send", path(visit)))
        .hidden("shown", shared.mark()?);
    for name in ["need", "item", "line", "statement", "seen", TOLD] {
        for value in form.values(name) {
            post = post.hidden(name, value);
        }
    }
    let body = Html::heading(1, Size::L, text.t("refer-agree-heading"))
        .then(said(text, form))
        .then(Html::heading(2, Size::M, text.t("refer-they-will-see")))
        .then(asked_by(text, &known.from, Some(known.answer_by), now))
        .then(packet(text, &shared))
        .then(Html::paragraph(text.t("refer-always-told")))
        .then(route_words(text, &known.routes))
        .then(post.body(questions));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(path(visit));
    Ok(page)
}

/// That help is asked for with immigration is told only with a yes of its own (NE-11); nothing is asked where it is not.
fn immigration(text: Text, need: NeedType, known: &Prepared, form: &Form) -> Html {
    if !need.leaves_only_by_itself() {
        return Html::default();
    }
    let service = [("service", known.service.clone().into())];
    Checkboxes::new("immigration", Legend::new(text.t("refer-immigration")))
        .hint(text.t("refer-immigration-hint"))
        .items([Choice::new(
            "yes",
            text.t_with("refer-immigration-yes", &service),
        )])
        .bind(form, text)
        .into()
}

/// What sharing rests on. It is chosen, never filled in (NE-24): one press when they agreed, four questions otherwise.
fn rests_on(text: Text, form: &Form) -> Html {
    let mut basis =
        Select::new("basis", text.t("refer-basis")).option("", text.plain("refer-choose"));
    for code in OTHER_BASES.map(Code::code) {
        basis = basis.option(code, word(text, "basis", code));
    }
    let fields = Html::join([
        Html::from(basis.bind(form, text)),
        select::<Art9Condition>(text, "art9", "refer-art9", "art9")
            .bind(form, text)
            .into(),
        select::<DpaCondition>(text, "dpa", "refer-dpa", "dpa")
            .bind(form, text)
            .into(),
        Checkboxes::new("life", Legend::new(text.t("refer-life")))
            .hint(text.t("refer-life-hint"))
            .items([Choice::new("yes", text.t("refer-life-yes"))])
            .bind(form, text)
            .into(),
        Textarea::new("reasons", text.t("refer-reasons"))
            .rows(3)
            .bind(form, text)
            .into(),
    ]);
    Radios::new("rests", Legend::new(text.t("refer-rests")))
        .items([
            Choice::new("agreed", text.t("refer-rests-agreed"))
                .hint(text.t("refer-rests-agreed-hint")),
            Choice::new("other", text.t("refer-rests-other")).conditional(fields),
        ])
        .bind(form, text)
        .into()
}

/// At a high risk somebody decides, with reasons, whether the person agreed or not; neither a yes nor a no decides it (NE-28).
fn decision(text: Text, known: &Prepared, form: &Form) -> Html {
    if !known.high_risk {
        return Html::default();
    }
    Textarea::new("decision", text.t("refer-decision"))
        .hint(text.t("refer-decision-hint"))
        .rows(3)
        .bind(form, text)
        .into()
}

/// The bases that are in force beside consent: a worker who chooses one says why.
const OTHER_BASES: [ShareBasis; 4] = [
    ShareBasis::PublicTask,
    ShareBasis::LegalObligation,
    ShareBasis::VitalInterests,
    ShareBasis::LegitimateInterests,
];

/// What was chosen for sharing to rest on; what is missing stands in the form.
fn read_basis(form: &mut Form) -> Option<(ShareBasis, Option<Art9Condition>)> {
    let rests = form.required_choice("rests", &["agreed", "other"], "refer-rests-needed")?;
    if rests == "agreed" {
        return Some((ShareBasis::Consent, Some(Art9Condition::ExplicitConsent)));
    }
    let bases = OTHER_BASES.map(Code::code);
    let basis = form.required_choice("basis", &bases, "refer-basis-needed");
    let art9 = form.required_choice("art9", &codes::<Art9Condition>(), "refer-art9-needed");
    let basis = ShareBasis::from_code(&basis?).ok()?;
    Some((basis, Art9Condition::from_code(&art9?).ok()))
}

async fn send(visit: Visit) -> Outcome {
    let (case, service) = (visit.reference("case")?, visit.reference("service")?);
    sent(visit, |need| Ask {
        case,
        service,
        need,
    })
    .await
}

/// Sends what was agreed, or changes what was sent by it.
pub(crate) async fn sent(visit: Visit, ask: impl FnOnce(NeedType) -> Ask) -> Outcome {
    let mut form = visit.form()?;
    let chosen = chosen(&mut form);
    let known = prepared(&visit, chosen.need).await?;
    let how = form.required_choice("agreed", &codes::<HowAgreed>(), "refer-how-agreed-needed");
    let rests = read_basis(&mut form);
    let dpa = form.choice("dpa", &codes::<DpaCondition>());
    let alone = form.yes_no("alone");
    let words = form.optional_within("agreed_words", 500);
    let reasons = form.optional_within("reasons", 2_000);
    let decided = form.optional_within("decision", 2_000);
    let other = form.value("rests") == "other";
    let life_at_risk = other && form.choice("life", &["yes"]).is_some();
    let reasons = reasons.filter(|_| other).or(decided);
    let confirmed = form.choice("immigration", &["yes"]).is_some();
    let Some(need) = chosen.need else {
        return Ok(visit.show_errors(lines_page(&visit, &known, &form)));
    };
    let (Some(how), Some((basis, art9)), false) = (
        how.and_then(|code| HowAgreed::from_code(&code).ok()),
        rests,
        form.has_errors(),
    ) else {
        return again(&visit, &known, &chosen, need, &form).await;
    };
    let order = SendOrder {
        ask: ask(need),
        items: chosen.items.clone(),
        immigration: confirmed,
        shown: Some(form.value("shown").to_owned()),
        struck: struck(&known, &chosen),
        statement: chosen.statement,
        reach: if alone == Some(true) {
            Reach::AsAgreed
        } else {
            Reach::SpecialistOnly
        },
        how,
        words,
        basis,
        art9,
        dpa: dpa.and_then(|code| DpaCondition::from_code(&code).ok()),
        reasons: reasons.and_then(|reasons| Words::new(&reasons).ok()),
        life_at_risk,
        next: read_next(&form)?,
        told: told(&form)?,
    };
    let done = if is_change(&visit) {
        crate::refer_change::amended(&visit, &form, &order).await
    } else {
        let sent = referral_send::send(visit.app(), visit.actor(), &order).await;
        sent.map(|sent| visit.go(&format!("/referrals/{}/sent", sent.reference)))
    };
    match done {
        Ok(answer) => Ok(answer),
        Err(error) => match Fault::from(error) {
            Fault::Invalid { field, problem } => {
                let field = match field {
                    "reach" => "alone",
                    "how" => "agreed",
                    "reasons" if !other => "decision",
                    // Only the other bases have fields of their own.
                    "basis" | "art9" if form.value("rests") == "agreed" => "rests",
                    // What they would read is what they read now: the lines are chosen again.
                    "item" => {
                        form.wrong(field, problem);
                        return Ok(visit.show_errors(lines_page(&visit, &known, &form)));
                    }
                    other => other,
                };
                form.wrong(field, problem);
                again(&visit, &known, &chosen, need, &form).await
            }
            Fault::Conflict => changed(&visit, &chosen, need, form).await,
            fault => Err(fault),
        },
    }
}

/// What they would see is not what was looked at: it is looked at once more. Where their own words changed, the lines are gone
/// through again from the start, because a number of a line is not the same line any more.
async fn changed(visit: &Visit, chosen: &Chosen, need: NeedType, mut form: Form) -> Outcome {
    let known = prepared(visit, Some(need)).await?;
    let told = chosen.items.contains(&PacketItem::Statement.into());
    if told && known.statement != chosen.statement {
        let mut form = Form::empty();
        form.wrong("item", "refer-words-changed");
        return Ok(visit.show_conflict(lines_page(visit, &known, &form)));
    }
    form.wrong("agreed", "refer-preview-changed");
    let page = agree_page(visit, &known, chosen, need, &form).await?;
    Ok(visit.show_conflict(page))
}

/// The second page with what is wrong.
async fn again(
    visit: &Visit,
    known: &Prepared,
    chosen: &Chosen,
    need: NeedType,
    form: &Form,
) -> Outcome {
    let page = agree_page(visit, known, chosen, need, form).await?;
    Ok(visit.show_errors(page))
}
