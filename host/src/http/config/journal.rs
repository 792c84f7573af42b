//! The section `[journal]`.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::units;
use crate::journal::ServerOptions;

/// `[journal]`: where tasks are stored, and how long ended tasks are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "JournalKeys")]
pub struct JournalConfig {
    /// Where tasks are stored.
    pub at: JournalAt,
    /// How long ended tasks are kept.
    pub keep_for: Duration,
    /// Maximum number of ended tasks that are kept.
    pub keep: u64,
    /// Size of the journal's file, in bytes, from which new tasks are refused.
    pub max_size: usize,
}

/// Where tasks are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalAt {
    /// Nowhere: they are lost when the service ends.
    Off,
    /// In this SQLite file.
    File(PathBuf),
    /// In a PostgreSQL or MariaDB database.
    Database(DatabaseAt),
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseAt {
    /// Its URL, without a password.
    pub url: Url,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A file with the certificates of the authorities that may have signed the server's one.
    pub cafile: Option<PathBuf>,
}

impl Default for JournalConfig {
    fn default() -> Self {
        let JournalKeys { keep_for, keep, max_size, .. } = JournalKeys::default();
        Self { at: JournalAt::default(), keep_for, keep, max_size }
    }
}

impl Default for JournalAt {
    fn default() -> Self {
        Self::File("/var/lib/swaparoo/journal.db".into())
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct JournalKeys {
    file: Option<PathBuf>,
    #[serde(deserialize_with = "database")]
    url: Option<Url>,
    password_file: Option<PathBuf>,
    cafile: Option<PathBuf>,
    off: bool,
    #[serde(deserialize_with = "units::duration")]
    keep_for: Duration,
    #[serde(deserialize_with = "keep")]
    keep: u64,
    #[serde(deserialize_with = "units::size")]
    max_size: usize,
}

fn keep<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    units::integer_within(from, 0..=u64::MAX)
}

/// A `postgresql://` or `mysql://` address without a password. The error does not repeat the address, which may have one.
fn database<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let text: String = Deserialize::deserialize(from)?;
    let url = Url::parse(&text).map_err(|error| D::Error::custom(format!("not a URL: {error}")))?;
    match ServerOptions::new(url.clone(), None, None) {
        Ok(_) => Ok(Some(url)),
        Err(wrong) => Err(D::Error::custom(wrong)),
    }
}

impl Default for JournalKeys {
    fn default() -> Self {
        let keep_for = Duration::from_secs(30 * 24 * 60 * 60);
        let (file, url, password_file, cafile) = Default::default();
        Self { file, url, password_file, cafile, off: false, keep_for, keep: 100_000, max_size: 4 << 30 }
    }
}

impl TryFrom<JournalKeys> for JournalConfig {
    type Error = &'static str;

    fn try_from(keys: JournalKeys) -> Result<Self, Self::Error> {
        let JournalKeys { file, url, password_file, cafile, off, keep_for, keep, max_size } = keys;
        if url.is_none() && (password_file.is_some() || cafile.is_some()) {
            return Err("a `password_file` or a `cafile` also needs `url`, the database's address");
        }
        let at = match (file, url, off) {
            (None, None, true) => JournalAt::Off,
            (None, None, false) => JournalAt::default(),
            (Some(file), None, false) => JournalAt::File(file),
            (None, Some(url), false) => JournalAt::Database(DatabaseAt { url, password_file, cafile }),
            (_, None, true) => return Err("`off` and `file` exclude each other"),
            _ => return Err("set one of `file`, `url` and `off`"),
        };
        Ok(Self { at, keep_for, keep, max_size })
    }
}
