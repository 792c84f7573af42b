//! What can be wrong with a key or a signature.

use std::io;
use std::path::PathBuf;

use super::PublicKey;
use crate::policy::Digest;
use crate::secret_file::SecretFileError;

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
    /// The private key cannot be read, or others than its owner have access to it.
    #[error(transparent)]
    File(#[from] SecretFileError),
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
    #[error("{begins} is no signature ({why}): give what `swaparoo policy sign` makes, a DSSE envelope")]
    Form {
        /// How it begins.
        begins: String,
        /// In the reader's words.
        why: String,
    },
    /// It is a signature of the form that the program made once.
    #[error(
        "a bare ed25519 signature is no signature of a policy: it names neither version nor purpose; sign the component \
         anew with `swaparoo policy sign`"
    )]
    Bare,
    /// A trusted key has signed something else, or the statement is of another program's time.
    #[error(
        "the signature does not state what a policy's does ({why}): sign the component with `swaparoo policy sign`"
    )]
    Statement {
        /// What is wrong with it.
        why: String,
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
    /// The statement is about another component.
    #[error(
        "a trusted key has signed {stated}, not this component, whose sha256 is {digest}: sign this one \
         (`swaparoo policy sign`)"
    )]
    OtherComponent {
        /// What is stated.
        stated: String,
        /// Of this component.
        digest: Digest,
    },
    /// The component calls itself something else.
    #[error(
        "a trusted key has signed {stated}, and the component describes itself as {found}: sign it anew \
         (`swaparoo policy sign`)"
    )]
    OtherDescription {
        /// Name and version, as stated.
        stated: String,
        /// As the component has them.
        found: String,
    },
    /// Of two versions that are not semantic ones nothing says which is older.
    #[error(
        "{name} cannot be signed: its version {version:?} is not a semantic version such as 1.2.0 ({why}); build it \
         with one, so that an older version can be told from a newer one"
    )]
    Version {
        /// Of the policy.
        name: String,
        /// Its version.
        version: String,
        /// What is wrong with it.
        why: String,
    },
}

fn listed(trusted: &[PublicKey]) -> String {
    let keys: Vec<String> = trusted.iter().map(PublicKey::to_string).collect();
    if keys.is_empty() { "none is trusted".to_owned() } else { format!("trusted: {}", keys.join(", ")) }
}
