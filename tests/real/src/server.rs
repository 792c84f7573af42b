//! A running Placement with a new folder and database.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use tempfile::TempDir;

use crate::fork_server::Forked;

const CONFIG: &str = include_str!("../placement.conf.in");
const PYTHON: &str = "SWAPAROO_PLACEMENT_PYTHON";

/// Placement cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// The variable for the python with openstack-placement is not set.
    #[error("{PYTHON} is not set, it names a python that has openstack-placement; run the tests by `cargo xtask test`")]
    NoPython,
    /// The process or its folder could not be created.
    #[error("cannot start placement with {python}: {cause}")]
    Process {
        /// The path of the python.
        python: String,
        /// The system's error.
        cause: io::Error,
    },
    /// It ended before it listened.
    #[error("placement ended before it listened; its standard error and its log:\n{0}")]
    Ended(String),
}

/// The options of its start.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// `[placement] allocation_conflict_retry_count`; 0 makes every write of allocations a provider conflict.
    pub conflict_retries: u32,
    /// Serve requests in parallel, for races; otherwise one after another.
    pub threads: bool,
}

impl Default for Options {
    /// Placement's own 10 retries, and one request after another.
    fn default() -> Self {
        Self { conflict_retries: 10, threads: false }
    }
}

/// A running Placement. It ends when this value is dropped, or when the process dies.
#[derive(Debug)]
pub struct RealPlacement {
    _process: Forked,
    url: String,
    folder: TempDir,
}

impl RealPlacement {
    /// Starts it with the default options and returns when it listens. The first start takes some seconds.
    ///
    /// # Errors
    /// As `start_with`.
    pub fn start() -> Result<Self, CannotStart> {
        Self::start_with(Options::default())
    }

    /// Starts it and returns when it listens.
    ///
    /// # Errors
    /// If the python is not known, the process cannot be started, or it ends before it listens.
    pub fn start_with(options: Options) -> Result<Self, CannotStart> {
        Self::start_on(None, options)
    }

    fn start_on(database: Option<&Path>, options: Options) -> Result<Self, CannotStart> {
        let python = env::var(PYTHON).map_err(|_| CannotStart::NoPython)?;
        let started = prepare(database, options).and_then(|folder| {
            let options = if options.threads { &["--threads"][..] } else { &[] };
            Ok((Forked::start(&python, folder.path(), options)?, folder))
        });
        let (mut process, folder) = started.map_err(|cause| CannotStart::Process { python, cause })?;
        match process.url.take() {
            Some(url) => Ok(Self { _process: process, url, folder }),
            None => Err(CannotStart::Ended(last_words(folder.path()))),
        }
    }

    /// Starts another one on the same database, for example one whose every write conflicts, next to one for
    /// preparations. The first one must live as long, since the database is in its folder.
    ///
    /// # Errors
    /// As `start_with`.
    pub fn start_beside(&self, options: Options) -> Result<Self, CannotStart> {
        Self::start_on(Some(self.folder.path()), options)
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its SQLite file, for damage that no request can do.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("placement.db")
    }

    /// The content of its log.
    #[must_use]
    pub fn log(&self) -> String {
        log(self.folder.path())
    }
}

fn prepare(database: Option<&Path>, options: Options) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("swaparoo-placement-").tempdir()?;
    let path = folder.path().to_string_lossy();
    let database = database.unwrap_or(folder.path()).to_string_lossy();
    let config = CONFIG.replace("@DIR@", &path).replace("@DATABASE@", &database);
    let config = config.replace("@RETRIES@", &options.conflict_retries.to_string());
    fs::write(folder.path().join("placement.conf"), config)?;
    Ok(folder)
}

fn last_words(folder: &Path) -> String {
    fs::read_to_string(folder.join("stderr")).unwrap_or_default() + &log(folder)
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("placement.log")).unwrap_or_default()
}
