//! The service's configuration: one TOML file, and what the command line says over it.
//!
//! `host/swaparoo.toml` shows every key with its default. A wrong file is one error line: where, which key, what is
//! right.

mod place;
mod placement;
mod sections;
mod units;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use placement::{JournalAt, Placement, PlacementAt};
pub use sections::{Auth, Debugger, Format, Listen, Log, Policies, Tasks, Traces, default_socket};

/// All that the service can be told. [`Config::default`] is what an empty file says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// Who may ask.
    pub auth: Auth,
    /// Which Placement, and how it is written to.
    pub placement: Placement,
    /// Where tasks are kept.
    pub journal: JournalAt,
    /// How many tasks, and how long they may take to stop.
    pub tasks: Tasks,
    /// Which rules, and what they must prove.
    pub policies: Policies,
    /// The page for a browser.
    pub debugger: Debugger,
    /// The log.
    pub log: Log,
    /// Where traces go.
    pub traces: Traces,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be read: {why}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// In the system's words.
        why: String,
    },
    /// Something in the file is wrong.
    #[error("{}:{line}: {key}: {what}", file.display())]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The key with its section.
        key: String,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// Something that no line of a file says is wrong: a flag, or a key that is missing.
    #[error("{key}: {what}")]
    Conflict {
        /// The key with its section.
        key: &'static str,
        /// What is wrong, and what would be right.
        what: String,
    },
}

impl Config {
    /// Reads the file, if there is one, lets the caller lay the command line over it, and checks the whole.
    ///
    /// # Errors
    /// The file cannot be read, says something wrong, or the whole contradicts itself.
    pub fn load(file: Option<&Path>, over: impl FnOnce(&mut Self)) -> Result<Self, ConfigError> {
        let text = file.map(read).transpose()?.unwrap_or_default();
        let mut config = match file {
            Some(file) => Self::parse(&text, file)?,
            None => Self::default(),
        };
        over(&mut config);
        config.check().map_err(|(key, what)| located(file, &text, key, what))?;
        Ok(config)
    }

    fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let (line, key) = place::of(text, error.span().map_or(0, |span| span.start));
            let what = error.message().replacen("unknown field", "unknown key", 1).replace('\n', " ");
            ConfigError::Wrong { file: file.to_owned(), line, key, what }
        })
    }

    /// What one section cannot know of the others.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let Listen { socket, tcp, tls_certificate, tls_key, .. } = &self.listen;
        if socket.is_none() && tcp.is_none() {
            return Err(("listen.socket", "nothing to listen on: set it, or listen.tcp".to_owned()));
        }
        match (tls_certificate, tls_key, tcp) {
            (Some(_), None, _) => Err(("listen.tls_certificate", "it needs listen.tls_key, too".to_owned())),
            (None, Some(_), _) => Err(("listen.tls_key", "it needs listen.tls_certificate, too".to_owned())),
            (Some(_), Some(_), None) => {
                Err(("listen.tls_certificate", "TLS is for listen.tcp, which is not set".to_owned()))
            }
            (certificate, _, Some(tcp)) => guarded(*tcp, certificate.is_some(), self.auth.tokens.is_some()),
            (None, None, None) => Ok(()),
        }
    }
}

/// Beyond this machine nobody can be told apart without a token, and a token is not safe without TLS.
fn guarded(tcp: SocketAddr, tls: bool, tokens: bool) -> Result<(), (&'static str, String)> {
    if tcp.ip().to_canonical().is_loopback() || (tls && tokens) {
        return Ok(());
    }
    let missing = match (tls, tokens) {
        (false, false) => "listen.tls_certificate, listen.tls_key and auth.tokens",
        (false, true) => "listen.tls_certificate and listen.tls_key",
        _ => "auth.tokens",
    };
    let what = format!(
        "other machines reach {tcp}, so it needs {missing}; or listen on 127.0.0.1:{} or on the socket only",
        tcp.port()
    );
    Err(("listen.tcp", what))
}

fn read(file: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(file).map_err(|error| ConfigError::Unreadable { file: file.to_owned(), why: error.to_string() })
}

fn located(file: Option<&Path>, text: &str, key: &'static str, what: String) -> ConfigError {
    match (file, place::line(text, key)) {
        (Some(file), Some(line)) => ConfigError::Wrong { file: file.to_owned(), line, key: key.to_owned(), what },
        _ => ConfigError::Conflict { key, what },
    }
}

#[cfg(test)]
mod tests;
