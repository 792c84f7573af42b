//! Policies that come and go while tasks are open: a new one needs room in the journal, and one that an open task began
//! under stays.

use std::sync::Arc;

use super::{PushError, Runner, SubmitError};
use crate::engine::{Digest, Policy};
use crate::journal::{JournalError, State, TaskQuery};
use crate::registry::RegistryError;
use crate::registry::signature::Envelope;

/// The journal's space divided by this number is reserved for tasks.
const RESERVE: u64 = 4;

impl Runner {
    /// Adds a component as [`PolicyRegistry::add`](crate::registry::PolicyRegistry::add) does, if the journal has room for it.
    ///
    /// # Errors
    /// The journal is full, the component is not trusted or is not a policy, or it cannot be stored.
    pub async fn add_policy(&self, component: Vec<u8>, signature: Option<Envelope>) -> Result<Arc<Policy>, PushError> {
        let (digest, bytes) = (Digest::of(&component), component.len() as u64);
        // Before it costs anything, and when it is stored: others may have been stored meanwhile.
        self.has_disk_for_policy(digest, bytes).await?;
        let new = self.registry().check_new(component, signature).await?;
        let _alone = self.0.policies.lock().await;
        self.has_disk_for_policy(digest, bytes).await?;
        Ok(self.registry().store(new).await?)
    }

    /// Removes a policy that has no role and no open task.
    ///
    /// # Errors
    /// It is in use, or is not stored.
    pub async fn remove_policy(&self, digest: Digest) -> Result<(), RegistryError> {
        let _alone = self.0.policies.lock().await;
        self.registry().check_unused(digest).await?;
        if let Some(task) = self.open_under(digest).await? {
            let why = format!("task {task} is open under it; remove it when that task has ended");
            return Err(RegistryError::InUse { digest, why });
        }
        self.registry().remove(digest).await
    }

    /// One that is stored already needs no more room.
    async fn has_disk_for_policy(&self, digest: Digest, bytes: u64) -> Result<(), PushError> {
        match self.registry().check_stored(digest).await {
            Ok(()) => Ok(()),
            Err(RegistryError::Unknown(_)) => Ok(self.has_disk_for(bytes, RESERVE).await?),
            Err(error) => Err(error.into()),
        }
    }

    /// An open task that continues under this policy. A task that this program does not understand may be one.
    async fn open_under(&self, digest: Digest) -> Result<Option<String>, JournalError> {
        let digest = digest.to_string();
        let open = TaskQuery { states: vec![State::Open, State::Parked], limit: u32::MAX, ..TaskQuery::default() };
        for task in self.journal().tasks(&open).await? {
            let outline = self.journal().outline(&task.id).await?;
            if outline.is_none_or(|outline| outline.policy.digest == digest) {
                return Ok(Some(task.id));
            }
        }
        Ok(None)
    }

    /// Whether a small task would find room in the journal.
    ///
    /// # Errors
    /// [`SubmitError::JournalFull`] if it would not.
    pub async fn has_room(&self) -> Result<(), SubmitError> {
        const SMALL: u64 = 1 << 10;
        self.has_disk_for(SMALL, super::submit::RESERVE).await
    }
}
