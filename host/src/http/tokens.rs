//! The token file: which client may do what over TCP.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::secret_file::{self, SecretFileError};

/// Minimum length of a token; shorter ones can be guessed.
const SHORTEST: usize = 16;

/// A permission of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Submit tasks, read them, reply to them and resume them.
    Tasks,
    /// Change policies and their roles.
    Policies,
    /// Read tasks, policies, audits and runners, and change nothing.
    Read,
}

impl fmt::Display for Role {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(match self {
            Self::Tasks => "tasks",
            Self::Policies => "policies",
            Self::Read => "read",
        })
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "tasks" => Ok(Self::Tasks),
            "policies" => Ok(Self::Policies),
            "read" => Ok(Self::Read),
            other => Err(format!("the role {other:?} is not known; the roles are `tasks`, `policies` and `read`")),
        }
    }
}

impl Role {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u8);

impl Roles {
    /// All roles.
    pub const ALL: Self = Self(Role::Tasks.bit() | Role::Policies.bit() | Role::Read.bit());

    /// Adds a role.
    #[must_use]
    pub fn and(self, role: Role) -> Self {
        Self(self.0 | role.bit())
    }

    /// The roles of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set contains this role.
    #[must_use]
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }
}

/// Tokens with their roles. A line of the file is `ROLE[,ROLE] TOKEN`; empty lines and lines that start with `#` are
/// ignored. Only digests are kept, so that a comparison takes the same time for every token and guess.
pub struct Tokens(RwLock<Vec<([u8; 32], Roles)>>);

impl fmt::Debug for Tokens {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(text, "Tokens({})", self.count())
    }
}

/// A token file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file cannot be read, or users other than its owner have access.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// A line is wrong. The message does not repeat the token, because errors are logged.
    #[error("{}:{line}: {what}", file.display())]
    Wrong {
        /// The token file.
        file: PathBuf,
        /// The line number, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The file has no tokens.
    #[error("the tokens {} are empty: add a line such as `tasks,policies SECRET`", file.display())]
    Empty {
        /// The token file.
        file: PathBuf,
    },
}

impl Tokens {
    /// Reads and checks the token file.
    ///
    /// # Errors
    /// The file cannot be read, other users can access it, a line is wrong, or it has no tokens.
    pub fn read(file: &Path) -> Result<Self, TokensError> {
        let text = secret_file::read(file, "the tokens")?;
        let mut tokens = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what| TokensError::Wrong { file: file.to_owned(), line: number + 1, what };
            tokens.push(token(line).map_err(wrong)?);
        }
        if tokens.is_empty() {
            return Err(TokensError::Empty { file: file.to_owned() });
        }
        Ok(Self(RwLock::new(tokens)))
    }

    /// From now on only those tokens are known. Requests in progress continue.
    pub fn replace(&self, new: Self) {
        let new = new.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// The number of lines with a token.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The roles of this token; `None` if the token is unknown.
    #[must_use]
    pub fn roles(&self, token: &[u8]) -> Option<Roles> {
        let digest = digest(token);
        let mut roles = 0;
        for (known, its) in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            // All lines are compared even after a match, so that the time does not depend on the position.
            let same = known.ct_eq(&digest).unwrap_u8();
            roles |= same.wrapping_neg() & its.0;
        }
        (roles != 0).then_some(Roles(roles))
    }
}

/// A token's name in the log: the beginning of its SHA-256, from which the token cannot be found.
pub(super) fn log_name(token: &[u8]) -> String {
    let [a, b, c, d, ..] = digest(token);
    format!("token {a:02x}{b:02x}{c:02x}{d:02x}")
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn token(line: &str) -> Result<([u8; 32], Roles), String> {
    let (roles, token) =
        line.split_once(char::is_whitespace).ok_or("a line is `ROLE[,ROLE] TOKEN`; this has one word")?;
    let token = token.trim_start();
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a token consists of ASCII letters, digits and punctuation, without spaces".to_owned());
    }
    let mut all = Roles::default();
    for role in roles.split(',') {
        all = all.and(role.parse()?);
    }
    if token.len() < SHORTEST {
        return Err(format!("a token has at least {SHORTEST} characters: `openssl rand -hex 32` makes one"));
    }
    Ok((digest(token.as_bytes()), all))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn read(text: &str, mode: u32) -> Result<Tokens, TokensError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        Tokens::read(&file)
    }

    fn refuses(text: &str, mode: u32, says: &str) {
        let error = read(text, mode).expect_err(text).to_string();
        assert!(error.contains(says), "{error} should say {says}");
        assert!(!error.contains("s3cret"), "{error}");
    }

    #[test]
    fn a_token_has_the_roles_of_its_lines() {
        let lines = [
            "# two",
            "tasks s3cret-of-the-one",
            "",
            " policies,tasks  s3cret-of-the-two ",
            "policies s3cret-of-the-one-2",
            "tasks s3cret-of-the-one-2",
        ];
        let tokens = read(&lines.join("\n"), 0o600).unwrap();
        let only = |role| Some(Roles::default().and(role));
        let both = Some(Roles::default().and(Role::Tasks).and(Role::Policies));
        assert_eq!(tokens.roles(b"s3cret-of-the-one"), only(Role::Tasks));
        assert_eq!(tokens.roles(b"s3cret-of-the-two"), both);
        assert_eq!(tokens.roles(b"s3cret-of-the-one-2"), both);
        let unknown: [&[u8]; 6] = [
            b"",
            b"s3cret-of-the-on",
            b"s3cret-of-the-one ",
            b"S3CRET-of-the-one",
            b"tasks s3cret-of-the-one",
            b"# two",
        ];
        for unknown in unknown {
            assert_eq!(tokens.roles(unknown), None);
        }
        assert_eq!(format!("{tokens:?}"), "Tokens(4)");
        assert!(!Roles::default().and(Role::Policies).has(Role::Tasks));
    }

    #[test]
    fn wrong_files_are_refused_without_saying_the_token() {
        refuses("tasks s3cret", 0o640, "are open to others (mode 640): chmod 600");
        refuses("tasks s3cret", 0o604, "are open to others (mode 604)");
        refuses("tasks s3cret-of-the-one\nadmin s3cret-of-the-two", 0o600, "tokens:2: the role \"admin\" is not known");
        refuses("s3cret", 0o400, "this has one word");
        refuses("tasks s3cret s3cret", 0o600, "without spaces");
        refuses("# none", 0o600, "are empty");
        refuses("# one\ntasks s3cret-of-15-lo", 0o600, "tokens:2: a token has at least 16 characters");
        assert!(read("tasks s3cret-of-16-lon", 0o600).is_ok());
        let error = Tokens::read(Path::new("/nowhere/tokens")).unwrap_err().to_string();
        assert!(error.starts_with("the tokens /nowhere/tokens cannot be read"), "{error}");
    }
}
