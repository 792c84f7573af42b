//! `swaparoo policy`.

use clap::Subcommand;
use serde_json::json;

use super::out::say;
use super::{Exit, task};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that a component is a policy of this contract, and say which
    Inspect {
        /// A component's file, or standard, seed, nova-34
        #[arg(value_name = "NAME|FILE.wasm")]
        file: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub fn run(command: &Command) -> anyhow::Result<Exit> {
    let Command::Inspect { file, json } = command;
    let policy = task::policy(file)?;
    let described = policy.description();
    if *json {
        let object = json!({ "description": described, "digest": policy.digest().to_string() });
        say!("{}", serde_json::to_string_pretty(&object)?);
        return Ok(Exit::Finished);
    }
    let tasks = serde_json::to_value(&described.tasks)?;
    let tasks: Vec<&str> = tasks.as_array().into_iter().flatten().filter_map(|task| task.as_str()).collect();
    say!("{} {}", described.name, described.version);
    say!("  contract  swaparoo:policy@{}", described.contract);
    say!("  tasks     {}", tasks.join(", "));
    say!("  imports   no function");
    say!("  sha256    {}", policy.digest());
    Ok(Exit::Finished)
}
