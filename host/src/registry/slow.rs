//! Takes the role from a shadow policy that is too slow: each task waits for the calls of its shadow policy.

use super::{Kinds, PolicyRegistry};
use crate::contract::TaskKind;
use crate::engine::{Digest, Policy};

impl PolicyRegistry {
    /// Counts a task of this kind for which this shadow policy was too slow. After as many as lead to a rollback of an active
    /// policy it loses its role.
    pub async fn shadow_was_slow(&self, shadow: &Policy, kind: TaskKind) {
        if let Some(kinds) = self.was_too_often_slow(shadow.digest(), kind) {
            self.end_shadow(shadow.digest(), &kinds).await;
        }
    }

    /// Counts, and takes the role away in memory. Returns the kinds for which it had the role.
    fn was_too_often_slow(&self, digest: Digest, kind: TaskKind) -> Option<Kinds> {
        let mut policies = self.policies_mut();
        let slot = policies.by_kind().shadow.slot(kind);
        if policies.shadow_at(slot) != Some(digest) {
            return None;
        }
        let slow = policies.slow.of(slot) + 1;
        policies.slow.set(slot, slow);
        if slow < self.traps.0 {
            return None;
        }
        let kinds = policies.by_kind().shadow.kinds_of(slot)?;
        // At once, because other tasks would call it until the change is stored.
        *policies = policies.shadowed(&kinds, None);
        Some(kinds)
    }

    async fn end_shadow(&self, digest: Digest, kinds: &Kinds) {
        let mut version = self.changing.lock().await;
        let next = {
            let policies = self.policies();
            // Another request may have set another shadow policy meanwhile. If it is this one again, a change of another role
            // was being stored meanwhile, and kept it.
            let is_ended = |kind| policies.by_kind().shadow(kind).is_none_or(|shadow| shadow.digest() == digest);
            let Some(kinds) = Kinds::of(|kind| kinds.contain(kind) && is_ended(kind)) else { return };
            policies.shadowed(&kinds, None)
        };
        match self.change(&mut version, next).await {
            Ok(_) => tracing::error!(
                "policy {digest} was too slow for {} tasks: it is not the shadow policy any more{}",
                self.traps.0,
                kinds.for_some()
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
