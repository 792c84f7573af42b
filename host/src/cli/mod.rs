//! The command line: what it takes, and how the program ends.

mod account;
mod audit;
mod connect;
mod demo;
mod ending;
mod log;
mod out;
mod placement;
mod policy;
mod policy_worker;
mod remote;
mod replay;
mod report;
mod serve;
mod task;
mod tasks;
mod told;
mod usage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use swaparoo::contract::Task;

/// How the program ends; `--help` says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: the task finished, the replay was the same.
    Finished,
    /// 1: the task failed, the replay differs, what was begun broke off.
    Failed,
    /// 2: bad input; nothing was done.
    BadInput,
    /// 3: a person must look: the rules could not tell what is right, or what is so.
    PersonMustLook,
    /// 75: the service cannot start now, by no fault of its configuration: start it again.
    StartAgain,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  the task finished (or: the replay took the same steps; the audit found nothing, or repaired it)
  1  the task failed (or: the replay parts; findings are left; the demo or the server broke off)
  2  usage or bad input; nothing was asked of Placement
  3  a person must look: `undecided`, `unsettled`, `leaked`,
     `not-rolled-back` or `cast-unsettled`
  75 the service cannot start now and can later: the journal's disk is full or
     read-only, say; start it again (as host/swaparoo.service does)";

/// Moves OpenStack Placement allocations by rules that are a WebAssembly component
#[derive(Debug, Parser)]
#[command(name = "swaparoo", version, after_help = AFTER_HELP, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    log: log::Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Move all allocations of one consumer to another
    Move(task::Move),
    /// Give a server's allocations to its migration record, as a migration begins
    Replace(task::Replace),
    /// Give them back to the server, as a migration has failed
    Revert(task::Revert),
    /// Drop what a migration's record holds: the migration is confirmed
    Confirm(ending::Migration),
    /// Give the server what the record holds, for what it holds of the destination: the resize is taken back
    RevertResize(ending::Migration),
    /// Roll back a migration that no compute service has begun with, or that failed and was not rolled back
    Abort(ending::Migration),
    /// Settle what a deleted server, or the record of a migration that has ended, still holds
    Release(ending::Release),
    /// Look at policies, sign them, and change those of a running service
    #[command(subcommand)]
    Policy(policy::Command),
    /// Find allocations that nobody should hold, and settle them by the rules
    ///
    /// Placement's allocations are held against what nova knows of servers and migrations. Nothing is changed without
    /// --repair; with it each finding that rules can settle becomes a task `release`, which asks nova anew, so that a
    /// migration that runs by then is left alone.
    Audit(audit::Audit),
    /// Decide a recorded task again, under the same policy or another
    Replay(replay::Replay),
    /// Serve tasks over HTTP, journaled, with rules swapped while it runs
    Serve(serve::Serve),
    /// Look at the tasks of a running service
    #[command(subcommand)]
    Tasks(tasks::Command),
    /// Compile or judge one policy, for a process of this program that asks for it on standard input
    #[command(hide = true)]
    PolicyWorker(policy_worker::PolicyWorker),
    /// Serve a Placement in memory over HTTP, for try-outs and tests
    Placement(placement::Serve),
    /// Play bug 1848343 and a live server's failed migration under three policies, side by side
    ///
    /// Without options it needs no network: it plays on a Placement in memory. Name a Placement by one of the options
    /// below and it plays there, too; it makes a resource provider and two consumers for each telling and deletes them
    /// again.
    Demo(demo::Demo),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::end(&error),
    };
    if let Command::Serve(options) = &cli.command {
        // It has a log and threads of its own.
        return ended(serve::run(options, &cli.log));
    }
    if let Command::PolicyWorker(options) = &cli.command {
        return ended(policy_worker::run(options));
    }
    log::start(&cli.log);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(anyhow::Error::new(error).context("cannot watch files and sockets"))),
    };
    ended(runtime.block_on(run(cli)))
}

async fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Move(options) => task::run(options.into()).await,
        Command::Replace(options) => task::run(options.into()).await,
        Command::Revert(options) => task::run(options.into()).await,
        Command::Confirm(options) => task::run(options.asked(Task::Confirm)).await,
        Command::RevertResize(options) => task::run(options.asked(Task::RevertResize)).await,
        Command::Abort(options) => task::run(options.asked(Task::Abort)).await,
        Command::Release(options) => task::run(options.into()).await,
        Command::Policy(command) => policy::run(&command).await,
        Command::Audit(options) => audit::run(&options).await,
        Command::Replay(options) => replay::run(&options).await,
        Command::Serve(options) => serve::run(&options, &cli.log),
        Command::PolicyWorker(options) => policy_worker::run(&options),
        Command::Tasks(command) => tasks::run(command).await,
        Command::Placement(options) => placement::run(&options).await,
        Command::Demo(options) => demo::run(options).await,
    }
}

/// An error with its causes, in one line.
fn complain(error: &anyhow::Error) {
    out::complain(format_args!("error: {error:#}"));
}

fn ended(end: anyhow::Result<Exit>) -> ExitCode {
    let exit = end.unwrap_or_else(|error| {
        complain(&error);
        Exit::BadInput
    });
    ExitCode::from(match exit {
        Exit::Finished => 0,
        Exit::Failed => 1,
        Exit::BadInput => 2,
        Exit::PersonMustLook => 3,
        // EX_TEMPFAIL of sysexits.h.
        Exit::StartAgain => 75,
    })
}
