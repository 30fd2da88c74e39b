//! Every test of this crate against its public face, in one program: one link, one file on the disk.

#![cfg(test)]

mod access;
mod amend;
mod answering;
mod apart;
mod apart_after;
mod calm;
mod capacity;
mod case;
mod clock;
mod closed;
mod closing;
mod consent;
mod conversation_end;
mod directory;
mod directory_again;
mod directory_apart;
mod feed;
mod front_line;
mod front_site;
mod interest;
mod jobs;
mod kept;
mod line;
mod link;
mod liveness;
mod looks;
mod mail;
mod message;
mod message_lost;
mod partner_join;
mod place;
mod posts;
mod reach;
mod referral;
mod referral_hold;
mod referral_next;
mod schedules;
mod sealed;
mod sharing;
mod told;
mod town;
mod two;
mod unmet;
mod urgent;
