// What must hold of every reading, whatever the bytes.

use throughline_exchange::inbound::{Input, Limits, Options, Outcome, read};

pub fn check(input: Input<'_>) {
    let mut options = Options::new("fuzz");
    options.limits = Limits { row_bytes: 1 << 16, page_bytes: 1 << 18, total_bytes: 1 << 20, ..Limits::default() };
    let mut rows = 0;
    let result = read(input, &options, &mut |row| {
        rows += 1;
        if let Outcome::Entry(entry) = &row.outcome {
            assert!(!entry.name.is_empty());
            let kinds_are_safe = entry.is_confidential() || !entry.types().iter().any(|kind| kind.is_confidential());
            assert!(kinds_are_safe);
            assert!(!entry.is_confidential() || (entry.locations().is_empty() && entry.schedules().is_empty()));
        }
        Ok(())
    });
    if let Ok(summary) = result {
        assert_eq!(summary.read, rows);
        assert_eq!(summary.read, summary.entries + summary.quarantined);
    }
}
