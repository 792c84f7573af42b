//! `swaparoo policy-worker`: this program as the worker process of another one. It is not for people.

use anyhow::Context;
use clap::{Args, ValueEnum};
use swaparoo::gate::judge_in_worker;
use swaparoo::policy::compile_in_worker;
use swaparoo::worker::{Bounds, serve};

use super::Exit;

/// Compile or judge one policy, for a process of this program that asks for it on standard input
#[derive(Debug, Args)]
pub struct PolicyWorker {
    /// What is to be done
    work: Work,
    /// The most seconds of processor time
    #[arg(long)]
    processor_seconds: u64,
    /// The most bytes of memory
    #[arg(long)]
    memory: u64,
    /// The process that asks; this one ends with it
    #[arg(long)]
    parent: i32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Work {
    Compile,
    Judge,
}

/// Runs it.
pub fn run(options: &PolicyWorker) -> anyhow::Result<Exit> {
    let &PolicyWorker { work, processor_seconds, memory, parent } = options;
    let bounds = Bounds { processor_seconds, memory, parent };
    let served = serve(bounds, |key, input| match work {
        Work::Compile => {
            let mut component = Vec::new();
            input.read_to_end(&mut component).map_err(|error| error.to_string())?;
            compile_in_worker(&component)
        }
        Work::Judge => judge_in_worker(key, input),
    });
    served.context("the worker process cannot work")?;
    Ok(Exit::Finished)
}
