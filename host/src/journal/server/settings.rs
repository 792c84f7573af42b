//! Stored policies and settings.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::failure::{Failure, Known};
use super::read::{text, time};
use super::statement::Statement;
use super::{Dialect, Server};
use crate::journal::{JournalError, PolicyMeta, StoredPolicy};

const KEEP: &str =
    "INSERT INTO policies (digest, name, version, signature, added_at, component) VALUES (?, ?, ?, ?, ?, ?)";
/// A stored component may be added again with a signature; the signature is then stored.
const SIGN: [(Dialect, &str); 2] = [
    (
        Dialect::Postgres,
        " ON CONFLICT (digest) DO UPDATE SET signature = COALESCE(excluded.signature, policies.signature)",
    ),
    (Dialect::MySql, " ON DUPLICATE KEY UPDATE signature = COALESCE(VALUES(signature), signature)"),
];
const POLICY: &str = "SELECT digest, name, version, signature, added_at, component FROM policies WHERE digest = ?";
const POLICIES: &str = "SELECT digest, name, version, signature, added_at FROM policies ORDER BY added_at, digest";
const FORGET: &str = "DELETE FROM policies WHERE digest = ?";
const SETTING: &str = "SELECT value FROM settings WHERE name = ?";
const SETTINGS: &str = "SELECT name, value FROM settings ORDER BY name";
const SET: &str = "INSERT INTO settings (name, value) VALUES (?, ?)";
const REPLACE: [(Dialect, &str); 2] = [
    (Dialect::Postgres, " ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
    (Dialect::MySql, " ON DUPLICATE KEY UPDATE value = VALUES(value)"),
];
const UNSET: &str = "DELETE FROM settings WHERE name = ?";
/// The row is this runner's, so that no other one conflicts.
const PROBE: &str = "UPDATE runners SET probed = probed + 1 WHERE id = ?";

/// Tries of changes that are the same when they are done twice.
const TRIES: u32 = 5;

impl Server {
    pub async fn store_policy(&self, StoredPolicy { meta, component }: &StoredPolicy) -> Result<(), JournalError> {
        let keep = Statement::new(KEEP).bind(meta.digest.as_str()).bind(meta.name.as_str()).bind(meta.version.as_str());
        let keep = keep.bind(meta.signature.clone()).bind(meta.added_at).bind(component.as_slice());
        let keep = keep.then(self.of_dialect(SIGN));
        Ok(self.change(&[keep]).await.map(drop)?)
    }

    pub async fn policy(&self, digest: &str) -> Result<Option<StoredPolicy>, JournalError> {
        let rows = self.connections.rows(&Statement::new(POLICY).bind(digest)).await?;
        let whole = |row: &AnyRow| {
            let component = row.try_get("component").map_err(Failure::from)?;
            Ok(StoredPolicy { meta: policy_meta(row)?, component })
        };
        rows.first().map(whole).transpose()
    }

    pub async fn policies(&self) -> Result<Vec<PolicyMeta>, JournalError> {
        self.connections.rows(&Statement::new(POLICIES)).await?.iter().map(policy_meta).collect()
    }

    pub async fn forget_policy(&self, digest: &str) -> Result<bool, JournalError> {
        let gone = self.change(&[forget(digest)]).await?;
        Ok(gone.iter().sum::<u64>() > 0)
    }

    pub async fn setting(&self, name: &str) -> Result<Option<String>, JournalError> {
        let rows = self.connections.rows(&Statement::new(SETTING).bind(name)).await?;
        rows.first().map(|row| text(row, "value")).transpose()
    }

    pub async fn settings(&self) -> Result<Vec<(String, String)>, JournalError> {
        let rows = self.connections.rows(&Statement::new(SETTINGS)).await?;
        rows.iter().map(|row| Ok((text(row, "name")?, text(row, "value")?))).collect()
    }

    pub async fn set(&self, settings: &[(&str, Option<String>)]) -> Result<(), JournalError> {
        let statements: Vec<_> = settings.iter().map(|setting| self.assign(setting)).collect();
        Ok(self.change(&statements).await.map(drop)?)
    }

    /// The statement that changes a setting.
    pub fn assign(&self, (name, value): &(&str, Option<String>)) -> Statement {
        match value {
            Some(value) => Statement::new(SET).bind(*name).bind(value.as_str()).then(self.of_dialect(REPLACE)),
            None => Statement::new(UNSET).bind(*name),
        }
    }

    /// Checks that this runner can write now.
    pub async fn probe(&self) -> Result<(), JournalError> {
        let probe = Statement::new(PROBE).bind(self.me.as_str()).must_find(1);
        match self.connections.transaction(&[probe]).await {
            Err(failure) if failure.known() == Known::Changed => Err(JournalError::fenced()),
            probed => Ok(probed.map(drop)?),
        }
    }

    /// Does this as often as needed: the result is the same if it is done twice.
    pub async fn change(&self, statements: &[Statement]) -> Result<Vec<u64>, Failure> {
        let mut tries = 1;
        loop {
            match self.connections.transaction(statements).await {
                Err(failure) if tries < TRIES && matches!(failure, Failure::Sql(_)) => {
                    tracing::debug!(%failure, "trying a change of the journal again");
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    fn of_dialect(&self, texts: [(Dialect, &'static str); 2]) -> &'static str {
        let mut texts = texts.into_iter();
        texts.find(|(dialect, _)| *dialect == self.connections.dialect).map_or("", |(_, text)| text)
    }
}

/// The statement that deletes a policy.
pub fn forget(digest: &str) -> Statement {
    Statement::new(FORGET).bind(digest)
}

fn policy_meta(row: &AnyRow) -> Result<PolicyMeta, JournalError> {
    Ok(PolicyMeta {
        digest: text(row, "digest")?,
        name: text(row, "name")?,
        version: text(row, "version")?,
        signature: row.try_get("signature").map_err(Failure::from)?,
        added_at: time(row, "added_at")?,
    })
}
