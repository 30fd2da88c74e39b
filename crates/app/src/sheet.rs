//! A sheet of paper that the person takes with them: the services that they chose, as anybody may read of them, under a heading that
//! says nothing. It is handed over in the room, so the gate asks whether the person said that this is safe.

use std::fmt::Write as _;

use throughline_core::artefact::Text;
use throughline_core::contact::Channel;
use throughline_core::gate::{Alternative, Denied, DenyReason, Release};
use throughline_core::id::Ref;
use throughline_core::scan::Protected;
use throughline_policy::Actor;
use throughline_policy::action::{CaseRead, MessageSend};
use throughline_store::directory::Service;
use throughline_store::{Error, Result};

use crate::App;
use crate::case::{HELP, permit};
use crate::message::language;
use crate::release::to_person;

/// Makes a sheet of the services that these referrals of the case went to, if the person may take one with them now.
///
/// Errors with [`Error::Invalid`] when none is chosen, and with [`Error::NotFound`] for a referral of another case.
pub async fn sheet(
    app: &App,
    actor: &Actor,
    case: Ref,
    chosen: &[Ref],
) -> Result<std::result::Result<Release, Denied>> {
    if chosen.is_empty() {
        return Err(Error::Invalid {
            field: "referral",
            problem: "sheet-choose",
        });
    }
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may_read = permit::<CaseRead>(w, case).await?;
                let permit = permit::<MessageSend>(w, case).await?;
                let read = w.case_read(&may_read).await?;
                let asked = w.case_referrals(&may_read).await?;
                let mut body = String::new();
                for one in chosen {
                    let referral = asked.iter().find(|it| it.reference == *one);
                    let referral = referral
                        .ok_or(Error::NotFound(throughline_policy::ActionKind::CaseRead))?;
                    if let Some(service) = w.service_by_id(referral.service).await? {
                        entry(&mut body, &service);
                    }
                }
                let ways = w.message_ways(&permit).await?;
                // Where they live and how they are reached is nobody's who finds the sheet.
                let protected = Protected::new(ways.iter().map(|way| way.contact.value.as_str()));
                let text = Text::sheet(language(read.sheet.language.as_deref()), body);
                let in_person = |way: &&throughline_store::message::MessageWay| {
                    way.contact.ended_at.is_none()
                        && way.contact.point.channel == Channel::InPersonSite
                };
                let released = match ways.iter().find(in_person) {
                    Some(way) => {
                        to_person(&way.contact, way.changed_at, w.now(), &text, &protected)
                    }
                    None => Err(Denied {
                        reason: DenyReason::NothingKnown,
                        alternative: Alternative::AgreeASafeWay,
                        found: None,
                    }),
                };
                if released.is_ok() {
                    w.sheet_given(&permit, chosen.len()).await?;
                }
                Ok(released)
            })
        })
        .await
}

/// A service in lines: its name, the numbers and the page that it publishes.
fn entry(body: &mut String, service: &Service) {
    let mut line = |text: &str| {
        // Writing to a `String` cannot fail.
        let _ = writeln!(body, "{text}");
    };
    line(&service.entry.name);
    for phone in &service.entry.phones {
        line(&phone.number);
    }
    if let Some(url) = &service.entry.url {
        line(url);
    }
    line("");
}
