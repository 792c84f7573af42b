//! The program's log, on standard error.

use std::io::IsTerminal;

use clap::{ArgAction, Args};
use swaparoo::http::{PrintableFields, QUIET_VERIFIER};
use tracing_subscriber::EnvFilter;

#[derive(Debug, Args)]
pub struct Options {
    /// Log more on standard error: -v requests, -vv everything
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,
}

impl Options {
    /// The filter with the additions of `-v` and `-vv`.
    pub fn over(&self, filter: &str) -> String {
        match self.verbose {
            0 => filter.to_owned(),
            1 => format!("{filter},swaparoo=debug"),
            _ => "debug".to_owned(),
        }
    }
}

/// Starts the log; `RUST_LOG` takes precedence over `-v`.
pub fn start(options: &Options) {
    let own = || EnvFilter::new(options.over(&format!("warn,{QUIET_VERIFIER}")));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| own());
    let log = tracing_subscriber::fmt().fmt_fields(PrintableFields).with_env_filter(filter);
    let log = log.with_writer(std::io::stderr).with_target(false);
    log.with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()).init();
}
