//! What is held about somebody, item by item, in words; and the copy that is made of what is given. The same words are looked at and
//! given: an item is rendered once, in the language of the request.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use throughline_app::access_request::{AccessRequest, Files, Held};
use throughline_app::case_view::{CaseView, Told};
use throughline_core::child::Safeguarding;
use throughline_core::code::Code;
use throughline_core::disclosure::{Item, ItemKind, decision_on, given};
use throughline_core::immediate::ImmediateAnswer;
use throughline_core::time::At;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;
use throughline_ui::text::has_key;

use crate::appointment::when as length;
use crate::case::values;
use crate::contact::window;
use crate::shown::{line_name, when, word};
use crate::told_words::told_words;

/// Everything that is held: the case as its page shows it, and each request to a service as its own page does.
pub(crate) fn items(text: Text, held: &Held) -> Vec<Item> {
    let view = &held.view;
    let mut out = vec![about(text, view)];
    let mut add = |key: String, kind: ItemKind, at: Option<At>, lines: Vec<String>| {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        out.push(Item {
            key,
            kind,
            at,
            lines,
        });
    };
    for contact in &view.contacts.all {
        let point = &contact.point;
        let mut lines = vec![
            word(text, "channel", point.channel.code()),
            word(text, "verdict", point.verdict.code()),
            contact.value.clone(),
            contact.say.clone().unwrap_or_default(),
            word(text, "answered", point.answered_by.code()),
        ];
        lines.extend(point.windows.iter().map(|one| window(text, *one)));
        if point.voicemail_since.is_some() {
            lines.push(text.plain("contact-voicemail-yes"));
        }
        if let Some(ended) = contact.ended {
            lines.push(word(text, "contact-ended", ended.code()));
        }
        add(
            format!("contact {}", contact.reference),
            ItemKind::Contact,
            None,
            lines,
        );
    }
    for statement in &view.statements {
        let lines = statement.words.lines().map(str::to_owned).collect();
        let key = format!("statement {}", statement.number);
        add(key, ItemKind::Statement, Some(statement.written_at), lines);
    }
    for need in &view.needs {
        let lines = vec![
            word(text, "need", need.kind.code()),
            word(text, "need-state", need.state.code()),
        ];
        add(
            format!("need {}", need.kind),
            ItemKind::Need,
            Some(need.raised_at),
            lines,
        );
    }
    for one in &view.unmet {
        let mut lines = vec![
            word(text, "need", one.need.code()),
            word(text, "not-sent", one.because.code()),
        ];
        lines.extend(one.blocked.ruled_out.iter().filter_map(|(rule, count)| {
            let key = format!("ruled-out-{rule}");
            has_key(&key).then(|| text.plain_with(&key, &[("count", i64::from(*count).into())]))
        }));
        let key = format!("unmet {}", one.recorded_at.micros());
        add(key, ItemKind::Need, Some(one.recorded_at), lines);
    }
    for duty in &view.duties {
        let content = &duty.content;
        let mut lines = vec![
            content.authority.1.clone(),
            word(text, "duty-state", duty.state.code()),
            content.reason.clone(),
        ];
        lines.extend(content.avoid.iter().cloned());
        lines.extend(content.contact.clone());
        lines.extend(duty.outcome.map(|it| word(text, "duty-outcome", it.code())));
        lines.extend(content.log.iter().filter_map(|one| one.words.clone()));
        let key = format!("home {}", duty.reference);
        add(key, ItemKind::Referral, Some(duty.created_at), lines);
    }
    for known in &view.immediate {
        let mut lines = vec![
            word(text, "immediate", known.kind.code()),
            word(text, "immediate-answer", known.answer.code().code()),
        ];
        if let ImmediateAnswer::PutOff { reason, .. } = &known.answer {
            lines.push(reason.as_str().to_owned());
        }
        if let Some(only) = known.only_theirs {
            let answer = word(text, "answer", only.code());
            lines.push(format!("{} {answer}", text.plain("now-only-theirs")));
        }
        let at = Some(known.answered_at);
        add(format!("now {}", known.kind), ItemKind::RightNow, at, lines);
    }
    for child in &view.children {
        let mut lines = vec![child.sheet.chosen.clone()];
        lines.extend(child.sheet.born.clone());
        lines.push(word(text, "child-state", child.state.code()));
        if let Some(decided) = &child.safeguarding {
            lines.push(word(text, "safeguarding", decided.code().code()));
            if let Safeguarding::NotNeeded(reason) = decided {
                lines.push(reason.as_str().to_owned());
            }
        }
        add(
            format!("child {}", child.reference),
            ItemKind::Child,
            child.decided_at,
            lines,
        );
    }
    for judged in &view.risks {
        let lines = vec![
            word(text, "risk", judged.risk.band.code()),
            judged.risk.reason.clone(),
        ];
        let key = format!("risk {}", judged.risk.at.micros());
        add(key, ItemKind::Risk, Some(judged.risk.at), lines);
    }
    for agreed in &view.consents {
        let consent = &agreed.record.consent;
        let mut lines = vec![
            agreed.recipient.clone(),
            word(text, "purpose", consent.purpose.code()),
        ];
        lines.extend(consent.items.iter().map(|item| line_name(text, *item)));
        lines.extend(agreed.record.words.clone());
        lines.extend(
            consent
                .reasons
                .as_ref()
                .map(|reason| reason.as_str().to_owned()),
        );
        let key = format!("consent {}", agreed.record.reference);
        add(key, ItemKind::Consent, Some(consent.agreed_at), lines);
    }
    for sent in &held.referrals {
        let mut lines = vec![
            sent.service.clone(),
            word(text, "need", sent.referral.need.code()),
            word(text, "referral-state", sent.referral.state.code()),
        ];
        for line in &sent.packet.lines {
            lines.push(word(text, "packet", line.item.code()));
            lines.extend(line.words.iter().cloned());
        }
        lines.extend(sent.exchanges.iter().map(|said| said.words.clone()));
        if let Some(told) = held.told.get(&sent.referral.reference) {
            lines.extend(told_words(text, told));
        }
        let key = format!("referral {}", sent.referral.reference);
        add(
            key,
            ItemKind::Referral,
            Some(sent.referral.created_at),
            lines,
        );
    }
    for message in &held.messages {
        let mut lines = vec![
            word(text, "artefact", message.artefact.code()),
            word(text, "message-state", message.state.code()),
        ];
        lines.extend(message.appointment.map(|at| when(text, at)));
        let key = format!("message {}", message.reference);
        add(key, ItemKind::Message, Some(message.made_at), lines);
    }
    for booked in &held.appointments {
        let lines = vec![
            word(text, "appointment-title", booked.title.code()),
            length(text, booked.starts_at, booked.minutes),
            word(text, "appointment-state", booked.state.code()),
        ];
        let key = format!("appointment {}", booked.reference);
        add(key, ItemKind::Appointment, None, lines);
    }
    for link in &held.links {
        let mut lines = vec![link.other.name.clone()];
        lines.extend(link.other.born.clone());
        lines.extend(link.other.else_known.clone());
        lines.push(word(text, "apart-role", link.role.code()));
        lines.push(word(text, "apart-state", link.state.code()));
        let key = format!("apart {}", link.reference);
        add(key, ItemKind::Apart, Some(link.told_at), lines);
    }
    for told in &view.story {
        let lines = reasons(text, told);
        if !lines.is_empty() {
            let key = format!("less {}", told.line.at.micros());
            add(key, ItemKind::LessShared, Some(told.line.at), lines);
        }
    }
    add("story".to_owned(), ItemKind::Story, None, story(text, view));
    out
}

/// What the story alone holds of a decision to share less, or of what was written when something was shared first.
fn reasons(text: Text, told: &Told) -> Vec<String> {
    let detail = &told.line.detail;
    let words = |name| detail.get(name).and_then(Json::as_str).map(str::to_owned);
    let mut lines = Vec::new();
    match told.line.kind.as_str() {
        "not_shared" | "part_shared" => {
            lines.extend(["with", "reason", "if_not"].into_iter().filter_map(words));
            let left_out = detail.get("left_out").and_then(Json::as_array);
            let left_out = left_out.into_iter().flatten().filter_map(Json::as_str);
            lines.extend(left_out.map(|item| word(text, "packet", item)));
        }
        "sharing_completed" => lines.extend(words("first")),
        _ => {}
    }
    lines
}

fn about(text: Text, view: &CaseView) -> Item {
    let sheet = &view.case.sheet;
    let mut lines = vec![sheet.chosen.clone()];
    lines.extend(sheet.given.clone());
    lines.extend(sheet.family.clone());
    lines.extend(sheet.born.clone());
    lines.extend(sheet.age_band.as_ref().map(|code| word(text, "age", code)));
    lines.extend(sheet.language.clone());
    lines.extend(
        sheet
            .access
            .iter()
            .map(|code| word(text, "adjustment", code)),
    );
    Item {
        key: "about".to_owned(),
        kind: ItemKind::About,
        at: Some(view.case.opened_at),
        lines,
    }
}

/// What happened, each line with its day. Reasons are in the items that they belong to.
fn story(text: Text, view: &CaseView) -> Vec<String> {
    view.story
        .iter()
        .map(|told| {
            let key = format!("story-{}", told.line.kind);
            let key = if has_key(&key) {
                key.as_str()
            } else {
                "story-other"
            };
            let words = text.plain_with(key, &values(text, told));
            format!("{}: {words}", when(text, told.line.at))
        })
        .collect()
}

/// Who made the copy, for its mark.
pub(crate) struct Mark<'a> {
    /// The organisation that answers.
    pub organisation: &'a str,
    /// When it was made.
    pub at: At,
}

/// The copy: what is given, as a page and as data, each marked with the one it is for. It says the same about what is withheld
/// whether anything is or not: neither a gap nor a count tells that something else is held (NE-04).
pub(crate) fn copy(text: Text, request: &AccessRequest, items: &[Item], mark: &Mark<'_>) -> Files {
    let values = [
        ("recipient", request.recipient.as_str().into()),
        ("reference", request.reference.to_string().into()),
        ("organisation", mark.organisation.into()),
        ("when", when(text, mark.at).into()),
    ];
    let for_whom = text.plain_with("access-copy-mark", &values);
    let withheld = text.plain("access-copy-withheld");
    let (mut body, mut data) = (Html::default(), Vec::new());
    for item in items {
        let decision = decision_on(item, &request.decisions);
        let Some(lines) = given(item, request.asked_by, decision) else {
            continue;
        };
        let name = word(text, "access-item", item.kind.code());
        let at = item.at.map(|at| when(text, at));
        body.push(Html::heading(2, Size::M, Html::text(&name)));
        if let Some(at) = &at {
            body.push(Html::paragraph(Html::text(at)));
        }
        body.push(Html::bullets(lines.iter().map(Html::text)));
        data.push(json!({ "what": name, "since": at, "lines": lines }));
    }
    let title = text.plain("access-copy-title");
    let page = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>\n<h1>{title}</h1>\n<p>{}</p>\n{body}<p>{}</p>\n<footer><p>{}</p></footer>\n</body></html>\n",
        request.lang,
        Html::text(&for_whom),
        Html::text(&withheld),
        Html::text(&for_whom),
    );
    let data = json!({ "for": for_whom, "withheld": withheld, "held": data });
    BTreeMap::from([
        ("copy.html".to_owned(), page),
        ("copy.json".to_owned(), format!("{data:#}\n")),
    ])
}
