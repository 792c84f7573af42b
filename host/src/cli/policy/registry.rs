//! `swaparoo policy pull`, and the places `oci://...` of `policy push` and `policy promote`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use swaparoo::clients::oci::{Access, Envelopes, Location, Registries};
use swaparoo::engine::Digest;
use swaparoo::registry::signature::{CheckStatement, Envelope, PublicKey};

use super::Exit;
use crate::cli::policy_limits::PolicyLimitsArgs;
use crate::cli::stdout::say;

/// How a registry is reached.
#[derive(Debug, Args)]
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
    /// Accept only a policy of which one of these keys states that `swaparoo check` with so many faults, or more, has not failed
    #[arg(long = "registry-checked", value_name = "FAULTS", requires = "keys")]
    checked: Option<u32>,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
}

/// A policy from a registry, with the envelopes to use.
pub struct PulledPolicy {
    pub component: Vec<u8>,
    pub signature: Option<Envelope>,
    check: Option<Envelope>,
    /// Its place, with the digest of the manifest.
    pub at: Location,
}

impl RegistryArgs {
    fn registries(&self) -> anyhow::Result<Registries> {
        let user = self.user.clone().zip(self.password_file.clone());
        let access = Access { cafile: self.cafile.clone(), user, plain_http: self.plain_http };
        Ok(Registries::new(&access)?)
    }

    /// Sends a component file with its signature, if it has one, and with the statement of what was checked beside it.
    pub async fn publish(&self, file: &Path, signature: Option<&Envelope>, to: &Location) -> anyhow::Result<Exit> {
        let component = super::component(file)?;
        let digest = Digest::of(&component);
        let check = Some(CheckStatement::beside(file)).filter(|beside| beside.exists());
        let check = check.map(|beside| Envelope::read(&beside)).transpose()?;
        let [signature_bytes, check] =
            [signature, check.as_ref()].map(|envelope| Some(envelope?.to_string().into_bytes()));
        let envelopes = Envelopes { signature: signature_bytes, check };
        let at = self.registries()?.push(to, component, envelopes).await?;
        say!("{digest}  {at}{}", if signature.is_some() { "" } else { "  not signed" });
        Ok(Exit::Finished)
    }

    /// Reads a policy, and checks its signature where keys are given, and what was checked where that is asked for.
    pub async fn pull(&self, from: &Location) -> anyhow::Result<PulledPolicy> {
        let keys = self.keys.iter().map(|key| PublicKey::given(key)).collect::<Result<Vec<_>, _>>()?;
        let pulled = self.registries()?.pull(from, self.limits.component_bytes()?).await?;
        let (digest, at) = (Digest::of(&pulled.component), pulled.at);
        let mut signatures = envelopes(&pulled.signatures, &at)?.into_iter();
        let signature = if keys.is_empty() {
            signatures.next()
        } else {
            let is_good = |envelope: &Envelope| {
                envelope.verify(&keys).is_ok_and(|(_, stated)| stated.check_digest(digest).is_ok())
            };
            let signed = signatures.find(is_good);
            Some(signed.ok_or_else(|| anyhow!("none of the keys of --registry-key has signed {at}"))?)
        };
        let check = self.checked(envelopes(&pulled.checks, &at)?, &keys, digest, &at)?;
        Ok(PulledPolicy { component: pulled.component, signature, check, at })
    }

    /// The statement of what was checked: the one that is asked for, or any.
    fn checked(
        &self,
        envelopes: Vec<Envelope>,
        keys: &[PublicKey],
        digest: Digest,
        at: &Location,
    ) -> anyhow::Result<Option<Envelope>> {
        let mut envelopes = envelopes.into_iter();
        let Some(faults) = self.checked else { return Ok(envelopes.next()) };
        let mut stated = Vec::new();
        let passed = envelopes.find(|envelope| {
            let Ok(statement) = CheckStatement::verified(envelope, keys, digest) else { return false };
            stated.push(statement.to_string());
            statement.has_passed(faults)
        });
        let found = if stated.is_empty() { "they state nothing".to_owned() } else { stated.join("; ") };
        let none = || {
            anyhow!(
                "none of the keys of --registry-key states that {at} passed `swaparoo check --faults {faults}`: {found}"
            )
        };
        passed.ok_or_else(none).map(Some)
    }
}

/// The envelopes of these texts.
fn envelopes(texts: &[Vec<u8>], at: &Location) -> anyhow::Result<Vec<Envelope>> {
    let envelopes = texts.iter().map(|bytes| {
        let text = std::str::from_utf8(bytes).context("it is not UTF-8")?;
        text.parse::<Envelope>().map_err(anyhow::Error::from)
    });
    let envelopes = envelopes.collect::<anyhow::Result<Vec<_>>>();
    envelopes.with_context(|| format!("a signature of {at} is none"))
}

#[derive(Debug, Args)]
pub struct Pull {
    /// The policy in a registry
    #[arg(value_name = "oci://HOST/REPOSITORY:TAG")]
    from: Location,
    /// The file to write; beside it FILE.wasm.sig if the policy is signed, and FILE.wasm.check if a result of a check is
    #[arg(long, value_name = "FILE.wasm")]
    out: PathBuf,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Writes a policy from a registry into a file.
pub async fn pull(options: &Pull) -> anyhow::Result<Exit> {
    let PulledPolicy { component, signature, check, at } = options.registry.pull(&options.from).await?;
    let out = &options.out;
    let beside = [(Envelope::beside(out), signature.as_ref()), (CheckStatement::beside(out), check.as_ref())];
    for (file, envelope) in &beside {
        if envelope.is_none() && file.exists() {
            bail!("{at} has nothing for {}, which exists: remove it first", file.display());
        }
    }
    std::fs::write(out, &component).with_context(|| format!("cannot write {}", out.display()))?;
    for (file, envelope) in beside {
        envelope.map_or(Ok(()), |envelope| envelope.write(&file))?;
    }
    let signed = if signature.is_some() { "" } else { "  not signed" };
    say!("{}  {at}{signed}", Digest::of(&component));
    Ok(Exit::Finished)
}
