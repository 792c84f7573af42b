//! The schema's version, and the upgrades from older versions.

use std::path::Path;

use sqlx::SqlitePool;

use crate::journal::OpenError;

/// The whole schema of a new journal.
pub const SCHEMA: &str = include_str!("schema.sql");
/// "SWAO" in ASCII, SQLite's `application_id` of a journal.
pub const APPLICATION: i64 = 1_398_227_279;
/// The version that this program writes.
pub const VERSION: i64 = 2;

/// The statements that upgrade a journal from the version before to this version.
const STEPS: [(i64, &str); 1] = [(2, include_str!("version_2.sql"))];

/// Upgrades a journal of an older version, all or nothing: after an error the journal is unchanged.
pub async fn migrate(path: &Path, pool: &SqlitePool, from: i64) -> Result<(), OpenError> {
    for (version, step) in STEPS.into_iter().filter(|(version, _)| *version > from) {
        let stepped = async {
            let mut transaction = pool.begin().await?;
            sqlx::raw_sql(step).execute(&mut *transaction).await?;
            transaction.commit().await
        };
        stepped.await.map_err(|error| OpenError::of_sqlite(path, &error))?;
        tracing::info!("upgraded the journal {} to version {version}", path.display());
    }
    Ok(())
}
