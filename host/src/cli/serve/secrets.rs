//! Files and keys that the configuration refers to. They are read once, at the start.

use std::path::Path;
use std::sync::Arc;

use swaparoo::http::config::PlacementAt;
use swaparoo::http::{Config, Listeners, Tokens};
use swaparoo::registry::{BootstrapPolicy, Trust};
use swaparoo::secret_file;

use crate::cli::task::loader;

/// Tokens with their roles, and the keys that may sign policies.
pub struct Secrets {
    pub tokens: Option<Arc<Tokens>>,
    pub trust: Trust,
}

impl Secrets {
    pub fn read(config: &Config) -> anyhow::Result<Self> {
        let tokens = config.auth.tokens.as_deref().map(Tokens::read).transpose()?.map(Arc::new);
        Ok(Self { tokens, trust: Trust::given(&config.policies.trusted_keys, &config.policies.trust_built_in)? })
    }
}

/// Reads everything that a start with a new journal reads, without starting anything.
pub async fn check(config: &Config) -> anyhow::Result<()> {
    let Secrets { trust, .. } = Secrets::read(config)?;
    Listeners::check(&config.listen)?;
    if let PlacementAt::Service { token_file, .. } = &config.placement.at {
        token(token_file)?;
    }
    BootstrapPolicy::read(&loader(config.policies.worker())?, &config.policies.default, &trust).await?;
    Ok(())
}

/// Reads the token for Placement.
pub fn token(file: &Path) -> anyhow::Result<String> {
    Ok(secret_file::read(file, "the token file")?.trim().to_owned())
}
