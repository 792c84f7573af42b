//! The policies in memory, and their roles.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Instant;

use super::by_kind::Slot;
use super::counts::Counts;
use super::roles::{PolicyRoles, Roles};
use super::{Kinds, RegistryError};
use crate::engine::{Digest, Policy};

/// The policies that have a role, and those that tasks still use.
#[derive(Debug, Clone)]
pub struct RolePolicies {
    roles: Roles<Arc<Policy>>,
    /// Consecutive failures caused by the active policy.
    pub failures: Counts,
    /// Tasks for which the shadow policy was too slow.
    pub slow: Counts,
    used: HashMap<Digest, Weak<Policy>>,
    /// When the policies that had a role in this process lost their last one.
    left: HashMap<Digest, Instant>,
}

impl RolePolicies {
    pub fn new(roles: Roles<Arc<Policy>>) -> Self {
        let (failures, slow) = (Counts::default(), Counts::default());
        Self { roles, failures, slow, used: HashMap::new(), left: HashMap::new() }
    }

    pub fn by_kind(&self) -> &Roles<Arc<Policy>> {
        &self.roles
    }

    pub fn roles(&self) -> PolicyRoles {
        self.roles.digests()
    }

    /// The digest of the active policy in this slot.
    pub fn active_at(&self, slot: Slot) -> Option<Digest> {
        self.roles.deciding.at(slot).map(|deciding| deciding.active.digest())
    }

    /// The digest of the shadow policy in this slot.
    pub fn shadow_at(&self, slot: Slot) -> Option<Digest> {
        self.roles.shadow.at(slot)?.as_ref().map(|shadow| shadow.digest())
    }

    /// Takes over the roles of `next`.
    pub fn replace(&mut self, mut next: Self) {
        next.left = std::mem::take(&mut self.left);
        let now = Instant::now();
        next.left.extend(self.roles().all().map(|digest| (*digest, now)));
        for digest in next.roles().all() {
            next.left.remove(digest);
        }
        *self = next;
    }

    /// When this policy, which has no role, had one last; `None` if it had none in this process.
    pub fn left_at(&self, digest: Digest) -> Option<Instant> {
        self.left.get(&digest).copied()
    }

    pub fn loaded(&self, digest: Digest) -> Option<Arc<Policy>> {
        let in_role = self.roles.all().find(|policy| policy.digest() == digest).cloned();
        in_role.or_else(|| self.used.get(&digest)?.upgrade())
    }

    pub fn remember(&mut self, policy: &Arc<Policy>) {
        self.used.retain(|_, policy| policy.strong_count() > 0);
        self.used.insert(policy.digest(), Arc::downgrade(policy));
    }

    /// Remembers the policies that decide tasks.
    pub fn remember_active(&mut self, of: &Self) {
        of.roles.all_active().for_each(|policy| self.remember(policy));
    }

    pub fn forget(&mut self, digest: Digest) {
        self.used.remove(&digest);
    }

    /// The policies after this one becomes active for these kinds.
    pub fn promoted(&self, kinds: &Kinds, policy: &Arc<Policy>) -> Self {
        self.with(self.roles.promoted(kinds, policy))
    }

    /// The policies after a rollback of these kinds; by default, of those of the last promotion.
    ///
    /// # Errors
    /// [`RegistryError::NoPrevious`] or [`RegistryError::NoPreviousFor`].
    pub fn rolled_back(&self, kinds: Option<&Kinds>) -> Result<Self, RegistryError> {
        let last = self.roles.promoted_last();
        let kinds = kinds.or(last.as_ref()).ok_or(RegistryError::NoPrevious)?;
        self.roles.rolled_back(kinds).map(|roles| self.with(roles)).map_err(|without| match without.are_all() {
            true => RegistryError::NoPrevious,
            false => RegistryError::NoPreviousFor(without),
        })
    }

    /// The policies after this one becomes the shadow of these kinds, counted from the beginning.
    pub fn shadowed(&self, kinds: &Kinds, policy: Option<&Arc<Policy>>) -> Self {
        let mut next = self.with(self.roles.shadowed(kinds, policy));
        let shadows = &next.roles.shadow;
        next.slow.retain(|slot| {
            shadows.kinds_of(slot).is_some_and(|of_slot| !of_slot.iter().any(|kind| kinds.contain(kind)))
        });
        next
    }

    fn with(&self, roles: Roles<Arc<Policy>>) -> Self {
        let mut next = Self { roles, ..self.clone() };
        next.remember_active(self);
        next.failures.retain(|slot| self.roles.deciding.at(slot) == next.roles.deciding.at(slot));
        next.slow.retain(|slot| self.roles.shadow.at(slot) == next.roles.shadow.at(slot));
        next
    }
}
