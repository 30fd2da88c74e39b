//! The person's own page (decision 0021): what they agreed to share, less of it, taking it back, and who has looked.
//!
//! One address for all of it, which holds nothing but a random token. No cookie and no session: the secret of the visit goes along
//! with every form, and ends after ten minutes without a key. Nothing on it needs a script.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use throughline_app::Error;
use throughline_app::consent::withdraw;
use throughline_app::narrow::narrow;
use throughline_app::own::{self, AWAY_SECONDS, Entered, Holder, OwnAgreed, OwnLooker, OwnLooks};
use throughline_app::receipt::Signed;
use throughline_core::consent::{PacketItem, SharePurpose};
use throughline_core::id::Ref;
use throughline_core::packet_line::PacketLine;
use throughline_ui::prelude::*;

use crate::case::moment;
use crate::fault::{Fault, Outcome};
use crate::narrow::{questions, read};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::line_name;
use crate::visit::Visit;

/// The title of every one of these pages: it says nothing (NE-21).
const TITLE: &str = "page-mine-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let open = Access::Public;
    vec![
        get("/m/{token}", TITLE, open, Rate::Page, |v| {
            Box::pin(landing(v))
        }),
        post("/m/{token}", TITLE, open, Rate::SignIn, |v| {
            Box::pin(act(v))
        }),
    ]
}

/// One request to a person's own page. Whoever else is signed in on this device is not shown on it.
struct Own {
    visit: Visit,
    csrf: String,
}

impl Own {
    fn of(mut visit: Visit) -> Self {
        let csrf = visit.csrf();
        visit.signed = None;
        Self { visit, csrf }
    }

    fn text(&self) -> Text {
        self.visit.text()
    }

    fn address(&self) -> &str {
        self.visit.param("token").unwrap_or_default()
    }

    fn path(&self) -> String {
        format!("/m/{}", self.address())
    }

    /// A page of theirs: no helpline stands on it, since a number tells why somebody was here; 999 always does.
    fn page(&self, body: Html, form: &Form) -> Page {
        let mut page = self.visit.page(TITLE, body);
        page.help.clear();
        page.errors = form.summary(self.text());
        let other = if self.visit.lang == Lang::En {
            "cy"
        } else {
            "en"
        };
        page.other_language_href = Some(format!("/language?to={other}&back={}", self.path()));
        page
    }

    /// A form that goes on with the visit; `go` says where to.
    fn form(&self, holder: &Holder, go: &str, what: Option<Ref>) -> PostForm {
        let form = PostForm::new(self.path(), self.csrf.clone())
            .hidden("seat", holder.seat.clone())
            .hidden("go", go);
        match what {
            Some(what) => form.hidden("what", what.to_string()),
            None => form,
        }
    }

    /// The answer; once nobody has touched a key for long enough the browser asks for the words again, without a script.
    fn answer(&self, page: Page, wrong: bool) -> Response {
        let mut response = if wrong {
            self.visit.show_errors(page)
        } else {
            self.visit.show(page)
        };
        let then = format!("{AWAY_SECONDS}; url={}", self.path());
        if let Ok(value) = HeaderValue::from_str(&then) {
            response.headers_mut().insert(header::REFRESH, value);
        }
        response
    }
}

async fn landing(visit: Visit) -> Outcome {
    let own = Own::of(visit);
    if !own::is_open(own.visit.app(), own.address()).await? {
        return Err(Fault::NotFound);
    }
    Ok(own.visit.show(words_page(&own, &Form::empty())))
}

/// The three words are asked for, and never filled in or kept by the browser.
fn words_page(own: &Own, form: &Form) -> Page {
    let text = own.text();
    // What was typed is not put back: it stands on no page.
    let mut asked = Form::empty();
    if let Some(error) = form.errors().first() {
        asked.wrong("words", &error.key);
    }
    let body = Html::heading(1, Size::L, text.t("mine-words-heading")).then(
        PostForm::new(own.path(), own.csrf.clone()).body(
            Html::from(
                Input::new("words", text.t("mine-words"))
                    .hint(text.t("mine-words-hint"))
                    .spellcheck(false)
                    .autocomplete("off")
                    .bind(&asked, text),
            )
            .then(Button::new(text.t("mine-continue"))),
        ),
    );
    own.page(body, &asked)
}

async fn act(visit: Visit) -> Outcome {
    let own = Own::of(visit);
    let app = own.visit.app();
    let mut form = own.visit.form()?;
    if !form.has("seat") {
        let Some(words) = form.required_within("words", "mine-words-needed", 100) else {
            if own::is_open(app, own.address()).await? {
                return Ok(own.visit.show_errors(words_page(&own, &form)));
            }
            return Err(Fault::NotFound);
        };
        return match own::enter(app, own.address(), &words).await? {
            Entered::In(holder) => agreed_page(&own, &holder, None).await,
            Entered::Wrong => {
                form.wrong("words", "mine-words-wrong");
                Ok(own.visit.show_errors(words_page(&own, &form)))
            }
            Entered::Nothing => Err(Fault::NotFound),
        };
    }
    let Some(holder) = own::stay(app, own.address(), form.value("seat")).await? else {
        return Ok(own.visit.go(&own.path()));
    };
    match form.value("go") {
        "leave" => {
            own::leave(app, own.address()).await?;
            let text = own.text();
            let body = Html::heading(1, Size::L, text.t("mine-left-heading"))
                .then(Html::paragraph(text.t("mine-left")));
            Ok(own.visit.show(own.page(body, &Form::empty())))
        }
        "agreed" => agreed_page(&own, &holder, None).await,
        "looks" => {
            let found = own::looks(app, &holder).await?;
            Ok(own.answer(looks_page(&own, &holder, &found), false))
        }
        "one" => one_page(&own, &holder, what(&form)?, &Form::empty()).await,
        "less" => less(&own, &holder, form).await,
        "back" => {
            let done = withdraw(app, &holder.actor, holder.case, what(&form)?).await;
            after(&own, &holder, done, "mine-back-said").await
        }
        "receipt" => {
            let found = own::receipt(app, &holder, what(&form)?).await?;
            let signed = found.ok_or(Fault::NotFound)?;
            Ok(own.answer(receipt_page(&own, &holder, &signed), false))
        }
        _ => Err(Fault::BadRequest),
    }
}

/// Which of what they agreed to a form is about.
fn what(form: &Form) -> Result<Ref, Fault> {
    form.value("what").parse().map_err(|_| Fault::NotFound)
}

/// The list again, with what became of a change.
async fn after(own: &Own, holder: &Holder, done: Result<(), Error>, said: &str) -> Outcome {
    let said = match done {
        Ok(()) => Flash::Done(own.text().t(said)),
        // Their worker changed it meanwhile, or the form was sent twice.
        Err(Error::Conflict | Error::Illegal(_)) => {
            Flash::Important(own.text().t("mine-changed-meanwhile"))
        }
        Err(error) => return Err(error.into()),
    };
    agreed_page(own, holder, Some(said)).await
}

/// What an organisation is called here.
fn called(text: Text, one: &OwnAgreed) -> String {
    one.recipient
        .clone()
        .unwrap_or_else(|| text.plain("mine-a-service"))
}

/// What a line is called here: nothing that tells a stranger why somebody asked for help.
fn own_line(text: Text, line: PacketLine) -> String {
    match (line.item(), line.need()) {
        (PacketItem::Risk, _) => text.plain("mine-line-risk"),
        (PacketItem::AvoidAreas, _) => text.plain("mine-line-areas"),
        (_, Some(need)) if need.tells_of_danger() => text.plain("mine-line-need"),
        _ => line_name(text, line),
    }
}

fn facts(text: Text, one: &OwnAgreed) -> SummaryList {
    let known = &one.record.consent;
    let purpose = match known.purpose {
        SharePurpose::Referral => "mine-purpose-referral",
        _ => "mine-purpose-other",
    };
    let lines = known.items.iter().map(|line| own_line(text, *line));
    let mut list = SummaryList::new()
        .fact(text.t("mine-lines"), Html::bullets(lines))
        .fact(text.t("sharing-purpose"), text.t(purpose));
    if let Some(words) = &one.record.words {
        list = list.fact(text.t("mine-own-words"), Html::text(words));
    }
    list = list.fact(
        text.t("sharing-since"),
        Html::text(moment(text, known.agreed_at)),
    );
    match known.withdrawn_at {
        Some(at) => list.fact(text.t("sharing-withdrawn"), Html::text(moment(text, at))),
        None => list.fact(
            text.t("sharing-until"),
            Html::text(moment(text, known.expires_at)),
        ),
    }
}

/// A button, with what it is about for those who cannot see where it stands.
fn button(text: Text, words: &str, about: &str) -> Button {
    let hidden = format!(
        "<span class=\"govuk-visually-hidden\"> {}</span>",
        Html::text(about)
    );
    Button::new(text.t(words).then(Html::trusted(hidden)))
}

/// The ways on from every page of the visit.
fn ways(own: &Own, holder: &Holder, but: &str) -> Html {
    let text = own.text();
    let ways = [
        ("agreed", "mine-to-agreed"),
        ("looks", "mine-to-looks"),
        ("leave", "mine-to-leave"),
    ];
    ways.into_iter()
        .filter(|(go, _)| *go != but)
        .map(|(go, words)| {
            let button = Button::new(text.t(words)).secondary();
            Html::from(own.form(holder, go, None).body(button))
        })
        .fold(Html::default(), Html::then)
}

async fn agreed_page(own: &Own, holder: &Holder, said: Option<Flash>) -> Outcome {
    let text = own.text();
    let agreed = own::agreed(own.visit.app(), holder).await?;
    let mut body = Html::heading(1, Size::L, text.t("mine-agreed-heading"))
        .then(Html::paragraph(text.t("mine-agreed-what")));
    if agreed.is_empty() {
        body.push(InsetText::new(text.t("mine-agreed-none")));
    }
    for one in &agreed {
        let name = called(text, one);
        let reference = Some(one.record.reference);
        body.push(SummaryCard::new(Html::text(&name), facts(text, one)));
        if one.holds {
            let change = button(text, "mine-change", &name);
            body.push(own.form(holder, "one", reference).body(change));
        }
        if one.record.has_receipt {
            let receipt = button(text, "sharing-receipt", &name).secondary();
            body.push(own.form(holder, "receipt", reference).body(receipt));
        }
    }
    let mut page = own.page(body.then(ways(own, holder, "agreed")), &Form::empty());
    page.flash = said;
    Ok(own.answer(page, false))
}

/// One of what they agreed to that still holds.
async fn one_of(own: &Own, holder: &Holder, what: Ref) -> Result<Option<OwnAgreed>, Fault> {
    let agreed = own::agreed(own.visit.app(), holder).await?;
    let found = agreed.into_iter().find(|one| one.record.reference == what);
    let found = found.ok_or(Fault::NotFound)?;
    Ok(Some(found).filter(|one| one.holds))
}

async fn one_page(own: &Own, holder: &Holder, what: Ref, form: &Form) -> Outcome {
    let Some(one) = one_of(own, holder, what).await? else {
        return after(own, holder, Err(Error::Conflict), "").await;
    };
    Ok(own.answer(one_body(own, holder, &one, form), form.has_errors()))
}

fn one_body(own: &Own, holder: &Holder, one: &OwnAgreed, form: &Form) -> Page {
    let (text, now) = (own.text(), own.visit.now());
    let what = Some(one.record.reference);
    let known = &one.record.consent;
    let less = questions(text, known, &one.asked_for, now, (form, own_line))
        .then(Button::new(text.t("mine-less-go")));
    let body = Html::heading(1, Size::L, Html::text(called(text, one)))
        .then(Html::paragraph(text.t("mine-one-what")))
        .then(own.form(holder, "less", what).body(less))
        .then(Html::heading(2, Size::M, text.t("mine-back-heading")))
        .then(Html::paragraph(text.t("mine-back-what")))
        .then(
            own.form(holder, "back", what)
                .body(Button::new(text.t("mine-back-go")).warning()),
        )
        .then(ways(own, holder, ""));
    own.page(body, form)
}

async fn less(own: &Own, holder: &Holder, mut form: Form) -> Outcome {
    let what = what(&form)?;
    let Some(one) = one_of(own, holder, what).await? else {
        return after(own, holder, Err(Error::Conflict), "").await;
    };
    let known = &one.record.consent;
    if let Some(chosen) = read(&mut form, known, &one.asked_for, own.visit.now()) {
        let (app, actor) = (own.visit.app(), &holder.actor);
        match narrow(app, actor, holder.case, what, &chosen).await {
            Err(Error::Invalid { field, problem }) => form.wrong(field, problem),
            done => return after(own, holder, done.map(drop), "mine-less-said").await,
        }
    }
    Ok(own.answer(one_body(own, holder, &one, &form), true))
}

fn receipt_page(own: &Own, holder: &Holder, signed: &Signed) -> Page {
    let (text, receipt) = (own.text(), &signed.receipt);
    let bullets = |lines: &std::collections::BTreeSet<PacketLine>| {
        Html::bullets(lines.iter().map(|line| own_line(text, *line)))
    };
    let mut facts = SummaryList::new().fact(
        text.t("sharing-withdrawn"),
        Html::text(moment(text, receipt.taken_back_at)),
    );
    if !receipt.lines.is_empty() {
        facts = facts.fact(text.t("receipt-lines"), bullets(&receipt.lines));
    }
    if let Some(until) = receipt.kept_until {
        facts = facts
            .fact(text.t("receipt-kept"), bullets(&receipt.kept))
            .fact(text.t("sharing-until"), Html::text(moment(text, until)));
    }
    let seen = if receipt.had_been_seen() {
        "receipt-seen"
    } else {
        "receipt-unseen"
    };
    let body = Html::heading(1, Size::L, text.t("receipt-heading"))
        .then(facts)
        .then(Html::paragraph(text.t(seen)))
        .then(Html::paragraph(text.t("mine-receipt-signed")))
        .then(ways(own, holder, ""));
    own.page(body, &Form::empty())
}

fn looks_page(own: &Own, holder: &Holder, found: &OwnLooks) -> Page {
    let text = own.text();
    let mut list = SummaryList::new();
    for day in found.chunk_by(|(a, _), (b, _)| a == b) {
        let Some((date, _)) = day.first() else {
            continue;
        };
        let who = day.iter().map(|(_, who)| looker(text, who));
        list = list.fact(Html::text(text.date(*date)), Html::bullets(who));
    }
    let body = Html::heading(1, Size::L, text.t("mine-looks-heading"))
        .then(Html::paragraph(text.t("mine-looks-what")))
        .then(list)
        .then(ways(own, holder, "looks"));
    own.page(body, &Form::empty())
}

fn looker(text: Text, who: &OwnLooker) -> String {
    match who {
        OwnLooker::You => text.plain("mine-look-you"),
        OwnLooker::Colleague(name) => name.clone(),
        OwnLooker::Service(Some(name)) => {
            text.plain_with("mine-look-service", &[("name", name.clone().into())])
        }
        OwnLooker::Service(None) => text.plain("mine-look-a-service"),
        OwnLooker::Program => text.plain("mine-look-program"),
    }
}
