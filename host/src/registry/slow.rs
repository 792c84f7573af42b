//! Takes the role from a shadow policy that is too slow: each task waits for the calls of its shadow policy.

use crate::engine::{Digest, Policy};

use super::PolicyRegistry;

impl PolicyRegistry {
    /// Counts a task for which this shadow policy was too slow. After as many as lead to a rollback of an active policy it
    /// loses its role.
    pub async fn shadow_was_slow(&self, shadow: &Policy) {
        if self.was_too_often_slow(shadow.digest()) {
            self.end_shadow(shadow.digest()).await;
        }
    }

    /// Counts, and takes the role away in memory.
    fn was_too_often_slow(&self, digest: Digest) -> bool {
        let mut policies = self.policies_mut();
        if !is_shadow(policies.shadow.as_deref(), digest) {
            return false;
        }
        policies.slow += 1;
        if policies.slow < self.traps.0 {
            return false;
        }
        // At once, because other tasks would call it until the change is stored.
        policies.shadow = None;
        policies.slow = 0;
        true
    }

    async fn end_shadow(&self, digest: Digest) {
        let mut version = self.changing.lock().await;
        let next = match self.policies() {
            // Another request has set another shadow policy meanwhile. If it is this one again, a change of another role
            // was being stored meanwhile, and kept it.
            policies if policies.shadow.is_some() && !is_shadow(policies.shadow.as_deref(), digest) => return,
            policies => policies.shadowed(None),
        };
        match self.change(&mut version, next).await {
            Ok(_) => tracing::error!(
                "policy {digest} was too slow for {} tasks: it is not the shadow policy any more",
                self.traps.0
            ),
            Err(error) => {
                tracing::error!(
                    "policy {digest} is too slow and not called any more, but this cannot be stored: {error}; after a \
                     restart it is the shadow policy again"
                )
            }
        }
    }
}

fn is_shadow(shadow: Option<&Policy>, digest: Digest) -> bool {
    shadow.is_some_and(|shadow| shadow.digest() == digest)
}
