//! The only way out. Whatever is to reach the person, a partner or a colleague is released here, by the gate in `core`, at the
//! moment it goes: mail, what a worker says, posts or types, a sheet of paper, and a number shown to a service. Nobody else asks
//! the gate, so nobody can ask it with other facts (a test over the sources says so).

use throughline_core::artefact::{Artefact, Lang, Slots, Text};
use throughline_core::gate::{
    Alternative, Confirmed, Content, Denied, DenyReason, Release, Sender, gate, gate_to_worker,
};
use throughline_core::id::Ref;
use throughline_core::scan::Protected;
use throughline_core::time::At;
use throughline_store::contact::Contact;

use crate::Settings;

/// Asks whether a text may go to the person by a way that is known of them, now. A way that was ended is never, whatever was
/// said of it when it was in use.
pub(crate) fn to_person(
    contact: &Contact,
    changed_at: Option<At>,
    now: At,
    text: &Text,
    protected: &Protected,
) -> Result<Release, Denied> {
    let point = match contact.ended_at {
        Some(_) => contact.point.clone().retired(),
        None => contact.point.clone(),
    };
    let content = Content {
        text,
        protected,
        our_address: "",
    };
    gate(
        Some(&point),
        &contact.value,
        changed_at,
        now,
        content,
        Sender::Organisation,
    )
}

/// Asks the same about an artefact before anything is to go: whether this way is open for it now. What fills its slots does not
/// matter to the question; the real text is made, and looked at, when it goes.
pub(crate) fn would_reach(
    contact: &Contact,
    changed_at: Option<At>,
    now: At,
    artefact: Artefact,
) -> Result<Release, Denied> {
    let slots = Slots {
        when: Some(now),
        call: Some("0"),
        entry: Some((Ref::from_bytes([0; 16]), now)),
        ..Slots::default()
    };
    let text = artefact.text(Lang::English, slots).map_err(|_| Denied {
        reason: DenyReason::NotNeutral,
        alternative: Alternative::UseNeutralWording,
        found: None,
    })?;
    to_person(contact, changed_at, now, &text, &Protected::default())
}

/// Asks whether a text may go to somebody at an organisation. No name of an organisation or a site may be in it.
pub(crate) fn to_worker(
    settings: &Settings,
    to: &Confirmed,
    text: &Text,
    names: &[String],
) -> Result<Release, Denied> {
    let protected = Protected::new(names.iter().map(String::as_str));
    let content = Content {
        text,
        protected: &protected,
        our_address: &settings.base_url,
    };
    gate_to_worker(to, content)
}
