//! The errors of keys and signatures.

use std::io;
use std::path::PathBuf;

use super::PublicKey;
use crate::engine::Digest;
use crate::secret_file::SecretFileError;

/// A key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The file cannot be read.
    #[error("cannot read the key {}", file.display())]
    Read {
        /// The path of the file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The private key cannot be read, or others than its owner have access to it.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// The file exists already.
    #[error("{} exists already and is not overwritten: name another file, or move that one away", file.display())]
    Exists {
        /// The path of the file.
        file: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write the key {}", file.display())]
    Write {
        /// The path of the file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file does not contain a private key. Its text is not shown, because it may be another key.
    #[error(
        "{} is not an ed25519 private key in PKCS#8 PEM ({why}): create one with `swaparoo policy keygen` or \
         `openssl genpkey -algorithm ed25519`",
        file.display()
    )]
    Private {
        /// The path of the file.
        file: PathBuf,
        /// The parser's error.
        why: String,
    },
    /// The text is not a public key.
    #[error(
        "{given} is not an ed25519 public key ({why}): give the base64 of its 32 bytes, as `swaparoo policy keygen` \
         prints it, or a file that contains it or a PEM public key"
    )]
    Public {
        /// The beginning of the text.
        given: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The system provides no random numbers.
    #[error("cannot create a key: the system provides no random numbers: {why}")]
    Random {
        /// The system's error.
        why: String,
    },
}

/// A signature cannot be used, or is not the right one.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The file cannot be read.
    #[error("cannot read the signature {} (`swaparoo policy sign` creates one)", file.display())]
    Read {
        /// The path of the file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the signature {}", file.display())]
    Write {
        /// The path of the file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The text is not a signature.
    #[error("{begins} is not a signature ({why}): give the DSSE envelope that `swaparoo policy sign` creates")]
    Form {
        /// The beginning of the text.
        begins: String,
        /// The parser's error.
        why: String,
    },
    /// It is a signature in the format that older versions of the program created.
    #[error(
        "a bare ed25519 signature is not enough for a policy: it names neither version nor purpose; sign the component \
         again with `swaparoo policy sign`"
    )]
    Bare,
    /// A trusted key has signed something else, or the statement has the format of another version of the program.
    #[error("the signed statement is not one about a policy ({why}): sign the component with `swaparoo policy sign`")]
    Statement {
        /// What is wrong.
        why: String,
    },
    /// A trusted key has signed something else, and not what a search found.
    #[error(
        "the signed statement is not a result of `swaparoo check` ({why}): make one with `swaparoo check --attest`"
    )]
    CheckStatement {
        /// What is wrong.
        why: String,
    },
    /// It is a signature of other bytes or by another key.
    #[error(
        "no trusted key has signed this component ({}): sign it with one of them, or add its signer's public key",
        listed(trusted)
    )]
    Untrusted {
        /// The trusted keys.
        trusted: Vec<PublicKey>,
    },
    /// The statement is about another component.
    #[error(
        "a trusted key has signed {stated}, not this component, whose sha256 is {digest}: sign this one \
         (`swaparoo policy sign`)"
    )]
    OtherComponent {
        /// The component in the statement, as text.
        stated: String,
        /// The digest of this component.
        digest: Digest,
    },
    /// The component's description has another name or version.
    #[error(
        "a trusted key has signed {stated}, but the component describes itself as {found}: sign it again \
         (`swaparoo policy sign`)"
    )]
    OtherDescription {
        /// Name and version in the statement.
        stated: String,
        /// Name and version in the component's description.
        found: String,
    },
    /// The version is not a semantic version, so it cannot be compared with others.
    #[error(
        "{name} cannot be signed: its version {version:?} is not a semantic version such as 1.2.0 ({why}); build it \
         with one, so that its versions can be compared"
    )]
    Version {
        /// The name of the policy.
        name: String,
        /// The version of the policy.
        version: String,
        /// What is wrong.
        why: String,
    },
}

fn listed(trusted: &[PublicKey]) -> String {
    let keys: Vec<String> = trusted.iter().map(PublicKey::to_string).collect();
    if keys.is_empty() { "none is trusted".to_owned() } else { format!("trusted: {}", keys.join(", ")) }
}
