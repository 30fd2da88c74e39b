//! Whether a service has room, said by its own people in two presses: whoever looks for help sees it at once on this node and within
//! seconds on every other.

use throughline_core::directory::Room;
use throughline_core::id::Ref;
use throughline_policy::action::ServiceEdit;
use throughline_policy::{Actor, Denied, Purpose, Reason};
use throughline_store::directory::Service;

use crate::{App, Error, Result};

const PURPOSE: Purpose = Purpose::RunTheDirectory;
/// The most services of one organisation that a page shows.
const SERVICES: u64 = 100;

/// The services that the actor's organisation answers for, with what was last said of their room.
pub async fn services(app: &App, actor: &Actor) -> Result<Vec<Service>> {
    let organisation = actor.organisation().ok_or(Error::Denied(Denied {
        action: throughline_policy::ActionKind::ServiceEdit,
        reason: Reason::NotForThisRole,
        closed: None,
    }))?;
    app.store
        .work(actor, PURPOSE, |w| {
            Box::pin(async move {
                let found = w.services_answered_by(organisation, SERVICES).await?;
                for service in &found {
                    let facts = w.service_facts(service.reference).await?;
                    w.permit_found::<ServiceEdit>(facts)?;
                }
                Ok(found)
            })
        })
        .await
}

/// Records whether there is room now. `wait_days` is how long somebody may wait at most, where there is a waiting list.
pub async fn say(
    app: &App,
    actor: &Actor,
    service: Ref,
    room: Room,
    wait_days: Option<u16>,
) -> Result<()> {
    app.store
        .work(actor, PURPOSE, |w| {
            Box::pin(async move {
                let facts = w.service_facts(service).await?;
                let permit = w.permit_found::<ServiceEdit>(facts)?;
                let wait_days = wait_days.filter(|_| room == Room::Waiting);
                w.service_room_say(&permit, room, wait_days).await
            })
        })
        .await?;
    app.directory.refresh(&app.store).await.map(|_| ())
}
