//! The command line: its options, and the exit codes of the program.

mod audit;
mod breakpoints;
mod check;
mod completions;
mod connect;
mod db;
mod demo;
mod doctor;
mod interrupt;
mod log;
mod man;
mod migration_tasks;
mod placement;
mod policy;
mod policy_limits;
mod policy_worker;
mod progress_line;
mod proxy;
mod remote;
mod render_run;
mod render_task;
mod repair_service;
mod replay;
mod serve;
mod stdout;
mod task;
mod task_report;
mod tasks;
mod usage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use swaparoo::audit::AuditError;
use swaparoo::clients::cloud;
use swaparoo::contract::Task;
use swaparoo::facts::Unanswered;

use interrupt::{Left, or_interrupted};
use task::TaskOptions;

/// The exit code of the program; keep in step with `AFTER_HELP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: the task finished, or the replay was the same.
    Finished,
    /// 1: the task failed, the replay differs, a counterexample or a difference was found, a record does not conform, or
    /// the command stopped with an error after it had started.
    Failed,
    /// 2: bad input; nothing was done.
    BadInput,
    /// 3: a person must look: the rules could not decide what is right, or could not find out the state.
    PersonMustLook,
    /// 75: the service cannot start now, for a reason outside its configuration: start it again.
    StartAgain,
    /// 130: Ctrl-C.
    Interrupted,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  the task finished (or: the replay or the compared policy took the same steps; the audit found
     nothing, or repaired it)
  1  the task failed (or: the steps differ; findings or a counterexample are left, or not everything
      could be audited; the demo or the server stopped on an error; Keystone, Placement or nova did
      not answer)
  2  usage or bad input, or the certificate of Keystone, Placement or nova is not accepted; nothing
     was sent to Placement
  3  a person must look: `undecided`, `unsettled`, `leaked`,
     `not-rolled-back` or `cast-unsettled`; or the audit has a finding that no rule can judge
  75 the service cannot start now but can later, for example because the journal's disk is full
     or read-only; start it again (as host/swaparoo.service does); or `swaparoo doctor` found something
     that does not work now
  130 interrupted by Ctrl-C";

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
    /// Give a server's allocations to its migration record, at the start of a migration
    Replace(task::Replace),
    /// Give the allocations back to the server, after a migration failed
    Revert(task::Revert),
    /// Confirm a migration: drop what its record holds
    Confirm(migration_tasks::MigrationArgs),
    /// Revert a resize: the migration record's allocations replace the server's on the destination
    RevertResize(migration_tasks::MigrationArgs),
    /// Roll back a migration that no compute service has started, or that failed and was not rolled back
    Abort(migration_tasks::MigrationArgs),
    /// Release what a deleted server, or the record of a migration that has ended, still holds
    Release(migration_tasks::Release),
    /// Inspect and sign policies, and change those of a running service
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Find allocations that no consumer should hold any more, and release them by the rules
    ///
    /// Compares Placement's allocations with what nova knows of servers and migrations. Nothing is changed without
    /// --repair. With --repair, each finding that the rules can settle becomes a `release` task. The task asks nova
    /// again, so it leaves a migration alone that has started meanwhile.
    Audit(audit::Audit),
    /// Decide a recorded task again, under the same policy or another
    Replay(replay::ReplayArgs),
    /// Search all states that tasks under a policy can reach, for one that is wrong
    ///
    /// Each scene is a simulated cloud with tasks under the policy, a user who deletes the server, a scheduler, compute
    /// services, and requests that arrive late. The first counterexample has the fewest faults, and is the shortest.
    Check(check::Check),
    /// Find the first state in which two policies take different steps
    ///
    /// Runs the tasks of each scene under A, as `check` does, and asks B, too, in each state. The reasons that a policy
    /// gives are not compared.
    Compare(check::compare::Compare),
    /// Find recorded replies that the simulation of `check` cannot give
    ///
    /// Plays each record in the model of nova and Placement that `check` and the promotion check use. What is not
    /// possible there is a finding about the model: production does something that no search has tried.
    Conform(check::conform::Conform),
    /// Serve tasks over HTTP, with a journal and with policies that can be replaced at run time
    Serve(serve::Serve),
    /// Stand in front of Placement: pass all requests on, and observe or decide nova's moves
    ///
    /// Keystone's catalogue, or HAProxy, names the proxy instead of Placement; nova is not changed. It is `swaparoo serve` with
    /// the section [proxy], so all of its options and its configuration file can be used, too. Without --config and --journal
    /// an observing proxy keeps no journal, and without --config, --socket and --tcp the API listens on 127.0.0.1:8786.
    Proxy(Box<proxy::ProxyArgs>),
    /// Try the configuration of a service, its files, Keystone, Placement and nova, and say each result in a line
    ///
    /// Nothing is changed. Exit code 2 means that the configuration or a file must be changed, and 75 that something
    /// does not work now.
    Doctor(doctor::Doctor),
    /// Prepare the database of a service's journal, examine it, or copy a journal into it
    #[command(subcommand)]
    Db(db::Db),
    /// List, show and resume the tasks of a running service
    #[command(subcommand)]
    Tasks(tasks::TasksCommand),
    /// Have tasks of a running service stop before a write, to look first
    #[command(subcommand)]
    Breakpoints(breakpoints::BreakpointsCommand),
    /// Compile or check one policy, for another process of this program that sends it on standard input
    #[command(hide = true)]
    PolicyWorker(policy_worker::PolicyWorker),
    /// Serve a simulated Placement in memory over HTTP, for experiments and tests
    Placement(placement::ServePlacement),
    /// Play bug 1848343 and a live server's failed migration under three policies, side by side
    ///
    /// Without options it needs no network: it plays on a simulated Placement in memory. With one of the options below
    /// it also plays on that Placement, where it creates a resource provider and two consumers for each run and deletes
    /// them again.
    Demo(demo::Demo),
    /// Write a man page for each command
    Man(man::ManArgs),
    /// Print the completions of commands and options for a shell
    Completions(completions::CompletionsArgs),
}

pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::end(&error),
    };
    if let Command::Serve(options) = &cli.command {
        // `serve` sets up its own log and threads.
        return exit_code(serve::run(options, &cli.log, &|_| ()));
    }
    if let Command::Proxy(options) = &cli.command {
        return exit_code(proxy::run(options, &cli.log));
    }
    if let Command::PolicyWorker(options) = &cli.command {
        return exit_code(policy_worker::run(options));
    }
    log::start(&cli.log);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit_code(Err(anyhow::Error::new(error).context("cannot start the event loop"))),
    };
    exit_code(runtime.block_on(run(cli)))
}

async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let task = async |options: TaskOptions| or_interrupted(task::run(options), Left::Writes).await;
    match cli.command {
        Command::Move(options) => task(options.into()).await,
        Command::Replace(options) => task(options.into()).await,
        Command::Revert(options) => task(options.into()).await,
        Command::Confirm(options) => task(options.run_options(Task::Confirm)).await,
        Command::RevertResize(options) => task(options.run_options(Task::RevertResize)).await,
        Command::Abort(options) => task(options.run_options(Task::Abort)).await,
        Command::Release(options) => task(options.into()).await,
        Command::Policy(command) => policy::run(&command).await,
        Command::Audit(options) => or_interrupted(audit::run(&options), options.left()).await,
        Command::Replay(options) => replay::run(&options).await,
        Command::Check(options) => check::run(&options).await,
        Command::Compare(options) => check::compare::run(&options).await,
        Command::Conform(options) => check::conform::run(&options),
        Command::Serve(options) => serve::run(&options, &cli.log, &|_| ()),
        Command::Proxy(options) => proxy::run(&options, &cli.log),
        Command::PolicyWorker(options) => policy_worker::run(&options),
        Command::Doctor(options) => doctor::run(&options).await,
        Command::Db(command) => db::run(&command).await,
        Command::Tasks(command) => tasks::run(command).await,
        Command::Breakpoints(command) => breakpoints::run(command).await,
        Command::Placement(options) => placement::run(&options).await,
        Command::Demo(options) => demo::run(options).await,
        Command::Man(options) => man::run(&options),
        Command::Completions(options) => Ok(completions::run(&options)),
    }
}

/// Prints an error with its causes, in one line.
fn complain(error: &anyhow::Error) {
    stdout::complain(format_args!("error: {error:#}"));
}

/// Whether a service does not answer or refuses a request, so that the input is not at fault.
fn is_of_a_service(error: &anyhow::Error) -> bool {
    error.downcast_ref::<cloud::Error>().is_some_and(cloud::Error::passes)
        || error.downcast_ref::<AuditError>().is_some_and(AuditError::passes)
        || error.downcast_ref::<Unanswered>().is_some_and(|unanswered| unanswered.passes)
}

fn exit_code(end: anyhow::Result<Exit>) -> ExitCode {
    let exit = end.unwrap_or_else(|error| {
        complain(&error);
        if is_of_a_service(&error) { Exit::Failed } else { Exit::BadInput }
    });
    ExitCode::from(match exit {
        Exit::Finished => 0,
        Exit::Failed => 1,
        Exit::BadInput => 2,
        Exit::PersonMustLook => 3,
        // EX_TEMPFAIL of sysexits.h.
        Exit::StartAgain => 75,
        // As shells say it: 128 and the number of SIGINT.
        Exit::Interrupted => 130,
    })
}
