//! The front desk's one screen: a neutral request, and who is told (SPEC 3.4, NE-21). No word here says why.

use throughline_app::Error;
use throughline_app::front_desk::{self, DeskRoom, NOBODY_TO_TELL};
use throughline_core::code::Code as _;
use throughline_core::room::RoomMove;
use throughline_policy::{ActionKind, table};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::about_you;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::today::{clock, nobody_words};
use crate::visit::Visit;

const ASK: Access = Access::Staff(&[ActionKind::RoomRequest]);
const ANSWER: Access = Access::Staff(&[ActionKind::RoomAnswer]);

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let title = "page-desk-title";
    vec![
        get("/front-desk", title, ASK, Rate::Page, |v| Box::pin(desk(v))),
        post("/front-desk/room", title, ASK, Rate::Page, |v| {
            Box::pin(ask(v))
        }),
        post("/rooms/{room}/come", title, ANSWER, Rate::Page, |v| {
            Box::pin(answer(v, RoomMove::Answer))
        }),
        post("/rooms/{room}/over", title, ANSWER, Rate::Page, |v| {
            Box::pin(answer(v, RoomMove::Close))
        }),
    ]
}

async fn desk(visit: Visit) -> Outcome {
    // The screen stands open all day: what it shows must be true.
    let page = desk_page(&visit).await?;
    Ok(visit.show(page))
}

async fn desk_page(visit: &Visit) -> Result<Page, Fault> {
    let text = visit.text();
    let desk = front_desk::desk(visit.app(), visit.actor()).await?;
    let ask = PostForm::new("/front-desk/room", visit.csrf()).body(
        Button::new(text.t("desk-ask"))
            .id("room")
            .prevent_double_click(true),
    );
    let mut body = Html::heading(1, Size::L, text.t("desk-heading"))
        .then(about_you::asked(visit).await?)
        .then(Html::paragraph(Html::text(&desk.site)))
        .then(ask)
        .then(Html::paragraph(text.t("desk-ask-what")))
        .then(Html::heading(2, Size::M, text.t("desk-rooms")));
    if desk.rooms.is_empty() {
        body.push(Html::paragraph(text.t("desk-no-rooms")));
    }
    let may_answer = !table::relations(visit.actor().standing(), ActionKind::RoomAnswer).is_empty();
    for room in &desk.rooms {
        body.push(card(visit, room, may_answer));
    }
    body.push(Html::heading(2, Size::M, text.t("desk-on-duty")));
    if desk.on_duty.iter().all(|who| who.stands_in) {
        body.push(WarningText::new(
            visit.lang,
            text.t(nobody_words(&desk.on_duty)),
        ));
    }
    if !desk.on_duty.is_empty() {
        body.push(Html::bullets(
            desk.on_duty.iter().map(|who| Html::text(&who.name)),
        ));
    }
    Ok(visit.page("page-desk-title", body))
}

/// One request: neutral words, whose turn it is, and by when the next one is told.
pub(crate) fn card(visit: &Visit, room: &DeskRoom, may_answer: bool) -> Html {
    let text = visit.text();
    let mut said = Html::paragraph(text.t_with(
        "desk-asked-at",
        &[("time", text.time(room.asked_at.london().time()).into())],
    ));
    match room.awaited {
        Some(owner) => {
            let who = text.plain(&format!("post-{}", owner.code()));
            said.push(Html::paragraph(
                text.t_with("desk-told", &[("who", who.into())]),
            ));
            if let Some(due) = room.due_at {
                said.push(Html::paragraph(
                    text.t_with("desk-next-told", &[("due", clock(visit, due).into())]),
                ));
            }
        }
        None => said.push(Html::paragraph(text.t("desk-someone-came"))),
    }
    let mut card = Card::new(text.t("desk-room")).body(said);
    if may_answer {
        if room.awaited.is_some() {
            let come = format!("/rooms/{}/come", room.reference);
            card = card
                .action(PostForm::new(come, visit.csrf()).body(Button::new(text.t("desk-come"))));
        }
        let over = format!("/rooms/{}/over", room.reference);
        card = card.action(
            PostForm::new(over, visit.csrf()).body(Button::new(text.t("desk-over")).secondary()),
        );
    }
    Html::from(card)
}

async fn ask(visit: Visit) -> Outcome {
    match front_desk::room_request(visit.app(), visit.actor()).await {
        // They must not wait for somebody who was never told.
        Err(Error::Illegal(NOBODY_TO_TELL)) => {
            let mut form = Form::empty();
            form.wrong("room", "desk-nobody-told");
            let mut page = desk_page(&visit).await?;
            page.errors = form.summary(visit.text());
            Ok(visit.show_errors(page))
        }
        asked => {
            asked?;
            Ok(visit.go_saying("/front-desk", "desk-asked"))
        }
    }
}

async fn answer(visit: Visit, made: RoomMove) -> Outcome {
    let room = visit.reference("room")?;
    front_desk::room_answer(visit.app(), visit.actor(), room, made).await?;
    let said = if made == RoomMove::Answer {
        "desk-you-come"
    } else {
        "desk-is-over"
    };
    Ok(visit.go_saying("/front-desk", said))
}
