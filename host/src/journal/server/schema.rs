//! The schema and its version. Only `swaparoo db sync` changes it: a change of a table stops all writes of a Galera cluster.

use sqlx::mysql::MySqlDatabaseError;

use super::connections::{Connections, Purpose};
use super::failure::{Failure, said};
use super::read::text;
use super::statement::Statement;
use super::{Dialect, ServerOptions};
use crate::journal::OpenError;

/// The version of the tables that this program makes and uses. A change of the schema first only adds to it, so that runners of
/// the version before go on; `schema.oldest` is the oldest version of a program that the tables still serve.
const VERSION: i64 = 1;
const VERSIONS: &str = "SELECT name, value FROM settings WHERE name IN ('schema', 'schema.oldest')";

/// What the database says of its tables.
#[derive(Debug, Clone, Copy)]
struct Found {
    version: i64,
    oldest: i64,
}

impl Dialect {
    /// The whole schema of a new journal. What exists already stays as it is.
    fn schema(self) -> &'static str {
        match self {
            Self::Postgres => include_str!("postgres.sql"),
            Self::MySql => include_str!("mysql.sql"),
        }
    }
}

/// Makes the tables of a journal in this database; nothing changes if they are there. Returns whether they were made.
///
/// # Errors
/// [`OpenError::Database`], or [`OpenError::Schema`] if a newer program made them.
pub async fn sync(options: &ServerOptions) -> Result<bool, OpenError> {
    let failed = |failure: Failure| OpenError::of_server(options, &failure);
    let connections = connections(options, Purpose::Tasks)?;
    let found = find(&connections).await.map_err(failed)?;
    if found.is_none() {
        connections.script(options.dialect().schema()).await.map_err(failed)?;
    }
    check(options, &connections).await?;
    connections.close().await;
    Ok(found.is_none())
}

/// Checks that the tables serve this version of the program.
pub async fn check(options: &ServerOptions, connections: &Connections) -> Result<(), OpenError> {
    match find(connections).await.map_err(|failure| OpenError::of_server(options, &failure))? {
        Some(Found { version, oldest }) if version >= VERSION && oldest <= VERSION => Ok(()),
        found => {
            let found = found.map(|found| found.version);
            Err(OpenError::Schema { database: options.to_string(), found, known: VERSION })
        }
    }
}

pub fn connections(options: &ServerOptions, purpose: Purpose) -> Result<Connections, OpenError> {
    let connect = options.connect().map_err(|error| OpenError::of_server(options, &error.into()))?;
    Ok(Connections::new(options.dialect(), connect, purpose))
}

/// `None` if there is no journal.
async fn find(connections: &Connections) -> Result<Option<Found>, Failure> {
    let rows = match connections.rows(&Statement::new(VERSIONS)).await {
        Err(Failure::Sql(error)) if has_no_table(&error) => return Ok(None),
        rows => rows?,
    };
    let value = |name: &str| {
        let row = rows.iter().find(|row| text(row, "name").is_ok_and(|found| found == name))?;
        text(row, "value").ok()?.parse().ok()
    };
    Ok(value("schema").map(|version| Found { version, oldest: value("schema.oldest").unwrap_or(version) }))
}

fn has_no_table(error: &sqlx::Error) -> bool {
    matches!(code(error).as_str(), "42P01" | "1146")
}

/// MySQL's number of an error, and PostgreSQL's SQLSTATE.
fn code(error: &sqlx::Error) -> String {
    let Some(error) = error.as_database_error() else { return String::new() };
    match error.try_downcast_ref::<MySqlDatabaseError>() {
        Some(error) => error.number().to_string(),
        None => error.code().unwrap_or_default().into_owned(),
    }
}

impl OpenError {
    /// Credentials and names that are wrong stay wrong; everything else may pass.
    pub(super) fn of_server(options: &ServerOptions, failure: &Failure) -> Self {
        const WRONG: [&str; 7] = ["28P01", "28000", "3D000", "42501", "1044", "1045", "1049"];
        let (why, passes) = match failure {
            Failure::Sql(error @ sqlx::Error::Configuration(_)) => (error.to_string(), false),
            Failure::Sql(error) => (said(error), !WRONG.contains(&code(error).as_str())),
            other => (other.to_string(), true),
        };
        Self::Database { database: options.to_string(), why, passes }
    }
}
