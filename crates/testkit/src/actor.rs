//! Who asks.

use throughline_core::time::At;
use throughline_policy::Actor;

/// The same actor, having just proved who they are once more; whoever is neither staff nor the holder of a link stays as they are.
pub fn proved(mut actor: Actor, at: At) -> Actor {
    match &mut actor {
        Actor::Staff { stepped_up_at, .. } => *stepped_up_at = Some(at),
        Actor::LinkHolder { code_given_at, .. } => *code_given_at = at,
        Actor::PersonHolder { .. }
        | Actor::Client { .. }
        | Actor::System { .. }
        | Actor::Public => {}
    }
    actor
}
