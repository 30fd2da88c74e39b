//! What goes beside a request: what was told when its service was found, so that it is not told twice; who may be asked after it; and
//! a request made ready from one that came to nothing.

use throughline_app::referral;
use throughline_app::referral_agree::IN_LINE;
use throughline_app::referral_next;
use throughline_app::referral_send::{Ask, Prepared};
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::consent::PacketItem;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_ui::html::Html;
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::find_shown::where_key;
use crate::refer::{agree_page, chosen, lines_page, prepared};
use crate::visit::Visit;

/// The field that carries what was told from the finder to the request. It is in the body of a post and nowhere else.
pub(crate) const TOLD: &str = "told";
/// The field that names the request that came to nothing.
pub(crate) const LIKE: &str = "like";

/// What was told, as it stands in a form; what may not be kept with a request is left out of it already.
pub(crate) fn told_value(told: &Circumstances) -> String {
    serde_json::to_string(&told.clone().to_keep()).unwrap_or_default()
}

/// What was told when the service was found; `None` where it was found in another way. Errors when it is not what a page of ours wrote.
pub(crate) fn told(form: &Form) -> Result<Option<Circumstances>, Fault> {
    match form.value(TOLD) {
        "" => Ok(None),
        words => serde_json::from_str(words)
            .map(Some)
            .map_err(|_| Fault::BadRequest),
    }
}

/// The first page of a request, with what the finder was told; or, made from a request that came to nothing, the page on which what
/// they would see is looked at and agreed.
pub(crate) async fn ready(visit: Visit) -> Outcome {
    let form = visit.form()?;
    told(&form)?;
    let known = prepared(&visit, None).await?;
    let like = form.value(LIKE);
    if like.is_empty() || known.before.as_ref().is_some_and(|it| it.came.is_open()) {
        return Ok(visit.show(lines_page(&visit, &known, &form)));
    }
    let like: Ref = like.parse().map_err(|_| Fault::BadRequest)?;
    let before = referral::view(visit.app(), visit.actor(), like).await?;
    if Some(before.case.to_string().as_str()) != visit.param("case") {
        return Err(Fault::BadRequest);
    }
    let need = before.referral.need;
    let known = prepared(&visit, Some(need)).await?;
    let mut form = as_before(&known, &before.packet, need, form.value(TOLD));
    let chosen = chosen(&mut form);
    if form.has_errors() {
        return Ok(visit.show(lines_page(&visit, &known, &form)));
    }
    let page = agree_page(&visit, &known, &chosen, need, &form).await?;
    Ok(visit.show(page))
}

/// The lines that the service before was shown, chosen again. A line of their own words is kept where it says the same; one that was
/// written since is not.
pub(crate) fn as_before(
    known: &Prepared,
    packet: &throughline_app::packet::Packet,
    need: NeedType,
    told: &str,
) -> Form {
    let mut pairs = vec![
        ("need", need.code().to_owned()),
        (TOLD, told.to_owned()),
        (
            "statement",
            known.statement.map_or_else(String::new, |n| n.to_string()),
        ),
    ];
    for line in &packet.lines {
        pairs.push(("item", line.id().to_string()));
        if line.item != PacketItem::Statement {
            continue;
        }
        let now = known.lines.iter().find(|now| now.item == line.item);
        for (at, words) in now.into_iter().flat_map(|now| now.words.iter().enumerate()) {
            if line.words.contains(words) {
                pairs.push(("line", (at + 1).to_string()));
            }
        }
    }
    Form::from_pairs(pairs)
}

/// Who may be asked next without asking the person again. Nothing is ticked: each is agreed to.
pub(crate) async fn next_question(
    visit: &Visit,
    known: &Prepared,
    need: NeedType,
    form: &Form,
) -> Result<Html, Fault> {
    if need.leaves_only_by_itself() {
        return Ok(Html::default());
    }
    let text = visit.text();
    let ask = Ask {
        case: visit.reference("case")?,
        service: visit.reference("service")?,
        need,
    };
    let told = told(form)?;
    let found =
        referral_next::could_be_next(visit.app(), visit.actor(), &ask, told.as_ref()).await?;
    if found.is_empty() {
        return Ok(Html::default());
    }
    let ticked = form.values("next");
    let items = found.iter().map(|one| {
        let code = one.service.to_string();
        let run_by = one.organisation.iter().filter(|body| **body != one.name);
        let place = text.plain(&where_key(one));
        let hint: Vec<&str> = run_by.map(String::as_str).chain([place.as_str()]).collect();
        let ticked = ticked.contains(&code.as_str());
        Choice::new(code, &one.name)
            .hint(format!("{}.", hint.join(". ")))
            .checked(ticked)
    });
    let service = [("service", known.service.clone().into())];
    Ok(
        Checkboxes::new("next", Legend::new(text.t_with("refer-next", &service)))
            .hint(text.t("refer-next-hint"))
            .items(items)
            .error(form.error(text, "next"))
            .into(),
    )
}

/// Who was ticked, in the order in which they were named.
pub(crate) fn read_next(form: &Form) -> Result<Vec<Ref>, Fault> {
    let next: Result<Vec<Ref>, _> = form.values("next").iter().map(|it| it.parse()).collect();
    let next = next.map_err(|_| Fault::BadRequest)?;
    if next.len() > IN_LINE {
        return Err(Fault::BadRequest);
    }
    Ok(next)
}
