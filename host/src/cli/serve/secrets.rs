//! Files and keys that the configuration refers to. They are read at the start, and again at a SIGHUP.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use swaparoo::clients::outgoing::Tls;
use swaparoo::http::{Config, Tokens};
use swaparoo::registry::Trust;
use swaparoo::secret_file;

/// Tokens with their roles, and the keys that may sign policies.
pub struct Secrets {
    pub tokens: Option<Arc<Tokens>>,
    pub trust: Trust,
}

impl Secrets {
    pub fn read(config: &Config) -> anyhow::Result<Self> {
        let tokens = config.auth.tokens.as_deref().map(Tokens::read).transpose().context("auth.tokens")?;
        let tokens = tokens.map(Arc::new);
        Ok(Self { tokens, trust: Trust::given(&config.policies.trusted_keys, &config.policies.trust_built_in)? })
    }
}

/// Reads the token for Placement.
pub fn token(file: &Path) -> anyhow::Result<String> {
    let token = secret_file::read(file, "the token file").context("placement.token_file")?;
    Ok(token.trim().to_owned())
}

/// Reads the trust in Placement's certificate.
pub fn authorities(file: Option<&Path>) -> anyhow::Result<Tls> {
    let trusting = file.map(|file| Tls::default().trusting(file).context("placement.cafile"));
    trusting.unwrap_or_else(|| Ok(Tls::default()))
}
