//! `swaparoo policy-worker`: the worker process that other processes of this program start. Not for direct use.

use clap::{Args, ValueEnum};
use swaparoo::engine::compile_in_worker;
use swaparoo::engine::worker::{ProcessBounds, serve};
use swaparoo::registry::promotion::judge_in_worker;

use super::{Exit, complain};

/// Compile or check one policy, for another process of this program that sends it on standard input
#[derive(Debug, Args)]
pub struct PolicyWorker {
    /// The kind of work
    work: JobArg,
    /// Limit of processor time, in seconds
    #[arg(long)]
    processor_seconds: u64,
    /// Limit of memory, in bytes
    #[arg(long)]
    memory: u64,
    /// Process id of the parent; this process ends when the parent ends
    #[arg(long)]
    parent: i32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum JobArg {
    Compile,
    Judge,
}

/// Serves one request of the parent process.
pub fn run(options: &PolicyWorker) -> anyhow::Result<Exit> {
    let &PolicyWorker { work, processor_seconds, memory, parent } = options;
    let bounds = ProcessBounds { processor_seconds, memory, parent };
    let served = serve(bounds, |key, input| match work {
        JobArg::Compile => {
            let mut component = Vec::new();
            input.read_to_end(&mut component).map_err(|error| error.to_string())?;
            compile_in_worker(&component)
        }
        JobArg::Judge => judge_in_worker(key, input),
    });
    // The component has no part in such an error, and the parent process sees that by the exit code.
    Ok(served.map_or_else(
        |error| {
            complain(&anyhow::Error::new(error));
            Exit::StartAgain
        },
        |()| Exit::Finished,
    ))
}
