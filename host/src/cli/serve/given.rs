//! What the configuration names and does not have in itself: files and keys. They are read once, at the start.

use std::path::Path;
use std::sync::Arc;

use swaparoo::library::{First, Trust};
use swaparoo::secret_file;
use swaparoo::service::config::PlacementAt;
use swaparoo::service::{Config, Listeners, Tokens};

use crate::cli::task::loader;

/// Who may do what, and whose policies count.
pub struct Given {
    pub tokens: Option<Arc<Tokens>>,
    pub trust: Trust,
}

impl Given {
    pub fn read(config: &Config) -> anyhow::Result<Self> {
        let tokens = config.auth.tokens.as_deref().map(Tokens::read).transpose()?.map(Arc::new);
        Ok(Self { tokens, trust: Trust::given(&config.policies.trusted_keys, &config.policies.trust_built_in)? })
    }
}

/// Reads all that a start on a new journal reads, and begins nothing.
pub async fn check(config: &Config) -> anyhow::Result<()> {
    let Given { trust, .. } = Given::read(config)?;
    Listeners::check(&config.listen)?;
    if let PlacementAt::Service { token_file, .. } = &config.placement.at {
        token(token_file)?;
    }
    First::read(&loader(config.policies.worker())?, &config.policies.default, &trust).await?;
    Ok(())
}

/// The token for Placement.
pub fn token(file: &Path) -> anyhow::Result<String> {
    Ok(secret_file::read(file, "the token file")?.trim().to_owned())
}
