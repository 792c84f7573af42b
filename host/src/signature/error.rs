//! What can be wrong with a key or a signature.

use std::io;
use std::path::PathBuf;

use super::PublicKey;

/// A key is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key {}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// There is a file of that name.
    #[error("{} is there already and is not written over: name another file, or move that one away", file.display())]
    Exists {
        /// Which.
        file: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write the key {}", file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// It is no private key. The text is not shown: it may be another key's.
    #[error(
        "{} is no ed25519 private key in PKCS#8 PEM ({why}): make one by `swaparoo policy keygen` or \
         `openssl genpkey -algorithm ed25519`",
        file.display()
    )]
    Private {
        /// Which.
        file: PathBuf,
        /// In the reader's words.
        why: String,
    },
    /// It is no public key.
    #[error(
        "{given} is no ed25519 public key ({why}): give the base64 of its 32 bytes, as `swaparoo policy keygen` \
         prints it, or a file with that or with a PEM public key in it"
    )]
    Public {
        /// How it begins.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The system gives no random numbers.
    #[error("no key can be made: the system gives no random numbers: {why}")]
    Random {
        /// In the system's words.
        why: String,
    },
}

/// A signature is of no use, or not the right one.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The file cannot be read.
    #[error("cannot read the signature {} (`swaparoo policy sign` makes one)", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the signature {}", file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// In the system's words.
        source: io::Error,
    },
    /// It is something else.
    #[error("{begins} is no signature: give the base64 of its 64 bytes, as `swaparoo policy sign` makes it")]
    Form {
        /// How it begins.
        begins: String,
    },
    /// It is a signature of other bytes, or by another key.
    #[error(
        "no trusted key has signed this component ({}): sign it with one of them, or add its signer's public key",
        listed(trusted)
    )]
    Untrusted {
        /// Who is trusted.
        trusted: Vec<PublicKey>,
    },
}

fn listed(trusted: &[PublicKey]) -> String {
    let keys: Vec<String> = trusted.iter().map(PublicKey::to_string).collect();
    if keys.is_empty() { "none is trusted".to_owned() } else { format!("trusted: {}", keys.join(", ")) }
}
