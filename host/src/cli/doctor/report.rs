//! One line for each result, and the exit code that they lead to.

use chrono::{DateTime, Utc};
use swaparoo::certificate;

use crate::cli::stdout::say;
use crate::cli::{Exit, complain};

/// The results so far.
#[derive(Debug, Default)]
pub struct Report {
    wrong: bool,
    away: bool,
}

impl Report {
    /// It works.
    pub fn ok(&self, what: &str, found: impl std::fmt::Display) {
        say!("ok       {what}: {found}");
    }

    /// It works, but a person should look at it.
    pub fn warning(&self, what: &str, found: impl std::fmt::Display) {
        say!("warning  {what}: {found}");
    }

    /// It does not work now, and may work later without a change of the configuration.
    pub fn away(&mut self, what: &str, why: impl std::fmt::Display) {
        self.away = true;
        say!("failed   {what}: {why}");
    }

    /// The configuration, or a file that it names, must be changed.
    pub fn wrong(&mut self, error: &anyhow::Error) {
        self.wrong = true;
        complain(error);
    }

    /// When a certificate expires, if that could be read.
    pub fn validity(&self, what: &str, expiry: Option<DateTime<Utc>>) {
        let Some(expiry) = expiry else { return };
        match certificate::warning(expiry) {
            Some(warning) => self.warning(what, warning),
            None => self.ok(what, format_args!("the certificate is valid until {}", expiry.format("%Y-%m-%d"))),
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match (self.wrong, self.away) {
            (true, _) => Exit::BadInput,
            (false, true) => Exit::StartAgain,
            (false, false) => Exit::Finished,
        }
    }
}
