//! `swaparoo policy inspect`.

use serde_json::json;

use super::{Exit, limits_table, task};
use crate::cli::policy_limits::PolicyLimitsArgs;
use crate::cli::stdout::{self, say};

/// Prints the policy's description, world, digest, and what it uses of each limit.
pub async fn run(file: &str, limits: &PolicyLimitsArgs, json: bool) -> anyhow::Result<Exit> {
    let size = limits.loader()?.component(file)?.len();
    let policy = task::own_policy(file, limits).await?;
    let (described, used) = (policy.description(), policy.usage()?);
    if json {
        let object = json!({
            "description": described,
            "world": policy.world().name(),
            "digest": policy.digest().to_string(),
            "limits": limits_table::object(size, used, policy.limits()),
        });
        stdout::json(&object)?;
        return Ok(Exit::Finished);
    }
    let tasks: Vec<&str> = described.tasks.iter().map(|kind| kind.name()).collect();
    say!("{} {}", described.name, described.version);
    say!("  contract  swaparoo:policy@{}", described.contract);
    say!("  world     {}", policy.world().name());
    say!("  tasks     {}", tasks.join(", "));
    say!("  imports   no function");
    say!("  sha256    {}", policy.digest());
    limits_table::print(size, used, policy.limits());
    Ok(Exit::Finished)
}
