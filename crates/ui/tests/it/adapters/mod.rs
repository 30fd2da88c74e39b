//! From the options of GOV.UK's macros to our types.

#![expect(
    clippy::redundant_closure_for_method_calls,
    clippy::unnecessary_wraps,
    reason = "adapters all have one shape"
)]

use serde_json::Value;
use throughline_ui::prelude::*;

mod questions;
mod rest;

/// Our markup for a component with these options; `None` when our types cannot say it.
pub fn render(component: &str, o: &Value) -> Option<Html> {
    questions::render(component, o).or_else(|| rest::render(component, o))
}

/// A value as the templates see it: text, or a number as text; nothing when it is absent, empty, zero or false.
pub fn text(o: &Value, key: &str) -> Option<String> {
    match &o[key] {
        Value::String(s) if !s.is_empty() => Some(s.clone()),
        Value::Number(n) if n.as_f64() != Some(0.0) => Some(n.to_string()),
        Value::Bool(true) => Some("true".to_owned()),
        _ => None,
    }
}

/// As [`text`], but what is present and empty stays.
pub fn present(o: &Value, key: &str) -> Option<String> {
    match &o[key] {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

pub fn flag(o: &Value, key: &str) -> bool {
    o[key].as_bool().unwrap_or(false)
}

/// `html` trusted, or else `text` escaped.
pub fn words(o: &Value) -> Html {
    words_of(o, "html", "text")
}

pub fn words_of(o: &Value, html: &str, plain: &str) -> Html {
    match text(o, html) {
        Some(markup) => Html::trusted(markup.trim()),
        None => Html::text(text(o, plain).unwrap_or_default()),
    }
}

pub fn list<'a>(o: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    o[key]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| !is_nothing(item))
}

pub fn is_nothing(o: &Value) -> bool {
    matches!(o, Value::Null | Value::Bool(false)) || o.as_str() == Some("")
}

/// Puts every attribute on, one call of the builder each.
pub fn attrs<T>(start: T, o: &Value, set: impl Fn(T, &str, String) -> T) -> T {
    let mut thing = start;
    for (name, value) in o["attributes"].as_object().into_iter().flatten() {
        let value = match value {
            Value::String(s) => s.clone(),
            other => other.to_string(),
        };
        thing = set(thing, name, value);
    }
    thing
}

pub fn maybe<T>(thing: T, value: Option<String>, set: impl Fn(T, String) -> T) -> T {
    match value {
        Some(value) => set(thing, value),
        None => thing,
    }
}

pub fn classes<T>(thing: T, o: &Value, set: impl Fn(T, &str) -> T) -> T {
    match text(o, "classes") {
        Some(names) => set(thing, &names),
        None => thing,
    }
}

pub const EN: Lang = Lang::En;
