use super::*;
use crate::html::Component as _;
use crate::text::Lang;
use jiff::civil::{date, time};
use proptest::prelude::*;

const EN: Text = Text::new(Lang::En);

fn form(body: &str) -> Form {
    Form::parse(body.as_bytes()).unwrap()
}

#[test]
fn repeated_names_are_all_kept_in_order() {
    let form = form("signs=a&signs=b+c&signs=%C3%A9&x");
    assert_eq!(form.values("signs"), ["a", "b c", "é"]);
    assert_eq!(form.value("x"), "");
    assert!(form.has("x"));
    assert!(!form.has("y"));
}

#[test]
fn bodies_that_are_too_big_or_not_text_are_refused_with_a_sentence() {
    let limits = Limits { bytes: 9, pairs: 2 };
    assert_eq!(
        Form::parse_within(b"0123456789", limits),
        Err(FormProblem::TooBig)
    );
    assert_eq!(
        Form::parse_within(b"a&b&c", limits),
        Err(FormProblem::TooBig)
    );
    for bad in [&b"a=%4"[..], b"a=%zz", b"a=%FF", b"a=%00", b"a=\xff"] {
        let problem = Form::parse(bad).unwrap_err();
        assert_eq!(problem, FormProblem::Unreadable);
        assert!(crate::text::has_key(problem.key()));
    }
}

#[test]
fn what_was_typed_is_shown_again_with_what_to_do() {
    let mut form = form("name=&age=forty&born-day=31&born-month=2&born-year=1990");
    assert_eq!(form.required("name", "error-required"), None);
    assert_eq!(form.number("age", 0, 120), None);
    assert_eq!(form.date("born"), None);
    assert!(form.has_errors());
    assert_eq!(form.value("age"), "forty");
    let summary = form.summary(EN).unwrap().html();
    for expected in [
        "#name",
        "#age",
        "#born-day",
        "Enter a whole number, like 12",
    ] {
        assert!(
            summary.as_str().contains(expected),
            "{expected} in {summary}"
        );
    }
    assert!(form.error(EN, "age").is_some());
    assert!(form.error(EN, "other").is_none());
}

#[test]
fn nothing_sent_is_no_error_unless_it_was_required() {
    let mut form = Form::empty();
    assert_eq!(form.number("age", 0, 120), None);
    assert_eq!(form.date("born"), None);
    assert_eq!(form.yes_no("safe"), None);
    assert_eq!(form.choice("how", &["a"]), None);
    assert!(form.choices("signs", &["a"]).is_empty());
    assert!(!form.has_errors());
    assert_eq!(
        form.required_choice("how", &["a"], "error-choose-one"),
        None
    );
    assert_eq!(form.errors().len(), 1);
    assert!(form.summary(EN).is_some());
}

#[test]
fn not_known_is_not_no() {
    assert_eq!(form("safe=not-known").yes_no("safe"), None);
    assert_eq!(form("safe=no").yes_no("safe"), Some(false));
    assert_eq!(form("safe=yes").yes_no("safe"), Some(true));
}

#[test]
fn only_answers_on_offer_are_taken() {
    let mut form = form("how=z&signs=b&signs=a&signs=b&signs=evil");
    assert_eq!(form.choice("how", &["a"]), None);
    assert_eq!(form.choices("signs", &["a", "b", "c"]), ["a", "b"]);
    assert_eq!(form.errors().len(), 2);
}

#[test]
fn dates_forgive_month_names_and_name_the_missing_part() {
    let born = |body| form(body).date("d");
    assert_eq!(
        born("d-day=3&d-month=March&d-year=2026"),
        Some(date(2026, 3, 3))
    );
    assert_eq!(
        born("d-day=3&d-month=mawrth&d-year=2026"),
        Some(date(2026, 3, 3))
    );
    assert_eq!(
        born("d-day=03&d-month=03&d-year=2026"),
        Some(date(2026, 3, 3))
    );
    let mut missing = form("d-day=3&d-month=&d-year=2026");
    assert_eq!(missing.date("d"), None);
    assert_eq!(missing.errors()[0].target, "d-month");
    for bad in [
        "d-day=29&d-month=2&d-year=2025",
        "d-day=1&d-month=1&d-year=26",
        "d-day=x&d-month=1&d-year=2026",
    ] {
        let mut bad = form(bad);
        assert_eq!(bad.date("d"), None);
        assert!(bad.has_errors());
    }
}

#[test]
fn times_are_read_as_people_write_them_and_an_unclear_one_is_asked_again() {
    let at = |written: &str| read_time(written);
    assert_eq!(at("15:30"), Some(time(15, 30, 0, 0)));
    assert_eq!(at("3.30 pm"), Some(time(15, 30, 0, 0)));
    assert_eq!(at("12am"), Some(time(0, 0, 0, 0)));
    assert_eq!(at("12pm"), Some(time(12, 0, 0, 0)));
    assert_eq!(at("Midday"), Some(time(12, 0, 0, 0)));
    for unclear in ["9", "25:00", "13pm", "0am", "3:5", "soon", ""] {
        assert_eq!(at(unclear), None, "{unclear}");
    }
}

#[test]
fn text_is_trimmed_and_counted_in_characters_not_bytes() {
    let mut form = form("words=+%C3%A9%C3%A9%C3%A9%0D%0A");
    assert_eq!(form.optional_within("words", 3).as_deref(), Some("ééé"));
    assert_eq!(form.optional_within("words", 2), None);
    assert_eq!(
        form.error(EN, "words")
            .unwrap()
            .html()
            .as_str()
            .matches("Use 2 characters")
            .count(),
        1
    );
}

/// The obvious way to write a form, to read back.
fn encode(pairs: &[(String, String)]) -> String {
    let quote = |s: &str| {
        let bytes: Vec<String> = s.bytes().map(|b| format!("%{b:02X}")).collect();
        bytes.concat()
    };
    pairs
        .iter()
        .map(|(n, v)| format!("{}={}", quote(n), quote(v)))
        .collect::<Vec<_>>()
        .join("&")
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _either = Form::parse(&body);
    }

    #[test]
    fn what_a_browser_encodes_comes_back_as_it_was(pairs in proptest::collection::vec(("[a-z]{1,5}", "[^\0]{0,20}"), 0..8)) {
        let pairs: Vec<(String, String)> = pairs;
        let form = Form::parse(encode(&pairs).as_bytes()).unwrap();
        prop_assert_eq!(form.pairs(), pairs.as_slice());
    }
}
