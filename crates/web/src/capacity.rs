//! Whether there is room, in two presses: the page, and a button.

use throughline_app::capacity;
use throughline_core::code::Code as _;
use throughline_core::directory::{Room, RoomSaid};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::when;
use crate::visit::Visit;

const PARTNERS: Access = Access::Staff(&[ActionKind::PacketRead]);
const TITLE: &str = "page-capacity-title";

/// What a button says, and what is kept of it. A wait is at most so many days; the longest has no end that anybody could promise.
const SAID: [(&str, Room, Option<u16>); 5] = [
    ("now", Room::Now, None),
    ("wait-2", Room::Waiting, Some(14)),
    ("wait-6", Room::Waiting, Some(42)),
    ("wait-more", Room::Waiting, None),
    ("full", Room::Full, None),
];

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/room-for-people", TITLE, PARTNERS, Rate::Page, |v| {
            Box::pin(page(v))
        }),
        post(
            "/room-for-people/{service}",
            TITLE,
            PARTNERS,
            Rate::Page,
            |v| Box::pin(say(v)),
        ),
    ]
}

async fn page(visit: Visit) -> Outcome {
    let text = visit.text();
    let services = capacity::services(visit.app(), visit.actor()).await?;
    let mut body = Html::heading(1, Size::L, text.t("capacity-heading"))
        .then(Html::paragraph(text.t("capacity-words")));
    if services.is_empty() {
        body.push(InsetText::new(text.t("capacity-none")));
    }
    for service in &services {
        let said = match service.entry.room {
            None => text.t("capacity-not-said"),
            Some(said) => last_said(text, said),
        };
        let buttons = SAID.map(|(code, ..)| {
            let words = text.t(&format!("capacity-{code}"));
            Html::from(Button::new(words).secondary().sends("room", code))
        });
        let to = format!("/room-for-people/{}", service.reference);
        let form = PostForm::new(to, visit.csrf()).body(Html::from(ButtonGroup::new(buttons)));
        let card = Card::new(Html::text(&service.entry.name))
            .level(2)
            .body(Html::paragraph(said).then(Html::from(form)));
        body.push(Html::from(card));
    }
    let page = visit.page(TITLE, body);
    Ok(visit.show(page))
}

/// What was last said, and when.
fn last_said(text: Text, said: RoomSaid) -> Html {
    let known = SAID
        .iter()
        .find(|(_, room, days)| *room == said.room && *days == said.wait_days);
    let words = known.map_or_else(
        || text.plain(&format!("capacity-{}", said.room.code())),
        |(code, ..)| text.plain(&format!("capacity-{code}")),
    );
    let at = when(text, said.said_at);
    text.t_with(
        "capacity-said",
        &[("what", words.into()), ("at", at.into())],
    )
}

async fn say(visit: Visit) -> Outcome {
    let reference = visit.reference("service")?;
    let form = visit.form()?;
    let pressed = form.value("room").to_owned();
    let said = SAID.iter().find(|(code, ..)| *code == pressed);
    let (_, room, days) = said.copied().ok_or(Fault::BadRequest)?;
    capacity::say(visit.app(), visit.actor(), reference, room, days).await?;
    Ok(visit.go_saying("/room-for-people", "capacity-kept"))
}
