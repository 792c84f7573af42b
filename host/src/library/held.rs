//! Policies in memory, and who is what.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::Roles;
use crate::policy::{Digest, Policy};

/// The policies in a role, and those that some task still uses.
#[derive(Debug, Clone)]
pub struct Held {
    pub active: Arc<Policy>,
    pub previous: Option<Arc<Policy>>,
    pub shadow: Option<Arc<Policy>>,
    /// Failures of the active policy's own, in a row.
    pub failures: u32,
    used: HashMap<Digest, Weak<Policy>>,
}

impl Held {
    pub fn new(active: Arc<Policy>, previous: Option<Arc<Policy>>, shadow: Option<Arc<Policy>>) -> Self {
        Self { active, previous, shadow, failures: 0, used: HashMap::new() }
    }

    pub fn roles(&self) -> Roles {
        let digest = |policy: &Option<Arc<Policy>>| policy.as_ref().map(|policy| policy.digest());
        Roles { active: self.active.digest(), previous: digest(&self.previous), shadow: digest(&self.shadow) }
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

    /// With this policy active. One that is active already stays so, and so does the one before it.
    pub fn promoted(&self, policy: Arc<Policy>) -> Self {
        if policy.digest() == self.active.digest() {
            return self.clone();
        }
        let mut next = Self { active: policy, previous: Some(self.active.clone()), failures: 0, ..self.clone() };
        next.remember(&self.active);
        next
    }

    /// With the one before active. What was active is not what came before: who rolls back twice does not promote it.
    pub fn rolled_back(&self) -> Option<Self> {
        let mut next = Self { active: self.previous.clone()?, previous: None, failures: 0, ..self.clone() };
        next.remember(&self.active);
        Some(next)
    }

    pub fn shadowed(&self, policy: Option<Arc<Policy>>) -> Self {
        Self { shadow: policy, ..self.clone() }
    }
}
