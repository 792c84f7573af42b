//! The schema's version, and the way from each one before it.

use std::path::Path;

use sqlx::SqlitePool;

use crate::journal::OpenError;

/// The whole schema, as a new journal has it.
pub const SCHEMA: &str = include_str!("schema.sql");
/// "SWAO".
pub const APPLICATION: i64 = 1_398_227_279;
/// What this program writes.
pub const VERSION: i64 = 2;

/// What makes a journal of the version before one of this version.
const STEPS: [(i64, &str); 1] = [(2, include_str!("version_2.sql"))];

/// Brings a journal of an older version to this one, all or nothing.
///
/// # Errors
/// It cannot be written to; then it is as it was.
pub async fn migrate(path: &Path, pool: &SqlitePool, from: i64) -> Result<(), OpenError> {
    for (version, step) in STEPS.into_iter().filter(|(version, _)| *version > from) {
        let stepped = async {
            let mut transaction = pool.begin().await?;
            sqlx::raw_sql(step).execute(&mut *transaction).await?;
            transaction.commit().await
        };
        stepped.await.map_err(|error| OpenError::of_sqlite(path, &error))?;
        tracing::info!("the journal {} is of version {version} now", path.display());
    }
    Ok(())
}
