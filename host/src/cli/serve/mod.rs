//! `swaparoo serve`.

mod given;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use swaparoo::api::{self, Service};
use swaparoo::cloud::Cloud;
use swaparoo::journal::{Journal, Prune, now};
use swaparoo::library::{Library, Traps, Trust};
use swaparoo::placement::{Auth, Http, Placement};
use swaparoo::runner::{Ground, Runner};
use swaparoo::service::config::{JournalAt, PlacementAt};
use swaparoo::service::{Config, Frame, LargestBody, Listeners, Metrics, Telemetry, notify};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::out::say;
use super::task::loader;
use super::{Exit, log};
use given::Given;

/// What has ended and is too old is forgotten this often, or as often as something is to be kept no longer than that.
const PRUNING: Duration = Duration::from_secs(60);
const PRUNING_AT_MOST: Duration = Duration::from_secs(1);

/// Serve tasks over HTTP, journaled, with rules swapped while it runs
#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration (TOML); without, every key has its default
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the configuration and the files that it names, say what is wrong, and end
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
    /// Keep no journal: what is open when the service ends is forgotten (journal.off)
    #[arg(long)]
    no_journal: bool,
    /// A cloud of clouds.yaml (placement.cloud)
    #[arg(long, value_name = "NAME", conflicts_with = "embedded")]
    cloud: Option<String>,
    /// A model of Placement in this file (placement.embedded)
    #[arg(long, value_name = "FILE.json")]
    embedded: Option<PathBuf>,
}

/// Runs it, on threads of its own.
pub fn run(options: &Serve, log: &log::Options) -> anyhow::Result<Exit> {
    let mut config = Config::load(options.config.as_deref(), |config| over(options, config))?;
    config.log.filter = log.over(&config.log.filter);
    if options.check_config {
        let runtime = Builder::new_current_thread().enable_all().build().context("no thread to run on")?;
        runtime.block_on(given::check(&config))?;
        let named = options.config.as_deref().unwrap_or(Path::new("the default"));
        say!("{}: the configuration is right", named.display());
        return Ok(Exit::Finished);
    }
    let serving = threads("swaparoo-http", 2)?;
    let working = threads("swaparoo-tasks", config.tasks.workers.get())?;
    let exit = serving.block_on(serve(config, &working));
    // What is still in mid-write is found out about at the next start.
    working.shutdown_background();
    serving.shutdown_background();
    exit
}

fn threads(name: &str, count: usize) -> anyhow::Result<Runtime> {
    let runtime = Builder::new_multi_thread().worker_threads(count).thread_name(name).enable_all().build();
    runtime.context("no threads to run on")
}

fn over(options: &Serve, config: &mut Config) {
    if let Some(socket) = &options.socket {
        config.listen.socket = Some(socket.clone());
    }
    if let Some(tcp) = options.tcp {
        config.listen.tcp = Some(tcp);
    }
    if let Some(file) = &options.journal {
        config.journal.file = Some(file.clone());
    }
    if options.no_journal {
        config.journal.file = None;
    }
    if let Some(cloud) = &options.cloud {
        config.placement.at = PlacementAt::Cloud(Some(cloud.clone()));
    }
    if let Some(file) = &options.embedded {
        config.placement.at = PlacementAt::Embedded(file.clone());
    }
}

async fn serve(config: Config, working: &Runtime) -> anyhow::Result<Exit> {
    let telemetry = Telemetry::start(&config.log, &config.traces)?;
    let metrics = Metrics::install()?;
    let Given { tokens, trust } = Given::read(&config)?;
    let listeners = Listeners::bind(&config.listen).await?;
    let journal = match &config.journal.file {
        Some(file) => Journal::open(file).await?,
        None => Journal::off(),
    };
    let runner = runner(&config, journal.clone(), trust, working).await?;
    let service = Service { runner: runner.clone(), replay: config.policies.replay };
    let largest_body = LargestBody(config.listen.largest_body);
    let frame = Frame { tokens, metrics: metrics.clone(), largest_body, page: config.debugger.enabled };
    let routes = frame.around(api::routes(service));
    tokio::spawn(metrics.upkeep());
    tokio::spawn(notify::watchdog());
    tokio::spawn(forget(journal.clone(), config.journal.clone()));
    let stopped = stopped();
    for address in listeners.addresses() {
        tracing::info!("listening on {address}");
        say!("listening on {address}");
    }
    notify::ready();
    let patience = config.tasks.stop_patience;
    let stopping = async {
        stopped.await;
        runner.stop(patience).await
    };
    let ((), left) = tokio::join!(listeners.serve(routes, runner.stopping(), patience), stopping);
    if left > 0 {
        tracing::warn!("{left} tasks were in mid-write; what became of them is found out at the next start");
    }
    journal.close().await;
    telemetry.flush().await;
    Ok(Exit::Finished)
}

async fn runner(config: &Config, journal: Journal, trust: Trust, working: &Runtime) -> anyhow::Result<Runner> {
    let loader = loader(config.policies.worker())?;
    let traps = Traps(config.policies.traps.get());
    let library = Library::open(loader, journal.clone(), &config.policies.default, trust, traps).await?;
    let (placement, nova) = placement(&config.placement.at).await?;
    let placement = placement.batching(config.placement.batch);
    let (threads, open) = (working.handle().clone(), config.tasks.open.get());
    let caller_patience = config.tasks.caller_patience;
    Ok(Runner::start(Ground { journal, library: Arc::new(library), placement, nova, threads, open, caller_patience })
        .await?)
}

async fn placement(at: &PlacementAt) -> anyhow::Result<(Placement, Option<Arc<Cloud>>)> {
    Ok(match at {
        PlacementAt::Embedded(file) => (Placement::embedded(file)?, None),
        PlacementAt::Service { url, token_file } => {
            (Placement::Http(Http::new(url, Auth::Token(given::token(token_file)?))?), None)
        }
        PlacementAt::Cloud(name) => {
            let cloud = Arc::new(Cloud::connect(name.as_deref()).await?);
            (Placement::Http(Http::new(cloud.placement(), Auth::Cloud(cloud.clone()))?), Some(cloud))
        }
    })
}

/// What ends when somebody wants the service to end. From this call on a signal is no sudden death any more, whether or
/// not its end is waited for yet.
fn stopped() -> impl Future<Output = ()> {
    let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    let wanted = async |signal: io::Result<Signal>| match signal {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    async move {
        tokio::select! {
            () = wanted(terminate) => {}
            () = wanted(interrupt) => {}
        }
        notify::stopping();
        tracing::info!("stopping");
    }
}

/// Forgets what is to be forgotten, at once and from then on: the configuration may say less than it did before.
async fn forget(journal: Journal, keep: JournalAt) {
    let pause = keep.keep_for.clamp(PRUNING_AT_MOST, PRUNING);
    loop {
        let age = u64::try_from(keep.keep_for.as_millis()).unwrap_or(u64::MAX);
        let bounds = Prune { ended_before: now().saturating_sub(age), keep: keep.keep };
        match journal.prune(&bounds).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!("{forgotten} tasks that ended long ago are forgotten"),
            Err(error) => tracing::warn!("{error}"),
        }
        tokio::time::sleep(pause).await;
    }
}
