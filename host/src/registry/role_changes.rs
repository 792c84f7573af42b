//! Changes of the roles of policies, by this runner and by others that share its journal.

use std::sync::PoisonError;

use super::role_policies::RolePolicies;
use super::{PolicyRegistry, PolicyRoles, RegistryError, Trust, newest, stored, stored_roles};

impl PolicyRegistry {
    /// Stores these roles and takes them over, unless another runner has changed them since this version.
    pub(super) async fn change(&self, version: &mut String, next: RolePolicies) -> Result<PolicyRoles, RegistryError> {
        let roles = next.roles();
        for digest in roles.all() {
            self.check_stored(*digest).await?;
        }
        // Not those in memory: a policy that cannot be loaded, or a shadow that was too slow, has no role there.
        let before = stored_roles::read(&self.journal).await?.unwrap_or_else(|| self.roles());
        let mut settings = stored_roles::changes(&before, &roles);
        settings.extend(newest::raised_by_all(&self.journal, next.by_kind().all_active()).await?);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        *version = self.journal.set_roles(version, &settings).await?.ok_or(RegistryError::RolesChanged)?;
        self.policies_mut().replace(next);
        Ok(roles)
    }

    /// Takes over the roles that another runner has given to policies, and the failures of the active ones at all runners.
    ///
    /// # Errors
    /// The journal cannot be read, or an active policy cannot be loaded here; then nothing changes.
    pub async fn follow(&self) -> Result<(), RegistryError> {
        self.follow_roles(&mut *self.changing.lock().await).await?;
        let roles = self.roles();
        for (slot, deciding) in roles.deciding.slots() {
            if let Some(failures) = self.journal.failures(slot, &deciding.active.to_string()).await? {
                self.policies_mut().failures.set(slot, failures);
            }
        }
        Ok(())
    }

    pub(super) async fn follow_roles(&self, version: &mut String) -> Result<(), RegistryError> {
        let now = self.journal.roles_version().await?;
        if *version != now {
            self.read_roles(&self.trust()).await?;
            tracing::info!("{}: another runner has changed the roles", active_now(&self.roles()));
            *version = now;
        }
        Ok(())
    }

    /// Replaces the trusted keys while the service runs. Tasks that run continue under their policies. A previous policy
    /// or a shadow that is not trusted any more loses its role, as at a start.
    ///
    /// # Errors
    /// An active policy would not be trusted; then nothing changes.
    pub async fn trust_instead(&self, trust: Trust) -> Result<(), RegistryError> {
        let _alone = self.changing.lock().await;
        self.read_roles(&trust).await?;
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = trust;
        self.signatures.forget_all();
        Ok(())
    }

    /// Loads the policies that have a role by the journal.
    async fn read_roles(&self, trust: &Trust) -> Result<(), RegistryError> {
        let Some(roles) = stored_roles::read(&self.journal).await? else { return Ok(()) };
        let mut now = RolePolicies::new(stored::in_roles(&self.loader, &self.journal, trust, &roles).await?);
        let mut policies = self.policies_mut();
        now.remember_active(&policies);
        policies.replace(now);
        Ok(())
    }
}

/// Which policy is active for which kinds, in words.
fn active_now(roles: &PolicyRoles) -> String {
    let slots = roles.deciding.slots().map(|(slot, deciding)| {
        let kinds = roles.deciding.kinds_of(slot).map_or_else(String::new, |kinds| kinds.for_some());
        format!("the policy {} is active now{kinds}", deciding.active)
    });
    slots.collect::<Vec<_>>().join("; ")
}
