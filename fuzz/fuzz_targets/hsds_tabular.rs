#![no_main]
//! HSDS tables: a zip, or a folder whose tables are the pieces between zero bytes.

mod check;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use throughline_exchange::inbound::Input;

const TABLES: [&str; 8] =
    ["services.csv", "organizations.csv", "services_at_location.csv", "locations.csv", "phones.csv", "regular_schedules.csv", "services_taxonomy.csv", "taxonomy.csv"];

fuzz_target!(|data: &[u8]| {
    if data.starts_with(b"PK") {
        return check::check(Input::File(Box::new(Cursor::new(data))));
    }
    let files: BTreeMap<String, Box<dyn Read>> = TABLES
        .iter()
        .zip(data.split(|byte| *byte == 0))
        .map(|(name, bytes)| ((*name).to_owned(), Box::new(Cursor::new(bytes)) as Box<dyn Read>))
        .collect();
    check::check(Input::Folder(files));
});
