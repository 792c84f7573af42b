//! The roles of policies, which each runner may change, and the failures of the active one, which all runners count together.

use uuid::Uuid;

use super::Server;
use super::failure::Known;
use super::settings::forget;
use super::statement::Statement;
use crate::contract::TaskKind;
use crate::journal::{FAILURES, JournalError, of_kind};

/// The setting that each change of the roles gives a new random value.
const VERSION: &str = "roles";
const REPLACE: &str = "UPDATE settings SET value = ? WHERE name = ? AND value = ?";
/// Tries of a change that others make at the same time.
const TRIES: u32 = 20;

impl Server {
    /// The version of the roles.
    pub async fn roles_version(&self) -> Result<String, JournalError> {
        Ok(self.setting(VERSION).await?.unwrap_or_default())
    }

    /// Changes these settings and the version of the roles, unless that is not `version` any more. Returns the new version;
    /// `None` if another runner has changed the roles.
    pub async fn set_roles(
        &self,
        version: &str,
        settings: &[(&str, Option<String>)],
    ) -> Result<Option<String>, JournalError> {
        self.with_roles(version, settings.iter().map(|setting| self.assign(setting))).await
    }

    /// Deletes a policy. As a change of the roles, so that none of them gives it a role at the same time.
    pub async fn remove_policy(&self, version: &str, digest: &str) -> Result<Option<String>, JournalError> {
        self.with_roles(version, [forget(digest)]).await
    }

    async fn with_roles(
        &self,
        version: &str,
        changes: impl IntoIterator<Item = Statement>,
    ) -> Result<Option<String>, JournalError> {
        let new = Uuid::new_v4().to_string();
        let mut statements = vec![replace(VERSION, version, &new)];
        statements.extend(changes);
        for _ in 0..TRIES {
            match self.connections.transaction(&statements).await.map_err(|failure| (failure.known(), failure)) {
                Ok(_) => return Ok(Some(new)),
                Err((Known::Changed, _)) => return Ok(None),
                Err((Known::RolledBack, _)) => {}
                Err((Known::Nothing, failure)) => match self.roles_version().await? {
                    now if now == new => return Ok(Some(new)),
                    now if now != version => return Ok(None),
                    _ => return Err((&failure).into()),
                },
                Err((_, failure)) => return Err((&failure).into()),
            }
        }
        Err(JournalError::new("other runners change the roles of policies all the time"))
    }

    /// How often this policy has failed in a row, at all runners.
    pub async fn failures(&self, kind: Option<TaskKind>, digest: &str) -> Result<u32, JournalError> {
        let stored = self.setting(&of_kind(FAILURES, kind)).await?.unwrap_or_default();
        Ok(count(&stored, digest))
    }

    /// Counts one more failure of this policy. Returns how often it has failed in a row, at all runners.
    pub async fn add_failure(&self, kind: Option<TaskKind>, digest: &str) -> Result<u32, JournalError> {
        let name = of_kind(FAILURES, kind);
        for _ in 0..TRIES {
            let stored = self.setting(&name).await?.unwrap_or_default();
            let failures = count(&stored, digest) + 1;
            let add = replace(&name, &stored, &format!("{digest} {failures} {}", Uuid::new_v4()));
            // Without an answer it may be counted twice, which is on the safe side.
            if self.connections.transaction(&[add]).await.is_ok() {
                return Ok(failures);
            }
        }
        Err(JournalError::new("a failure of the active policy cannot be counted"))
    }

    /// Forgets the failures, after a task that ended well.
    pub async fn forget_failures(&self, kind: Option<TaskKind>) -> Result<(), JournalError> {
        self.set(&[(of_kind(FAILURES, kind).as_ref(), Some(String::new()))]).await
    }
}

fn replace(name: &str, before: &str, after: &str) -> Statement {
    Statement::new(REPLACE).bind(after).bind(name).bind(before).must_find(1)
}

/// The number in a stored text, if it is of this policy.
fn count(stored: &str, digest: &str) -> u32 {
    let mut words = stored.split(' ');
    let is_same = words.next() == Some(digest);
    words.next().filter(|_| is_same).and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_another_policy_do_not_count() {
        assert_eq!(count("abc 3 x", "abc"), 3);
        assert_eq!(count("abc 3 x", "abd"), 0);
        assert_eq!(count("", "abc"), 0);
    }
}
