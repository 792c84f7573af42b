//! Where the database is, and how it is reached.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Url;
use sqlx::ConnectOptions;
use sqlx::any::{AnyConnectOptions, install_default_drivers};

use super::Dialect;

/// A database's address. Its `Debug` and `Display` forms have no password.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerOptions {
    url: Url,
    password: Option<String>,
    cafile: Option<PathBuf>,
}

/// The address of a database cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Its scheme is another one.
    #[error("`{0}` is neither postgresql:// nor mysql://")]
    Scheme(String),
    /// The password would be in a file that others may read.
    #[error("the URL has a password: put it into a file, and name the file with `password_file`")]
    Password,
    /// The URL names no database.
    #[error("the URL names no database: write it as postgresql://USER@HOST/DATABASE")]
    NoDatabase,
}

impl ServerOptions {
    /// The database at this URL, with the password and the authorities of its certificate from other files.
    ///
    /// # Errors
    /// The URL has another scheme, a password, or no database.
    pub fn new(url: Url, password: Option<String>, cafile: Option<&Path>) -> Result<Self, OptionsError> {
        dialect(&url).ok_or_else(|| OptionsError::Scheme(url.scheme().to_owned()))?;
        if url.password().is_some() {
            return Err(OptionsError::Password);
        }
        if url.path().trim_matches('/').is_empty() {
            return Err(OptionsError::NoDatabase);
        }
        Ok(Self { url, password, cafile: cafile.map(Path::to_owned) })
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        dialect(&self.url).unwrap_or(Dialect::Postgres)
    }

    pub(super) fn connect(&self) -> Result<AnyConnectOptions, sqlx::Error> {
        install_default_drivers();
        let mut url = self.url.clone();
        if let Some(password) = &self.password {
            let _ = url.set_password(Some(password));
        }
        if let Some(cafile) = &self.cafile {
            let cafile = cafile.to_string_lossy();
            let [mode, file] = match self.dialect() {
                Dialect::Postgres => [("sslmode", "verify-full"), ("sslrootcert", &*cafile)],
                Dialect::MySql => [("ssl-mode", "VERIFY_IDENTITY"), ("ssl-ca", &*cafile)],
            };
            url.query_pairs_mut().extend_pairs([mode, file]);
        }
        Ok(AnyConnectOptions::from_url(&url)?.disable_statement_logging())
    }
}

fn dialect(url: &Url) -> Option<Dialect> {
    match url.scheme() {
        "postgresql" | "postgres" => Some(Dialect::Postgres),
        "mysql" | "mariadb" => Some(Dialect::MySql),
        _ => None,
    }
}

impl fmt::Display for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "...");
        f.debug_struct("ServerOptions")
            .field("url", &self.url.as_str())
            .field("password", &password)
            .field("cafile", &self.cafile)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> Result<ServerOptions, OptionsError> {
        ServerOptions::new(url.parse().unwrap(), Some("p@ss".into()), Some(Path::new("/ca.pem")))
    }

    #[test]
    fn the_url_says_which_database_and_has_no_password() {
        assert_eq!(options("postgresql://u@h/d").unwrap().dialect(), Dialect::Postgres);
        assert_eq!(options("mysql://u@h/d").unwrap().dialect(), Dialect::MySql);
        assert_eq!(options("redis://u@h/d"), Err(OptionsError::Scheme("redis".into())));
        assert_eq!(options("mysql://u:p@h/d"), Err(OptionsError::Password));
        assert_eq!(options("mysql://u@h/"), Err(OptionsError::NoDatabase));
    }

    #[test]
    fn a_password_is_in_no_text() {
        let options = options("mysql://u@h/d").unwrap();
        for text in [options.to_string(), format!("{options:?}")] {
            assert!(!text.contains("ss@") && !text.contains("p@ss"), "{text}");
        }
        let url = options.connect().unwrap().database_url;
        assert_eq!(url.as_str(), "mysql://u:p%40ss@h/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=%2Fca.pem");
    }
}
