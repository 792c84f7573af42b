//! The files and keys that the configuration names, except those of Placement.

use anyhow::Error;
use swaparoo::certificate;
use swaparoo::describe::count;
use swaparoo::http::{Config, Listeners, Tokens};
use swaparoo::registry::{BootstrapPolicy, Trust};

use super::report::Report;
use crate::cli::task::loader;

/// Reads what a start with a new journal reads.
pub async fn examine(report: &mut Report, config: &Config) {
    match config.auth.tokens.as_deref().map(|file| (file, Tokens::read(file))) {
        Some((file, Ok(tokens))) => {
            report.ok("auth.tokens", format_args!("{} has {}", file.display(), count(tokens.count(), "token")));
        }
        Some((_, Err(error))) => report.wrong(&Error::from(error).context("auth.tokens")),
        None => {}
    }
    match Listeners::check(&config.listen) {
        Ok(()) => {
            let pem = config.listen.tls_certificate.as_deref().and_then(|file| std::fs::read(file).ok());
            report.validity("listen.tls_certificate", pem.and_then(|pem| certificate::expiry_of_pem(&pem)));
        }
        Err(error) => report.wrong(&error.into()),
    }
    match Trust::given(&config.policies.trusted_keys, &config.policies.trust_built_in) {
        Ok(trust) => match policy(config, &trust).await {
            Ok(()) => report.ok("policies.default", format_args!("{} can decide", config.policies.default)),
            Err(error) => report.wrong(&error),
        },
        Err(error) => report.wrong(&error.into()),
    }
}

async fn policy(config: &Config, trust: &Trust) -> Result<(), Error> {
    let loader = loader(config.policies.limits, config.policies.worker())?;
    Ok(BootstrapPolicy::read(&loader, &config.policies.default, trust).await.map(drop)?)
}
