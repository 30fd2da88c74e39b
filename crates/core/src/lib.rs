//! Words and rules, and nothing else.
//!
//! What lives here: typed ids, time, code lists, people, needs, consent, referral, risk, safe contact,
//! directory entries, places and policy packs. State machines are total functions
//! `State::apply(Move) -> Result<State, IllegalMove>`.
//!
//! To add a thing: one module per idea; a code list is one [`code_list!`]; a number or date that law or
//! local practice sets goes in a policy pack (`packs/`), never in code.
//!
//! What must never happen here: input or output, a clock, randomness, async, SQL, HTML.

pub mod answer;
pub mod apart;
pub mod appointment;
pub mod artefact;
pub mod calendar;
pub mod child;
pub mod circumstances;
pub mod clock;
pub mod closing;
pub mod code;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod directory;
pub mod disclosure;
pub mod duty_to_refer;
pub mod easement;
pub mod env;
pub mod erasure;
pub mod funnel;
pub mod gate;
pub mod geo;
pub mod id;
pub mod immediate;
pub mod line;
pub mod listing;
pub mod machine;
pub mod message;
pub mod narrow;
pub mod nation;
pub mod need;
pub mod notice;
pub mod pack;
pub mod packet_line;
pub mod payment;
pub mod people;
pub mod place;
pub mod published;
pub mod ratchet;
pub mod reason;
pub mod receipt;
pub mod referral;
pub mod reveal;
pub mod risk;
pub mod role;
pub mod room;
pub mod scan;
pub mod second_person;
pub mod task;
pub mod time;
pub mod two_homes;
pub mod unmet;
pub mod urgent;
