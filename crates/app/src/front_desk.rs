//! The front desk: one neutral request, and who is told (SPEC 3.4, NE-21). Nothing here can say why a room was asked for.

use throughline_core::clock::{ClockId, Urgency};
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::room::{RoomMove, RoomState};
use throughline_core::task::Owner;
use throughline_core::time::At;
use throughline_policy::action::{RoomAnswer, RoomRequest};
use throughline_policy::{Action as _, Actor, Purpose};
use throughline_store::outbox::OutboxKind;
pub use throughline_store::post::NOBODY_TO_TELL;
use throughline_store::post::SitePost;
use throughline_store::room::{Room, RoomAlert};
use throughline_store::{Result, Work};

use crate::App;
use crate::site::{own_site, pack_at};

/// A request on the neutral list.
#[derive(Debug, Clone)]
pub struct DeskRoom {
    /// Reference.
    pub reference: Ref,
    /// Where it stands.
    pub state: RoomState,
    /// When it was asked for.
    pub asked_at: At,
    /// Who has been told and is awaited; `None` once someone came.
    pub awaited: Option<Owner>,
    /// When the next one is told, if nobody comes.
    pub due_at: Option<At>,
}

/// Who holds a post at a site today.
#[derive(Debug, Clone)]
pub struct OnDuty {
    /// Their name.
    pub name: String,
    /// Whether they are the first to be told.
    pub first: bool,
    /// Whether they hold no post there, and only stand in because nobody does.
    pub stands_in: bool,
}

/// The front desk's one screen.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The name of the site.
    pub site: String,
    /// Requests that are not closed, oldest first.
    pub rooms: Vec<DeskRoom>,
    /// Who is told, in this order: the holders of the posts, or whoever stands in.
    pub on_duty: Vec<OnDuty>,
}

/// The neutral view of a request.
pub(crate) fn desk_room(room: &Room) -> DeskRoom {
    let awaited = match room.state {
        RoomState::Answered | RoomState::Closed => None,
        _ => room.state.duty().map(|duty| duty.owner),
    };
    DeskRoom {
        reference: room.reference,
        state: room.state,
        asked_at: room.asked_at,
        awaited,
        due_at: room.due_at,
    }
}

/// Asks for a private room at the actor's site. The lead is told at once: on their Today, and by a neutral notice; where nobody
/// holds a post there, whoever stands in.
///
/// Errors with [`throughline_store::Error::Illegal`] when nobody at all could be told; then no request was made.
pub async fn room_request(app: &App, actor: &Actor) -> Result<DeskRoom> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = own_site(actor, RoomRequest::KIND)?;
                let permit = w.permit::<RoomRequest>(&facts)?;
                let pack = pack_at(app, w, Some(permit.on()), permit.organisation()).await?;
                let due_at = pack.due(ClockId::RoomAnswer, Urgency::Immediate, w.now());
                let alert = w.room_request(&permit, due_at).await?;
                tell(w, &alert).await?;
                Ok(DeskRoom {
                    reference: alert.reference,
                    state: alert.state,
                    asked_at: w.now(),
                    awaited: alert.state.duty().map(|duty| duty.owner),
                    due_at: Some(due_at),
                })
            })
        })
        .await
}

/// Puts the neutral notice to whoever is to be told into the outbox, once for each alert.
pub(crate) async fn tell(w: &mut Work<'_>, alert: &RoomAlert) -> Result<()> {
    let Some(account) = alert.told else {
        return Ok(());
    };
    let once = format!("room:{}:{}", alert.id.uuid(), alert.version);
    w.tell(OutboxKind::StaffTask, account.uuid(), Some(&once))
        .await
}

/// The front desk's screen.
pub async fn desk(app: &App, actor: &Actor) -> Result<Desk> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = own_site(actor, RoomRequest::KIND)?;
                w.permit::<RoomRequest>(&facts)?;
                let rooms = w.rooms(&w.scope(), 100).await?;
                let site = w.site(facts.subject).await?;
                Ok(Desk {
                    site: site.map(|site| site.name).unwrap_or_default(),
                    rooms: rooms.iter().map(desk_room).collect(),
                    on_duty: on_duty(w, actor).await?,
                })
            })
        })
        .await
}

/// Who is told at the actor's site, in this order.
pub(crate) async fn on_duty(w: &mut Work<'_>, actor: &Actor) -> Result<Vec<OnDuty>> {
    let Some(site) = actor.site() else {
        return Ok(Vec::new());
    };
    let Some(site) = w.site(site).await? else {
        return Ok(Vec::new());
    };
    let on_call = w.site_on_call(&site).await?;
    Ok(on_call
        .into_iter()
        // A room climbs no further than there are posts, whoever else could stand in.
        .take(SitePost::ALL.len())
        .enumerate()
        .map(|(at, who)| OnDuty {
            name: who.account.name,
            first: at == 0,
            stands_in: who.stands_in,
        })
        .collect())
}

/// Says that the actor comes ([`RoomMove::Answer`]) or that it is over ([`RoomMove::Close`]).
pub async fn room_answer(
    app: &App,
    actor: &Actor,
    reference: Ref,
    made: RoomMove,
) -> Result<RoomState> {
    let (reference, made) = (&reference, &made);
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.room_facts(*reference).await?;
                let permit = w.permit_found::<RoomAnswer>(facts)?;
                let site = facts.and_then(|facts| facts.ties.site);
                let pack = pack_at(app, w, site, permit.organisation()).await?;
                // When the talk must be over, so that a forgotten request does not stand for ever.
                let due_at = pack.due(ClockId::ConversationResume, Urgency::Immediate, w.now());
                w.room_answer(&permit, *made, due_at).await
            })
        })
        .await
}
