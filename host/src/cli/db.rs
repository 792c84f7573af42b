//! `swaparoo db`: prepares the database of a service's journal, examines it, and copies a journal into it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use swaparoo::http::Config;
use swaparoo::http::config::{DatabaseAt, JournalAt};
use swaparoo::journal::{self, Imported, Journal, OpenError};

use super::doctor::journal::examine_database;
use super::doctor::report::Report;
use super::serve::secrets;
use super::stdout::say;
use super::{Exit, complain};

#[derive(Debug, Subcommand)]
pub enum Db {
    /// Make the tables of the journal in the database that `journal.url` names, or upgrade them
    ///
    /// A service never does this by itself, because a change of a table stops all writes of a Galera cluster for a moment.
    Sync(Configured),
    /// Say whether the database keeps what it confirms, and has the tables that this program needs
    Check(Configured),
    /// Copy a journal from a SQLite file into the database, while no service uses the file
    ///
    /// Tasks, policies and settings that the database has already stay as they are, so an import that was interrupted can be
    /// repeated. Do not use the file any more afterwards: its open tasks go on at the runners that use the database.
    Import(Import),
}

#[derive(Debug, Args)]
pub struct Configured {
    /// The configuration file of `swaparoo serve` (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    configured: Configured,
    /// The SQLite file
    #[arg(value_name = "JOURNAL")]
    file: PathBuf,
}

/// Runs one of the commands.
pub async fn run(command: &Db) -> anyhow::Result<Exit> {
    match command {
        Db::Sync(configured) => later(sync(&database(configured)?).await),
        Db::Check(configured) => {
            let mut report = Report::default();
            examine_database(&mut report, &database(configured)?).await;
            Ok(report.exit())
        }
        Db::Import(Import { configured, file }) => later(import(&database(configured)?, file).await),
    }
}

fn database(Configured { config }: &Configured) -> anyhow::Result<DatabaseAt> {
    match Config::load(Some(config), |_| ())?.journal.at {
        JournalAt::Database(at) => Ok(at),
        JournalAt::File(_) | JournalAt::Off => bail!("{} sets no journal.url", config.display()),
    }
}

async fn sync(at: &DatabaseAt) -> anyhow::Result<Exit> {
    if journal::sync(&secrets::database(at)?).await? {
        say!("{}: made the tables of the journal", at.url);
    } else {
        say!("{}: the tables are as this program needs them", at.url);
    }
    Ok(Exit::Finished)
}

async fn import(at: &DatabaseAt, file: &Path) -> anyhow::Result<Exit> {
    if !file.exists() {
        bail!("there is no journal {}", file.display());
    }
    let from = Journal::open(file).await?;
    let imported = journal::import(&from, &secrets::database(at)?).await;
    from.close().await;
    let Imported { tasks, policies } = imported.with_context(|| format!("cannot import {}", file.display()))?;
    say!("{}: copied {tasks} tasks and {policies} policies", at.url);
    Ok(Exit::Finished)
}

/// The database may answer later, or another runner end.
fn later(done: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    match done {
        Err(error) if error.downcast_ref::<OpenError>().is_some_and(OpenError::passes) => {
            complain(&error);
            Ok(Exit::StartAgain)
        }
        done => done,
    }
}
