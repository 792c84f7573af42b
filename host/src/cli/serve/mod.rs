//! `swaparoo serve`.

pub(super) mod error;
mod frame;
mod proxy_listener;
mod reload;
pub(super) mod secrets;
mod signals;
mod token_authority;
mod upkeep;
mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use swaparoo::audit::AuditSchedule;
use swaparoo::describe::count;
use swaparoo::http::api::{self, Readiness, Service, TaskReadLimit};
use swaparoo::http::config::{JournalAt, PlacementAt};
use swaparoo::http::{Config, Listeners, Metrics, Telemetry, descriptors, notify};
use swaparoo::journal::{Journal, Retention};
use swaparoo::registry::{PolicyRegistry, Traps, Trust};
use swaparoo::runner::{Dependencies, Runner};
use tokio::runtime::{Builder, Runtime};

use super::stdout::say;
use super::task::loader;
use super::{Exit, complain, doctor, log};
use error::StartError;
use reload::Reload;
use secrets::Secrets;
use signals::{stopped, survive_file_size_limit};

/// Serve tasks over HTTP, with a journal and with policies that can be replaced at run time
#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration file (TOML); default: every key has its default value
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Try the configuration, its files and the services that it names, as `swaparoo doctor` does, and exit
    #[arg(long)]
    check_config: bool,
    /// Listen on this Unix socket (listen.socket)
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
    /// Listen on this TCP address (listen.tcp)
    #[arg(long, value_name = "ADDR:PORT")]
    tcp: Option<SocketAddr>,
    /// Keep the journal in this file (journal.file)
    #[arg(long, value_name = "FILE", conflicts_with = "no_journal")]
    journal: Option<PathBuf>,
    /// Keep no journal: open tasks are lost when the service ends (journal.off)
    #[arg(long)]
    no_journal: bool,
    /// A cloud of clouds.yaml (placement.cloud)
    #[arg(long, value_name = "NAME", conflicts_with = "embedded")]
    cloud: Option<String>,
    /// A simulated Placement in this file (placement.embedded)
    #[arg(long, value_name = "FILE.json")]
    embedded: Option<PathBuf>,
}

impl Serve {
    /// Whether there is no configuration file.
    pub fn names_no_file(&self) -> bool {
        self.config.is_none()
    }

    /// Whether the options do not say where the journal is.
    pub fn names_no_journal(&self) -> bool {
        self.journal.is_none() && !self.no_journal
    }

    /// The socket, if the options name it.
    pub fn socket(&self) -> Option<PathBuf> {
        self.socket.clone()
    }
}

/// Runs the service on its own threads; `also` changes the configuration further.
pub fn run(options: &Serve, log: &log::Options, also: &impl Fn(&mut Config)) -> anyhow::Result<Exit> {
    let read = || read(options, log, also);
    let config = read()?;
    if options.check_config {
        let runtime = Builder::new_current_thread().enable_all().build().context("cannot start a thread")?;
        return Ok(runtime.block_on(doctor::examine(options.config.as_deref(), &config)));
    }
    Ok(on_threads(config, read).unwrap_or_else(|StartError { error, exit }| {
        complain(&error);
        exit
    }))
}

/// The configuration with the options of the command line.
fn read(options: &Serve, log: &log::Options, also: &impl Fn(&mut Config)) -> anyhow::Result<Config> {
    let mut config = Config::load(options.config.as_deref(), |config| {
        over(options, config);
        also(config);
    })?;
    config.log.filter = log.over(&config.log.filter);
    Ok(config)
}

fn on_threads(config: Config, read: impl Fn() -> anyhow::Result<Config>) -> Result<Exit, StartError> {
    let serving = threads("swaparoo-http", 2)?;
    let working = threads("swaparoo-tasks", config.tasks.workers.get())?;
    let exit = serving.block_on(serve(config, read, &working));
    // Tasks may still wait for the answer to a write; the next start finds out whether the write arrived.
    working.shutdown_background();
    serving.shutdown_background();
    exit
}

fn threads(name: &str, count: usize) -> Result<Runtime, StartError> {
    let runtime = Builder::new_multi_thread().worker_threads(count).thread_name(name).enable_all().build();
    runtime.context("cannot start threads").map_err(StartError::passing)
}

fn over(options: &Serve, config: &mut Config) {
    if let Some(socket) = &options.socket {
        config.listen.socket = Some(socket.clone());
    }
    if let Some(tcp) = options.tcp {
        config.listen.tcp = Some(tcp);
    }
    if let Some(file) = &options.journal {
        config.journal.at = JournalAt::File(file.clone());
    }
    if options.no_journal {
        config.journal.at = JournalAt::Off;
    }
    if let Some(cloud) = &options.cloud {
        config.placement.at = PlacementAt::Cloud(Some(cloud.clone()));
    }
    if let Some(file) = &options.embedded {
        config.placement.at = PlacementAt::Embedded(file.clone());
    }
}

async fn serve(
    mut config: Config,
    read: impl Fn() -> anyhow::Result<Config>,
    working: &Runtime,
) -> Result<Exit, StartError> {
    let as_read = config.clone();
    let hangup = reload::hangup().context("cannot handle SIGHUP").map_err(StartError::passing)?;
    survive_file_size_limit().context("cannot handle SIGXFSZ").map_err(StartError::passing)?;
    let telemetry = Telemetry::start(&config.log, &config.traces).map_err(StartError::lasting)?;
    descriptors::fit(&mut config).map_err(StartError::lasting)?;
    let metrics = Metrics::install().map_err(StartError::lasting)?;
    let Secrets { tokens, trust } = Secrets::read(&config).map_err(StartError::lasting)?;
    let listeners = Listeners::bind(&config.listen).await?;
    let proxy_listener = proxy_listener::ProxyListener::bind(&config).await?;
    let starting = tokio::spawn(notify::starting());
    let journal = journal(&config, &listeners).await?;
    let others = secrets::other_runners(&config).map_err(StartError::lasting)?;
    let runner = runner(&config, journal.clone(), trust, working).await?;
    let retention = Retention::of(&journal, config.journal.keep_for, config.journal.keep).await?;
    let audits = config.audit.schedule().map(AuditSchedule::new);
    let service = Service {
        runner: runner.clone(),
        replay: config.policies.replay,
        search_faults: config.policies.search_faults,
        task_reads: TaskReadLimit::default(),
        audits: audits.clone(),
        others,
        readiness: Arc::new(Readiness::default()),
    };
    let proxy = proxy_listener.proxy(&config, &runner)?;
    let reload = Reload { read, config: as_read, tokens: tokens.clone(), runner: runner.clone(), proxy: proxy.clone() };
    let frame = frame::frame(&config, tokens, runner.clone(), metrics.clone());
    let routes = frame.around(api::routes(service));
    tokio::spawn(metrics.upkeep());
    tokio::spawn(notify::watchdog());
    tokio::spawn(upkeep::report_expiry(config.listen.tls_certificate.clone()));
    let forgetting = tokio::spawn(upkeep::forget(journal.clone(), retention));
    if let Some(audits) = audits {
        tokio::spawn(audits.run(runner.clone()));
    }
    let stopped = stopped();
    proxy_listener.announce(&config);
    for address in listeners.addresses() {
        tracing::info!("listening on {address}");
        say!("listening on {address}");
    }
    starting.abort();
    notify::ready();
    let patience = config.tasks.stop_patience;
    let stopping = async {
        stopped.await;
        runner.stop(patience).await
    };
    let serving = async {
        tokio::join!(
            listeners.serve(routes, runner.stopping(), patience),
            proxy_listener.serve(proxy, &runner, patience),
            stopping
        )
    };
    let ((), (), left) = tokio::select! {
        ended = serving => ended,
        () = reload.at_each(hangup) => std::future::pending().await,
        // At once: the other runner finds out what this one has sent.
        () = journal.lost() => return Ok(Exit::StartAgain),
    };
    if left > 0 {
        let tasks = count(left, "task");
        tracing::warn!("stopped with {tasks} in mid-write; the next start finds out whether the writes arrived");
    }
    // It may be in a transaction, which would meet a closed journal.
    forgetting.abort();
    let _ = forgetting.await;
    journal.close().await;
    telemetry.flush().await;
    Ok(Exit::Finished)
}

async fn journal(config: &Config, listeners: &Listeners) -> Result<Journal, StartError> {
    match &config.journal.at {
        JournalAt::File(file) => Ok(Journal::open(file).await?),
        JournalAt::Off => Ok(Journal::off()),
        JournalAt::Database(at) => {
            let options = secrets::database(at).map_err(StartError::lasting)?;
            let url = config.runners.url.as_ref().map(ToString::to_string).or_else(|| listeners.url());
            if url.is_none() {
                tracing::warn!("other runners cannot pass requests on to this one: set runners.url");
            }
            Ok(Journal::connect(&options, &url.unwrap_or_default()).await?)
        }
    }
}

async fn runner(config: &Config, journal: Journal, trust: Trust, working: &Runtime) -> Result<Runner, StartError> {
    let loader = loader(config.policies.limits, config.policies.worker()).map_err(StartError::passing)?;
    let traps = Traps(config.policies.traps.get());
    let registry = PolicyRegistry::open(loader, journal.clone(), &config.policies.default, trust, traps).await?;
    let dependencies = Dependencies {
        journal,
        registry: Arc::new(registry),
        upstream: upstream::begin(&config.placement).await?,
        threads: working.handle().clone(),
        open: config.tasks.open.get(),
        open_bytes: config.tasks.open_bytes as u64,
        journal_bytes: config.journal.max_size as u64,
        caller_patience: config.tasks.caller_patience,
    };
    Ok(Runner::start(dependencies).await?)
}
