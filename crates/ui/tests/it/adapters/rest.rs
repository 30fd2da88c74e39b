use super::{
    EN, attrs, classes, flag, is_nothing, list, maybe, present, questions, text, words, words_of,
};
use serde_json::Value;
use throughline_ui::prelude::*;

pub fn render(component: &str, o: &Value) -> Option<Html> {
    Some(match component {
        "button" => button(o)?.html(),
        "back-link" => back_link(o).html(),
        "skip-link" => skip_link(o).html(),
        "breadcrumbs" => breadcrumbs(o).html(),
        "details" => details(o).html(),
        "error-summary" => error_summary(o).html(),
        "exit-this-page" => exit(o)?.html(),
        "generic-header" => header(o).html(),
        "inset-text" => inset(o).html(),
        "language-navigation" => languages(o).html(),
        "notification-banner" => banner(o)?.html(),
        "pagination" => pagination(o).html(),
        "panel" => panel(o)?.html(),
        "phase-banner" => phase(o).html(),
        "service-navigation" => service_navigation(o)?.html(),
        "summary-list" => return summary_list(o),
        "table" => table(o)?.html(),
        "tabs" => tabs(o)?.html(),
        "tag" => tag(o).html(),
        "task-list" => task_list(o).html(),
        "warning-text" => warning(o).html(),
        _ => return None,
    })
}

/// Classes, then attributes.
macro_rules! dressed {
    ($made:expr, $o:expr) => {{
        let made = classes($made, $o, |m, v| m.classes(v));
        attrs(made, $o, |m, n, v| m.attr(n, v))
    }};
}

fn button(o: &Value) -> Option<Button> {
    let plain = words(o);
    let start = flag(o, "isStartButton");
    let inside = match text(o, "html") {
        Some(_) if start => Html::trusted(format!("<span>{plain}</span>")),
        _ => plain,
    };
    let made = match text(o, "href") {
        Some(href) => Button::link(inside, href),
        None => Button::new(inside),
    };
    let made = dressed!(made, o);
    let made = maybe(made, text(o, "type"), Button::kind);
    let made = maybe(made, text(o, "name"), Button::name);
    let made = maybe(made, text(o, "value"), Button::value);
    let made = maybe(made, text(o, "id"), Button::id);
    let made = if flag(o, "disabled") {
        made.disabled()
    } else {
        made
    };
    let made = if start { made.start() } else { made };
    Some(match o["preventDoubleClick"].as_bool() {
        Some(yes) => made.prevent_double_click(yes),
        None => made,
    })
}

fn back_link(o: &Value) -> BackLink {
    let made = BackLink::new(EN, text(o, "href").unwrap_or_else(|| "#".to_owned()));
    let inside = words(o);
    dressed!(
        if inside.is_empty() {
            made
        } else {
            made.words(inside)
        },
        o
    )
}

fn skip_link(o: &Value) -> SkipLink {
    let made = SkipLink::new(EN).words(words(o));
    dressed!(
        made.href(text(o, "href").unwrap_or_else(|| "#content".to_owned())),
        o
    )
}

fn nav_item(o: &Value) -> NavItem {
    let made = match text(o, "href") {
        Some(href) => NavItem::new(words(o), href),
        None => NavItem::here(words(o)),
    };
    let made = if flag(o, "current") {
        made.current()
    } else {
        made
    };
    let made = if flag(o, "active") {
        made.active()
    } else {
        made
    };
    attrs(made, o, |m, n, v| m.attr(n, v))
}

fn breadcrumbs(o: &Value) -> Breadcrumbs {
    let made = dressed!(Breadcrumbs::new(EN, list(o, "items").map(nav_item)), o);
    let made = maybe(made, text(o, "labelText"), Breadcrumbs::label);
    if flag(o, "collapseOnMobile") {
        made.collapse_on_mobile()
    } else {
        made
    }
}

fn details(o: &Value) -> Details {
    let made = dressed!(
        Details::new(words_of(o, "summaryHtml", "summaryText"), words(o)),
        o
    );
    let made = maybe(made, text(o, "id"), Details::id);
    if flag(o, "open") { made.open() } else { made }
}

fn error_summary(o: &Value) -> ErrorSummary {
    let made = dressed!(ErrorSummary::new(EN), o)
        .title(words_of(o, "titleHtml", "titleText"))
        .items(questions::error_items(o));
    let description = words_of(o, "descriptionHtml", "descriptionText");
    let made = if description.is_empty() {
        made
    } else {
        made.description(description)
    };
    match o["disableAutoFocus"].as_bool() {
        Some(no) => made.autofocus(!no),
        None => made,
    }
}

fn exit(o: &Value) -> Option<ExitThisPage> {
    let made = dressed!(ExitThisPage::new(EN), o);
    let made = maybe(made, text(o, "id"), ExitThisPage::id);
    let made = maybe(made, text(o, "redirectUrl"), |m, v| m.redirect(v));
    let made = [
        ("activated", "activatedText"),
        ("timed-out", "timedOutText"),
        ("press-two-more-times", "pressTwoMoreTimesText"),
        ("press-one-more-time", "pressOneMoreTimeText"),
    ]
    .into_iter()
    .fold(made, |made, (name, key)| {
        maybe(made, text(o, key), |m, v| {
            m.attr(&format!("data-i18n.{name}"), v)
        })
    });
    let inside = words(o);
    Some(if inside.is_empty() {
        made
    } else {
        made.words(inside)
    })
}

fn header(o: &Value) -> Header {
    let made = Header::new(
        words_of(o, "logoHtml", "logoText"),
        text(o, "url").unwrap_or_else(|| "/".to_owned()),
    );
    maybe(
        dressed!(made, o),
        text(o, "containerClasses"),
        Header::container_classes,
    )
}

fn inset(o: &Value) -> InsetText {
    maybe(
        dressed!(InsetText::new(words(o)), o),
        text(o, "id"),
        InsetText::id,
    )
}

fn languages(o: &Value) -> LanguageNavigation {
    let items = list(o, "items").map(|item| {
        let href = text(item, "href").filter(|_| !flag(item, "current"));
        let made = LanguageItem::new(
            words(item),
            text(item, "lang").unwrap_or_default(),
            href.as_deref(),
        );
        let made = maybe(made, text(item, "dir"), LanguageItem::dir);
        let made = match text(item, "languageDescriptionText") {
            Some(hidden) => made.hidden(hidden),
            None => made,
        };
        dressed!(made, item)
    });
    maybe(
        dressed!(LanguageNavigation::of(EN, items), o),
        text(o, "ariaLabel"),
        LanguageNavigation::label,
    )
}

fn banner(o: &Value) -> Option<NotificationBanner> {
    let done = text(o, "type").as_deref() == Some("success");
    let sentence = text(o, "text").unwrap_or_default();
    let made = if done {
        NotificationBanner::done(EN, sentence)
    } else {
        NotificationBanner::important(EN, sentence)
    };
    let made = match text(o, "html") {
        Some(markup) => made.body(Html::trusted(markup)),
        None => made,
    };
    let title = words_of(o, "titleHtml", "titleText");
    // Ours says "Done" where theirs says "Success": a word this service does not use of people.
    let made = match (title.is_empty(), done) {
        (false, _) => made.title(title),
        (true, true) => made.title("Success"),
        (true, false) => made,
    };
    let made = dressed!(
        maybe(made, text(o, "titleId"), NotificationBanner::title_id),
        o
    );
    let made = maybe(made, text(o, "role"), NotificationBanner::role);
    let made = match text(o, "titleHeadingLevel") {
        Some(level) => made.level(level.parse().ok()?),
        None => made,
    };
    Some(match o["disableAutoFocus"].as_bool() {
        Some(no) => made.autofocus(!no),
        None => made,
    })
}

fn pagination(o: &Value) -> Pagination {
    let step = |o: &Value| {
        let made = PageStep::new(text(o, "href").unwrap_or_default());
        let inside = words(o);
        let made = if inside.is_empty() {
            made
        } else {
            made.words(inside)
        };
        let made = match text(o, "labelText") {
            Some(label) => made.label(label),
            None => made,
        };
        attrs(made, o, |m, n, v| m.attr(n, v))
    };
    let made = maybe(
        dressed!(Pagination::new(EN), o),
        text(o, "landmarkLabel"),
        Pagination::label,
    );
    let made = if text(&o["previous"], "href").is_some() {
        made.previous(step(&o["previous"]))
    } else {
        made
    };
    let made = if text(&o["next"], "href").is_some() {
        made.next(step(&o["next"]))
    } else {
        made
    };
    list(o, "items").fold(made, |made, item| {
        if flag(item, "ellipsis") {
            return made.item(PageItem::gap());
        }
        let page = PageItem::new(
            present(item, "number").unwrap_or_default(),
            text(item, "href").unwrap_or_default(),
        );
        let page = maybe(page, text(item, "visuallyHiddenText"), PageItem::hidden);
        made.item(if flag(item, "current") {
            page.current()
        } else {
            page
        })
    })
}

fn panel(o: &Value) -> Option<Panel> {
    if text(o, "classes").is_some_and(|names| names.contains("govuk-panel--interruption")) {
        return None;
    }
    let made = dressed!(Panel::new(words_of(o, "titleHtml", "titleText")), o);
    let body = words(o);
    let made = if body.is_empty() {
        made
    } else {
        made.body(body)
    };
    Some(match text(o, "headingLevel") {
        Some(level) => made.level(level.parse().ok()?),
        None => made,
    })
}

fn phase(o: &Value) -> PhaseBanner {
    let tag_classes = text(&o["tag"], "classes").unwrap_or_default();
    dressed!(
        PhaseBanner::new(words(&o["tag"]), &tag_classes, words(o)),
        o
    )
}

fn service_navigation(o: &Value) -> Option<ServiceNavigation> {
    if o["slots"].is_object() {
        return None;
    }
    let made = dressed!(
        ServiceNavigation::new(EN, list(o, "navigation").map(nav_item)),
        o
    );
    let made = match text(o, "serviceName") {
        Some(name) => made.name(name),
        None => made,
    };
    let made = maybe(made, text(o, "serviceUrl"), |m, v| m.href(v));
    let made = maybe(made, text(o, "ariaLabel"), ServiceNavigation::label);
    let made = maybe(made, text(o, "menuButtonText"), ServiceNavigation::menu);
    let made = maybe(
        made,
        text(o, "menuButtonLabel"),
        ServiceNavigation::menu_label,
    );
    let made = maybe(
        made,
        text(o, "navigationLabel"),
        ServiceNavigation::nav_label,
    );
    let made = maybe(made, text(o, "navigationId"), ServiceNavigation::nav_id);
    let made = match text(o, "navigationClasses") {
        Some(names) => made.nav_classes(&names),
        None => made,
    };
    Some(match o["collapseNavigationOnMobile"].as_bool() {
        Some(yes) => made.collapse(yes),
        None => made,
    })
}

fn action(o: &Value) -> Action {
    let made = Action::new(words(o), text(o, "href").unwrap_or_default());
    let made = match text(o, "visuallyHiddenText") {
        Some(hidden) => made.hidden(hidden),
        None => made,
    };
    dressed!(made, o)
}

fn summary_list(o: &Value) -> Option<Html> {
    let made = dressed!(SummaryList::new(), o);
    let made = list(o, "rows").fold(made, |made, row| {
        let new = classes(
            Row::new(words(&row["key"]), words(&row["value"])),
            row,
            Row::classes,
        );
        let new = classes(new, &row["key"], Row::key_classes);
        let new = classes(new, &row["value"], Row::value_classes);
        let new = classes(new, &row["actions"], Row::actions_classes);
        made.row(
            list(&row["actions"], "items")
                .map(action)
                .fold(new, Row::action),
        )
    });
    if is_nothing(&o["card"]) {
        return Some(made.html());
    }
    let card = &o["card"];
    let title = words(&card["title"]);
    let new = if title.is_empty() {
        SummaryCard::untitled(made)
    } else {
        SummaryCard::new(title, made)
    };
    let new = match text(&card["title"], "headingLevel") {
        Some(level) => new.level(level.parse().ok()?),
        None => new,
    };
    let new = dressed!(new, card);
    Some(
        list(&card["actions"], "items")
            .map(action)
            .fold(new, SummaryCard::action)
            .html(),
    )
}

fn cell(o: &Value) -> Cell {
    let made = dressed!(Cell::new(words(o)), o);
    let made = maybe(made, text(o, "format"), Cell::format);
    let span = |key: &str| o[key].as_u64().and_then(|n| u16::try_from(n).ok());
    let made = span("colspan").map_or(made.clone(), |n| made.colspan(n));
    span("rowspan").map_or(made.clone(), |n| made.rowspan(n))
}

fn table(o: &Value) -> Option<Table> {
    let made = match text(o, "caption") {
        Some(caption) => {
            Table::new(caption).caption_classes(&text(o, "captionClasses").unwrap_or_default())
        }
        None => Table::bare(),
    };
    let made = dressed!(made, o).head(list(o, "head").map(cell));
    let made = if flag(o, "firstCellIsHeader") {
        made.first_cell_is_header()
    } else {
        made
    };
    Some(list(o, "rows").fold(made, |made, row| {
        made.row(row.as_array().into_iter().flatten().map(cell))
    }))
}

fn tabs(o: &Value) -> Option<Tabs> {
    let made = dressed!(Tabs::new(EN), o);
    let made = maybe(made, text(o, "id"), Tabs::id);
    let made = maybe(made, text(o, "title"), |m, v| m.title(v));
    let prefix = text(o, "idPrefix").unwrap_or_default();
    Some(
        list(o, "items")
            .enumerate()
            .fold(made, |made, (index, item)| {
                let id = text(item, "id").unwrap_or_else(|| format!("{prefix}-{}", index + 1));
                let panel = match text(&item["panel"], "html") {
                    Some(markup) => Html::trusted(markup),
                    None => {
                        text(&item["panel"], "text").map_or_else(Html::default, Html::paragraph)
                    }
                };
                let tab = Tab::new(id, text(item, "label").unwrap_or_default(), panel);
                let tab = attrs(tab, item, |t, n, v| t.attr(n, v));
                made.tab(attrs(tab, &item["panel"], |t, n, v| t.panel_attr(n, v)))
            }),
    )
}

fn tag(o: &Value) -> Tag {
    dressed!(Tag::new(words(o)), o)
}

fn task_list(o: &Value) -> TaskList {
    let made = maybe(
        dressed!(TaskList::new(), o),
        text(o, "idPrefix"),
        TaskList::id_prefix,
    );
    list(o, "items").fold(made, |made, item| {
        let status = &item["status"];
        let state = if is_nothing(&status["tag"]) {
            words(status)
        } else {
            tag(&status["tag"]).html()
        };
        let task = classes(Task::new(words(&item["title"]), state), item, Task::classes);
        let task = classes(task, &item["title"], Task::title_classes);
        let task = classes(task, status, Task::status_classes);
        let task = maybe(task, text(item, "href"), |t, v| t.href(v));
        let hint = words(&item["hint"]);
        made.task(if hint.is_empty() {
            task
        } else {
            task.hint(hint)
        })
    })
}

fn warning(o: &Value) -> WarningText {
    let made = dressed!(WarningText::new(EN, words(o)), o);
    maybe(made, text(o, "iconFallbackText"), WarningText::prefix)
}
