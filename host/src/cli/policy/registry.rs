//! `swaparoo policy pull`, and the places `oci://...` of `policy push` and `policy promote`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use swaparoo::clients::oci::{Access, Location, Registries};
use swaparoo::engine::Digest;
use swaparoo::registry::signature::{Envelope, PublicKey};

use super::Exit;
use crate::cli::stdout::say;

/// How a registry is reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The registry (of oci://HOST/REPOSITORY:TAG)")]
pub struct RegistryArgs {
    /// A PEM file with authorities that may certify the registry, in addition to the system's
    #[arg(long = "registry-cafile", value_name = "FILE.pem", env = "SWAPAROO_REGISTRY_CAFILE")]
    cafile: Option<PathBuf>,
    /// The user at the registry
    #[arg(long = "registry-user", value_name = "NAME", env = "SWAPAROO_REGISTRY_USER", requires = "password_file")]
    user: Option<String>,
    /// A file with the user's password, readable by its owner only
    #[arg(long = "registry-password-file", value_name = "FILE", env = "SWAPAROO_REGISTRY_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
    /// Without TLS, for a registry on this machine
    #[arg(long = "registry-plain-http")]
    plain_http: bool,
    /// Accept only a policy that this public key has signed: its base64, or a file with it; repeat for several keys
    #[arg(long = "registry-key", value_name = "PUBLIC|FILE")]
    keys: Vec<String>,
}

/// A policy from a registry, with the signature to use.
pub struct PulledPolicy {
    pub component: Vec<u8>,
    pub signature: Option<Envelope>,
    /// Its place, with the digest of the manifest.
    pub at: Location,
}

impl RegistryArgs {
    fn registries(&self) -> anyhow::Result<Registries> {
        let user = self.user.clone().zip(self.password_file.clone());
        let access = Access { cafile: self.cafile.clone(), user, plain_http: self.plain_http };
        Ok(Registries::new(&access)?)
    }

    /// Sends a component file with its signature, if it has one.
    pub async fn publish(&self, file: &Path, signature: Option<&Envelope>, to: &Location) -> anyhow::Result<Exit> {
        let component = super::component(file)?;
        let digest = Digest::of(&component);
        let envelope = signature.map(|envelope| envelope.to_string().into_bytes());
        let at = self.registries()?.push(to, component, envelope).await?;
        say!("{digest}  {at}{}", if signature.is_some() { "" } else { "  not signed" });
        Ok(Exit::Finished)
    }

    /// Reads a policy, and checks its signature where keys are given.
    pub async fn pull(&self, from: &Location) -> anyhow::Result<PulledPolicy> {
        let keys = self.keys.iter().map(|key| PublicKey::given(key)).collect::<Result<Vec<_>, _>>()?;
        let pulled = self.registries()?.pull(from).await?;
        let envelopes = pulled.signatures.iter().map(|bytes| {
            let text = std::str::from_utf8(bytes).context("it is not UTF-8")?;
            text.parse::<Envelope>().map_err(anyhow::Error::from)
        });
        let envelopes = envelopes.collect::<anyhow::Result<Vec<_>>>();
        let envelopes = envelopes.with_context(|| format!("a signature of {} is none", pulled.at))?;
        let digest = Digest::of(&pulled.component);
        let signature = if keys.is_empty() {
            envelopes.into_iter().next()
        } else {
            let is_good = |envelope: &Envelope| {
                envelope.verify(&keys).is_ok_and(|(_, stated)| stated.check_digest(digest).is_ok())
            };
            let signed = envelopes.into_iter().find(is_good);
            Some(signed.ok_or_else(|| anyhow!("none of the keys of --registry-key has signed {}", pulled.at))?)
        };
        Ok(PulledPolicy { component: pulled.component, signature, at: pulled.at })
    }
}

#[derive(Debug, Args)]
pub struct Pull {
    /// The policy in a registry
    #[arg(value_name = "oci://HOST/REPOSITORY:TAG")]
    from: Location,
    /// The file to write, with FILE.wasm.sig beside it if the policy is signed
    #[arg(long, value_name = "FILE.wasm")]
    out: PathBuf,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Writes a policy from a registry into a file.
pub async fn pull(options: &Pull) -> anyhow::Result<Exit> {
    let PulledPolicy { component, signature, at } = options.registry.pull(&options.from).await?;
    let (out, beside) = (&options.out, Envelope::beside(&options.out));
    if signature.is_none() && beside.exists() {
        bail!("{at} is not signed, and {} is there: remove it first", beside.display());
    }
    std::fs::write(out, &component).with_context(|| format!("cannot write {}", out.display()))?;
    if let Some(signature) = &signature {
        signature.write(&beside)?;
    }
    let signed = if signature.is_some() { "" } else { "  not signed" };
    say!("{}  {at}{signed}", Digest::of(&component));
    Ok(Exit::Finished)
}
