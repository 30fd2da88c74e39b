use super::{EN, attrs, classes, flag, list, maybe, present, text, words, words_of};
use serde_json::Value;
use throughline_ui::prelude::*;

pub fn render(component: &str, o: &Value) -> Option<Html> {
    Some(match component {
        "label" => label(o).html(),
        "hint" => hint(o).html(),
        "error-message" => error_message(o).html(),
        "input" => input(o)?.html(),
        "password-input" => password(o)?.html(),
        "textarea" => textarea(o)?.html(),
        "character-count" => character_count(o)?.html(),
        "select" => select(o).html(),
        "fieldset" => fieldset(o)
            .body(Html::trusted(text(o, "html").unwrap_or_default()))
            .html(),
        "radios" => radios(o)?.html(),
        "checkboxes" => checkboxes(o)?.html(),
        "date-input" => date_input(o)?.html(),
        _ => return None,
    })
}

fn label(o: &Value) -> Label {
    let made = attrs(Label::new(words(o)), o, |l, n, v| l.attr(n, v));
    let made = classes(made, o, Label::classes);
    let made = maybe(made, text(o, "for"), Label::for_id);
    if flag(o, "isPageHeading") {
        made.page_heading()
    } else {
        made
    }
}

fn hint(o: &Value) -> Hint {
    let made = attrs(Hint::new(words(o)), o, |h, n, v| h.attr(n, v));
    classes(maybe(made, text(o, "id"), Hint::id), o, Hint::classes)
}

fn error_message(o: &Value) -> ErrorMessage {
    let made = attrs(ErrorMessage::new(EN, words(o)), o, |e, n, v| e.attr(n, v));
    let made = classes(
        maybe(made, text(o, "id"), ErrorMessage::id),
        o,
        ErrorMessage::classes,
    );
    match &o["visuallyHiddenText"] {
        Value::Null => made,
        Value::String(prefix) => made.prefix(prefix),
        _ => made.prefix(""),
    }
}

fn name(o: &Value) -> String {
    text(o, "name").unwrap_or_default()
}

/// What every question shares.
macro_rules! common {
    ($made:expr, $o:expr) => {{
        let (made, o) = ($made, $o);
        let made = maybe(made, text(o, "id"), |m, v| m.id(v));
        let made = if o["hint"].is_object() {
            made.hint(words(&o["hint"]))
        } else {
            made
        };
        let made = if o["errorMessage"].is_object() {
            made.error(error_message(&o["errorMessage"]))
        } else {
            made
        };
        let made = maybe(made, text(o, "describedBy"), |m, v| m.described_by(v));
        let made = classes(made, o, |m, v| m.classes(v));
        let made = classes(made, &o["formGroup"], |m, v| m.form_group_classes(v));
        attrs(made, o, |m, n, v| m.attr(n, v))
    }};
}

fn input(o: &Value) -> Option<Input> {
    let made = common!(Input::new(name(o), label(&o["label"])), o);
    let made = maybe(made, text(o, "type"), Input::kind);
    let made = maybe(made, present(o, "value"), Input::value);
    let made = maybe(made, text(o, "autocomplete"), Input::autocomplete);
    let made = maybe(made, text(o, "autocapitalize"), Input::autocapitalize);
    let made = maybe(made, text(o, "pattern"), Input::pattern);
    let made = maybe(made, text(o, "inputmode"), Input::inputmode);
    let affix = |key: &str| o[key].is_object() && !words(&o[key]).is_empty();
    let made = if affix("prefix") {
        made.prefix(words(&o["prefix"]))
    } else {
        made
    };
    let made = if affix("suffix") {
        made.suffix(words(&o["suffix"]))
    } else {
        made
    };
    let made = match o["spellcheck"].as_bool() {
        Some(yes) => made.spellcheck(yes),
        None => made,
    };
    Some(if flag(o, "disabled") {
        made.disabled()
    } else {
        made
    })
}

fn password(o: &Value) -> Option<PasswordInput> {
    let made = PasswordInput::new(EN, name(o), label(&o["label"]));
    let made = if text(o, "autocomplete").as_deref() == Some("new-password") {
        made.new_password()
    } else {
        made
    };
    Some(made.with(|input| maybe(common!(input, o), present(o, "value"), Input::value)))
}

fn textarea(o: &Value) -> Option<Textarea> {
    let made = common!(Textarea::new(name(o), label(&o["label"])), o);
    let made = maybe(made, present(o, "value"), Textarea::value);
    let made = match o["rows"].as_u64() {
        Some(rows) if rows > 0 => made.rows(u16::try_from(rows).ok()?),
        _ => match text(o, "rows") {
            Some(rows) => made.rows(rows.parse().ok()?),
            None => made,
        },
    };
    let made = maybe(made, text(o, "autocomplete"), Textarea::autocomplete);
    let made = match o["spellcheck"].as_bool() {
        Some(yes) => made.spellcheck(yes),
        None => made,
    };
    Some(if flag(o, "disabled") {
        made.disabled()
    } else {
        made
    })
}

fn character_count(o: &Value) -> Option<CharacterCount> {
    let max: u32 = text(o, "maxlength")?.parse().ok()?;
    let made = CharacterCount::new(EN, name(o), label(&o["label"]), max);
    let made = match text(o, "threshold") {
        Some(percent) => made.threshold(percent.parse().ok()?),
        None => made,
    };
    let made = classes(made, &o["countMessage"], CharacterCount::count_classes);
    let rows: u16 = text(o, "rows")
        .unwrap_or_else(|| "5".to_owned())
        .parse()
        .ok()?;
    let made = made
        .value(present(o, "value").unwrap_or_default())
        .rows(rows);
    Some(made.with(|area| {
        let area = common!(area, o);
        match o["spellcheck"].as_bool() {
            Some(yes) => area.spellcheck(yes),
            None => area,
        }
    }))
}

fn select(o: &Value) -> Select {
    let options = list(o, "items").map(|item| {
        let words = text(item, "text").unwrap_or_default();
        let made = match present(item, "value") {
            Some(value) => SelectOption::new(value, words),
            None => SelectOption::words_only(words),
        };
        let made = match item["selected"].as_bool() {
            Some(yes) => made.selected(yes),
            None => made,
        };
        let made = if flag(item, "disabled") {
            made.disabled()
        } else {
            made
        };
        attrs(made, item, |m, n, v| m.attr(n, v))
    });
    let made = common!(Select::new(name(o), label(&o["label"])), o).options(options);
    let made = maybe(made, text(o, "value"), Select::value);
    if flag(o, "disabled") {
        made.disabled()
    } else {
        made
    }
}

fn legend(o: &Value) -> Legend {
    let made = classes(Legend::new(words(o)), o, Legend::classes);
    if flag(o, "isPageHeading") {
        made.page_heading()
    } else {
        made
    }
}

fn fieldset(o: &Value) -> Fieldset {
    let made = attrs(Fieldset::new(legend(&o["legend"])), o, |f, n, v| {
        f.attr(n, v)
    });
    let made = classes(made, o, Fieldset::classes);
    let made = maybe(made, text(o, "role"), Fieldset::role);
    maybe(made, text(o, "describedBy"), Fieldset::described_by)
}

fn choices(o: &Value) -> Vec<Choice> {
    list(o, "items")
        .map(|item| {
            if let Some(divider) = text(item, "divider") {
                return Choice::divider(divider);
            }
            let made = Choice::new(present(item, "value").unwrap_or_default(), words(item));
            let made = maybe(made, text(item, "id"), Choice::id);
            let made = maybe(made, text(item, "name"), Choice::name);
            let hint = words(&item["hint"]);
            let made = if hint.is_empty() {
                made
            } else {
                made.hint(hint)
            };
            let made = match item["checked"].as_bool() {
                Some(yes) => made.checked(yes),
                None => made,
            };
            let made = if flag(item, "disabled") {
                made.disabled()
            } else {
                made
            };
            let made = if text(item, "behaviour").as_deref() == Some("exclusive") {
                made.exclusive()
            } else {
                made
            };
            let made = match text(&item["conditional"], "html") {
                Some(markup) => made.conditional(Html::trusted(markup)),
                None => made,
            };
            let made = classes(made, &item["label"], Choice::label_classes);
            let made = attrs(made, &item["label"], |m, n, v| m.label_attr(n, v));
            attrs(made, item, |m, n, v| m.attr(n, v))
        })
        .collect()
}

/// Radios and checkboxes take the description of the fieldset and the ids from `idPrefix`.
macro_rules! choose {
    ($type:ident, $o:expr) => {{
        let o = $o;
        let made = if o["fieldset"].is_object() {
            let set = &o["fieldset"];
            let made = $type::new(name(o), legend(&set["legend"]));
            let made = made.fieldset(|_| fieldset(set));
            maybe(made, text(set, "describedBy"), |m, v| m.described_by(v))
        } else {
            maybe($type::bare(name(o)), text(o, "describedBy"), |m, v| {
                m.described_by(v)
            })
        };
        let made = maybe(made, text(o, "idPrefix"), |m, v| m.id(v));
        let made = if o["hint"].is_object() {
            made.hint(words(&o["hint"]))
        } else {
            made
        };
        let made = if o["errorMessage"].is_object() {
            made.error(error_message(&o["errorMessage"]))
        } else {
            made
        };
        let made = classes(made, o, |m, v| m.classes(v));
        let made = classes(made, &o["formGroup"], |m, v| m.form_group_classes(v));
        attrs(made, o, |m, n, v| m.attr(n, v)).items(choices(o))
    }};
}

fn radios(o: &Value) -> Option<Radios> {
    let made = choose!(Radios, o);
    Some(maybe(made, text(o, "value"), Radios::value))
}

fn checkboxes(o: &Value) -> Option<Checkboxes> {
    let made = choose!(Checkboxes, o);
    let values = o["values"].as_array().into_iter().flatten();
    Some(made.values(values.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))))
}

fn date_input(o: &Value) -> Option<DateInput> {
    let id = text(o, "id").unwrap_or_default();
    let made = if o["fieldset"].is_object() {
        let set = &o["fieldset"];
        let made = DateInput::new(EN, id, legend(&set["legend"]))
            .fieldset(|_| fieldset(set).role("group"));
        maybe(made, text(set, "describedBy"), |m, v| m.described_by(v))
    } else {
        DateInput::bare(EN, id)
    };
    let made = made.name_prefix(text(o, "namePrefix").unwrap_or_default());
    let made = common!(made, o);
    let prefix = text(o, "namePrefix").map_or(String::new(), |p| format!("{p}-"));
    let parts: Vec<(Value, Option<&str>)> =
        if o["items"].as_array().is_some_and(|items| !items.is_empty()) {
            list(o, "items").map(|item| (item.clone(), None)).collect()
        } else {
            ["day", "month", "year"]
                .into_iter()
                .filter(|name| o[*name] != Value::Bool(false))
                .map(|name| {
                    let given = &o[name];
                    let given = if given.is_object() {
                        given.clone()
                    } else {
                        serde_json::json!({})
                    };
                    (given, Some(name))
                })
                .collect()
        };
    let parts = parts.into_iter().map(|(item, fallback)| {
        let name = text(&item, "name")
            .or_else(|| fallback.map(str::to_owned))
            .unwrap_or_default();
        let label = text(&item, "label").unwrap_or_else(|| {
            let mut letters = name.chars();
            let first = letters
                .next()
                .map(|c| c.to_uppercase().to_string())
                .unwrap_or_default();
            first + &letters.as_str().to_lowercase()
        });
        let value = present(&item, "value")
            .or_else(|| present(&o[&name], "value"))
            .or_else(|| present(&o["values"], &name))
            .or_else(|| present(&o["values"], &format!("{prefix}{name}")));
        let part = classes(DatePart::new(name, label), &item, DatePart::classes);
        let part = maybe(part, text(&item, "id"), DatePart::id);
        let part = maybe(part, value, DatePart::value);
        let part = maybe(part, text(&item, "autocomplete"), DatePart::autocomplete);
        let part = maybe(part, text(&item, "pattern"), DatePart::pattern);
        let part = maybe(part, text(&item, "inputmode"), DatePart::inputmode);
        let part = match item.get("error").and_then(Value::as_bool) {
            Some(yes) => part.error(yes),
            None => part,
        };
        attrs(part, &item, |p, n, v| p.attr(n, v))
    });
    Some(made.parts(parts))
}

/// Kept beside the rest so that a summary of errors is read the same way.
pub fn error_items(o: &Value) -> Vec<ErrorItem> {
    list(o, "errorList")
        .map(|item| {
            let words = words_of(item, "html", "text");
            let made = match text(item, "href") {
                Some(href) => ErrorItem::to(words, href),
                None => ErrorItem::new(words),
            };
            attrs(made, item, |m, n, v| m.attr(n, v))
        })
        .collect()
}
