#![no_main]
//! Open Referral UK 1 and Outpost: one file.

mod check;

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use throughline_exchange::inbound::Input;

fuzz_target!(|data: &[u8]| check::check(Input::File(Box::new(Cursor::new(data)))));
