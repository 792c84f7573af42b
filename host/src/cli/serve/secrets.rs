//! Files and keys that the configuration refers to. They are read at the start, and again at a SIGHUP.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use swaparoo::clients::outgoing::{Tls, TlsError};
use swaparoo::http::api::OtherRunners;
use swaparoo::http::config::{DatabaseAt, JournalAt, RunnersConfig};
use swaparoo::http::{Config, Tokens};
use swaparoo::journal::ServerOptions;
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

/// Reads the password for the journal's database.
pub fn database(at: &DatabaseAt) -> anyhow::Result<ServerOptions> {
    let read = |file: &Path| secret_file::read(file, "the password file").map(|text| text.trim().to_owned());
    let password = at.password_file.as_deref().map(read).transpose()?;
    ServerOptions::new(at.url.clone(), password, at.cafile.as_deref()).context("journal.url")
}

/// Reads the trust in Placement's certificate.
pub fn authorities(file: Option<&Path>) -> anyhow::Result<Tls> {
    trusting(file).context("placement.cafile")
}

/// Reads how the other runners are asked that share the journal; `None` if it belongs to this one alone.
pub fn other_runners(config: &Config) -> anyhow::Result<Option<OtherRunners>> {
    let RunnersConfig { cafile, token_file, .. } = &config.runners;
    if !matches!(config.journal.at, JournalAt::Database(_)) {
        return Ok(None);
    }
    let tls = trusting(cafile.as_deref()).context("runners.cafile")?;
    let read = |file: &Path| secret_file::read(file, "the token file").context("runners.token_file");
    let token = token_file.as_deref().map(read).transpose()?;
    OtherRunners::new(&tls, token.as_deref().map(str::trim)).map(Some)
}

fn trusting(file: Option<&Path>) -> Result<Tls, TlsError> {
    file.map_or_else(|| Ok(Tls::default()), |file| Tls::default().trusting(file))
}
