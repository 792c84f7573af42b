//! Stored policies and settings.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use super::Sqlite;
use super::read::time;
use crate::journal::{JournalError, PolicyMeta, StoredPolicy};

/// A stored component may be added again with a signature; the signature is then stored.
pub(super) const KEEP: &str = "INSERT INTO policies (digest, name, version, signature, added_at, component) \
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET signature = \
    excluded.signature WHERE excluded.signature IS NOT coalesce(policies.signature, '') AND excluded.signature IS NOT NULL";
pub(super) const POLICY: &str =
    "SELECT digest, name, version, signature, added_at, component FROM policies WHERE digest = ?";
const POLICIES: &str = "SELECT digest, name, version, signature, added_at FROM policies ORDER BY added_at, digest";
pub(super) const FORGET: &str = "DELETE FROM policies WHERE digest = ?";
pub(super) const SETTING: &str = "SELECT value FROM settings WHERE name = ?";
const SETTINGS: &str = "SELECT name, value FROM settings ORDER BY name";
pub(super) const SET: &str = "INSERT INTO settings (value, name) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET \
    value = excluded.value WHERE excluded.value IS NOT settings.value";
pub(super) const UNSET: &str = "DELETE FROM settings WHERE name = ?";

impl Sqlite {
    pub async fn store_policy(&self, policy: &StoredPolicy) -> Result<(), JournalError> {
        let mut connection = self.writer().await?;
        let kept = self.store_policy_by(&mut connection, policy).await;
        self.conclude(connection, kept).await
    }

    async fn store_policy_by(
        &self,
        connection: &mut SqliteConnection,
        StoredPolicy { meta, component }: &StoredPolicy,
    ) -> Result<(), JournalError> {
        let mut transaction = connection.begin().await?;
        let query = sqlx::query(KEEP).bind(&meta.digest).bind(&meta.name).bind(&meta.version).bind(&meta.signature);
        let added_at = i64::try_from(meta.added_at).unwrap_or(i64::MAX);
        let stored = query.bind(added_at).bind(component).execute(&mut *transaction).await?.rows_affected();
        self.commit_changes(transaction, stored).await?;
        if stored > 0 {
            self.grows(component.len());
        }
        Ok(())
    }

    pub async fn forget_policy(&self, digest: &str) -> Result<bool, JournalError> {
        let mut connection = self.writer().await?;
        let forgotten = self.forget_policy_by(&mut connection, digest).await;
        self.conclude(connection, forgotten).await
    }

    async fn forget_policy_by(&self, connection: &mut SqliteConnection, digest: &str) -> Result<bool, JournalError> {
        let mut transaction = connection.begin().await?;
        let gone = sqlx::query(FORGET).bind(digest).execute(&mut *transaction).await?.rows_affected();
        self.commit_changes(transaction, gone).await?;
        Ok(gone > 0)
    }

    pub async fn policy(&self, digest: &str) -> Result<Option<StoredPolicy>, JournalError> {
        let row = sqlx::query(POLICY).bind(digest).fetch_optional(&self.policies).await?;
        let whole =
            |row: SqliteRow| Ok(StoredPolicy { meta: policy_meta(&row)?, component: row.try_get("component")? });
        row.map(whole).transpose()
    }

    pub async fn policies(&self) -> Result<Vec<PolicyMeta>, JournalError> {
        sqlx::query(POLICIES).fetch_all(&self.policies).await?.iter().map(policy_meta).collect()
    }

    pub async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        Ok(sqlx::query_scalar(SETTING).bind(name).fetch_optional(&self.policies).await?)
    }

    pub async fn settings(&self) -> Result<Vec<(String, String)>, JournalError> {
        Ok(sqlx::query_as(SETTINGS).fetch_all(&self.policies).await?)
    }

    pub async fn set(&self, settings: &[(&str, Option<String>)]) -> Result<(), JournalError> {
        let mut connection = self.writer().await?;
        let set = self.set_by(&mut connection, settings).await;
        self.conclude(connection, set).await
    }

    async fn set_by(
        &self,
        connection: &mut SqliteConnection,
        settings: &[(&str, Option<String>)],
    ) -> Result<(), JournalError> {
        let (mut transaction, mut changes) = (connection.begin().await?, 0);
        for (name, value) in settings {
            let query = match value {
                Some(value) => sqlx::query(SET).bind(value),
                None => sqlx::query(UNSET),
            };
            changes += query.bind(*name).execute(&mut *transaction).await?.rows_affected();
        }
        self.commit_changes(transaction, changes).await
    }
}

fn policy_meta(row: &SqliteRow) -> Result<PolicyMeta, JournalError> {
    Ok(PolicyMeta {
        digest: row.try_get("digest")?,
        name: row.try_get("name")?,
        version: row.try_get("version")?,
        signature: row.try_get("signature")?,
        added_at: time(row, "added_at")?,
    })
}
