//! Policies that were ever used, and settings.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use super::read::time;
use super::{Sqlite, conclude};
use crate::journal::{JournalError, Kept, KeptPolicy};

impl Sqlite {
    pub async fn keep_policy(&self, policy: &KeptPolicy) -> Result<(), JournalError> {
        let KeptPolicy { kept, component } = policy;
        // The same component may come again with a signature.
        let insert = "INSERT INTO policies (digest, name, version, signature, added_at, component) \
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET signature = \
            coalesce(excluded.signature, policies.signature)";
        let query = sqlx::query(insert).bind(&kept.digest).bind(&kept.name).bind(&kept.version).bind(&kept.signature);
        let added_at = i64::try_from(kept.added_at).unwrap_or(i64::MAX);
        let mut connection = self.write.acquire().await?;
        let kept = query.bind(added_at).bind(component).execute(&mut *connection).await;
        conclude(connection, kept.map(|_| ()).map_err(JournalError::from)).await
    }

    pub async fn policy(&self, digest: &str) -> Result<Option<KeptPolicy>, JournalError> {
        let select = "SELECT digest, name, version, signature, added_at, component FROM policies WHERE digest = ?";
        let row = sqlx::query(select).bind(digest).fetch_optional(&self.policies).await?;
        let whole = |row: SqliteRow| Ok(KeptPolicy { kept: kept(&row)?, component: row.try_get("component")? });
        row.map(whole).transpose()
    }

    pub async fn policies(&self) -> Result<Vec<Kept>, JournalError> {
        let select = "SELECT digest, name, version, signature, added_at FROM policies ORDER BY added_at, digest";
        sqlx::query(select).fetch_all(&self.policies).await?.iter().map(kept).collect()
    }

    pub async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        let select = "SELECT value FROM settings WHERE name = ?";
        Ok(sqlx::query_scalar(select).bind(name).fetch_optional(&self.policies).await?)
    }

    pub async fn set(&self, settings: &[(&str, Option<String>)]) -> Result<(), JournalError> {
        let mut connection = self.write.acquire().await?;
        let set = set(&mut connection, settings).await;
        conclude(connection, set).await
    }
}

async fn set(connection: &mut SqliteConnection, settings: &[(&str, Option<String>)]) -> Result<(), JournalError> {
    let mut transaction = connection.begin().await?;
    for (name, value) in settings {
        let query = match value {
            Some(value) => sqlx::query("INSERT OR REPLACE INTO settings (value, name) VALUES (?, ?)").bind(value),
            None => sqlx::query("DELETE FROM settings WHERE name = ?"),
        };
        query.bind(*name).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

fn kept(row: &SqliteRow) -> Result<Kept, JournalError> {
    Ok(Kept {
        digest: row.try_get("digest")?,
        name: row.try_get("name")?,
        version: row.try_get("version")?,
        signature: row.try_get("signature")?,
        added_at: time(row, "added_at")?,
    })
}
