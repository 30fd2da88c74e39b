//! What a command says at its end: words or one JSON object, and the exit code.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

/// What went well.
#[derive(Debug)]
pub struct Report {
    text: String,
    json: Value,
    good: bool,
}

impl Report {
    /// Words, and the same as a JSON object.
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        Self {
            text: text.into(),
            json,
            good: true,
        }
    }

    /// Words only.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let json = json!({ "text": text });
        Self::new(text, json)
    }

    /// The same report, but the exit code says that something is wrong.
    #[must_use]
    pub const fn but_wrong(mut self, wrong: bool) -> Self {
        self.good = !wrong;
        self
    }
}

/// Why a command did not do what was asked: what happened, that nothing was lost, what to do.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// What was asked makes no sense: exit code 2.
    pub fn input(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
        }
    }

    /// What happened, in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// It could not be done: exit code 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            code: 1,
            message: message.into(),
        }
    }
}

impl From<throughline_store::Error> for Failure {
    fn from(error: throughline_store::Error) -> Self {
        Self::failed(format!("{error}. Nothing was changed."))
    }
}

impl From<throughline_identity::Error> for Failure {
    fn from(error: throughline_identity::Error) -> Self {
        Self::failed(format!("{error}. Nothing was changed."))
    }
}

/// What a command gives.
pub type Outcome = Result<Report, Failure>;

/// Prints it and gives the exit code.
pub fn finish(outcome: Outcome, json: bool) -> ExitCode {
    match outcome {
        Ok(report) => {
            say(&if json {
                report.json.to_string()
            } else {
                report.text
            });
            if report.good {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(1)
            }
        }
        Err(failure) => {
            if json {
                say(&json!({ "error": failure.message, "code": failure.code }).to_string());
            } else {
                complain(&format!("throughline: {}", failure.message));
            }
            ExitCode::from(failure.code)
        }
    }
}

/// A line for the person at the prompt, on standard output. A closed pipe is nobody's mistake.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = if text.ends_with('\n') {
        write!(out, "{text}")
    } else {
        writeln!(out, "{text}")
    };
    let _ = out.flush();
}

/// A line on standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says what was wrong with the words of a command, as one object where they asked for that; or shows the help that was asked for.
pub fn misunderstood(asked: &clap::Error) -> ExitCode {
    let as_json = std::env::args_os().any(|word| word == "--json");
    if !asked.use_stderr() || !as_json {
        asked.exit();
    }
    let message = asked.to_string();
    let message = message.lines().next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    finish(Err(Failure::input(message)), true)
}
