//! What the pages about referrals share: a packet line by line, the steps so far, what was asked, and the questions of an answer.

use throughline_app::packet::{Line, Packet};
use throughline_app::referral::{Exchange, Transition};
use throughline_app::referral_answer::Answer;
use throughline_core::code::Code;
use throughline_core::consent::PacketItem;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Words;
use throughline_core::referral::UnmetReason;
use throughline_core::time::At;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

/// The spellings of a code list.
pub(crate) fn codes<C: Code>() -> Vec<&'static str> {
    C::ALL.iter().map(|code| code.code()).collect()
}

/// A code in words: keys are `<list>-<code>`.
pub(crate) fn word(text: Text, list: &str, code: &str) -> String {
    text.plain(&format!("{list}-{code}"))
}

/// One choice per code.
pub(crate) fn choices<C: Code>(text: Text, list: &str) -> Vec<Choice> {
    codes::<C>()
        .into_iter()
        .map(|code| Choice::new(code, word(text, list, code)))
        .collect()
}

/// A select with one option per code, none chosen.
pub(crate) fn select<C: Code>(text: Text, name: &str, label: &str, list: &str) -> Select {
    let first = SelectOption::new("", text.plain("refer-choose"));
    let rest = codes::<C>()
        .into_iter()
        .map(|code| SelectOption::new(code, word(text, list, code)));
    Select::new(name, text.t(label)).options(std::iter::once(first).chain(rest))
}

/// An instant on the wall clock.
pub(crate) fn when(text: Text, at: At) -> String {
    text.date_time(at.london().datetime())
}

/// When a clock runs out: how long, and when that is.
pub(crate) fn due(text: Text, at: At, now: At) -> String {
    let left = jiff::SignedDuration::from_secs(at.seconds_since(now));
    format!("{} ({})", text.due(left), when(text, at))
}

/// The list of words that the codes of a packet line come from.
const fn list_of(item: PacketItem) -> &'static str {
    match item {
        PacketItem::Urgency => "urgency",
        PacketItem::Risk => "risk",
        PacketItem::AgeBand | PacketItem::Children => "age",
        PacketItem::ContactRules | PacketItem::ContactDetails => "refer-contact",
        PacketItem::AccessNeeds => "adjustment",
        // Needs, of the person and of the children. The other items hold words only.
        _ => "need",
    }
}

/// What a line says.
pub(crate) fn line_value(text: Text, line: &Line) -> Html {
    let mut parts: Vec<String> = line
        .codes
        .iter()
        .map(|code| word(text, list_of(line.item), code))
        .collect();
    parts.extend(line.words.iter().cloned());
    if line.item == PacketItem::Statement {
        Html::join(parts.iter().map(Html::paragraph))
    } else {
        Html::text(parts.join(", "))
    }
}

/// What a line is called: its item and, where it holds one need, which.
pub(crate) fn line_name(text: Text, line: PacketLine) -> String {
    let item = word(text, "packet", line.item().code());
    match line.need() {
        Some(need) => text.plain_with(
            "packet-need",
            &[
                ("item", item.into()),
                ("need", word(text, "need", need.code()).into()),
            ],
        ),
        None => item,
    }
}

/// Who asks, and by when something is due: it stands above every packet, on the service's page and where it is looked at before.
pub(crate) fn asked_by(text: Text, from: &str, due_at: Option<At>, now: At) -> SummaryList {
    let list = SummaryList::new().fact(text.t("partner-from"), from);
    match due_at {
        Some(at) => list.fact(text.t("partner-due"), due(text, at, now)),
        None => list,
    }
}

/// A packet as its reader sees it. The one way to show one: what is looked at before it is sent is shown by this too.
pub(crate) fn packet(text: Text, packet: &Packet) -> Html {
    let agreed = if packet.agreed {
        "refer-agreed-yes"
    } else {
        "refer-agreed-no"
    };
    let mut list = SummaryList::new()
        .fact(text.t("refer-need"), word(text, "need", packet.need.code()))
        .fact(text.t("refer-agreed"), text.t(agreed));
    for line in &packet.lines {
        list = list.fact(
            word(text, "packet", line.item.code()),
            line_value(text, line),
        );
    }
    list.into()
}

/// The steps so far, oldest first.
pub(crate) fn steps(text: Text, steps: &[Transition]) -> Html {
    // What was written in one moment is told in the order in which it happens.
    let rank = |made: &str| {
        ["send", "deliver", "bounce", "open"]
            .iter()
            .position(|known| *known == made)
            .unwrap_or(usize::MAX)
    };
    let mut steps: Vec<&Transition> = steps.iter().collect();
    steps.sort_by_key(|step| (step.at, rank(&step.made)));
    Timeline::new(steps.into_iter().map(|step| {
        Event::new(
            word(text, "step", &step.made),
            step.at.to_string(),
            when(text, step.at),
        )
        .body(Html::paragraph(word(text, "via", step.via.code())))
    }))
    .into()
}

/// What was asked and answered.
pub(crate) fn exchanges(text: Text, said: &[Exchange]) -> Html {
    if said.is_empty() {
        return Html::default();
    }
    let mut list = SummaryList::new();
    for one in said {
        let who = if one.by_service {
            "refer-they-wrote"
        } else if one.changed.is_empty() {
            "refer-worker-wrote"
        } else {
            "refer-worker-changed"
        };
        let who = text.t_with(who, &[("at", when(text, one.at).into())]);
        let said = if one.changed.is_empty() {
            Html::text(&one.words)
        } else {
            let lines: Vec<String> = one.changed.iter().map(|it| line_name(text, *it)).collect();
            Html::text(text.list(&lines))
        };
        list = list.fact(who, said);
    }
    Html::heading(2, Size::M, text.t("refer-questions")).then(list)
}

/// The fields of an answer, kept as they are typed.
pub(crate) const ANSWER: &[&str] = &[
    "via", "answer", "name", "first", "how", "days", "reason", "words",
];

/// The questions of an answer: accept with a name, waiting list, or no with a reason. `more` are choices that only a worker
/// who records an answer has.
pub(crate) fn answer_fields(form: &Form, text: Text, more: Vec<Choice>) -> Html {
    let accept = Html::from(
        Input::new("name", text.t("refer-answer-name"))
            .hint(text.t("refer-answer-name-hint"))
            .bind(form, text),
    )
    .then(Input::new("first", text.t("refer-answer-when")).bind(form, text))
    .then(Input::new("how", text.t("refer-answer-how")).bind(form, text));
    let wait = Input::new("days", text.t("refer-answer-days"))
        .whole_number()
        .width(4)
        .bind(form, text);
    let no = no_fields(form, text);
    let question = if more.is_empty() {
        "refer-answer"
    } else {
        "refer-answer-theirs"
    };
    let legend = Legend::new(text.t(question)).classes("govuk-fieldset__legend--m");
    Radios::new("answer", legend)
        .items([
            Choice::new("accept", text.t("refer-answer-accept")).conditional(accept),
            Choice::new("waitlist", text.t("refer-answer-waitlist")).conditional(wait),
            Choice::new("decline", text.t("refer-answer-decline")).conditional(no),
        ])
        .items(more)
        .bind(form, text)
        .into()
}

/// What is asked of a no.
pub(crate) fn no_fields(form: &Form, text: Text) -> Html {
    Html::from(
        select::<UnmetReason>(text, "reason", "refer-answer-reason", "unmet").bind(form, text),
    )
    .then(
        Textarea::new("words", text.t("refer-answer-words"))
            .rows(3)
            .bind(form, text),
    )
}

/// Reads an answer; what is wrong stands in the form.
pub(crate) fn read_answer(form: &mut Form, more: bool) -> Option<Answer> {
    let kinds: &[&str] = if more {
        &["accept", "waitlist", "decline", "seen", "person"]
    } else {
        &["accept", "waitlist", "decline"]
    };
    let kind = form.required_choice("answer", kinds, "refer-answer-needed")?;
    let days = form.number("days", 0, 3_650);
    let answer = match kind.as_str() {
        "accept" => {
            let name = form.required_within("name", "refer-answer-name-needed", 120)?;
            Answer::Accept {
                by: Words::new(&name).ok()?,
                when: form.optional_within("first", 200),
                how: form.optional_within("how", 200),
            }
        }
        "waitlist" => Answer::Waitlist {
            days: days.and_then(|days| u16::try_from(days).ok()),
        },
        "decline" => {
            let reason = form.required_choice(
                "reason",
                &codes::<UnmetReason>(),
                "refer-answer-reason-needed",
            )?;
            Answer::Decline {
                reason: UnmetReason::from_code(&reason).ok()?,
                words: form.optional_within("words", 1_000),
            }
        }
        "seen" => Answer::Seen,
        _ => Answer::PersonDeclines,
    };
    (!form.has_errors()).then_some(answer)
}

/// The version that the page showed; 0 when it was tampered with, which is never a real one.
pub(crate) fn seen(form: &Form) -> i64 {
    form.value("seen").parse().unwrap_or(0)
}
