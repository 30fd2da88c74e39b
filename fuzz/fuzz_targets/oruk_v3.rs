#![no_main]
//! Open Referral UK 3: pages and details. The bytes are cut at zero bytes: pages and details in turn.

mod check;

use std::collections::VecDeque;

use libfuzzer_sys::fuzz_target;
use throughline_exchange::inbound::{Input, Pages, Paging};

struct Memory<'a>(VecDeque<&'a [u8]>);

impl Pages for Memory<'_> {
    fn next(&mut self, _known: Paging) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.pop_front().map(<[u8]>::to_vec))
    }

    fn detail(&mut self, _id: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.pop_front().map(<[u8]>::to_vec))
    }
}

fuzz_target!(|data: &[u8]| {
    let mut pages = Memory(data.split(|byte| *byte == 0).collect());
    check::check(Input::Pages(&mut pages));
});
