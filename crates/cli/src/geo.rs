//! `geo import`: a newer open table of postcodes, kept beside the data and used from the next start.
//!
//! What must never happen here: a table that is not open data, or one that is taken over half read.

use std::fs::{self, File};
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;

use serde_json::json;
use throughline_find::geo::{ATTRIBUTION, Gazetteer};
use throughline_find::postcode_table::PostcodeTable;

use crate::command::Place;
use crate::config::Config;
use crate::report::{Failure, Outcome, Report};

/// A table with fewer sectors than this is a mistake: Great Britain has some eleven thousand, a county some hundred.
const LEAST_SECTORS: usize = 50;
/// No packed table is larger: the built-in one has under a megabyte.
const MOST_BYTES: u64 = 32 << 20;

/// The gazetteer of an installation: the one in the program, with the imported table of postcodes over it.
pub fn gazetteer(config: &Config) -> Result<Gazetteer, Failure> {
    let built_in = Gazetteer::built_in().map_err(|error| Failure::failed(error.to_string()))?;
    let Some(path) = config.geo.postcodes.as_deref().filter(|path| path.exists()) else {
        return Ok(built_in);
    };
    let table = unpack(path).map_err(|problem| {
        Failure::failed(format!(
            "the imported postcodes {}: {problem}. Nothing was changed. Import them again, or remove the file to use the ones in the program.",
            path.display()
        ))
    })?;
    Ok(built_in.with_overlay(table))
}

fn unpack(path: &Path) -> Result<PostcodeTable, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("they cannot be read ({error})"))?;
    file.take(MOST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("they cannot be read ({error})"))?;
    PostcodeTable::unpack(&bytes).map_err(|error| error.to_string())
}

/// `throughline geo import`.
pub fn import(place: &Place, from: &Path, edition: &str) -> Outcome {
    let config = Config::of(place)?;
    let to = config.geo.postcodes.clone().ok_or_else(|| {
        Failure::input("[geo] postcodes names no file to keep them in. Nothing was changed.")
    })?;
    let bad = |problem: String| {
        Failure::input(format!(
            "{}: {problem}. Nothing was changed.",
            from.display()
        ))
    };
    let mut start = [0_u8; 4];
    let file = File::open(from).map_err(|error| bad(format!("it cannot be read ({error})")))?;
    let packed = (&file).read_exact(&mut start).is_ok() && &start == b"TLPC";
    let (table, report) = if packed {
        (unpack(from).map_err(bad)?, None)
    } else {
        let file = File::open(from).map_err(|error| bad(format!("it cannot be read ({error})")))?;
        let councils = Gazetteer::without_postcodes().map_err(|error| bad(error.to_string()))?;
        let (table, report) = councils
            .from_csv(BufReader::new(file), edition)
            .map_err(|error| bad(error.to_string()))?;
        (table, Some(report))
    };
    if table.len() < LEAST_SECTORS {
        return Err(bad(format!(
            "only {} postcode sectors could be read from it, which is not a table of postcodes",
            table.len()
        )));
    }
    if let Some(report) = report.filter(|report| report.left_out > report.used) {
        return Err(bad(format!(
            "{} of its {} rows have no postcode, place or council that is known",
            report.left_out, report.rows
        )));
    }
    write(&to, &table.pack()).map_err(|error| {
        Failure::failed(format!(
            "{} cannot be written ({error}). Nothing was changed.",
            to.display()
        ))
    })?;
    let rows = report.map(
        |report| json!({ "read": report.rows, "used": report.used, "left_out": report.left_out }),
    );
    Ok(Report::new(
        format!(
            "{} postcode sectors ({}) are in {}. Restart the service to use them.\n{ATTRIBUTION}",
            table.len(),
            table.edition(),
            to.display()
        ),
        json!({ "sectors": table.len(), "edition": table.edition(), "file": to, "rows": rows, "attribution": ATTRIBUTION }),
    ))
}

/// Writes a file whole or not at all.
fn write(to: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut half = to.to_owned();
    half.as_mut_os_string().push(".new");
    let mut file = File::create(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&half, to)
}
