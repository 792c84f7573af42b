//! `swaparoo policy keygen`, `sign` and `verify`.

use std::path::Path;

use swaparoo::policy::Digest;
use swaparoo::signature::{PrivateKey, PublicKey, Signature, SignatureError};

use super::{Exit, component};
use crate::cli::out::say;

/// Makes a key; what it prints can stand in the config as it is.
pub fn keygen(out: &Path) -> anyhow::Result<Exit> {
    let key = PrivateKey::generate()?;
    key.write(out)?;
    say!("trusted_keys = [\"{}\"]", key.public());
    Ok(Exit::Finished)
}

/// Signs.
pub fn sign(file: &Path, key: &Path, out: Option<&Path>) -> anyhow::Result<Exit> {
    let key = PrivateKey::read(key)?;
    let bytes = component(file)?;
    let out = out.map_or_else(|| Signature::beside(file), Path::to_owned);
    key.sign(&bytes).write(&out)?;
    say!("{}: sha256 {} signed by {}", out.display(), Digest::of(&bytes), key.public());
    Ok(Exit::Finished)
}

/// Verifies. A signature that does not fit is a finding; a file that is not there, or is no signature, is bad input.
pub fn verify(file: &Path, keys: &[String], signature: Option<&Path>) -> anyhow::Result<Exit> {
    let keys = keys.iter().map(|key| PublicKey::given(key)).collect::<Result<Vec<_>, _>>()?;
    let bytes = component(file)?;
    let signature = Signature::read(&signature.map_or_else(|| Signature::beside(file), Path::to_owned))?;
    match signature.verify(&bytes, &keys) {
        Ok(signer) => {
            say!("sha256 {} is signed by {signer}", Digest::of(&bytes));
            Ok(Exit::Finished)
        }
        Err(error @ SignatureError::Untrusted { .. }) => {
            say!("not verified: {error}");
            Ok(Exit::Failed)
        }
        Err(error) => Err(error.into()),
    }
}
