//! `swaparoo move`, `replace` and `revert`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use swaparoo::audit::Facts;
use swaparoo::canonical::Canonical;
use swaparoo::check_task;
use swaparoo::contract::{MigrationTask, MoveTask, ReplaceTask, RevertTask, Task};
use swaparoo::drive::drive;
use swaparoo::engine::worker::{Isolation, Worker, WorkerLimits};
use swaparoo::engine::{Cache, Engine, Limits, Loader, Policy};
use swaparoo::record::{self, End, PolicyName, Record};
use uuid::Uuid;

use super::connect::{Connect, ServerArg};
use super::migration_tasks::MigrationArgs;
use super::{Exit, complain, render_run, stdout, task_report};

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
    #[arg(long, value_name = "NAME|FILE.wasm", default_value = "standard")]
    policy: String,
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

/// Runs the task, writes its record and prints it.
pub async fn run(asked: TaskOptions) -> anyhow::Result<Exit> {
    let TaskOptions { task, server, common } = asked;
    check_task(&task)?;
    let policy = policy(&common.policy).await?;
    let file = common.record.as_deref().map(record::create_file).transpose()?;
    let executor = match common.nova.as_deref().map(Facts::read).transpose()? {
        Some(facts) => common.connect.executor_for_all(Some(facts)).await?,
        None => common.connect.executor(server).await?,
    };

    let run = drive(&policy, &task, &executor, &mut ()).await;
    let id = Uuid::new_v4().to_string();
    let name = PolicyName::from(&policy);
    // Written before any output, so that the record exists even if standard output fails.
    let record = Record::new(id.clone(), task.clone(), name.clone(), run.history.clone(), End::of(&run.end));
    let kept = file.map(|file| file.write(&record)).transpose();
    if common.json {
        stdout::json(&task_report::of(&id, &task, &name, &run))?;
    } else {
        render_run::print(&task, &name, &run, &executor).await;
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

/// Loads any policy: each component is compiled in a separate process, within these limits.
pub fn loader(limits: WorkerLimits) -> anyhow::Result<Loader> {
    Ok(Loader::new(Arc::new(engine()?), Isolation::Worker(Worker::of_this_program(limits))))
}

/// Loads the policy of that name or file.
pub async fn policy(name: &str) -> anyhow::Result<Policy> {
    Ok(loader(WorkerLimits::default())?.resolve(name).await?)
}
