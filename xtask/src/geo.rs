//! Builds the table of postcodes that `throughline-find` carries, from a CSV file of the ONS Postcode Directory
//! (Open Government Licence v3.0). `xtask/scripts/onspd_from_wheel.py` makes such a file from a Python package.

use std::io::BufReader;

use throughline_find::geo::Gazetteer;

/// Reads the CSV file and writes `crates/find/data/postcodes.bin`.
pub fn run(args: &[String]) -> Result<(), String> {
    let [input, edition] = args else {
        return Err(
            "usage: cargo run --release -p xtask -- geo ONSPD.csv \"edition in words\"".to_owned(),
        );
    };
    let file =
        std::fs::File::open(input).map_err(|e| format!("{input} could not be opened: {e}"))?;
    let areas = Gazetteer::without_postcodes().map_err(|e| e.to_string())?;
    let (table, report) = areas
        .from_csv(BufReader::new(file), edition)
        .map_err(|e| e.to_string())?;
    let bytes = table.pack();
    let output = crate::root().join("crates/find/data/postcodes.bin");
    std::fs::write(&output, &bytes)
        .map_err(|e| format!("{} could not be written: {e}", output.display()))?;
    crate::say(&format!(
        "{} rows read, {} used, {} left out; {} sectors in {} bytes",
        report.rows,
        report.used,
        report.left_out,
        table.len(),
        bytes.len()
    ))
}
