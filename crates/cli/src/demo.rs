//! `throughline demo`: an invented world in a folder, served on this machine. One press signs in as anyone in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use throughline_core::env::Env;
use throughline_seal::RootKey;
use throughline_store::{Durability, Store};
use throughline_testkit::world::{self, SIGN_INS, Size};

use crate::command::{DemoArgs, Place};
use crate::config::Config;
use crate::report::{Failure, Outcome, Report, say};
use crate::serve::{self, Running};
use crate::{envs, key_file, open};

/// Where the demo is when nobody says.
const FOLDER: &str = "throughline-demo";

/// Runs it.
pub async fn run(place: &Place, args: &DemoArgs, as_json: bool) -> Outcome {
    if place.config.is_some() {
        return Err(Failure::input(
            "the demo takes a folder (--data DIR), not a configuration: it must never meet a real installation",
        ));
    }
    let folder = place.data.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    let mut config = Config::folder(&folder);
    config.server.bind.set_port(args.port);
    config.server.base_url = format!("http://127.0.0.1:{}", args.port);
    // A number that Ofcom keeps for drama: it rings nowhere.
    config.service.call = Some("01632 960123".to_owned());
    "warn".clone_into(&mut config.log.level);
    let made = !folder.join("throughline.db").exists();
    let filled = if made {
        Some(make(&folder, &config, args, as_json).await?)
    } else {
        None
    };
    // What two invented years would have said in a log is nobody's trouble.
    serve::log(&config);
    let store = open::store(&config).await?;
    store.migrate().await?;
    let installation = store.read(|r| Box::pin(r.installation())).await?;
    if !installation.is_some_and(|installation| installation.demo) {
        return Err(Failure::input(format!(
            "{} holds no demo. Nothing was changed. Choose another folder with --data.",
            folder.display()
        )));
    }
    if let Some(file) = &args.programs {
        programs(&store, file).await?;
    }
    if args.only_make {
        let filled = filled.unwrap_or_default();
        return Ok(Report::new(
            filled.words(),
            json!({ "made": made, "counts": filled }),
        ));
    }
    let app = open::app(&config, store).await?;
    let running = Running::begin(&config, app, true).await?;
    if !as_json {
        say(&welcome(&config.server.base_url, &folder));
    }
    if !args.no_browser {
        open_browser(&config.server.base_url);
    }
    running.until_told().await
}

/// Lets two programs in and writes their secrets down, for this machine's user alone.
async fn programs(store: &Store, file: &Path) -> Result<(), Failure> {
    let programs = world::programs(store).await?;
    let text = serde_json::to_string(&programs)
        .map_err(|error| Failure::failed(format!("the programs cannot be written ({error})")))?;
    key_file::write(file, &text)
}

/// Makes the world. The folder appears only when it is whole: a fill that was broken off leaves nothing that looks like one.
async fn make(
    folder: &Path,
    config: &Config,
    args: &DemoArgs,
    as_json: bool,
) -> Result<world::Counts, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::failed(format!(
            "the folder {} cannot be made ({error})",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let building = folder.join("building");
    if building.exists() {
        std::fs::remove_dir_all(&building).map_err(cannot)?;
    }
    std::fs::create_dir_all(&building).map_err(cannot)?;
    let end = envs::instant(args.now.as_deref())?;
    let (env, clock) = throughline_testkit::env::seeded(args.seed, end);
    // The key of a demo comes from its seed, so that the same seed makes the same world. It protects invented people only.
    let key = RootKey::generate(&env);
    let mut inside = Config::folder(&building);
    inside.policy = config.policy.clone();
    key_file::write(&inside.keys.file, &key_file::text(&key))?;
    let one = OneProcessor::stay();
    let store = open::store_with(&inside, Env::clone(&env), Durability::Throwaway).await?;
    store.migrate_to_fill().await?;
    let bar = if as_json {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(u64::from(args.people))
    };
    bar.set_style(
        ProgressStyle::with_template("{msg:30} {wide_bar} {pos}/{len} people")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message("Making an invented world");
    bar.enable_steady_tick(Duration::from_millis(200));
    let (packs, size) = (
        open::packs(config)?,
        Size {
            seed: args.seed,
            people: args.people,
            end,
        },
    );
    let progress = |people: u32| bar.set_position(u64::from(people));
    let filling = world::fill(&store, &clock, &packs, &size, &progress);
    let counts = tokio::select! {
        counts = filling => counts,
        never = awake() => match never {},
    }
    .map_err(|error| {
        Failure::failed(format!(
            "the demo world could not be made: {error}. Nothing was kept."
        ))
    })?;
    bar.finish_and_clear();
    store.clone().close().await?;
    store.disconnect().await;
    drop((store, one));
    // On the disk now: else the first page that is shown waits for all of it.
    let made = std::fs::File::open(building.join("throughline.db"));
    made.and_then(|file| file.sync_all()).map_err(cannot)?;
    for name in ["root.key", "throughline.db"] {
        std::fs::rename(building.join(name), folder.join(name)).map_err(cannot)?;
    }
    std::fs::remove_dir_all(&building).map_err(cannot)?;
    Ok(counts)
}

/// Keeps this thread, and those it starts, on one processor until it is dropped. Hundreds of thousands of small questions are
/// asked of the database's thread one after the other, never two at once: to wake it on another processor costs more than
/// its answer. Where the system cannot do this, it only takes longer.
struct OneProcessor {
    #[cfg(target_os = "linux")]
    before: Option<rustix::thread::CpuSet>,
}

impl OneProcessor {
    #[cfg(target_os = "linux")]
    fn stay() -> Self {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
        let before = sched_getaffinity(None).ok();
        let mut here = CpuSet::new();
        here.set(sched_getcpu());
        Self {
            before: before.filter(|_| sched_setaffinity(None, &here).is_ok()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn stay() -> Self {
        Self {}
    }
}

impl Drop for OneProcessor {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(before) = &self.before {
            // On one processor it would still be right.
            let _ = rustix::thread::sched_setaffinity(None, before);
        }
    }
}

/// Asks again and again instead of sleeping until the database's thread has answered; in between, that thread has the
/// processor. To be put to sleep and woken for each answer costs more than the answer.
async fn awake() -> std::convert::Infallible {
    loop {
        std::thread::yield_now();
        tokio::task::yield_now().await;
    }
}

fn welcome(url: &str, folder: &Path) -> String {
    use std::fmt::Write as _;
    let mut out = format!(
        "\nThroughline demo. Every person, place to stay and telephone number in it is invented.\n\n  {url}\n\nOne press on {url}/sign-in signs you in as:\n"
    );
    for sign_in in SIGN_INS {
        let _ = writeln!(
            out,
            "  {:<22} {:<26} {}",
            sign_in.label, sign_in.name, sign_in.email
        );
    }
    let _ = writeln!(
        out,
        "\nIt lives in {}. Ctrl+C stops it; the same command starts it again.",
        folder.display()
    );
    out
}

/// Asks the desktop to show the page. When there is no desktop, the address is on the screen.
fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let _ = std::process::Command::new(program)
        .arg(url)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
}
