//! The one address that a worker needs once a service has said yes (decision 0026): the service gives it, and reads who saw it and
//! when; the lead of the case sees it once.

use throughline_app::Error;
use throughline_app::place::{self, PlaceTold, Way};
use throughline_app::referral::SenderView;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::reveal::{Reason, Why};
use throughline_policy::{ActionKind, Actor, table};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::reach::{ask_form, at_risk_form, read_danger, read_reason};
use crate::refer::TITLE;
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{when, word};
use crate::visit::Visit;

const SAY: Access = Access::Staff(&[ActionKind::PlaceSay]);
const SEE: Access = Access::Staff(&[ActionKind::PlaceReveal]);
const SEE_NOW: Access = Access::Staff(&[ActionKind::PlaceRevealAtRisk]);
/// How long an address may be, in characters.
const MOST: usize = 500;

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        post("/requests/{referral}/place", TITLE, SAY, page, |v| Box::pin(says(v))),
        post("/requests/{referral}/place-back", TITLE, SAY, page, |v| Box::pin(takes_back(v))),
        get("/referrals/{referral}/place", TITLE, SEE, page, |v| Box::pin(asks(v))),
        post("/referrals/{referral}/place", TITLE, SEE, page, |v| Box::pin(shows(v))),
        post("/referrals/{referral}/place-ask", TITLE, SEE, page, |v| Box::pin(asks_another(v))),
        post("/referrals/{referral}/place-now", TITLE, SEE_NOW, page, |v| Box::pin(shows_now(v))),
    ]
}

/// When each address was given and what became of it.
fn so_far(text: Text, told: &[PlaceTold]) -> Html {
    if told.is_empty() {
        return Html::default();
    }
    Timeline::new(told.iter().map(|one| {
        let (key, at) = match &one.said.ended {
            Some((end, at)) => (format!("place-{}", end.code()), *at),
            None => ("place-waits".to_owned(), one.said.said_at),
        };
        let event = Event::new(text.t(&key), at.to_string(), when(text, at));
        match (&one.by, &one.said.ended) {
            (Some(name), _) => event.by(text.lang(), name),
            (None, None) => event.body(Html::paragraph(text.t_with(
                "place-until",
                &[("when", when(text, one.said.lapses_at).into())],
            ))),
            _ => event,
        }
    }))
    .into()
}

/// Whether an address waits to be seen.
fn one_waits(told: &[PlaceTold]) -> bool {
    told.first().is_some_and(|one| one.said.ended.is_none())
}

/// On the service's page of a request that it said yes to. `post` makes a form to one of its actions.
pub(crate) fn giving(
    text: Text,
    form: &Form,
    told: &[PlaceTold],
    post: impl Fn(&str) -> PostForm,
) -> Html {
    let address = Textarea::new("address", text.t("place-address"))
        .hint(text.t("place-address-hint"))
        .rows(3)
        .bind(form, text);
    let button = Button::new(text.t("place-give")).secondary();
    let give = post("place").body(Html::from(address).then(button));
    let mut inside = Html::paragraph(text.t("place-what")).then(so_far(text, told));
    if one_waits(told) {
        let back = Button::new(text.t("place-take-back")).secondary();
        inside.push(post("place-back").body(back));
    }
    inside.push(give);
    let details = Details::new(text.t("place-heading"), inside);
    if told.is_empty() && form.error(text, "address").is_none() {
        details.into()
    } else {
        details.open().into()
    }
}

/// Reads the address; what is wrong stands in the form.
pub(crate) fn read_address(form: &mut Form) -> Option<Words> {
    let address = form.required_within("address", "place-address-needed", MOST)?;
    Words::new(&address).ok()
}

/// What giving or taking back led to: a word to say. Errors with what goes wrong elsewhere too.
pub(crate) async fn given(
    visit: &Visit,
    actor: &Actor,
    reference: Ref,
    address: Option<&Words>,
) -> Result<&'static str, Fault> {
    let done = match address {
        Some(address) => place::say(visit.app(), actor, reference, address).await,
        None => place::take_back(visit.app(), actor, reference).await,
    };
    match (done, address) {
        (Ok(()), Some(_)) => Ok("place-given"),
        (Ok(()), None) => Ok("place-back"),
        (Err(Error::Conflict), _) => Ok("place-gone"),
        (Err(Error::Invalid { problem, .. }), _) => Ok(problem),
        (Err(error), _) => Err(error.into()),
    }
}

async fn says(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let Some(address) = read_address(&mut form) else {
        let page = crate::partner::page_of(&visit, reference, &form).await?;
        return Ok(visit.show_errors(page));
    };
    let said = given(&visit, visit.actor(), reference, Some(&address)).await?;
    Ok(visit.go_saying(&format!("/requests/{reference}"), said))
}

async fn takes_back(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let said = given(&visit, visit.actor(), reference, None).await?;
    Ok(visit.go_saying(&format!("/requests/{reference}"), said))
}

/// On the page of a request, for those who sent it: what the service gave, and the way to it.
pub(crate) fn seeing(visit: &Visit, view: &SenderView, form: &Form) -> Html {
    let told = &view.places;
    if told.is_empty() {
        return Html::default();
    }
    let text = visit.text();
    let mut body = Html::heading(2, Size::M, text.t("place-see-heading")).then(so_far(text, told));
    if !one_waits(told) {
        return body;
    }
    let at = format!("/referrals/{}/place", view.referral.reference);
    if visit.actor().account() == Some(view.referral.lead) {
        body.push(Button::link(text.t("place-see"), &at));
    }
    let standing = visit.actor().standing();
    if !table::relations(standing, ActionKind::PlaceRevealAtRisk).is_empty() {
        let post = visit.form_to(format!("{at}-now"));
        body.push(at_risk_form(visit, form, post));
    }
    body
}

async fn asks(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    match page_of(&visit, reference, &Form::empty()).await? {
        Ok(page) => Ok(visit.show(page)),
        Err(said) => Ok(visit.go_saying(&format!("/referrals/{reference}"), said)),
    }
}

/// What stands between them and the address; or the word to say where none waits.
async fn page_of(
    visit: &Visit,
    reference: Ref,
    form: &Form,
) -> Result<Result<Page, &'static str>, Fault> {
    let text = visit.text();
    let way = match place::way(visit.app(), visit.actor(), reference).await {
        Ok(way) => way,
        Err(Error::Invalid { problem, .. }) => return Ok(Err(problem)),
        Err(error) => return Err(error.into()),
    };
    let at = format!("/referrals/{reference}/place");
    let mut body = Html::heading(1, Size::L, text.t("place-see-heading"));
    match way {
        Way::Reason => {
            body.push(Html::paragraph(text.t("place-once")));
            body.push(ask_form(visit, form, &Why::PLACE, visit.form_to(at)));
        }
        Way::Asked(until) => {
            let until = [("when", when(text, until).into())];
            body.push(InsetText::new(text.t_with("place-asked", &until)));
            body.push(Button::link(text.t("place-look-again"), at).secondary());
        }
        Way::Ask(before) => {
            if let Some(state) = before {
                body.push(InsetText::new(word(text, "second-person", state.code())));
            }
            let words = Textarea::new("words", text.t("place-ask-why"))
                .hint(text.t("place-ask-hint"))
                .rows(3)
                .bind(form, text);
            body.push(Html::paragraph(text.t("place-ask-what")));
            body.push(
                visit
                    .form_to(format!("{at}-ask"))
                    .body(Html::from(words).then(Button::new(text.t("place-ask")))),
            );
        }
    }
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(format!("/referrals/{reference}"));
    Ok(Ok(page))
}

async fn again(visit: &Visit, reference: Ref, form: &Form) -> Outcome {
    match page_of(visit, reference, form).await? {
        Ok(page) => Ok(visit.show_errors(page)),
        Err(said) => Ok(visit.go_saying(&format!("/referrals/{reference}"), said)),
    }
}

async fn asks_another(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let words = form.required_within("words", "reveal-more-needed", 300);
    let Some(words) = words.and_then(|words| Words::new(&words).ok()) else {
        return again(&visit, reference, &form).await;
    };
    match place::ask(visit.app(), visit.actor(), reference, &words).await {
        Ok(()) | Err(Error::Conflict) => Ok(visit.go(&format!("/referrals/{reference}/place"))),
        Err(Error::Invalid {
            field: "reason",
            problem,
        }) => {
            form.wrong("words", problem);
            again(&visit, reference, &form).await
        }
        Err(Error::Invalid { problem, .. }) => {
            Ok(visit.go_saying(&format!("/referrals/{reference}"), problem))
        }
        Err(error) => Err(error.into()),
    }
}

async fn shows(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    match read_reason(&mut form, &Why::PLACE)? {
        Some((ask, reason)) => shown(&visit, reference, ask, &reason).await,
        None => again(&visit, reference, &form).await,
    }
}

async fn shows_now(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    if let Some((ask, reason)) = read_danger(&mut form)? {
        return shown(&visit, reference, ask, &reason).await;
    }
    let page = crate::referral::shown(&visit, reference, &form).await?;
    Ok(visit.show_errors(page))
}

async fn shown(visit: &Visit, reference: Ref, ask: Ref, reason: &Reason) -> Outcome {
    let text = visit.text();
    let back = format!("/referrals/{reference}");
    match place::show(visit.app(), visit.actor(), reference, ask, reason).await {
        Ok(address) => {
            let lines = Html::join(address.lines().map(Html::paragraph));
            let body = Html::heading(1, Size::L, text.t("place-see-heading"))
                .then(WarningText::new(text.lang(), text.t("place-shown-once")))
                .then(InsetText::new(lines))
                .then(Html::paragraph(text.t("place-tell")));
            let mut page = visit.page(TITLE, body);
            page.back = Some(back);
            Ok(visit.show(page))
        }
        // The time of the second person's yes may have run out: then another is asked.
        Err(Error::Conflict) => match place::way(visit.app(), visit.actor(), reference).await {
            Ok(_) => Ok(visit.go(&format!("{back}/place"))),
            Err(_) => Ok(visit.go_saying(&back, "place-gone")),
        },
        Err(Error::Invalid { problem, .. }) => Ok(visit.go_saying(&back, problem)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use throughline_app::place::PlaceEnd;
    use throughline_core::code::Code as _;
    use throughline_ui::text::has_key;

    #[test]
    fn every_end_of_an_address_has_words() {
        for end in PlaceEnd::ALL {
            assert!(has_key(&format!("place-{}", end.code())), "{end}");
        }
        assert!(!has_key("place-kept"), "the control");
    }
}
