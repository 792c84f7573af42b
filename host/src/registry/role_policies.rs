//! The policies in memory, and their roles.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Instant;

use super::PolicyRoles;
use crate::engine::{Digest, Policy};

/// The policies that have a role, and those that tasks still use.
#[derive(Debug, Clone)]
pub struct RolePolicies {
    pub active: Arc<Policy>,
    pub previous: Option<Arc<Policy>>,
    pub shadow: Option<Arc<Policy>>,
    /// Consecutive failures caused by the active policy.
    pub failures: u32,
    /// Tasks for which the shadow policy was too slow.
    pub slow: u32,
    used: HashMap<Digest, Weak<Policy>>,
    /// When the policies that had a role in this process lost their last one.
    left: HashMap<Digest, Instant>,
}

impl RolePolicies {
    pub fn new(active: Arc<Policy>, previous: Option<Arc<Policy>>, shadow: Option<Arc<Policy>>) -> Self {
        Self { active, previous, shadow, failures: 0, slow: 0, used: HashMap::new(), left: HashMap::new() }
    }

    pub fn roles(&self) -> PolicyRoles {
        let digest = |policy: &Option<Arc<Policy>>| policy.as_ref().map(|policy| policy.digest());
        PolicyRoles { active: self.active.digest(), previous: digest(&self.previous), shadow: digest(&self.shadow) }
    }

    /// Takes over the roles of `next`.
    pub fn replace(&mut self, mut next: Self) {
        next.left = std::mem::take(&mut self.left);
        let now = Instant::now();
        next.left.extend(self.roles().digests().map(|digest| (digest, now)));
        for digest in next.roles().digests() {
            next.left.remove(&digest);
        }
        *self = next;
    }

    /// When this policy, which has no role, had one last; `None` if it had none in this process.
    pub fn left_at(&self, digest: Digest) -> Option<Instant> {
        self.left.get(&digest).copied()
    }

    pub fn loaded(&self, digest: Digest) -> Option<Arc<Policy>> {
        let in_role = [Some(&self.active), self.previous.as_ref(), self.shadow.as_ref()].into_iter().flatten();
        let mut in_role = in_role;
        let in_role = in_role.find(|policy| policy.digest() == digest).cloned();
        in_role.or_else(|| self.used.get(&digest)?.upgrade())
    }

    pub fn remember(&mut self, policy: &Arc<Policy>) {
        self.used.retain(|_, policy| policy.strong_count() > 0);
        self.used.insert(policy.digest(), Arc::downgrade(policy));
    }

    pub fn forget(&mut self, digest: Digest) {
        self.used.remove(&digest);
    }

    /// The roles after this policy becomes the active one. If it is active already, nothing changes.
    pub fn promoted(&self, policy: Arc<Policy>) -> Self {
        if policy.digest() == self.active.digest() {
            return self.clone();
        }
        let mut next = Self { active: policy, previous: Some(self.active.clone()), failures: 0, ..self.clone() };
        next.remember(&self.active);
        next
    }

    /// The roles after a rollback. The policy that was active does not become the previous one, so that a second
    /// rollback does not activate it again.
    pub fn rolled_back(&self) -> Option<Self> {
        let mut next = Self { active: self.previous.clone()?, previous: None, failures: 0, ..self.clone() };
        next.remember(&self.active);
        Some(next)
    }

    pub fn shadowed(&self, policy: Option<Arc<Policy>>) -> Self {
        Self { shadow: policy, slow: 0, ..self.clone() }
    }
}
