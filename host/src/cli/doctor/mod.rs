//! `swaparoo doctor`, and `swaparoo serve --check-config`: tries what a start and the first task need, and says each result
//! in a line. Nothing is changed: it creates no journal, and writes nothing to Placement.

mod files;
pub(super) mod journal;
mod listen;
pub(super) mod report;
mod upstream;

use std::path::{Path, PathBuf};

use clap::Args;
use swaparoo::http::Config;

use super::Exit;
use super::stdout::say;
use report::Report;

#[derive(Debug, Args)]
pub struct Doctor {
    /// The configuration file of `swaparoo serve` (TOML); default: every key has its default value
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Reads the configuration and examines it.
pub async fn run(options: &Doctor) -> anyhow::Result<Exit> {
    let config = Config::load(options.config.as_deref(), |_| ())?;
    Ok(examine(options.config.as_deref(), &config).await)
}

/// Examines this configuration, which was read from that file.
pub async fn examine(file: Option<&Path>, config: &Config) -> Exit {
    let mut report = Report::default();
    files::examine(&mut report, config).await;
    listen::examine(&mut report, &config.listen);
    listen::examine_proxy(&mut report, &config.proxy);
    journal::examine(&mut report, &config.journal.at).await;
    upstream::examine(&mut report, &config.placement, config.audit.every.is_some()).await;
    let exit = report.exit();
    if exit != Exit::BadInput {
        let named = file.unwrap_or(Path::new("the default"));
        say!("{}: the configuration is valid", named.display());
    }
    exit
}
