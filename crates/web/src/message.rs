//! Messages to the person of a case: what could go by which of their ways now, what became of what was asked for, and handing over
//! what no mail server takes there.

use jiff::civil::Time;
use throughline_app::Error;
use throughline_app::case_view::CaseView;
use throughline_app::contact::Contact;
use throughline_app::message::{self, Asked, HandedOver, InHand, Message, MessageAsk, Offer};
use throughline_app::sheet;
use throughline_core::artefact::Artefact;
use throughline_core::code::Code;
use throughline_core::gate::{Alternative, Denied, Release, Sender};
use throughline_core::id::Ref;
use throughline_core::message::MessageState;
use throughline_core::time::At;
use throughline_policy::ActionKind;
use throughline_ui::layout::{Paper, for_paper};
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, moment, opened, step, word};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

/// Who may reach the person.
const SEND: Access = Access::Staff(&[ActionKind::MessageSend]);

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/messages", TITLE, SEND, page, |v| {
            Box::pin(list(v))
        }),
        post("/cases/{case}/messages", TITLE, SEND, page, |v| {
            Box::pin(ask(v))
        }),
        get("/cases/{case}/messages/{message}", TITLE, SEND, page, |v| {
            Box::pin(one(v))
        })
        .printing(Paper::Marked),
        post(
            "/cases/{case}/messages/{message}/done",
            TITLE,
            SEND,
            page,
            |v| Box::pin(over(v, HandedOver::Done)),
        ),
        post(
            "/cases/{case}/messages/{message}/could-not",
            TITLE,
            SEND,
            page,
            |v| Box::pin(over(v, HandedOver::CouldNot)),
        ),
        post(
            "/cases/{case}/messages/{message}/not-wanted",
            TITLE,
            SEND,
            page,
            |v| Box::pin(over(v, HandedOver::NotWanted)),
        ),
        get("/cases/{case}/sheet", TITLE, SEND, page, |v| {
            Box::pin(choose(v))
        }),
        post("/cases/{case}/sheet", TITLE, SEND, page, |v| {
            Box::pin(print(v))
        })
        .printing(Paper::Marked),
        get(
            "/cases/{case}/contact/{contact}/words",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(words(v)),
        ),
        post(
            "/cases/{case}/contact/{contact}/words",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(set_words(v)),
        ),
        // Whoever could type as often as they like could guess.
        post(
            "/cases/{case}/contact/{contact}/words/check",
            TITLE,
            SEND,
            Rate::Word,
            |v| Box::pin(check_word(v)),
        ),
    ]
}

/// Why the gate said no and what can be done instead.
fn refused(text: Text, denied: &Denied) -> Html {
    let instead = match denied.alternative {
        Alternative::WaitUntil(at) => {
            text.t_with("message-instead-wait", &[("when", moment(text, at).into())])
        }
        Alternative::AgreeASafeWay => text.t("message-instead-agree"),
        Alternative::UseNeutralWording => text.t("message-instead-neutral"),
        Alternative::CallAndLeaveNoMessage => text.t("message-instead-call"),
        Alternative::SpeakInPrivate => text.t("message-instead-private"),
    };
    Html::paragraph(word(text, "message-no", denied.reason.code())).then(Html::paragraph(instead))
}

/// The name of what goes, with when it can.
fn offered(text: Text, offer: &Offer) -> Option<Choice> {
    let hint = match &offer.verdict {
        Ok(None) if offer.artefact.is_mailed() => text.t("message-goes-now"),
        Ok(None) => text.t("message-by-hand"),
        Ok(Some(at)) => text.t_with("message-goes-from", &[("when", moment(text, *at).into())]),
        Err(_) => return None,
    };
    let value = format!("{}.{}", offer.contact.reference, offer.artefact);
    Some(Choice::new(value, name(text, offer)).hint(hint))
}

/// What goes and where to: two ways of one kind differ by their number alone.
fn name(text: Text, offer: &Offer) -> Html {
    let values = [
        (
            "what",
            text.plain(&format!("artefact-{}", offer.artefact)).into(),
        ),
        ("to", offer.contact.value.as_str().into()),
    ];
    text.t_with("message-to", &values)
}

async fn list(visit: Visit) -> Outcome {
    let page = list_page(&visit, &Form::empty()).await?;
    Ok(visit.show(page))
}

async fn list_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let view = opened(visit).await?;
    let case = view.case.reference;
    let known = message::messages(visit.app(), visit.actor(), case).await?;
    let offers = message::offers(visit.app(), visit.actor(), case).await?;
    let mut body = Html::default();
    if !known.is_empty() {
        body.push(Html::heading(2, Size::M, text.t("message-so-far")));
        body.push(so_far(visit, &view, &known));
    }
    body.push(Html::heading(2, Size::M, text.t("message-new")));
    let open: Vec<Choice> = offers.iter().filter_map(|it| offered(text, it)).collect();
    if open.is_empty() {
        body.push(InsetText::new(text.t("message-none-open")));
        body.push(Html::paragraph(Link::new(
            text.t("message-to-contact"),
            format!("/cases/{case}/contact"),
        )));
    } else {
        let when = Fieldset::new(text.t("message-when")).body(
            Html::paragraph(text.t("message-when-hint"))
                .then(DateInput::new(visit.lang, "when", text.t("message-day")).bind(form, text))
                .then(
                    Input::new("time", text.t("message-time"))
                        .hint(text.t("contact-time-hint-one"))
                        .width(10)
                        .bind(form, text),
                ),
        );
        let tells = |offer: &Offer| offer.verdict.is_ok() && offer.artefact.is_about_a_time();
        let mut questions = Html::from(
            Radios::new("what", text.t("message-what"))
                .items(open)
                .bind(form, text),
        );
        if offers.iter().any(tells) {
            questions.push(when);
        }
        questions.push(Button::new(text.t("message-go")));
        body.push(Html::paragraph(text.t("message-words")));
        body.push(PostForm::new(format!("/cases/{case}/messages"), visit.csrf()).body(questions));
    }
    let shut = offers.iter().filter_map(|offer| {
        let denied = offer.verdict.as_ref().err()?;
        Some(Html::paragraph(name(text, offer)).then(refused(text, denied)))
    });
    let shut: Vec<Html> = shut.collect();
    if !shut.is_empty() {
        body.push(Details::new(text.t("message-shut"), Html::join(shut)));
    }
    Ok(step(
        visit,
        &view,
        "message-heading",
        "/contact",
        form,
        body,
    ))
}

/// What was asked for, newest first, and what became of it.
fn so_far(visit: &Visit, view: &CaseView, known: &[Message]) -> TaskList {
    let text = visit.text();
    let mut rows = TaskList::new().id_prefix("message");
    for message in known {
        let colour = match message.state {
            MessageState::Waiting => Colour::Blue,
            MessageState::Handed => Colour::Yellow,
            MessageState::Sent => Colour::Green,
            MessageState::Denied | MessageState::Failed => Colour::Red,
            MessageState::Dropped => Colour::Grey,
        };
        let state = Tag::new(word(text, "message-state", message.state.code())).colour(colour);
        let asked = text.t_with(
            "message-asked",
            &[("when", moment(text, message.made_at).into())],
        );
        let at = format!(
            "/cases/{}/messages/{}",
            view.case.reference, message.reference
        );
        let row = Task::new(word(text, "artefact", message.artefact.code()), state);
        rows = rows.task(row.href(at).hint(asked));
    }
    rows
}

/// The day and time of an appointment, on the wall clock in London.
fn appointment(form: &mut Form) -> Option<At> {
    let day = form.date("when");
    let time = form.time("time");
    let at = day?.at(0, 0, 0, 0);
    let Some(time) = time else {
        if !form.has_errors() {
            form.wrong("time", "message-time-needed");
        }
        return None;
    };
    let at = at
        .date()
        .to_datetime(Time::new(time.hour(), time.minute(), 0, 0).ok()?);
    let at = At::from_london(at);
    if at.is_none() {
        form.wrong("time", "error-time");
    }
    at
}

async fn ask(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    let what = form.value("what").to_owned();
    let chosen = what.split_once('.').and_then(|(contact, artefact)| {
        let contact: Ref = contact.parse().ok()?;
        Some((contact, Artefact::from_code(artefact).ok()?))
    });
    if chosen.is_none() {
        form.wrong("what", "message-what-needed");
    }
    let when = appointment(&mut form);
    if let (Some((contact, artefact)), false) = (chosen, form.has_errors()) {
        let asked = MessageAsk {
            contact,
            artefact,
            // The day that was typed for something else is no harm.
            appointment: when.filter(|_| artefact.is_about_a_time()),
        };
        match message::ask(visit.app(), visit.actor(), case, &asked).await {
            Ok(Asked::InHand(message)) => {
                return Ok(visit.go(&format!("/cases/{case}/messages/{message}")));
            }
            Ok(Asked::Waits(_)) => {
                return Ok(
                    visit.go_saying(&format!("/cases/{case}/messages"), "message-waits-said")
                );
            }
            Ok(Asked::Refused(_)) => {
                return Ok(
                    visit.go_saying(&format!("/cases/{case}/messages"), "message-refused-said")
                );
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    Ok(visit.show_errors(list_page(&visit, &form).await?))
}

/// What a worker is told to do with what the gate released.
fn how(artefact: Artefact) -> &'static str {
    match artefact {
        Artefact::SmsPleaseCall | Artefact::SmsAppointment => "message-do-text",
        Artefact::LetterPleaseCall | Artefact::LetterAppointment => "message-do-letter",
        Artefact::AppPleaseCall => "message-do-app",
        Artefact::JournalPleaseCall | Artefact::JournalAppointment => "message-do-journal",
        Artefact::VoicemailPleaseCall => "message-do-voicemail",
        _ => "message-do-call",
    }
}

/// What is said, posted or typed. This is all that a page shows of a message, and it takes what the gate released.
fn script(visit: &Visit, view: &CaseView, release: &Release) -> Html {
    let text = visit.text();
    let lines = |words: &str| Html::join(words.lines().map(Html::text).map(Html::paragraph));
    let artefact = release.text().artefact();
    let sender = match release.sender() {
        Sender::Neutral => text.t("message-sender-neutral"),
        Sender::Organisation => text.t("message-sender-organisation"),
    };
    let facts = SummaryList::new()
        .fact(text.t("message-where"), Html::text(release.to()))
        .fact(text.t("message-sender"), sender);
    let words = lines(release.text().body());
    // A letter is on paper: who it is for, where it goes, and its words. No name of ours, no address to send it back to.
    let words = if how(artefact) == "message-do-letter" {
        for_paper(
            Html::paragraph(Html::text(&view.case.sheet.chosen))
                .then(lines(release.to()))
                .then(words),
        )
    } else {
        InsetText::new(words).into()
    };
    Html::paragraph(text.t(how(artefact)))
        .then(facts)
        .then(words)
}

async fn one(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let (case, reference) = (view.case.reference, visit.reference("message")?);
    let open = message::in_hand(visit.app(), visit.actor(), case, reference).await?;
    let at = format!("/cases/{case}/messages/{reference}");
    let button = |path: &str, button: Button| {
        PostForm::new(format!("{at}/{path}"), visit.csrf()).body(button)
    };
    let mut body = Html::heading(
        2,
        Size::M,
        word(text, "artefact", open.message.artefact.code()),
    );
    match &open.released {
        Some(Ok(release)) => {
            let parts = script(&visit, &view, release);
            body.push(parts);
            body.push(beside(text, case, &open));
            body.push(button("done", Button::new(text.t("message-done"))));
            body.push(button(
                "could-not",
                Button::new(text.t("message-could-not")).secondary(),
            ));
        }
        Some(Err(denied)) => {
            body.push(WarningText::new(visit.lang, text.t("message-not-now")));
            body.push(refused(text, denied));
            body.push(button(
                "could-not",
                Button::new(text.t("message-could-not")),
            ));
        }
        None => {
            let state = open.message.state;
            body.push(Html::paragraph(word(text, "message-is", state.code())));
            if state == MessageState::Dropped && open.message.appointment.is_some() {
                body.push(Html::paragraph(text.t("message-time-look")));
                body.push(Html::paragraph(Link::new(
                    text.t("page-appointments-title"),
                    format!("/cases/{case}/appointments"),
                )));
            }
            if let Some(reason) = open.message.denied {
                body.push(Html::paragraph(word(text, "message-no", reason.code())));
                body.push(Html::paragraph(text.t("message-instead-agree")));
            }
        }
    }
    if !open.message.state.is_over() {
        body.push(button(
            "not-wanted",
            Button::new(text.t("message-not-wanted")).secondary(),
        ));
    }
    Ok(visit.show(flat(&visit, &view, "/messages", body)))
}

/// A page whose parts stand side by side in `main`, so that what is for paper can be told from what is not.
fn flat(visit: &Visit, view: &CaseView, back: &str, body: Html) -> Page {
    step(visit, view, "message-heading", back, &Form::empty(), body)
}

/// What to say to somebody else, and the words by which they know each other.
fn beside(text: Text, case: Ref, open: &InHand) -> Html {
    let mut out = Html::default();
    if let Some(say) = &open.say {
        out.push(SummaryList::new().fact(text.t("contact-say-fact"), Html::text(say)));
    }
    if open.has_words {
        out.push(Html::paragraph(Link::new(
            text.t("message-words-link"),
            format!("/cases/{case}/contact/{}/words", open.contact),
        )));
    }
    out
}

async fn over(visit: Visit, how: HandedOver) -> Outcome {
    let (case, message) = (visit.reference("case")?, visit.reference("message")?);
    match message::handed_over(visit.app(), visit.actor(), case, message, how).await {
        // It went another way meanwhile, as when its appointment was moved: the page says where it stands.
        Err(Error::Illegal(_) | Error::Conflict) => {
            let at = format!("/cases/{case}/messages/{message}");
            return Ok(visit.go_saying(&at, "message-changed-said"));
        }
        done => done?,
    }
    let said = match how {
        HandedOver::Done => "message-done-said",
        HandedOver::CouldNot => "message-could-not-said",
        HandedOver::NotWanted => "message-not-wanted-said",
    };
    Ok(visit.go_saying(&format!("/cases/{case}/messages"), said))
}

async fn choose(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    Ok(visit.show(choose_page(&visit, &view, &Form::empty())))
}

fn choose_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let mut body = Html::paragraph(text.t("sheet-what"));
    if view.referrals.is_empty() {
        body.push(InsetText::new(text.t("case-referrals-none")));
    } else {
        let services = view
            .referrals
            .iter()
            .map(|(referral, to)| Choice::new(referral.reference.to_string(), Html::text(to)));
        let question = Checkboxes::new("referral", text.t("sheet-services"))
            .items(services)
            .bind(form, text);
        let at = format!("/cases/{}/sheet", view.case.reference);
        body.push(
            PostForm::new(at, visit.csrf())
                .body(Html::from(question).then(Button::new(text.t("sheet-go")))),
        );
    }
    step(visit, view, "sheet-heading", "/contact", form, body)
}

async fn print(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let mut form = visit.form()?;
    let names: Vec<String> = view
        .referrals
        .iter()
        .map(|(referral, _)| referral.reference.to_string())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let chosen: Vec<Ref> = form
        .choices("referral", &names)
        .iter()
        .filter_map(|one| one.parse().ok())
        .collect();
    let made = sheet::sheet(visit.app(), visit.actor(), view.case.reference, &chosen).await;
    let body = match made {
        Ok(Ok(release)) => Html::paragraph(text.t("sheet-print")).then(on_paper(&release)),
        Ok(Err(denied)) => Html::from(WarningText::new(visit.lang, text.t("sheet-not-now")))
            .then(refused(text, &denied))
            .then(Html::paragraph(Link::new(
                text.t("message-to-contact"),
                format!("/cases/{}/contact", view.case.reference),
            ))),
        Err(error) => {
            again(&mut form, error)?;
            return Ok(visit.show_errors(choose_page(&visit, &view, &form)));
        }
    };
    Ok(visit.show(step(
        &visit,
        &view,
        "sheet-heading",
        "/sheet",
        &Form::empty(),
        body,
    )))
}

/// A sheet as it is printed: what the gate released, and nothing around it.
fn on_paper(release: &Release) -> Html {
    let lines = release.text().body().lines();
    for_paper(
        Html::heading(2, Size::M, Html::text(release.text().subject()))
            .then(Html::join(lines.map(Html::text).map(Html::paragraph))),
    )
}

/// The way that the address names, among those in use.
fn way<'a>(visit: &Visit, view: &'a CaseView) -> Result<&'a Contact, Fault> {
    let reference = visit.reference("contact")?;
    let mut known = view.contacts.all.iter();
    known
        .find(|it| it.reference == reference && it.ended_at.is_none())
        .ok_or(Fault::NotFound)
}

async fn words(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let page = words_page(&visit, &view, &Form::empty())?;
    Ok(visit.show(page))
}

fn words_page(visit: &Visit, view: &CaseView, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let way = way(visit, view)?;
    let at = format!(
        "/cases/{}/contact/{}/words",
        view.case.reference, way.reference
    );
    let mut body = Html::paragraph(word(text, "channel", way.point.channel.code()));
    if way.has_words {
        let check = Input::new("word", text.t("words-typed"))
            .hint(text.t("words-typed-hint"))
            .width(20);
        body.push(Html::heading(2, Size::M, text.t("words-check")));
        body.push(
            PostForm::new(format!("{at}/check"), visit.csrf())
                .body(Html::from(check).then(Button::new(text.t("words-check-go")))),
        );
    }
    let set = Html::from(
        Input::new("theirs", text.t("words-theirs"))
            .hint(text.t("words-theirs-hint"))
            .width(20)
            .bind(form, text),
    )
    .then(
        Input::new("ours", text.t("words-ours"))
            .hint(text.t("words-ours-hint"))
            .width(20)
            .bind(form, text),
    )
    .then(Button::new(text.t("words-go")).secondary());
    body.push(Html::heading(2, Size::M, text.t("words-agree")));
    body.push(Html::paragraph(text.t("words-what-is-kept")));
    body.push(PostForm::new(at, visit.csrf()).body(set));
    Ok(step(
        visit,
        view,
        "words-between-heading",
        "/contact",
        form,
        body,
    ))
}

async fn set_words(visit: Visit) -> Outcome {
    let (case, contact) = (visit.reference("case")?, visit.reference("contact")?);
    let mut form = visit.form()?;
    let theirs = form.optional_within("theirs", 100);
    let ours = form.optional_within("ours", 100);
    if !form.has_errors() {
        let (theirs, ours) = (theirs.as_deref(), ours.as_deref());
        match message::words_set(visit.app(), visit.actor(), case, contact, theirs, ours).await {
            Ok(()) => {
                let to = format!("/cases/{case}/contact/{contact}/words");
                return Ok(visit.go_saying(&to, "words-said"));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(words_page(&visit, &view, &form)?))
}

async fn check_word(visit: Visit) -> Outcome {
    let (case, contact) = (visit.reference("case")?, visit.reference("contact")?);
    let form = visit.form()?;
    let typed = form.value("word");
    let whose = message::word_is(visit.app(), visit.actor(), case, contact, typed).await?;
    let said = match whose {
        Some(message::WhoseWord::Theirs) => "words-is-theirs",
        Some(message::WhoseWord::Ours) => "words-is-ours",
        None => "words-is-neither",
    };
    let to = format!("/cases/{case}/contact/{contact}/words");
    Ok(visit.go_saying(&to, said))
}
