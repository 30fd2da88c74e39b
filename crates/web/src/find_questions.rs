//! What is asked when finding help: every question may be left out. None is filled in, but for a case what its plan says.

use throughline_app::find::Query;
use throughline_core::circumstances::{
    AccessNeed, Asker, Child, Circumstances, Gender, NrpfState, SafeTime,
};
use throughline_core::code::Code;
use throughline_core::directory::{Channel, CommunityServed, Weekday};
use throughline_core::geo::{AreaCode, Postcode};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_ui::html::Html;
use throughline_ui::prelude::*;

use crate::shown::codes;
use crate::visit::Visit;

/// Matches shown at first, and how many more each time.
pub(crate) const STEP: i64 = 20;

pub(crate) fn limit(form: &Form) -> i64 {
    form.value("limit").parse().unwrap_or(STEP).clamp(STEP, 200)
}

/// A place as people write it: a postcode, or the name of a council.
enum Place {
    Postcode(Postcode),
    Area(AreaCode),
}

fn place(visit: &Visit, words: &str) -> Option<Place> {
    if let Ok(postcode) = Postcode::parse(words) {
        return Some(Place::Postcode(postcode));
    }
    let area = visit.app().gazetteer().named(words)?;
    Some(Place::Area(area.code))
}

pub(crate) fn query(visit: &Visit, form: &mut Form) -> Query {
    let mut told = Circumstances {
        needs: form
            .choices("need", &codes::<NeedType>())
            .iter()
            .filter_map(|code| NeedType::from_code(code).ok())
            .collect(),
        gender: form
            .choice("gender", &codes::<Gender>())
            .and_then(|code| Gender::from_code(&code).ok()),
        age: form
            .number("age", 0, 120)
            .and_then(|age| u8::try_from(age).ok()),
        children: children(form),
        pregnant: form.yes_no("pregnant"),
        nrpf: form
            .choice("nrpf", &codes::<NrpfState>())
            .and_then(|code| NrpfState::from_code(&code).ok()),
        languages: form
            .optional_within("language", 100)
            .map(|words| split(&words))
            .unwrap_or_default(),
        lgb: form.yes_no("lgb"),
        immigration_worry: form.yes_no("immigration_worry"),
        alcohol: form.yes_no("alcohol"),
        drugs: form.yes_no("drugs"),
        offending: form.yes_no("offending"),
        in_work: form.yes_no("in_work"),
        can_pay: form.yes_no("can_pay"),
        communities: chosen::<CommunityServed>(form, "community"),
        ways: chosen::<Channel>(form, "way"),
        pets: form.yes_no("pets"),
        can_travel: form.yes_no("can_travel"),
        asker: Some(if visit.signed.is_some() {
            Asker::Worker
        } else {
            Asker::Person
        }),
        ..Circumstances::default()
    };
    let access = form.choices("access", &codes::<AccessNeed>());
    if !access.is_empty() {
        told.access = Some(
            access
                .iter()
                .filter_map(|code| AccessNeed::from_code(code).ok())
                .collect(),
        );
    }
    if let Some(words) = form.optional_within("place", 60) {
        match place(visit, &words) {
            Some(Place::Postcode(postcode)) => told.postcode = Some(postcode),
            Some(Place::Area(area)) => told.area = Some(area),
            None => form.wrong("place", "find-place-unknown"),
        }
    }
    for words in split(form.value("avoid")) {
        match place(visit, &words) {
            Some(Place::Postcode(postcode)) => told.avoid_postcodes.push(postcode),
            Some(Place::Area(area)) => told.avoid_areas.push(area),
            // Never passed over: a place to stay away from that is not understood must be asked again.
            None => form.wrong("avoid", "find-avoid-unknown"),
        }
    }
    for (_, services) in left_out(visit, form) {
        if services.is_empty() {
            // Never passed over: whom they must not meet is asked again rather than offered.
            form.wrong("avoid_services", "find-avoid-services-unknown");
        }
        told.avoid_services.extend(services);
    }
    safe_time(form, &mut told);
    Query {
        told,
        text: form.optional_within("words", 200),
        nearest_first: form.ticked("nearest"),
        asked_before: Vec::new(),
        skip: 0,
        limit: usize::try_from(limit(form)).unwrap_or(20),
    }
}

/// The shortest name to leave services out by, in letters: less would leave out nearly everything.
const NAME_LEAST: usize = 3;

/// Each name that was given, with the services to leave out for it: those of that name, of an organisation of that name, or with
/// these words in either. One too many is left out rather than one too few.
pub(crate) fn left_out(visit: &Visit, form: &Form) -> Vec<(String, Vec<Ref>)> {
    let plain = |name: &str| {
        let letters = |c: char| if c.is_alphanumeric() { c } else { ' ' };
        // A space on either side, so that only whole words agree.
        let words: String = name.to_lowercase().chars().map(letters).collect();
        let words: Vec<&str> = words.split_whitespace().collect();
        format!(" {} ", words.join(" "))
    };
    let asked = split(form.value("avoid_services"));
    if asked.is_empty() {
        return Vec::new();
    }
    let snapshot = visit.app().directory.snapshot();
    let known: Vec<(Ref, Vec<String>)> = snapshot
        .all()
        .map(|listed| {
            let entry = listed.entry();
            let body = entry.organisation.as_ref().map(|body| body.name.as_str());
            let names = [
                Some(entry.name.as_str()),
                entry.alternate_name.as_deref(),
                body,
            ];
            let names = names.into_iter().flatten().map(plain).collect();
            (listed.reference(), names)
        })
        .collect();
    asked
        .into_iter()
        .map(|words| {
            let wanted = plain(&words);
            let enough = wanted.trim().chars().count() >= NAME_LEAST;
            let services = known
                .iter()
                .filter(|(_, names)| enough && names.iter().any(|name| name.contains(&wanted)))
                .map(|(reference, _)| *reference)
                .collect();
            (words, services)
        })
        .collect()
}

/// The codes of a list that were ticked.
fn chosen<C: Code>(form: &mut Form, name: &str) -> Vec<C> {
    form.choices(name, &codes::<C>())
        .iter()
        .filter_map(|code| C::from_code(code).ok())
        .collect()
}

fn split(words: &str) -> Vec<String> {
    words
        .split([',', ';', '\n'])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Ages as they were typed. Errors on the form when one cannot be read.
fn ages(form: &mut Form, name: &str) -> Option<Vec<u8>> {
    let ages: Option<Vec<u8>> = split(form.value(name))
        .iter()
        .map(|age| age.parse().ok().filter(|age| *age <= 30))
        .collect();
    if ages.is_none() {
        form.wrong(name, "find-ages-wrong");
    }
    ages
}

/// Children who would come: by their ages; which of them are sons only where it was said.
fn children(form: &mut Form) -> Option<Vec<Child>> {
    let coming = form.yes_no("children");
    let (all, mut sons) = (ages(form, "ages")?, ages(form, "sons")?);
    if coming == Some(false) {
        return Some(Vec::new());
    }
    let told = !sons.is_empty();
    let mut children: Vec<Child> = all
        .into_iter()
        .map(|age| {
            let son = sons.iter().position(|son| *son == age);
            if let Some(at) = son {
                sons.remove(at);
            }
            Child {
                age: Some(age),
                son: told.then_some(son.is_some()),
            }
        })
        .collect();
    // A son whose age was given here only is a child who comes, too.
    children.extend(sons.into_iter().map(|age| Child {
        age: Some(age),
        son: Some(true),
    }));
    if children.is_empty() {
        return coming.map(|_| vec![Child::default()]);
    }
    Some(children)
}

fn safe_time(form: &mut Form, told: &mut Circumstances) {
    let day = form
        .choice("day", &codes::<Weekday>())
        .and_then(|code| Weekday::from_code(&code).ok());
    let (from, until) = (form.time("from"), form.time("until"));
    match (day, from, until) {
        (Some(day), Some(from), Some(until)) => told.safe_times.push(SafeTime { day, from, until }),
        (None, None, None) => {}
        _ if form.has_errors() => {}
        _ => form.wrong("day", "find-time-whole"),
    }
}

fn named<T: throughline_core::code::Code + 'static>(text: Text, prefix: &str) -> Vec<Choice> {
    codes::<T>()
        .into_iter()
        .map(|code| Choice::new(code, text.t(&format!("{prefix}-{code}"))))
        .collect()
}

pub(crate) fn questions(visit: &Visit, form: &Form, action: &str) -> Html {
    let text = visit.text();
    let mut day = Select::new("day", text.t("find-day")).option("", text.plain("find-any-day"));
    for (at, code) in codes::<Weekday>().into_iter().enumerate() {
        day = day.option(code, text.plain(&format!("weekday-{}", at + 1)));
    }
    let yes_no = |name: &str, key: &str| {
        Html::from(
            Radios::new(name, Legend::new(text.t(key)))
                .yes_no_not_known(text)
                .inline()
                .bind(form, text),
        )
    };
    let mut nrpf = Select::new("nrpf", text.t("find-nrpf")).option("", text.plain("find-not-told"));
    for code in codes::<NrpfState>() {
        nrpf = nrpf.option(code, text.plain(&format!("find-nrpf-{code}")));
    }
    let about = Html::join([
        Html::from(
            Radios::new("gender", Legend::new(text.t("find-gender")))
                .items(named::<Gender>(text, "find-gender"))
                .small()
                .bind(form, text),
        ),
        Input::new("age", text.t("find-age"))
            .whole_number()
            .width(3)
            .bind(form, text)
            .into(),
        yes_no("children", "find-children"),
        Input::new("ages", text.t("find-ages"))
            .hint(text.t("find-ages-hint"))
            .bind(form, text)
            .into(),
        Input::new("sons", text.t("find-sons"))
            .hint(text.t("find-sons-hint"))
            .bind(form, text)
            .into(),
        yes_no("pregnant", "find-pregnant"),
        nrpf.bind(form, text).into(),
        Checkboxes::new("access", Legend::new(text.t("find-access")))
            .items(named::<AccessNeed>(text, "find-access"))
            .small()
            .bind(form, text)
            .into(),
        Input::new("language", text.t("find-language"))
            .bind(form, text)
            .into(),
        yes_no("pets", "find-pets"),
        yes_no("can_travel", "find-travel"),
        Checkboxes::new("way", Legend::new(text.t("find-ways")))
            .hint(text.t("find-ways-hint"))
            .items(named::<Channel>(text, "find-way"))
            .small()
            .bind(form, text)
            .into(),
    ]);
    let ask_gently = Html::join([
        Html::paragraph(text.t("find-more-about-what")),
        yes_no("lgb", "find-lgb"),
        Checkboxes::new("community", Legend::new(text.t("find-communities")))
            .hint(text.t("find-communities-hint"))
            .items(named::<CommunityServed>(text, "find-community"))
            .small()
            .bind(form, text)
            .into(),
        yes_no("immigration_worry", "find-immigration-worry"),
        yes_no("in_work", "find-in-work"),
        yes_no("can_pay", "find-can-pay"),
        yes_no("alcohol", "find-alcohol"),
        yes_no("drugs", "find-drugs"),
        yes_no("offending", "find-offending"),
    ]);
    let away = Html::join([
        Html::from(
            Textarea::new("avoid", text.t("find-avoid"))
                .hint(text.t("find-avoid-hint"))
                .rows(2)
                .bind(form, text),
        ),
        Textarea::new("avoid_services", text.t("find-avoid-services"))
            .hint(text.t("find-avoid-services-hint"))
            .rows(2)
            .bind(form, text)
            .into(),
        day.bind(form, text).into(),
        Input::new("from", text.t("find-from"))
            .hint(text.t("find-time-hint"))
            .width(5)
            .bind(form, text)
            .into(),
        Input::new("until", text.t("find-until"))
            .width(5)
            .bind(form, text)
            .into(),
    ]);
    let fields = Html::join([
        Html::from(
            Input::new("words", text.t("find-words"))
                .hint(text.t("find-words-hint"))
                .bind(form, text),
        ),
        Input::new("place", text.t("find-place"))
            .hint(text.t("find-place-hint"))
            .width(20)
            .bind(form, text)
            .into(),
        Checkboxes::new("need", Legend::new(text.t("find-needs")))
            .items(named::<NeedType>(text, "need"))
            .classes("govuk-checkboxes--small tl-many")
            .bind(form, text)
            .into(),
        // What is filled in already must be seen to be put right.
        if ["age", "children"]
            .iter()
            .any(|name| !form.value(name).is_empty())
        {
            Details::new(text.t("find-about"), about).open().into()
        } else {
            Details::new(text.t("find-about"), about).into()
        },
        Details::new(text.t("find-more-about"), ask_gently).into(),
        Details::new(text.t("find-stay-away"), away).into(),
        Checkboxes::bare("nearest")
            .item(Choice::new("yes", text.t("find-nearest")))
            .small()
            .bind(form, text)
            .into(),
        Button::new(text.t("find-button")).into(),
    ]);
    let mut sent = PostForm::new(action, visit.csrf());
    if form.has("case") {
        sent = sent.hidden("case", form.value("case"));
    }
    sent.body(fields).into()
}
