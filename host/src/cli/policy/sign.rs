//! `swaparoo policy keygen`, `statement`, `sign` and `verify`.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};
use swaparoo::engine::worker::QueueWait;
use swaparoo::engine::{Digest, check_name};
use swaparoo::registry::signature::{Envelope, PrivateKey, PublicKey, SignatureError, Statement};

use super::{Exit, component};
use crate::cli::policy_limits::PolicyLimitsArgs;
use crate::cli::stdout::say;

/// Creates a key, and prints a line that can be copied into the configuration.
pub fn keygen(out: &Path) -> anyhow::Result<Exit> {
    let key = PrivateKey::generate()?;
    key.write(out)?;
    say!("trusted_keys = [\"{}\"]", key.public());
    Ok(Exit::Finished)
}

/// Signs a component with a local key.
pub async fn sign(file: &Path, limits: &PolicyLimitsArgs, key: &Path, out: Option<&Path>) -> anyhow::Result<Exit> {
    let key = PrivateKey::read(key)?;
    let stated = stated(file, limits).await?;
    let out = write(&stated.sign(&key)?, file, out)?;
    say!("{out}: {stated} signed by {}", key.public());
    Ok(Exit::Finished)
}

/// Writes an envelope with a signature that was made elsewhere.
pub async fn signed_elsewhere(
    file: &Path,
    limits: &PolicyLimitsArgs,
    signed: Option<&Path>,
    out: Option<&Path>,
) -> anyhow::Result<Exit> {
    let signed = signed.context("name a key, or a file with a signature")?;
    let cannot = || format!("cannot read the signature {}", signed.display());
    let bytes = std::fs::read(signed).with_context(cannot)?;
    let length = bytes.len();
    let wrong = |_| anyhow!("{} has {length} bytes; an ed25519 signature has 64", signed.display());
    let signature: [u8; 64] = bytes.try_into().map_err(wrong)?;
    let stated = stated(file, limits).await?;
    let out = write(&stated.signed_elsewhere(signature)?, file, out)?;
    say!("{out}: {stated}; `swaparoo policy verify` shows which key signed it");
    Ok(Exit::Finished)
}

/// Prints the bytes to sign.
pub async fn statement(file: &Path, limits: &PolicyLimitsArgs) -> anyhow::Result<Exit> {
    std::io::stdout().write_all(&stated(file, limits).await?.to_be_signed()?)?;
    Ok(Exit::Finished)
}

/// Verifies a signature. A signature that does not match is a finding (exit code 1); a file that is missing or is not a
/// signature is bad input (2).
pub fn verify(file: &Path, keys: &[String], signature: Option<&Path>) -> anyhow::Result<Exit> {
    let keys = keys.iter().map(|key| PublicKey::given(key)).collect::<Result<Vec<_>, _>>()?;
    let digest = Digest::of(&component(file)?);
    let envelope = Envelope::read(&signature.map_or_else(|| Envelope::beside(file), Path::to_owned))?;
    let (signer, stated) = match envelope.verify(&keys) {
        Ok(verified) => verified,
        Err(error @ SignatureError::Untrusted { .. }) => {
            say!("not verified: {error}");
            return Ok(Exit::Failed);
        }
        Err(error) => return Err(error.into()),
    };
    if let Err(error) = stated.check_digest(digest) {
        say!("not verified: {error}; signed by {signer}");
        return Ok(Exit::Failed);
    }
    say!("{stated} is signed by {signer} as a swaparoo policy");
    Ok(Exit::Finished)
}

/// What a signature states about the component in this file. The component is run for its description, which is
/// acceptable because the user has decided to sign it.
async fn stated(file: &Path, limits: &PolicyLimitsArgs) -> anyhow::Result<Statement> {
    let name = file.display().to_string();
    let policy = limits.loader()?.load(&name, &component(file)?, QueueWait::Patiently).await?;
    check_name(&name, &policy)?;
    Ok(Statement::of(policy.digest(), policy.description())?)
}

fn write(envelope: &Envelope, file: &Path, out: Option<&Path>) -> anyhow::Result<String> {
    let out = out.map_or_else(|| Envelope::beside(file), Path::to_owned);
    envelope.write(&out)?;
    Ok(out.display().to_string())
}
