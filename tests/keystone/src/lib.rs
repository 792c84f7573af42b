//! A real Keystone, Placement and nova API on loopback, for tests. Their content is in `cloud/run_*.py`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::{env, io};

use serde::Deserialize;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cloud/serve.py");
const PYTHON: &str = "SWAPAROO_PLACEMENT_PYTHON";

/// The cloud cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// The variable with the path of a Python with keystone, nova and openstack-placement is not set.
    #[error(
        "{PYTHON} is not set: it must name a python with keystone, nova and openstack-placement; \
         `cargo xtask test` sets it"
    )]
    NoPython,
    /// The process could not be started.
    #[error("cannot start a cloud with {python}: {cause}")]
    Process {
        /// The path of the python.
        python: String,
        /// The system's error.
        cause: io::Error,
    },
    /// It ended before all services listened.
    #[error("the cloud ended before it listened: {0}")]
    Ended(String),
}

/// The addresses of its services, as `http://127.0.0.1:PORT`.
#[derive(Debug, Clone, Deserialize)]
pub struct Urls {
    /// Keystone; `/v3` is its API.
    pub keystone: String,
    /// The same Keystone with another setting: its tokens live for 6 seconds.
    pub hasty: String,
    /// Placement, which accepts Keystone's tokens.
    pub placement: String,
    /// nova's API; `/v2.1` is the endpoint.
    pub nova: String,
}

/// A running cloud. It ends when this value is dropped, or when the process dies.
#[derive(Debug)]
pub struct RealCloud {
    process: Child,
    urls: Urls,
}

impl RealCloud {
    /// Starts a cloud and returns when all services listen, which takes about 10 seconds.
    ///
    /// # Errors
    /// The variable is not set, the process cannot be started, or it ends before it listens.
    pub fn start() -> Result<Self, CannotStart> {
        let python = env::var(PYTHON).map_err(|_| CannotStart::NoPython)?;
        let mut command = Command::new(&python);
        command.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|cause| CannotStart::Process { python, cause })?;
        match listening(&mut process) {
            Some(urls) => Ok(Self { process, urls }),
            None => Err(CannotStart::Ended(last_words(process))),
        }
    }

    /// The addresses of its services.
    #[must_use]
    pub fn urls(&self) -> &Urls {
        &self.urls
    }
}

impl Drop for RealCloud {
    fn drop(&mut self) {
        // When its standard input ends, it stops and cleans up.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn listening(process: &mut Child) -> Option<Urls> {
    let mut line = String::new();
    BufReader::new(process.stdout.take()?).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

fn last_words(mut process: Child) -> String {
    drop(process.stdin.take());
    let mut words = String::new();
    if let Some(mut stderr) = process.stderr.take() {
        let _ = stderr.read_to_string(&mut words);
    }
    let _ = process.wait();
    words
}
