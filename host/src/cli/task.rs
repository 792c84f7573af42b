//! `swaparoo move`, `replace` and `revert`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use swaparoo::audit::Facts;
use swaparoo::canonical::Canonical;
use swaparoo::contract::{MigrationTask, MoveTask, ReplaceTask, RevertTask, Task};
use swaparoo::drive::drive;
use swaparoo::engine::worker::{Isolation, Worker, WorkerLimits};
use swaparoo::engine::{Cache, Engine, Limits, Loader, Policy, check_name};
use swaparoo::executor::LiveExecutor;
use swaparoo::http::config::PolicyLimits;
use swaparoo::record::{self, End, NewRecordFile, PolicyName, Record};
use swaparoo::{check_task, describe};
use uuid::Uuid;

use super::connect::{Connect, ServerArg};
use super::migration_tasks::MigrationArgs;
use super::policy_limits::PolicyLimitsArgs;
use super::repair_service::{self, RepairService, is_cloud_in_environment};
use super::{Exit, complain, progress_line, render_run, render_task, stdout, task_report};

/// The policy of a task without an option for it.
pub const STANDARD: &str = "standard";

/// Move all allocations of one consumer to another
#[derive(Debug, Args)]
pub struct Move {
    /// The consumer that holds the allocations now
    #[arg(long, value_name = "UUID")]
    source: Canonical,
    /// The consumer that will hold them
    #[arg(long, value_name = "UUID")]
    target: Canonical,
    /// The target should not hold anything yet (start of a migration); without this flag it should exist already
    #[arg(long)]
    target_is_new: bool,
    /// Whether the target's server exists; default: nova is asked, if a cloud is given
    #[arg(long, value_enum, conflicts_with = "nova")]
    server: Option<ServerArg>,
    #[command(flatten)]
    common: Common,
}

/// Give a server's allocations to its migration record, at the start of a migration
#[derive(Debug, Args)]
pub struct Replace {
    /// The server
    #[arg(long, value_name = "UUID")]
    server_uuid: Canonical,
    /// Its migration record
    #[arg(long, value_name = "UUID")]
    migration_uuid: Canonical,
    /// The compute node that the server is on; default: nova is asked, if a cloud is given
    #[arg(long, value_name = "UUID")]
    source_node: Option<Canonical>,
    #[command(flatten)]
    common: Common,
}

/// Give the allocations back to the server, after a migration failed
#[derive(Debug, Args)]
pub struct Revert {
    #[command(flatten)]
    migration: MigrationArgs,
}

/// Options that all task commands share.
#[derive(Debug, Args)]
pub struct Common {
    /// The policy: standard, seed, nova-34, or a component file
    #[arg(long, value_name = "NAME|FILE.wasm", default_value = STANDARD)]
    policy: String,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
    #[command(flatten)]
    connect: Connect,
    /// Read what nova knows from a file instead of from the cloud's nova; docs/audit.md describes the format
    #[arg(long, value_name = "FILE.json")]
    nova: Option<PathBuf>,
    /// Write the task and its whole history to this file
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A task with the options to run it.
pub struct TaskOptions {
    pub task: Task,
    pub server: Option<ServerArg>,
    pub common: Common,
}

impl From<Move> for TaskOptions {
    fn from(asked: Move) -> Self {
        let Move { source, target, target_is_new, server, common } = asked;
        Self {
            task: Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new }),
            server,
            common,
        }
    }
}

impl From<Replace> for TaskOptions {
    fn from(asked: Replace) -> Self {
        let Replace { server_uuid, migration_uuid, source_node, common } = asked;
        let source_node = source_node.map(|node| node.into());
        let task =
            Task::Replace(ReplaceTask { server: server_uuid.into(), migration: migration_uuid.into(), source_node });
        Self { task, server: None, common }
    }
}

impl From<Revert> for TaskOptions {
    fn from(Revert { migration }: Revert) -> Self {
        migration.run_options(|MigrationTask { server, migration }| Task::Revert(RevertTask { server, migration }))
    }
}

impl TaskOptions {
    /// The service that runs this repair, if there is one for it.
    async fn service(&self, own: Option<&LiveExecutor>) -> Option<RepairService> {
        let repairs = matches!(self.task, Task::Confirm(_) | Task::RevertResize(_) | Task::Abort(_) | Task::Release(_));
        if !repairs {
            return None;
        }
        let Common { policy, nova, .. } = &self.common;
        let only_here = nova.as_ref().map(|_| "--nova").or_else(|| (policy != STANDARD).then_some("--policy"));
        RepairService::find(own, only_here).await
    }

    async fn executor(&self) -> anyhow::Result<LiveExecutor> {
        let Self { task, server, common } = self;
        match common.nova.as_deref().map(Facts::read).transpose()? {
            Some(facts) => common.connect.executor_for_all(Some(facts), Some(task)).await,
            None => common.connect.executor(*server, task).await,
        }
    }
}

/// Runs the task, in a service or here, writes its record and prints it.
pub async fn run(asked: TaskOptions) -> anyhow::Result<Exit> {
    check_task(&asked.task)?;
    let policy = policy(&asked.common.policy, &asked.common.limits).await?;
    let file = asked.common.record.as_deref().map(record::create_file).transpose()?;
    let is_named = asked.common.connect.is_given() || is_cloud_in_environment() || asked.common.nova.is_some();
    let own = if is_named { Some(asked.executor().await?) } else { None };
    if let Some(service) = asked.service(own.as_ref()).await {
        return Ok(run_in_service(&service, &asked, file).await.unwrap_or_else(|error| {
            // The service may have the task.
            complain(&error);
            Exit::Failed
        }));
    }
    let executor = match own {
        Some(own) => own,
        None => asked.executor().await?,
    };
    run_here(&asked, &policy, &executor, file).await
}

async fn run_in_service(
    service: &RepairService,
    asked: &TaskOptions,
    file: Option<NewRecordFile>,
) -> anyhow::Result<Exit> {
    let server = asked.server.map(Into::into).filter(|_| !matches!(asked.task, Task::Confirm(_)));
    let view = service.run(&asked.task, server).await?;
    let end = repair_service::end(&view);
    if let (Some(file), Some(_)) = (file, &end) {
        file.write(&serde_json::from_value(service.record(&view).await?)?)?;
    }
    if asked.common.json {
        stdout::json(&view)?;
    } else {
        render_task::show(&view)?;
    }
    Ok(match end {
        Some(End::Finished(_)) => Exit::Finished,
        Some(end) if describe::end_needs_a_person(&end) => Exit::PersonMustLook,
        Some(End::Failed(_)) | None => Exit::Failed,
    })
}

async fn run_here(
    asked: &TaskOptions,
    policy: &Policy,
    executor: &LiveExecutor,
    file: Option<NewRecordFile>,
) -> anyhow::Result<Exit> {
    let TaskOptions { task, common, .. } = asked;
    let run = drive(policy, task, executor, &mut ()).await;
    let id = Uuid::new_v4().to_string();
    let name = PolicyName::from(policy);
    // Written before any output, so that the record exists even if standard output fails.
    let record = Record::new(id.clone(), task.clone(), name.clone(), run.history.clone(), End::of(&run.end));
    let kept = file.map(|file| file.write(&record)).transpose();
    if common.json {
        stdout::json(&task_report::of(&id, task, &name, &run))?;
    } else {
        render_run::print(task, &name, &run, executor).await;
    }
    // Exit code 2 would mean that nothing was done, so the exit code remains that of the task's end.
    if let Err(error) = kept {
        complain(&error.into());
    }
    Ok(match run.end {
        Ok(_) => Exit::Finished,
        Err(failure) if failure.needs_a_person() => Exit::PersonMustLook,
        Err(_) => Exit::Failed,
    })
}

/// The engine for this program's policies; it loads only the built-in ones.
pub fn engine() -> anyhow::Result<Engine> {
    Ok(Engine::new(Limits::default(), Cache::of_user())?)
}

/// Loads any policy, which is held to these limits: each component is compiled in a separate process.
pub fn loader(limits: PolicyLimits, worker: WorkerLimits) -> anyhow::Result<Loader> {
    let engine = Engine::new(limits.into(), Cache::of_user())?;
    Ok(Loader::new(Arc::new(engine), Isolation::Worker(Worker::of_this_program(worker))))
}

/// Loads the policy of that name or file.
pub async fn policy(name: &str, limits: &PolicyLimitsArgs) -> anyhow::Result<Policy> {
    Ok(limits.loader()?.resolve(name).await?)
}

/// The same for an author: not if it uses the name of a built-in policy with other bytes.
pub async fn own_policy(name: &str, limits: &PolicyLimitsArgs) -> anyhow::Result<Policy> {
    // A large component is compiled for minutes, and then kept.
    let line = |seconds| format!("compiling {name}, once: {seconds} s so far");
    let policy = progress_line::during(line, policy(name, limits)).await?;
    check_name(name, &policy)?;
    Ok(policy)
}
