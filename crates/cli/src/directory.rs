//! `directory import`, `directory export`, `directory sync`, `find`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use throughline_app::directory_import::{
    Import, ImportError, Report as Imported, import, record_failure,
};
use throughline_app::directory_source::{Fetch, Fetched, FromPath, InFormat, Source};
use throughline_app::{App, directory_import, outbox};
use throughline_core::circumstances::{Circumstances, JSON_SCHEMA};
use throughline_core::code::Code as _;
use throughline_core::geo::Postcode;
use throughline_core::id::OrganisationId;
use throughline_core::need::NeedType;
use throughline_exchange::inbound::{Format, Limits, Options, ReadError};
use throughline_exchange::outbound::service_full;
use throughline_find::{Query, Snapshot};
use throughline_store::feed::is_address;

use crate::command::{ExportArgs, FeedFormat, FindArgs, ImportArgs, Place};
use crate::config::Config;
use crate::open;
use crate::report::{Failure, Outcome, Report};

/// The longest that one answer may take.
const ANSWER: Duration = Duration::from_mins(1);

/// Fetches one feed over HTTP, with a bound on every body, and on the time that each answer and all of them take.
struct Http {
    agent: ureq::Agent,
    limit: Duration,
    until: Instant,
}

impl Http {
    /// From now on, for so long.
    fn new(limit: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: ureq::Agent::new_with_config(config),
            limit,
            until: Instant::now() + limit,
        }
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Why an answer did not come: what is wrong with it, unless the time for the whole feed is over.
    fn why(&self, wrong: String) -> String {
        if self.left().is_zero() {
            let seconds = self.limit.as_secs();
            format!("it took longer than {seconds} s, the limit for one feed (feed_seconds)")
        } else {
            wrong
        }
    }
}

impl Fetch for Http {
    fn get(&self, url: &str, limit: u64) -> Result<Option<Vec<u8>>, String> {
        let left = self.left();
        if left.is_zero() {
            return Err(self.why(String::new()));
        }
        let mut answer = self
            .agent
            .get(url)
            .config()
            .timeout_global(Some(left.min(ANSWER)))
            .build()
            .call()
            .map_err(|error| self.why(format!("{url} cannot be reached ({error})")))?;
        match answer.status().as_u16() {
            404 | 501 => return Ok(None),
            200..=299 => {}
            status => return Err(format!("{url} answered {status}")),
        }
        let mut body = Vec::new();
        let read = answer
            .body_mut()
            .as_reader()
            .take(limit.saturating_add(1))
            .read_to_end(&mut body);
        read.map_err(|error| self.why(format!("{url} broke off ({error})")))?;
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > limit {
            return Err(format!("{url} is larger than {limit} bytes"));
        }
        Ok(Some(body))
    }
}

async fn app(place: &Place) -> Result<Arc<App>, Failure> {
    opened(&Config::of(place)?).await
}

async fn opened(config: &Config) -> Result<Arc<App>, Failure> {
    let store = open::store(config).await?;
    open::app(config, store).await
}

/// The longest that fetching one feed may take.
fn limit(config: &Config) -> Duration {
    Duration::from_secs(config.directory.feed_seconds.get().into())
}

/// `throughline directory import`.
pub async fn take_in(place: &Place, args: &ImportArgs) -> Outcome {
    let config = Config::of(place)?;
    let app = opened(&config).await?;
    let feed = args.feed.clone().unwrap_or_else(|| args.from.clone());
    let format = args.format.map(|format| match format {
        FeedFormat::OrukV1 => Format::OrukV1,
        FeedFormat::OrukV3 => Format::OrukV3,
        FeedFormat::Outpost => Format::Outpost,
        FeedFormat::Hsds => Format::HsdsTabular,
    });
    let (from, dry_run) = (args.from.as_str(), args.dry_run);
    if args.list_only {
        let (system, ours) = (outbox::system(&app).await?, operator(&app).await?);
        directory_import::forget_details(&app, &system, ours, &feed).await?;
    }
    let done = read_one(&app, limit(&config), &feed, from, format, dry_run).await?;
    Ok(Report::new(words(&done), json!(done)))
}

/// Where a feed was last read from, when that was somebody's upload: there is nothing to read again.
const UPLOAD: &str = "upload";

/// `throughline directory sync`: every feed is read again from its address, or from the file or folder it was last read from.
pub async fn sync(place: &Place) -> Outcome {
    let config = Config::of(place)?;
    let app = opened(&config).await?;
    let operator = operator(&app).await?;
    let feeds = app
        .store
        .read(|r| Box::pin(async move { r.feeds(operator).await }))
        .await?;
    let (mut text, mut rows, mut wrong) = (String::new(), Vec::new(), false);
    for feed in &feeds {
        let is_file = feed.location != UPLOAD && Path::new(&feed.location).exists();
        if !is_address(&feed.location) && !is_file {
            let _ = writeln!(
                text,
                "{}: passed over: it was last read from {}, which is not there to be read again.",
                feed.name, feed.location
            );
            rows.push(json!({ "feed": feed.name, "passed_over": feed.location }));
            continue;
        }
        let (name, from) = (feed.name.as_str(), feed.location.as_str());
        match read_one(&app, limit(&config), name, from, None, false).await {
            Ok(done) => {
                text.push_str(&words(&done));
                rows.push(json!(done));
            }
            Err(failure) => {
                wrong = true;
                let _ = writeln!(text, "{}: {}", feed.name, failure.message());
                rows.push(json!({ "feed": feed.name, "error": failure.message() }));
            }
        }
    }
    if rows.is_empty() {
        text.push_str("There is no feed to read.");
    }
    Ok(Report::new(text, json!({ "feeds": rows })).but_wrong(wrong))
}

async fn operator(app: &App) -> Result<OrganisationId, Failure> {
    outbox::system(app)
        .await?
        .organisation()
        .ok_or_else(|| Failure::failed("the installation has not been set up"))
}

/// Whether the services of a feed have had pages of their own.
async fn has_details(app: &App, operator: OrganisationId, feed: &str) -> Result<bool, Failure> {
    let feeds = app
        .store
        .read(|r| Box::pin(async move { r.feeds(operator).await }))
        .await?;
    Ok(feeds
        .iter()
        .any(|one| one.name == feed && one.details_at.is_some()))
}

async fn read_one(
    app: &App,
    limit: Duration,
    feed: &str,
    location: &str,
    format: Option<Format>,
    dry_run: bool,
) -> Result<Imported, Failure> {
    let actor = outbox::system(app).await?;
    let order = Import {
        organisation: operator(app).await?,
        feed,
        location,
        dry_run,
        limits: Limits::default(),
    };
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::failed(format!("a temporary folder cannot be made ({error})")))?;
    let source: Arc<dyn Source> = if is_address(location) {
        let (base, to) = (location.to_owned(), folder.path().to_owned());
        let mut options = Options::new(feed);
        options.has_details = has_details(app, order.organisation, feed).await?;
        let fetched = tokio::task::spawn_blocking(move || {
            Fetched::all(&base, &to, &Http::new(limit), &options, &|_| {})
        })
        .await;
        match fetched {
            Ok(Ok(fetched)) => Arc::new(fetched),
            Ok(Err(error)) => {
                if !dry_run {
                    record_failure(app, &actor, &order, &error.to_string()).await?;
                }
                return Err(unreadable(&error));
            }
            Err(_) => {
                return Err(Failure::failed(
                    "the feed could not be fetched. Nothing was changed.",
                ));
            }
        }
    } else {
        if !Path::new(location).exists() {
            return Err(Failure::input(format!(
                "there is no file or folder {location}. Nothing was changed."
            )));
        }
        Arc::new(FromPath(PathBuf::from(location)))
    };
    let source: Arc<dyn Source> = match format {
        Some(format) => Arc::new(InFormat { source, format }),
        None => source,
    };
    import(app, &actor, &order, &source, &|_| {})
        .await
        .map_err(|error| match error {
            ImportError::Unreadable(error) => unreadable(&error),
            ImportError::Store(error) => error.into(),
        })
}

/// What could not be read, and that nothing was changed, wherever it was read from.
fn unreadable(error: &ReadError) -> Failure {
    let sentence = error.to_string();
    let sentence = format!("{}. Nothing was changed.", sentence.trim_end_matches('.'));
    match error {
        // The network, the disk or the other end failed: that is nobody's input.
        ReadError::Page(_)
        | ReadError::MissingPages { .. }
        | ReadError::MissingRows { .. }
        | ReadError::NoRows { .. }
        | ReadError::Reading(_) => Failure::failed(sentence),
        _ => Failure::input(sentence),
    }
}

fn words(done: &Imported) -> String {
    format!(
        "{} ({}{}): {} rows read; {} added, {} changed, {} unchanged; {} repaired; {} set aside for the steward.\n",
        done.feed,
        done.format,
        if done.dry_run {
            ", dry run: nothing was stored"
        } else {
            ""
        },
        done.read,
        done.added,
        done.changed,
        done.unchanged,
        done.repaired,
        done.quarantined
    )
}

/// `throughline directory export`.
pub async fn give_out(place: &Place, args: &ExportArgs) -> Outcome {
    if args.format != "oruk-v3" {
        return Err(Failure::input(format!(
            "there is no format {}; there is oruk-v3",
            args.format
        )));
    }
    let app = app(place).await?;
    let published = app.directory.published();
    let services: Vec<_> = published
        .snapshot
        .all()
        .map(|listed| service_full(&published.outward(listed)))
        .collect();
    let count = services.len();
    let page = json!({ "total_items": count, "total_pages": 1, "page_number": 1, "size": count, "first_page": true, "last_page": true, "empty": count == 0, "contents": services });
    std::fs::write(&args.out, page.to_string()).map_err(|error| {
        Failure::failed(format!(
            "{} cannot be written ({error})",
            args.out.display()
        ))
    })?;
    Ok(Report::new(
        format!("{count} services were written to {}", args.out.display()),
        json!({ "services": count, "file": args.out }),
    ))
}

/// `throughline find`.
pub async fn find(place: &Place, args: &FindArgs) -> Outcome {
    if args.schema {
        let schema = serde_json::from_str(JSON_SCHEMA).unwrap_or_default();
        return Ok(Report::new(JSON_SCHEMA, schema));
    }
    let told = told(args)?;
    if told.needs.is_empty() && args.text.is_none() {
        return Err(Failure::input(format!(
            "say at least one --need: {}",
            NeedType::ALL
                .iter()
                .map(|need| need.code())
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    let app = app(place).await?;
    let query = Query {
        told,
        text: args.text.clone(),
        limit: args.limit,
        ..Query::default()
    };
    let snapshot: Arc<Snapshot> = app.directory.snapshot();
    let answer = throughline_find::find(&snapshot, &query, app.env().now());
    let mut text = format!(
        "{} of {} services may help.\n",
        answer.results.len(),
        answer.total
    );
    for found in &answer.results {
        let place = if found.confidential {
            "where it is stays with it".to_owned()
        } else {
            found.distance.map_or_else(
                || "place unknown: ask".to_owned(),
                |band| format!("{band:?}"),
            )
        };
        let _ = writeln!(text, "- {} ({place})", found.name);
    }
    if answer.last_resort {
        text.push_str("Nothing here surely meets the need: call a helpline.\n");
    }
    let json = serde_json::to_value(&answer)
        .map_err(|error| Failure::failed(format!("the answer cannot be written: {error}")))?;
    Ok(Report::new(text, json))
}

fn told(args: &FindArgs) -> Result<Circumstances, Failure> {
    let mut told: Circumstances = match &args.circumstances {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::input(format!("{} cannot be read ({error})", file.display()))
            })?;
            serde_json::from_str(&text).map_err(|error| {
                Failure::input(format!(
                    "{}: {error}; `throughline find --schema` says what may stand there",
                    file.display()
                ))
            })?
        }
        None => Circumstances::default(),
    };
    if let Some(near) = &args.near {
        told.postcode = Some(
            Postcode::parse(near)
                .map_err(|_| Failure::input(format!("{near} is not a postcode")))?,
        );
    }
    let mut needs: BTreeSet<NeedType> = told.needs.iter().copied().collect();
    for code in &args.need {
        needs.insert(NeedType::from_code(code).map_err(|_| {
            Failure::input(format!(
                "there is no need {code}; there are: {}",
                NeedType::ALL
                    .iter()
                    .map(|need| need.code())
                    .collect::<Vec<_>>()
                    .join(", ")
            ))
        })?);
    }
    told.needs = needs.into_iter().collect();
    Ok(told)
}
