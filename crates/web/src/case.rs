//! One case: who it is about and how to reach them safely now, in tabs: story, needs and plan, referrals, sharing, contact, who
//! has looked. Contact, sharing, people, closing and the cards of "right now" are in files of their own.

use serde_json::Value as Json;
use throughline_app::Error;
use throughline_app::case::{self, CaseState};
use throughline_app::case_view::{self, CaseView, LookBy, Looked, Told};
use throughline_app::contact::SafelyNow;
use throughline_core::code::Code;
use throughline_core::contact::Channel;
use throughline_core::immediate::ImmediateKind;
use throughline_core::need::{NeedState, WorkGoals};
use throughline_core::time::At;
use throughline_policy::ActionKind;
use throughline_ui::prelude::*;
use throughline_ui::text::has_key;

use crate::case_close::ending;
use crate::draft::said;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get};
use crate::visit::Visit;

/// Who may read a case.
pub(crate) const READ: Access = Access::Staff(&[ActionKind::CaseRead]);
/// Who may change one.
pub(crate) const CHANGE: Access = Access::Staff(&[ActionKind::CaseChange]);
/// The title of every page of a case: it says nothing (NE-21).
pub(crate) const TITLE: &str = "page-case-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases", "page-cases-title", READ, page, |v| {
            Box::pin(caseload(v))
        }),
        get("/cases/{case}", TITLE, READ, page, |v| Box::pin(story(v))),
        get("/cases/{case}/plan", TITLE, READ, page, |v| {
            Box::pin(plan(v))
        }),
        get("/cases/{case}/referrals", TITLE, READ, page, |v| {
            Box::pin(referrals(v))
        }),
        get(
            "/cases/{case}/looks",
            TITLE,
            Access::Staff(&[ActionKind::CaseLookers]),
            page,
            |v| Box::pin(looks(v)),
        ),
    ]
}

/// A tab of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    /// What happened.
    Story,
    /// Needs and plan.
    Plan,
    /// Referrals.
    Referrals,
    /// Consent and sharing.
    Sharing,
    /// Contact.
    Contact,
    /// Appointments.
    Appointments,
    /// Who has looked.
    Looks,
}

const TABS: [(Tab, &str, &str); 7] = [
    (Tab::Story, "", "case-tab-story"),
    (Tab::Plan, "/plan", "case-tab-plan"),
    (Tab::Referrals, "/referrals", "case-tab-referrals"),
    (Tab::Sharing, "/sharing", "case-tab-sharing"),
    (Tab::Contact, "/contact", "case-tab-contact"),
    (Tab::Appointments, "/appointments", "case-tab-appointments"),
    (Tab::Looks, "/looks", "case-tab-looks"),
];

/// The case that the address names.
pub(crate) async fn opened(visit: &Visit) -> Result<CaseView, Fault> {
    let reference = visit.reference("case")?;
    Ok(case_view::read(visit.app(), visit.actor(), reference).await?)
}

/// Takes a refusal that is about an answer into the form, so that the page is shown again; anything else ends the request.
pub(crate) fn again(form: &mut Form, error: Error) -> Result<(), Fault> {
    match error {
        Error::Invalid { field, problem } => {
            form.wrong(field, problem);
            Ok(())
        }
        other => Err(other.into()),
    }
}

/// Words for a code, by the prefix of its list.
pub(crate) fn word(text: Text, prefix: &str, code: &str) -> Html {
    text.t(&format!("{prefix}-{code}"))
}

/// A moment in words, on the wall clock in London.
pub(crate) fn moment(text: Text, at: At) -> String {
    text.date_time(at.london().datetime())
}

/// The page of a case: identity bar, tabs, and the tab's own body under its heading.
pub(crate) fn frame(visit: &Visit, view: &CaseView, tab: Tab, body: Html) -> Page {
    let text = visit.text();
    let at = format!("/cases/{}", view.case.reference);
    let mut tabs = SubNavigation::new(visit.lang);
    let mut heading = "case-tab-story";
    for (this, path, key) in TABS {
        tabs = tabs.item(text.t(key), format!("{at}{path}"), this == tab);
        if this == tab {
            heading = key;
        }
    }
    let body = identity(visit, view)
        .then(tabs)
        .then(Html::heading(1, Size::L, text.t(heading)))
        .then(body);
    visit.page(TITLE, body)
}

/// A page one step away from a tab: a form about the same person.
pub(crate) fn step(
    visit: &Visit,
    view: &CaseView,
    heading: &str,
    back: &str,
    form: &Form,
    body: Html,
) -> Page {
    let text = visit.text();
    let body = identity(visit, view)
        .then(Html::heading(1, Size::L, text.t(heading)))
        .then(said(text, form))
        .then(body);
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/cases/{}{back}", view.case.reference));
    page.errors = form.summary(text);
    page
}

/// Who this is and how to reach them safely at this moment.
fn identity(visit: &Visit, view: &CaseView) -> Html {
    let text = visit.text();
    let bar = IdentityBar::new(Html::text(&view.case.sheet.chosen)).action(
        Button::link(
            text.t("case-change-person"),
            format!("/cases/{}/person", view.case.reference),
        )
        .secondary(),
    );
    let bar = match &view.safely_now {
        SafelyNow::By(ways) => {
            let each: Vec<String> = ways
                .iter()
                .map(|way| by_channel(text, way.channel, way.until))
                .collect();
            bar.safe_contact(text.t_with("case-contact-safe", &[("ways", text.list(&each).into())]))
        }
        SafelyNow::From(at, channel) => bar.no_safe_contact(text.t_with(
            "case-contact-from",
            &[
                ("when", moment(text, *at).into()),
                ("channel", text.plain(&format!("channel-{channel}")).into()),
            ],
        )),
        SafelyNow::NoWay(reason) => bar.no_safe_contact(text.t(&format!("case-no-way-{reason}"))),
    };
    bar.into()
}

fn by_channel(text: Text, channel: Channel, until: Option<At>) -> String {
    let channel = text.plain(&format!("channel-{channel}"));
    match until {
        None => channel,
        Some(at) => text.plain_with(
            "case-contact-until",
            &[
                ("channel", channel.into()),
                ("time", text.time(at.london().time()).into()),
            ],
        ),
    }
}

async fn caseload(visit: Visit) -> Outcome {
    let text = visit.text();
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let page = asked.value("page").parse().unwrap_or(1);
    let load = case::caseload(visit.app(), visit.actor(), page).await?;
    let mut body = Html::heading(1, Size::L, text.t("cases-heading"));
    if load.cases.is_empty() {
        body.push(InsetText::new(text.t("cases-none")));
    }
    for one in load.cases {
        let since = text.date(one.opened_at.london_date());
        let mut card = Card::new(Html::text(&one.sheet.chosen))
            .level(2)
            .href(format!("/cases/{}", one.reference))
            .body(Html::paragraph(
                text.t_with("cases-since", &[("date", since.into())]),
            ));
        if one.state == CaseState::Closed {
            card = card.tag(Tag::new(text.t("cases-closed")).colour(Colour::Grey));
        }
        body.push(card);
    }
    if load.pages > 1 {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let to = |page: usize| format!("/cases?page={page}");
        let (page, pages) = (size(load.page), size(load.pages));
        body.push(Pagination::numbered(visit.lang, page, pages, to));
    }
    body.push(Button::link(text.t("cases-new"), "/cases/new").secondary());
    let page = visit.page("page-cases-title", body);
    Ok(visit.show(page))
}

/// The parameters of a story line's words: codes become their words, names stay names.
pub(crate) fn values(text: Text, told: &Told) -> Vec<(&'static str, Value)> {
    let mut out: Vec<(&'static str, Value)> = Vec::new();
    let known: [(&'static str, &str); 18] = [
        ("need", "need"),
        (
            "state",
            if told.line.kind == "child_moved" {
                "child-state"
            } else {
                "need-state"
            },
        ),
        ("band", "risk"),
        ("kind", "immediate"),
        ("answer", "immediate-answer"),
        ("about_children", "children-answer"),
        ("decision", "safeguarding"),
        ("channel", "channel"),
        ("verdict", "verdict"),
        ("why", "contact-ended"),
        ("purpose", "purpose"),
        ("basis", "basis"),
        ("task", "task-kind"),
        ("outcome", "task-outcome"),
        ("move", "step"),
        ("artefact", "artefact"),
        ("denied", "message-no"),
        ("duty", "duty-step"),
    ];
    for (name, prefix) in known {
        let value = told
            .line
            .detail
            .get(name)
            .and_then(Json::as_str)
            .unwrap_or_default();
        let key = format!("{prefix}-{value}");
        let words = if has_key(&key) {
            text.plain(&key)
        } else {
            String::new()
        };
        out.push((name, words.into()));
    }
    let number = told
        .line
        .detail
        .get("number")
        .and_then(Json::as_i64)
        .unwrap_or_default();
    out.push(("number", number.into()));
    let service = told.line.detail.get("service").and_then(Json::as_str);
    out.push(("service", service.unwrap_or_default().into()));
    out.push((
        "organisation",
        told.organisation.clone().unwrap_or_default().into(),
    ));
    out
}

/// What a line of the story says beyond its title: the reasons, and of a decision to share less what SPEC 4.7 asks for.
fn reasons(text: Text, detail: &Json) -> Html {
    let words = |name| detail.get(name).and_then(Json::as_str);
    let mut out = Html::default();
    if let Some(first) = words("first") {
        out.push(Html::paragraph(text.t("complete-first")));
        out.push(Html::paragraph(Html::text(first)));
    }
    if let Some(because) = words("because") {
        out.push(Html::paragraph(word(text, "not-sent", because)));
    }
    for words in ["reason", "if_not"].into_iter().filter_map(words) {
        out.push(Html::paragraph(Html::text(words)));
    }
    let left_out = detail.get("left_out").and_then(Json::as_array);
    let left_out: Vec<Html> = left_out
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(|item| word(text, "packet", item))
        .collect();
    if !left_out.is_empty() {
        out.push(Html::paragraph(text.t("less-left-out")));
        out.push(Html::bullets(left_out));
    }
    if let Some(told) = words("told") {
        out.push(Html::paragraph(word(text, "told", told)));
    }
    out
}

async fn story(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let events = view.story.iter().map(|told| {
        let key = format!("story-{}", told.line.kind);
        let key = if has_key(&key) {
            key
        } else {
            "story-other".to_owned()
        };
        let title = text.t_with(&key, &values(text, told));
        let mut event = Event::new(title, told.line.at.to_string(), moment(text, told.line.at));
        if let Some(by) = &told.by {
            event = event.by(visit.lang, by);
        }
        let body = reasons(text, &told.line.detail);
        if !body.is_empty() {
            event = event.body(body);
        }
        event
    });
    let body = Html::from(Timeline::new(events));
    let page = frame(
        &visit,
        &view,
        Tab::Story,
        right_now(&visit, &view)
            .then(Html::heading(2, Size::M, text.t("case-story-heading")))
            .then(body)
            .then(ending(&visit, &view)),
    );
    Ok(visit.show(page))
}

/// The five cards of "right now".
pub(crate) fn right_now(visit: &Visit, view: &CaseView) -> Html {
    let text = visit.text();
    let at = format!("/cases/{}", view.case.reference);
    let mut list = TaskList::new();
    for kind in ImmediateKind::ALL {
        let known = view
            .immediate
            .iter()
            .find(|known| known.kind == *kind && view.case.counts(known.answered_at));
        let status = match known {
            None => Html::from(Tag::new(text.t("case-not-answered")).colour(Colour::Yellow)),
            Some(known) => {
                let mut words = word(text, "immediate-answer", known.answer.code().code());
                if let Some(due) = known.due_at {
                    let due = text.due(jiff::SignedDuration::from_secs(
                        due.seconds_since(visit.now()),
                    ));
                    words = Html::text(format!(
                        "{}, {due}",
                        text.plain(&format!("immediate-answer-{}", known.answer.code().code()))
                    ));
                }
                words
            }
        };
        list = list.task(
            Task::new(word(text, "immediate", kind.code()), status)
                .href(format!("{at}/now/{kind}")),
        );
    }
    let undecided = view
        .children
        .iter()
        .filter(|child| child.safeguarding.is_none() && !child.closed)
        .count();
    let children = if undecided > 0 {
        Html::from(
            Tag::new(text.t_with("case-children-undecided", &[("count", undecided.into())]))
                .colour(Colour::Yellow),
        )
    } else if view.children.is_empty() {
        match view.case.about_children {
            None => Html::from(Tag::new(text.t("case-not-answered")).colour(Colour::Yellow)),
            Some(answer) => word(text, "children-answer", answer.code()),
        }
    } else {
        text.t_with(
            "case-children-count",
            &[("count", view.children.len().into())],
        )
    };
    list = list.task(Task::new(text.t("case-children"), children).href(format!("{at}/children")));
    list = list.task(
        Task::new(
            text.t("case-risk"),
            text.t(&format!("case-risk-{}", view.case.risk)),
        )
        .href(format!("{at}/risk")),
    );
    Html::heading(2, Size::M, text.t("case-right-now")).then(list)
}

async fn plan(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let at = format!("/cases/{}", view.case.reference);
    let mut body = right_now(&visit, &view).then(Html::heading(2, Size::M, text.t("case-needs")));
    if view.needs.is_empty() {
        body.push(InsetText::new(text.t("case-needs-none")));
    }
    let mut list = SummaryList::new();
    for need in &view.needs {
        let mut state = word(text, "need-state", need.state.code());
        if need.state == NeedState::NotWorthSending {
            let said = view.unmet.iter();
            let said = said.filter(|one| one.need == need.kind && one.service.is_none());
            for one in said.take(1) {
                state.push(Html::paragraph(word(text, "not-sent", one.because.code())));
            }
        }
        list = list.row(
            Row::new(word(text, "need", need.kind.code()), state).action(Action::new(
                text.t("case-need-change"),
                format!("{at}/needs/{}", crate::needs::in_address(need.kind)),
            )),
        );
    }
    body.push(list);
    if let WorkGoals::Locked(first) = &view.work {
        let first: Vec<String> = first
            .iter()
            .map(|need| text.plain(&format!("need-{need}")))
            .collect();
        body.push(InsetText::new(text.t_with(
            "case-work-waits",
            &[("needs", text.list(&first).into())],
        )));
    }
    body.push(ButtonGroup::new([
        Html::from(Button::link(text.t("case-need-add"), format!("{at}/needs/add")).secondary()),
        Button::link(
            text.t("case-find-help"),
            format!("/find/for/{}", view.case.reference),
        )
        .into(),
    ]));
    let home = format!("{at}/home");
    let open = view.duties.iter().find(|one| !one.state.is_final());
    let words = match open {
        Some(duty) => text.t_with(
            "case-home-open",
            &[(
                "state",
                text.plain(&format!("duty-state-{}", duty.state)).into(),
            )],
        ),
        None => text.t("case-home"),
    };
    body.push(Html::paragraph(Link::new(words, home)));
    body.push(Html::heading(2, Size::M, text.t("case-words")));
    match view.statements.first() {
        None => body.push(InsetText::new(text.t("case-words-none"))),
        Some(latest) => body.push(InsetText::new(Html::join(
            latest.words.lines().map(Html::text).map(Html::paragraph),
        ))),
    }
    body.push(Html::paragraph(Link::new(
        text.t("case-words-write"),
        format!("{at}/words"),
    )));
    let page = frame(&visit, &view, Tab::Plan, body);
    Ok(visit.show(page))
}

async fn referrals(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let mut body = Html::default();
    if view.referrals.is_empty() {
        body.push(InsetText::new(text.t("case-referrals-none")));
    }
    for (referral, to) in &view.referrals {
        let mut card = Card::new(Html::text(to))
            .level(2)
            .href(format!("/referrals/{}", referral.reference))
            .tag(Tag::new(word(
                text,
                "referral-state",
                referral.state.code(),
            )))
            .body(Html::paragraph(word(text, "need", referral.need.code())));
        if let Some(due) = referral.due_at.filter(|_| !referral.state.is_final()) {
            let due = text.due(jiff::SignedDuration::from_secs(
                due.seconds_since(visit.now()),
            ));
            card = card.body(
                Html::paragraph(word(text, "need", referral.need.code()))
                    .then(Html::paragraph(Html::text(due))),
            );
        }
        body.push(card);
    }
    body.push(Button::link(
        text.t("case-find-help"),
        format!("/find/for/{}", view.case.reference),
    ));
    let page = frame(&visit, &view, Tab::Referrals, body);
    Ok(visit.show(page))
}

async fn looks(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let page = asked.value("page").parse().unwrap_or(1);
    let case = view.case.reference;
    let found = case_view::lookers(visit.app(), visit.actor(), case, page).await?;
    // One line for each time that somebody was here, not for each page that they opened then.
    let visits = found.looks.chunk_by(|a, b| {
        let what = |one: &Looked| (one.look.action.clone(), one.look.on_list, one.look.by);
        (what(a), a.look.at.london_date()) == (what(b), b.look.at.london_date())
            && a.organisation == b.organisation
    });
    let rows = visits.filter_map(|seen| {
        let (last, first) = (seen.first()?, seen.last()?);
        let action = format!("look-{}", last.look.action);
        let action = match last.look.on_list {
            true if last.look.action == ActionKind::PersonSearch.code() => text.t("look-found"),
            true => text.t("look-listed"),
            false if has_key(&action) => text.t(&action),
            false => text.t("look-other"),
        };
        let mut event = Event::new(action, last.look.at.to_string(), moment(text, last.look.at))
            .by(visit.lang, &looker(text, last));
        if seen.len() > 1 {
            let time = |at: At| text.time(at.london().time());
            let values = [
                ("count", seen.len().into()),
                ("from", time(first.look.at).into()),
                ("to", time(last.look.at).into()),
            ];
            event = event.body(Html::paragraph(text.t_with("case-looks-times", &values)));
        }
        Some(event)
    });
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let mut body = Html::paragraph(text.t("case-looks-what"))
        .then(Html::paragraph(text.t("case-looks-theirs")))
        .then(Html::paragraph(text.t_with(
            "case-looks-count",
            &[
                ("count", size(found.all).into()),
                ("page", size(found.page).into()),
                ("pages", size(found.pages).into()),
            ],
        )))
        .then(Timeline::new(rows));
    if found.pages > 1 {
        let to = |page: usize| format!("/cases/{case}/looks?page={page}");
        let (page, pages) = (size(found.page), size(found.pages));
        body.push(Pagination::numbered(visit.lang, page, pages, to));
    }
    let page = frame(&visit, &view, Tab::Looks, body);
    Ok(visit.show(page))
}

/// Who looked, in words.
fn looker(text: Text, one: &Looked) -> String {
    let organisation = ("organisation", one.organisation.clone().into());
    let name = one.by.clone().unwrap_or_default();
    match one.look.by {
        LookBy::Account(_) => {
            text.plain_with("case-looks-of", &[("name", name.into()), organisation])
        }
        LookBy::Link => text.plain_with("case-looks-link", &[organisation]),
        LookBy::Person => text.plain("case-looks-person"),
        LookBy::Program => text.plain_with("case-looks-program", &[organisation]),
        LookBy::System => text.plain("case-looks-system"),
    }
}
