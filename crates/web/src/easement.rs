//! The page that works out the easement of work requirements: which tests hold, and its dates (SPEC R-UC-01 to R-UC-03). It is worked
//! out and shown; nothing is kept, and nothing of it is in an address.

use jiff::civil::Date;
use throughline_core::answer::Answer;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::code::Code;
use throughline_core::easement::{self, EasementTest, EvidenceFrom, Finding, Told};
use throughline_core::pack::{Pack, ThresholdId};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

/// Where the page is.
pub(crate) const AT: &str = "/benefit-dates/work";
/// The neutral title of the pages that work out dates of benefits.
pub(crate) const TITLE: &str = "page-benefit-dates-title";
/// Whoever may work with a case.
pub(crate) const WORKERS: Access = Access::Staff(&[ActionKind::CaseRead]);
const NOBODY_YET: &str = "none";

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get(AT, TITLE, WORKERS, Rate::Page, |v| Box::pin(show(v))),
        post(AT, TITLE, WORKERS, Rate::Page, |v| Box::pin(work_out(v))),
    ]
}

/// The law where the worker works.
pub(crate) fn law(visit: &Visit) -> Result<&Pack, Fault> {
    let nation = visit.signed.as_ref().and_then(|signed| signed.nation);
    Ok(visit
        .app()
        .pack(nation.ok_or(Fault::NotFound)?, visit.now())?)
}

/// A number of the law; a checked pack states each.
pub(crate) fn number(pack: &Pack, threshold: ThresholdId) -> i64 {
    pack.threshold(threshold)
        .map_or(0, |number| i64::from(number.value))
}

/// Yes, no, not known: none is chosen beforehand.
pub(crate) fn yes_no(text: Text, name: &str, words: Html, hint: Option<Html>, form: &Form) -> Html {
    let mut radios = Radios::new(name, Legend::new(words)).items(
        ["yes", "no", "not-known"]
            .map(|code| Choice::new(code, text.t(&format!("answer-{code}"))))
            .to_vec(),
    );
    if let Some(hint) = hint {
        radios = radios.hint(hint);
    }
    radios.bind(form, text).into()
}

/// The answer to such a question. It has to be given; "not known" is an answer.
pub(crate) fn answered(form: &mut Form, name: &str) -> Option<Answer> {
    let code = form.required_choice(name, &["yes", "no", "not-known"], "error-choose-one")?;
    Some(match code.as_str() {
        "yes" => Answer::Yes,
        "no" => Answer::No,
        _ => Answer::NotSure,
    })
}

/// A day that has to be given and is not after today.
pub(crate) fn past_day(form: &mut Form, name: &str, needed: &str, today: Date) -> Option<Date> {
    let before = form.errors().len();
    let day = form.date(name);
    if day.is_none() && form.errors().len() == before {
        form.wrong(name, needed);
    }
    if day.is_some_and(|day| day > today) {
        form.wrong(name, "easement-future");
        return None;
    }
    day
}

async fn show(visit: Visit) -> Outcome {
    let page = page(&visit, &Form::empty(), Html::default())?;
    Ok(visit.show(page))
}

async fn work_out(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let today = visit.now().london_date();
    match told(&mut form, today).filter(|_| !form.has_errors()) {
        Some(told) => {
            let found = found(&visit, &told, today)?;
            Ok(visit.show(page(&visit, &form, found)?))
        }
        None => Ok(visit.show_errors(page(&visit, &form, Html::default())?)),
    }
}

fn told(form: &mut Form, today: Date) -> Option<Told> {
    let notified_on = past_day(form, "notified", "easement-notified-needed", today);
    let recent = answered(form, "recent");
    let none_before = answered(form, "none-before");
    let apart = answered(form, "apart");
    let mut who = vec![NOBODY_YET];
    who.extend(EvidenceFrom::ALL.iter().map(|from| from.code()));
    let from = form.required_choice("evidence", &who, "error-choose-one")?;
    let evidence = match EvidenceFrom::from_code(&from) {
        Ok(from) => Some((
            from,
            past_day(form, "given", "easement-given-needed", today)?,
        )),
        Err(_) => None,
    };
    Some(Told {
        notified_on: notified_on?,
        recent: recent?,
        none_before: none_before?,
        apart: apart?,
        evidence,
    })
}

/// What the tests come to, and the dates.
fn found(visit: &Visit, told: &Told, today: Date) -> Result<Html, Fault> {
    let (text, pack) = (visit.text(), law(visit)?);
    let tests = |tests: &[EasementTest]| {
        let words = tests.iter().map(|test| {
            let code = test.code().replace('_', "-");
            text.t(&format!("easement-test-{code}"))
        });
        Html::bullets(words.collect::<Vec<_>>())
    };
    let law = pack.clock(ClockId::Easement, Urgency::Routine);
    let weeks = law.map_or(0, |clock| i64::from(clock.value.value));
    let said = match easement::finding(pack, told, today) {
        Finding::Holds => {
            Html::paragraph(text.t_with("easement-holds", &[("weeks", weeks.into())]))
        }
        Finding::Ask(open) => Html::paragraph(text.t("easement-ask")).then(tests(&open)),
        Finding::Discretionary(failed) => {
            // Dates of what does not apply would only mislead.
            let said = Html::paragraph(text.t("easement-discretion")).then(tests(&failed));
            return Ok(InsetText::new(said).into());
        }
    };
    let dates = easement::dates(pack, told.notified_on);
    let day = |day| Html::text(text.date(day));
    let age = number(pack, ThresholdId::BenefitChildUnder);
    let facts = SummaryList::new()
        .fact(text.t("easement-recent-from"), day(dates.recent_from))
        .fact(text.t("easement-evidence-by"), day(dates.evidence_by))
        .fact(text.t("easement-last-day"), day(dates.last_day))
        .fact(
            text.t_with("easement-second", &[("age", age.into())]),
            day(dates.second_last_day),
        )
        .fact(
            text.t("easement-source"),
            Html::trusted(format!(
                "<span lang=\"en\">{}</span>",
                Html::text(law.map_or("", |clock| clock.source.as_str()))
            )),
        );
    Ok(Html::from(InsetText::new(
        said.then(Html::paragraph(text.t("easement-runs"))),
    ))
    .then(Html::heading(2, Size::M, text.t("easement-dates")))
    .then(facts))
}

fn page(visit: &Visit, form: &Form, found: Html) -> Result<Page, Fault> {
    let (text, pack) = (visit.text(), law(visit)?);
    let within = |key: &str, threshold| {
        let months = number(pack, threshold);
        text.t_with(key, &[("months", months.into())])
    };
    let mut who = vec![Choice::new(NOBODY_YET, text.t("easement-evidence-none"))];
    who.extend(EvidenceFrom::ALL.iter().map(|from| {
        let code = from.code().replace('_', "-");
        Choice::new(from.code(), text.t(&format!("easement-from-{code}")))
    }));
    let day = |name: &str, key: &str| -> Html {
        DateInput::new(visit.lang, name, text.t(key))
            .fieldset(|set| set)
            .bind(form, text)
            .into()
    };
    let recent = within("easement-recent", ThresholdId::EasementAbuseWithinMonths);
    let before = within("easement-none-before", ThresholdId::EasementNotWithinMonths);
    let apart = text.t("easement-apart");
    let hint = Some(text.t("easement-apart-hint"));
    let questions = day("notified", "easement-notified")
        .then(yes_no(text, "recent", recent, None, form))
        .then(yes_no(text, "none-before", before, None, form))
        .then(yes_no(text, "apart", apart, hint, form))
        .then(
            Radios::new("evidence", Legend::new(text.t("easement-evidence")))
                .hint(text.t("easement-evidence-hint"))
                .items(who)
                .bind(form, text),
        )
        .then(day("given", "easement-given"))
        .then(Button::new(text.t("benefit-work-out")));
    let body = Html::heading(1, Size::L, text.t("easement-heading"))
        .then(found)
        .then(Html::paragraph(text.t("benefit-not-kept")))
        .then(WarningText::new(visit.lang, text.t("benefit-journal")))
        .then(PostForm::new(AT, visit.csrf()).body(questions))
        .then(Html::paragraph(text.t("benefit-welfare-rights")));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    Ok(page)
}
