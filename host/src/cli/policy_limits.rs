//! The limits of a policy that a command loads.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use swaparoo::engine::Loader;
use swaparoo::http::Config;
use swaparoo::http::config::PoliciesConfig;

use super::task;

/// Where the limits are.
#[derive(Debug, Args)]
pub struct PolicyLimitsArgs {
    /// Hold policies to the limits of the section [policies] of this configuration; default: the limits of the contract
    #[arg(long, value_name = "FILE.toml", env = "SWAPAROO_LIMITS")]
    limits: Option<PathBuf>,
}

impl PolicyLimitsArgs {
    /// Loads policies under these limits. The user of a command may wait on a busy machine.
    pub fn loader(&self) -> anyhow::Result<Loader> {
        let policies = self.policies()?;
        task::loader(policies.limits, policies.worker().of_a_command())
    }

    /// Half of the time of a promotion check, which is what its search may take.
    pub fn time_of_search(&self) -> anyhow::Result<Duration> {
        Ok(self.policies()?.worker().time / 2)
    }

    /// The largest component that is read.
    pub fn component_bytes(&self) -> anyhow::Result<usize> {
        Ok(self.policies()?.limits.component_bytes)
    }

    fn policies(&self) -> anyhow::Result<PoliciesConfig> {
        let file = self.limits.as_deref();
        Ok(file.map(|file| Config::load(Some(file), |_| ())).transpose()?.unwrap_or_default().policies)
    }
}
