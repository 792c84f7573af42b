//! The options of a search that `check` and `compare` share.

use clap::{Args, ValueEnum};
use swaparoo::simulation::check::{LeftOut, Limits, Scene, scenes};

/// A fault that a deployment may exclude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fault {
    StaleReads,
    LostJournals,
}

#[derive(Debug, Args)]
pub struct SearchOptions {
    /// The most faults on a way; each one more takes some fifty times as long
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub faults: u32,
    /// Only these scenes, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    scenes: Vec<String>,
    /// Do not try these faults, separated by commas: a database of Placement whose replica is behind, and crashes after
    /// which the journal lacks its last entries
    #[arg(long, value_name = "FAULTS", value_delimiter = ',', value_enum)]
    leave_out: Vec<Fault>,
    /// The most states of a scene; a state takes some kilobytes of memory
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    states: usize,
}

impl SearchOptions {
    /// The bounds; `repairs`: a person can repair with the policy.
    pub fn limits(&self, repairs: bool) -> Limits {
        Limits { faults: self.faults, states: self.states, repairs }
    }

    /// The scenes that are named; all if none is.
    pub fn scenes(&self) -> anyhow::Result<Vec<Scene>> {
        let names = &self.scenes;
        let all = scenes().map_err(|invalid| anyhow::anyhow!("the built-in scenes are not possible: {invalid}"))?;
        let known: Vec<&str> = all.iter().map(|scene| scene.name).collect();
        for name in names {
            anyhow::ensure!(
                known.contains(&name.as_str()),
                "no scene is named `{name}`; there are {}",
                known.join(", ")
            );
        }
        let wanted = all.into_iter().filter(|scene| names.is_empty() || names.iter().any(|name| name == scene.name));
        let left_out = LeftOut {
            stale_reads: self.leave_out.contains(&Fault::StaleReads),
            lost_journals: self.leave_out.contains(&Fault::LostJournals),
        };
        Ok(wanted.map(|scene| scene.without(left_out)).collect())
    }
}
