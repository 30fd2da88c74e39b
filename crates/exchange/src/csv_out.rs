//! Tables that are safe to open in a spreadsheet.
//!
//! A cell that a spreadsheet could take for a formula gets an apostrophe in front; characters that show nothing are taken away first, so
//! that they cannot hide one. Every cell is quoted.

use std::io::Write;

use csv::{QuoteStyle, WriterBuilder};

use crate::repair::text::is_hidden;

/// A cell as it is safe to write.
///
/// ```
/// use throughline_exchange::csv_out::safe_cell;
/// assert_eq!(safe_cell("=1+1"), "'=1+1");
/// assert_eq!(safe_cell("\u{200b}\t@SUM(A1)"), "'@SUM(A1)");
/// assert_eq!(safe_cell("Advice desk"), "Advice desk");
/// ```
pub fn safe_cell(cell: &str) -> String {
    let shown: String = cell
        .replace("\r\n", "\n")
        .chars()
        .map(|letter| {
            if letter == '\t' || letter == '\r' {
                ' '
            } else {
                letter
            }
        })
        .filter(|letter| *letter == '\n' || !is_hidden(*letter))
        .collect();
    let trimmed = shown.trim_start();
    if trimmed.starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{2212}', '|', '%',
    ]) {
        return format!("'{trimmed}");
    }
    shown
}

/// Writes a table: the headings, then each row.
///
/// # Errors
/// When the writer fails, or a row has not as many cells as there are headings.
pub fn write<'a>(
    out: &mut dyn Write,
    headings: &[&str],
    rows: impl IntoIterator<Item = &'a [String]>,
) -> Result<(), csv::Error> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .from_writer(out);
    writer.write_record(headings.iter().map(|cell| safe_cell(cell)))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| safe_cell(cell)))?;
    }
    writer.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_cell_begins_as_a_formula_whatever_is_in_it(text in "[\\s\u{200b}\u{feff}\\x00-\\x1f]{0,4}[=+@\\-]?\\PC{0,8}") {
            let safe = safe_cell(&text);
            let first = safe.trim_start().chars().next();
            prop_assert!(!first.is_some_and(|c| "=+-@\t\r".contains(c)), "{:?} -> {:?}", text, safe);
            prop_assert!(safe.chars().all(|c| c == '\n' || !is_hidden(c)));
        }

        #[test]
        fn what_is_written_reads_back_as_the_safe_cells(cells in prop::collection::vec("\\PC{0,12}", 2)) {
            let mut out = Vec::new();
            write(&mut out, &["a", "b"], [cells.as_slice()]).unwrap();
            let mut reader = csv::Reader::from_reader(out.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            let read: Vec<String> = record.iter().map(str::to_owned).collect();
            prop_assert_eq!(read, cells.iter().map(|c| safe_cell(c)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_row_of_the_wrong_length_is_refused() {
        let row = ["only one".to_owned()];
        assert!(write(&mut Vec::new(), &["a", "b"], [row.as_slice()]).is_err());
    }
}
