//! `migrate`, `config check`, `pages`.

use serde_json::{Value, json};
use throughline_core::code::Code as _;
use throughline_core::pack::PackWarning;
use throughline_policy::Standing;
use throughline_ui::layout::Paper;
use throughline_ui::text::{Lang, Text};
use throughline_web::route::{Access, Kind, Method1};

use crate::command::{CheckArgs, MigrateArgs, Place};
use crate::config::Config;
use crate::report::{Failure, Outcome, Report};
use crate::{envs, key_file, open};

/// `throughline migrate`.
pub async fn migrate(place: &Place, args: &MigrateArgs) -> Outcome {
    let config = Config::of(place)?;
    if let Some(folder) = config
        .database
        .sqlite
        .as_deref()
        .and_then(std::path::Path::parent)
    {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::failed(format!(
                "the folder {} cannot be made ({error})",
                folder.display()
            ))
        })?;
    }
    if args.new_key {
        key_file::write(
            &config.keys.file,
            &key_file::text(&throughline_seal::RootKey::generate(&envs::system())),
        )?;
    }
    let store = open::store(&config).await?;
    let ran = store.migrate().await?;
    let text = if ran.is_empty() {
        "The database was at this version already.".to_owned()
    } else {
        format!(
            "The database is at this version now. Done: {}.",
            ran.join(", ")
        )
    };
    Ok(Report::new(
        text,
        json!({ "migrations": ran, "new_key": args.new_key }),
    ))
}

/// One thing that `config check` found.
struct Finding {
    wrong: bool,
    text: String,
}

/// The fewest letters of the word of the figures: 128 bits in hexadecimal.
const LEAST_WORD: usize = 32;

/// `throughline config check`.
pub fn config_check(place: &Place, args: &CheckArgs) -> Outcome {
    let now = envs::instant(args.now.as_deref())?;
    let config = Config::of(place)?;
    let mut found = Vec::new();
    let mut wrong = |text: String| found.push(Finding { wrong: true, text });
    let key = &config.keys.file;
    if let Err(error) = std::fs::metadata(key) {
        wrong(format!(
            "the root key file {} cannot be read ({error})",
            key.display()
        ));
    } else if key_file::open_to_all(key) {
        wrong(format!(
            "everybody on this machine may read the root key file {}: chmod 0400",
            key.display()
        ));
    } else if key_file::read(key).is_err() {
        wrong(format!(
            "{} is not a key file that this program wrote",
            key.display()
        ));
    }
    let loopback = config.server.bind.ip().is_loopback();
    let at_home = loopback && config.server.base_url.starts_with("http://127.0.0.1");
    if !at_home && !config.server.base_url.starts_with("https://") {
        wrong(format!(
            "base_url {} is not https: what people type could be read on the way",
            config.server.base_url
        ));
    }
    let word = config.figures_word().unwrap_or_else(|problem| {
        wrong(problem.message().to_owned());
        None
    });
    let (bad, to_see) = crate::provider::findings(&config);
    bad.into_iter().for_each(&mut wrong);
    let mut look = |text: String| found.push(Finding { wrong: false, text });
    to_see.into_iter().for_each(&mut look);
    if key_file::open_to_group(key) {
        look(format!(
            "a group may read the root key file {}",
            key.display()
        ));
    }
    if config.server.behind_proxy && !loopback {
        look("behind_proxy is on but the address is not of this machine: anyone who reaches it could pretend to be the proxy".to_owned());
    }
    if config.server.figures_file.is_none() && !loopback {
        look(
            "[server] names no figures_file: /metrics answers programs on this very machine only"
                .to_owned(),
        );
    }
    if word.is_some_and(|word| word.len() < LEAST_WORD) {
        look(format!(
            "the word in figures_file has fewer than {LEAST_WORD} letters: it could be guessed"
        ));
    }
    if config.mail.smtp.is_none() && !config.mail.folder {
        look("[mail] names no relay: messages will wait".to_owned());
    }
    if config.jobs.checkpoints.is_none() {
        look(
            "[jobs] names no folder for checkpoints: an old copy put back would not be noticed"
                .to_owned(),
        );
    }
    let today = now.london_date();
    found.extend(
        open::packs(&config)?
            .warnings(today)
            .into_iter()
            .map(|warning| Finding {
                wrong: matches!(warning, PackWarning::NoneInForce(_)),
                text: pack_words(&warning),
            }),
    );
    let is_wrong = found.iter().any(|finding| finding.wrong);
    let mut text = String::new();
    for finding in &found {
        text.push_str(if finding.wrong { "WRONG  " } else { "look   " });
        text.push_str(&finding.text);
        text.push('\n');
    }
    text.push_str(if is_wrong {
        "The service would not be safe like this."
    } else {
        "The configuration can be used."
    });
    let list: Vec<Value> = found
        .iter()
        .map(|finding| json!({ "wrong": finding.wrong, "text": finding.text }))
        .collect();
    Ok(Report::new(text, json!({ "ok": !is_wrong, "findings": list })).but_wrong(is_wrong))
}

fn pack_words(warning: &PackWarning) -> String {
    match warning {
        PackWarning::NoneInForce(nation) => {
            format!("no policy pack for {} is in force today", nation.name())
        }
        PackWarning::EndsSoon { pack, on } => {
            format!("policy pack {pack} ends on {on} and no other follows")
        }
        PackWarning::BankHolidaysEndSoon { pack, on } => {
            format!("policy pack {pack} knows bank holidays only up to {on}")
        }
        PackWarning::HelplinesNotVerified { pack, count } => format!(
            "policy pack {pack}: {count} helplines were never verified; call them, then set last_verified"
        ),
    }
}

/// What of a page may be printed, in a word.
const fn prints(paper: Paper) -> &'static str {
    match paper {
        Paper::Nothing => "nothing",
        Paper::Marked => "marked",
        Paper::Whole => "whole",
    }
}

/// `throughline pages`: each page once, as the first role that may reach it.
pub fn pages() -> Report {
    let words = Text::new(Lang::En);
    let rows: Vec<Value> = throughline_web::routes::all()
        .iter()
        .filter(|route| route.kind == Kind::Page && route.method == Method1::Get)
        .flat_map(|route| {
            roles(route.access).into_iter().map(move |role| {
                json!({
                    "path": route.path,
                    "role": role,
                    "title": words.plain(route.title),
                    "prints": prints(route.paper),
                })
            })
        })
        .collect();
    let text = rows
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    Report::new(text, json!({ "pages": rows }))
}

/// Every role that may reach a page; `public` alone for what anyone may.
fn roles(access: Access) -> Vec<&'static str> {
    match access {
        Access::Public => vec!["public"],
        Access::Locked | Access::Client(_) | Access::Monitor => Vec::new(),
        Access::SignedIn => vec![role(Standing::WorkCoach)],
        Access::Staff(_) => Standing::ALL
            .iter()
            .filter(|standing| access.admits(**standing))
            .map(|standing| role(*standing))
            .collect(),
    }
}

/// A role as the demo's sign-in page names it.
fn role(standing: Standing) -> &'static str {
    match standing {
        Standing::DaLead => "safety_lead",
        other => other.code(),
    }
}
