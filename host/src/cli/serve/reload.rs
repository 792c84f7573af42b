//! SIGHUP: reads tokens, keys, the trust in policies and what the proxy does again, without a stop.

use std::io;
use std::sync::Arc;

use swaparoo::cadf::{self, Activity, CONFIGURATION, Resource};
use swaparoo::http::config::{AuthConfig, PoliciesConfig, ProxyConfig, ProxyMode};
use swaparoo::http::{Config, Tokens};
use swaparoo::proxy::Proxy;
use swaparoo::runner::Runner;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::secrets::Secrets;
use super::upstream;

/// What is replaced at a SIGHUP.
pub struct Reload<F> {
    /// Reads the configuration as at the start.
    pub read: F,
    /// The configuration in use.
    pub config: Config,
    pub tokens: Option<Arc<Tokens>>,
    pub runner: Runner,
    pub proxy: Option<Proxy>,
}

/// The signal, whose handler is installed by this call: without one, the signal would end the process.
pub fn hangup() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

impl<F: Fn() -> anyhow::Result<Config>> Reload<F> {
    /// Reloads at each signal, for ever. If a file cannot be used, everything stays as it is.
    pub async fn at_each(mut self, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            match self.once().await {
                Ok(()) => tracing::info!("the tokens, keys and trusted keys were read again"),
                Err(error) => tracing::error!("not all files could be read again: {error:#}"),
            }
        }
    }

    async fn once(&mut self) -> anyhow::Result<()> {
        let config = (self.read)()?;
        let Secrets { tokens, trust } = Secrets::read(&config)?;
        // The registry refuses keys under which its active policy could not decide; so it comes first.
        self.runner.registry().trust_instead(trust).await?;
        match (&self.tokens, tokens.and_then(Arc::into_inner)) {
            (Some(present), Some(new)) => present.replace(new),
            (None, None) => {}
            _ => tracing::warn!("auth.tokens was added or removed: restart the service to use this"),
        }
        if let Some(proxy) = &self.proxy {
            proxy.configure(config.proxy.clone());
            if config.proxy.mode != self.config.proxy.mode {
                note_mode(config.proxy.mode, "SIGHUP");
            }
        }
        upstream::again(&config.placement, self.runner.upstream()).await?;
        if needs_a_restart(&self.config, &config) {
            tracing::warn!("other keys of the configuration have changed: restart the service to use them");
        }
        self.config = config;
        Ok(())
    }
}

/// The audit event of a mode of the proxy that begins now.
pub fn note_mode(mode: ProxyMode, by: &str) {
    let details = vec![("mode", mode.name().into())];
    let (initiator, target) = (Resource::user(by, None), Resource::changed(CONFIGURATION, "proxy.mode"));
    let (action, status, request_id) = ("configure/proxy-mode", None, None);
    cadf::emit(&Activity { action, initiator, target, status, request_id, details });
}

/// Whether keys have changed that are not replaced here.
fn needs_a_restart(old: &Config, new: &Config) -> bool {
    let mut as_old = new.clone();
    as_old.placement = old.placement.clone();
    let ProxyConfig { mode, fail, wait, release_after, .. } = old.proxy;
    as_old.proxy = ProxyConfig { mode, fail, wait, release_after, ..as_old.proxy };
    as_old.auth = AuthConfig { tokens: old.auth.tokens.clone(), ..as_old.auth };
    as_old.policies = PoliciesConfig {
        trusted_keys: old.policies.trusted_keys.clone(),
        trust_built_in: old.policies.trust_built_in.clone(),
        ..as_old.policies
    };
    as_old != *old
}
