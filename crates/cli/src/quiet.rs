//! What this process leaves behind when it fails: where it failed, and nothing that it held (ASSURANCE G1).
//!
//! The words of a fault can repeat what was being worked on: a slice that ends within a letter quotes the text. And a dump of the
//! memory holds the keys and whatever was open.

use std::io::Write as _;
use std::panic::PanicHookInfo;

/// From here on a fault is told by its place in the code, and no memory of this process is written to a file.
pub fn keep() {
    std::panic::set_hook(Box::new(|fault| {
        let at = place(fault);
        let _ = writeln!(std::io::stderr().lock(), "a fault of the program at {at}");
        tracing::error!(at, "a fault of the program");
    }));
    no_dump();
}

/// File, line and column, never the words.
fn place(fault: &PanicHookInfo<'_>) -> String {
    fault
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string)
}

/// No dump of the memory, whatever the system is set to: neither a file nor a pipe to a program that collects them.
#[cfg(target_os = "linux")]
fn no_dump() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Where the system does not allow it, it is the system's to forbid: docs/OPERATIONS.md says how.
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
fn no_dump() {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn g1_a_fault_is_told_by_its_place_and_never_by_its_words() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let hook = Arc::clone(&told);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |fault| {
            let words = fault.payload().downcast_ref::<String>().cloned();
            hook.lock()
                .unwrap()
                .push((place(fault), words.unwrap_or_default()));
        }));
        // What a fault of ours would be: a text cut within a letter.
        let name = "Zoë Zqmark".to_owned();
        let end = name.len() - "ë Zqmark".len() + 1;
        let failed = std::panic::catch_unwind(|| name[..end].to_owned());
        std::panic::set_hook(before);
        assert!(failed.is_err());
        let told = told.lock().unwrap();
        let [(place, words)] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(place.contains("quiet.rs:"), "{place}");
        assert!(!place.contains("Zqmark"), "{place}");
        // Control: the words do repeat what was worked on.
        assert!(words.contains("Zqmark"), "{words}");
    }
}
