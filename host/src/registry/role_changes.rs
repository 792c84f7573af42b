//! Changes of the roles of policies, by this runner and by others that share its journal.

use std::sync::PoisonError;

use super::role_policies::RolePolicies;
use super::stored::{Duty, role, spare};
use super::{ACTIVE, PREVIOUS, PolicyRegistry, PolicyRoles, RegistryError, SHADOW, Trust, newest};
use crate::engine::Digest;

impl PolicyRegistry {
    /// Stores these roles and takes them over, unless another runner has changed them since this version.
    pub(super) async fn change(&self, version: &mut String, next: RolePolicies) -> Result<PolicyRoles, RegistryError> {
        let roles = next.roles();
        for digest in roles.digests() {
            self.check_stored(digest).await?;
        }
        let digest = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
        let raised = newest::raised(&self.journal, &next.active).await?;
        let mut settings = vec![
            (ACTIVE, Some(roles.active.to_string())),
            (PREVIOUS, digest(roles.previous)),
            (SHADOW, digest(roles.shadow)),
        ];
        settings.extend(raised.as_ref().map(|(setting, version)| (setting.as_str(), Some(version.clone()))));
        *version = self.journal.set_roles(version, &settings).await?.ok_or(RegistryError::RolesChanged)?;
        self.policies_mut().replace(next);
        Ok(roles)
    }

    /// Takes over the roles that another runner has given to policies, and the failures of the active one at all runners.
    ///
    /// # Errors
    /// The journal cannot be read, or the active policy cannot be loaded here; then nothing changes.
    pub async fn follow(&self) -> Result<(), RegistryError> {
        self.follow_roles(&mut *self.changing.lock().await).await?;
        let active = self.active().digest();
        if let Some(failures) = self.journal.failures(&active.to_string()).await? {
            self.policies_mut().failures = failures;
        }
        Ok(())
    }

    pub(super) async fn follow_roles(&self, version: &mut String) -> Result<(), RegistryError> {
        let now = self.journal.roles_version().await?;
        if *version != now {
            self.read_roles(&self.trust()).await?;
            tracing::info!("the policy {} is active now: another runner has changed the roles", self.roles().active);
            *version = now;
        }
        Ok(())
    }

    /// Replaces the trusted keys while the service runs. Tasks that run continue under their policies. A previous policy
    /// or a shadow that is not trusted any more loses its role, as at a start.
    ///
    /// # Errors
    /// The active policy would not be trusted; then nothing changes.
    pub async fn trust_instead(&self, trust: Trust) -> Result<(), RegistryError> {
        let _alone = self.changing.lock().await;
        self.read_roles(&trust).await?;
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = trust;
        self.signatures.forget_all();
        Ok(())
    }

    /// Loads the policies that have a role by the journal.
    async fn read_roles(&self, trust: &Trust) -> Result<(), RegistryError> {
        let (loader, journal) = (&self.loader, &self.journal);
        let Some(active) = role(loader, journal, trust, (ACTIVE, Duty::Decide)).await? else { return Ok(()) };
        let previous = spare(loader, journal, trust, (PREVIOUS, Duty::Decide)).await;
        let shadow = spare(loader, journal, trust, (SHADOW, Duty::Listen)).await;
        let mut policies = self.policies_mut();
        let mut now = RolePolicies::new(active, previous, shadow);
        now.remember(&policies.active);
        policies.replace(now);
        Ok(())
    }
}
