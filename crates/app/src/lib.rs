//! Use cases: what the system does, one file per area, each inside one unit of work.
//!
//! A use case is a struct that implements `throughline_store::UseCase`, or a function over [`App`] that opens one
//! `store.work(..)`. It reads facts, asks policy for a permit, lets `core` say what happens, and stores it with its audit
//! entry and its outbox rows. Pages and the API call the same ones.
//!
//! To add one: a function in the file of its area, its test on both databases beside it.
//! What must never happen here: HTTP, HTML, SQL, waiting inside a unit of work, a message that does not go through the outbox.

pub mod access;
pub mod access_request;
pub mod address;
pub mod apart;
pub mod appointment;
pub mod capacity;
pub mod case;
pub mod case_lead;
pub mod case_now;
pub mod case_parts;
pub mod case_view;
pub mod closed;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod conversation_end;
pub mod directory;
pub mod directory_aside;
pub mod directory_import;
pub mod directory_node;
pub mod directory_source;
pub mod drafts;
pub mod duty_to_refer;
pub mod erasure;
pub mod find;
pub mod front_desk;
pub mod intake;
pub mod interest;
pub mod jobs;
pub mod lists;
pub mod mail;
pub mod message;
pub mod narrow;
pub mod outbox;
pub mod own;
pub mod packet;
pub mod partner;
pub mod partner_join;
pub mod place;
pub mod post;
pub mod promises;
pub mod reach;
pub mod receipt;
pub mod referral;
pub mod referral_agree;
pub mod referral_amend;
pub mod referral_answer;
pub mod referral_clock;
pub mod referral_hold;
pub mod referral_line;
mod referral_link;
pub mod referral_next;
pub mod referral_recipient;
pub mod referral_send;
mod release;
pub mod second_person;
pub mod security;
pub mod set_up;
pub mod sheet;
mod site;
pub mod today;
pub mod unmet;
pub mod urgent;

use throughline_core::env::Env;
use throughline_core::nation::Nation;
use throughline_core::pack::{Pack, Packs};
use throughline_core::time::At;
use throughline_find::geo::Gazetteer;
pub use throughline_store::{self as records, Error, Result, Store};

use crate::directory_node::DirectoryNode;

/// Everything a use case needs. One per process.
#[derive(Debug)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The policy packs.
    pub packs: Packs,
    /// The directory of services as this node holds it.
    pub directory: DirectoryNode,
    /// How this installation is set up.
    pub settings: Settings,
}

/// How an installation is set up, as far as use cases care.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach it, without a slash at the end: links in mail begin with it.
    pub base_url: String,
    /// The neutral address that mail comes from.
    pub mail_from: String,
    /// The neutral number that a person is asked to call. `None`: nobody is asked to call.
    pub call: Option<String>,
    /// The name of this node: who holds a lease on a job.
    pub node: String,
    /// Whether this is a demo with invented people only.
    pub demo: bool,
}

impl App {
    /// An application over a store. Its directory is empty until [`DirectoryNode::refresh`] has read it.
    ///
    /// # Errors
    /// Only if the built-in places or words were damaged, which a test excludes.
    pub fn new(store: Store, packs: Packs, settings: Settings) -> Result<Self> {
        Ok(Self {
            store,
            packs,
            directory: DirectoryNode::new()?,
            settings,
        })
    }

    /// Places and postcodes.
    pub fn gazetteer(&self) -> &Gazetteer {
        self.directory.gazetteer()
    }

    /// The surroundings.
    pub fn env(&self) -> &Env {
        self.store.env()
    }

    /// Tells the clock what has been: the latest instant of the record. Once, where a node starts: a clock that was set back while
    /// nothing ran opens nothing again (ASSURANCE, O3). The years of a demo are invented and may end at any instant that somebody
    /// asked for: there the clock is told nothing.
    pub async fn tell_time(&self) -> Result<()> {
        if !self.settings.demo
            && let Some(at) = self.store.latest_recorded().await?
        {
            self.env().clock.has_been(at);
        }
        Ok(())
    }

    /// The policy pack in force for a nation now. Errors when there is none: then nothing that needs a clock may start.
    pub fn pack(&self, nation: Nation, now: At) -> Result<&Pack> {
        self.packs
            .in_force(nation, now.london_date())
            .map_err(|none| Error::Setup(none.to_string()))
    }
}
