//! `serve` and `work`: sockets, jobs, signals, logs, figures.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use throughline_app::App;
use throughline_app::mail::{AnyMailer, FolderMailer, SmtpMailer};
use throughline_core::ratchet::BEHIND_SECONDS;
use throughline_web::figures::Figures;
use throughline_web::server::Limits;
use throughline_web::{Settings, Web};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::command::{Place, ServeArgs};
use crate::config::{Config, LogFormat, secret_text};
use crate::open;
use crate::report::{Failure, Outcome, Report};

/// `throughline serve`.
pub async fn serve(place: &Place, args: &ServeArgs) -> Outcome {
    let mut config = Config::of(place)?;
    if let Some(bind) = args.bind {
        config.server.bind = bind;
    }
    log(&config);
    let store = open::store(&config).await?;
    open::keep_room(&config, &store);
    let app = open::app(&config, store).await?;
    if !args.clock_is_right {
        app.tell_time().await?;
    }
    erase_again(&app).await?;
    let running = Running::begin(&config, app, !args.no_jobs && config.jobs.run).await?;
    running.until_told().await
}

/// Before anybody is answered or written to: whoever was erased, and came back with a copy that was put in place, is erased again.
async fn erase_again(app: &App) -> Result<(), Failure> {
    if let Some(folder) = app.store.checkpoints() {
        let again = app.store.erasures_settle(folder).await?;
        if again > 0 {
            tracing::warn!(again, "people who had been erased were erased again");
        }
    }
    Ok(())
}

/// `throughline work`.
pub async fn work(place: &Place) -> Outcome {
    let config = Config::of(place)?;
    log(&config);
    let store = open::store(&config).await?;
    let app = open::app(&config, store).await?;
    app.tell_time().await?;
    erase_again(&app).await?;
    let (stop, stopped) = watch::channel(false);
    let jobs = jobs(&config, &app, stopped)?;
    told_to_stop().await;
    stop.send_replace(true);
    finish(jobs).await;
    Ok(Report::text("stopped; leases were given back"))
}

/// A server that runs.
pub struct Running {
    web: JoinHandle<std::io::Result<()>>,
    jobs: Option<JoinHandle<()>>,
    upkeep: JoinHandle<()>,
    stop: watch::Sender<bool>,
    app: Arc<App>,
}

impl Running {
    /// Listens, and begins to answer.
    pub async fn begin(config: &Config, app: Arc<App>, with_jobs: bool) -> Result<Self, Failure> {
        let listener = tokio::net::TcpListener::bind(config.server.bind).await.map_err(|error| {
            Failure::failed(format!("cannot listen on {} ({error}). Choose another address or stop what listens there.", config.server.bind))
        })?;
        let address = listener.local_addr().unwrap_or(config.server.bind);
        let figures = figures()?;
        let settings = Settings {
            service_name: config.service.name.clone(),
            secure: config.secure(),
            behind_proxy: config.server.behind_proxy,
        };
        let identity = crate::provider::identity(config, app.store.clone())?;
        let shown = Figures {
            counted: figures.clone(),
            word: config.figures_word()?,
        };
        let web = Web::new(Arc::clone(&app), identity, settings, Some(shown));
        let (stop, stopped) = watch::channel(false);
        let jobs = if with_jobs {
            Some(jobs(config, &app, stopped.clone())?)
        } else {
            None
        };
        let web = tokio::spawn(throughline_web::server::serve(
            listener,
            web,
            Limits::default(),
            until(stopped),
        ));
        let node = Arc::clone(&app);
        let upkeep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(5)).await;
                figures.run_upkeep();
                node.store.look_for_room();
                machine(&node);
                // A database that is away for a moment is asked again the next time.
                let _ = node.directory.refresh(&node.store).await;
                let _ = node.directory.write_searches(&node.store).await;
                let _ = throughline_app::jobs::figures(&node).await;
            }
        });
        tracing::info!(%address, "listening");
        Ok(Self {
            web,
            jobs,
            upkeep,
            stop,
            app,
        })
    }

    /// Answers until a signal says stop; then lets what is under way finish.
    pub async fn until_told(self) -> Outcome {
        told_to_stop().await;
        tracing::info!("stopping");
        self.stop.send_replace(true);
        let answered = self.web.await;
        if let Some(jobs) = self.jobs {
            finish(jobs).await;
        }
        self.upkeep.abort();
        let folded = self.app.store.clone().close().await;
        match answered {
            Ok(Ok(())) => {
                folded?;
                Ok(Report::text(
                    "stopped; every request under way was finished",
                ))
            }
            Ok(Err(error)) => Err(Failure::failed(format!("the server stopped: {error}"))),
            Err(_) => Err(Failure::failed(
                "the server stopped unexpectedly; the log says why",
            )),
        }
    }
}

/// Says how this node's disk and clock are.
fn machine(app: &App) {
    let short = app.store.is_short_of_room();
    metrics::gauge!("throughline_disk_reserve_spent").set(f64::from(u8::from(short)));
    let behind = app.env().clock.behind_seconds();
    // More than an hour or two is wrong by any measure: what does not fit is said as the most that does.
    metrics::gauge!("throughline_clock_behind_seconds")
        .set(f64::from(u32::try_from(behind).unwrap_or(u32::MAX)));
    if behind > BEHIND_SECONDS {
        tracing::error!(
            behind,
            "the machine's clock is behind what has been: not ready"
        );
    }
}

async fn finish(jobs: JoinHandle<()>) {
    // A job that does not end within its time is left to its lease.
    let _ = tokio::time::timeout(Duration::from_secs(15), jobs).await;
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // When the sender is gone there is nobody left to serve for.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Starts the job runner.
fn jobs(
    config: &Config,
    app: &Arc<App>,
    stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, Failure> {
    if let Some(folder) = &config.jobs.checkpoints {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::failed(format!(
                "the folder for checkpoints {} cannot be made ({error})",
                folder.display()
            ))
        })?;
    }
    let app = Arc::clone(app);
    let checkpoints = config.jobs.checkpoints.clone();
    let mailer = mailer(config)?;
    if mailer.is_none() {
        tracing::warn!("no mail relay is configured: messages wait");
    }
    Ok(tokio::spawn(async move {
        throughline_app::jobs::run(
            &app,
            mailer.as_ref(),
            checkpoints.as_deref(),
            until(stopped),
        )
        .await;
    }))
}

/// What sends the mail; none when nothing is configured.
fn mailer(config: &Config) -> Result<Option<AnyMailer>, Failure> {
    let Some(smtp) = &config.mail.smtp else {
        return Ok(config
            .mail
            .folder
            .then_some(AnyMailer::Folder(FolderMailer)));
    };
    let mut url = smtp.clone();
    if let (Some(user), Some(file)) = (&config.mail.user, &config.mail.password_file) {
        let password = secret_text(file, "the password of the mail relay")?;
        let (scheme, rest) = smtp.split_once("://").ok_or_else(|| {
            Failure::input("[mail] smtp must look like smtp://host:587?tls=required")
        })?;
        url = format!("{scheme}://{}:{}@{rest}", percent(user), percent(&password));
    }
    Ok(Some(AnyMailer::Smtp(Box::new(SmtpMailer::new(
        &url,
        &config.mail.from,
    )?))))
}

/// Percent-encodes everything but letters and digits, for the user part of a URL.
fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// Waits for SIGTERM or an interrupt from the keyboard.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        let kind = tokio::signal::unix::SignalKind::terminate();
        let Ok(mut terminate) = tokio::signal::unix::signal(kind) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}

/// The figures that Prometheus reads.
fn figures() -> Result<PrometheusHandle, Failure> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&[0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0])
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::failed(format!("the figures cannot be kept: {error}")))?;
    metrics::gauge!("throughline_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Starts the log, on standard error. Called once; a second call changes nothing.
pub fn log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // Whatever the level: what a library writes below a warning may hold what was sent.
    let own = filter_fn(|event| {
        event.target().starts_with("throughline") || *event.level() <= tracing::Level::WARN
    });
    let log = tracing_subscriber::registry().with(filter).with(own);
    let lines = fmt::layer().with_writer(std::io::stderr);
    // Only the first log of a process is kept.
    let _ = match config.log.format {
        LogFormat::Text => log.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => log.with(lines.json()).try_init(),
    };
}
