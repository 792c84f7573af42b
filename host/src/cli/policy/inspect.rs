//! `swaparoo policy inspect`.

use serde_json::json;

use super::{Exit, task};
use crate::cli::stdout::{self, say};

/// Prints the policy's description, world and digest.
pub async fn run(file: &str, json: bool) -> anyhow::Result<Exit> {
    let policy = task::policy(file).await?;
    let described = policy.description();
    if json {
        let object = json!({
            "description": described,
            "world": policy.world().name(),
            "digest": policy.digest().to_string(),
        });
        stdout::json(&object)?;
        return Ok(Exit::Finished);
    }
    let tasks = serde_json::to_value(&described.tasks)?;
    let tasks: Vec<&str> = tasks.as_array().into_iter().flatten().filter_map(|task| task.as_str()).collect();
    say!("{} {}", described.name, described.version);
    say!("  contract  swaparoo:policy@{}", described.contract);
    say!("  world     {}", policy.world().name());
    say!("  tasks     {}", tasks.join(", "));
    say!("  imports   no function");
    say!("  sha256    {}", policy.digest());
    Ok(Exit::Finished)
}
