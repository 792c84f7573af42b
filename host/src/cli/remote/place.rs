//! Where the service is: what an option says, else the environment, else its usual socket.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use reqwest::Url;
use swaparoo::service::default_socket;

const SOCKET: &str = "SWAPAROO_SOCKET";
const URL: &str = "SWAPAROO_URL";

// clap would take a variable for as good as an option, and refuse one beside the other.
#[derive(Debug, Clone, Default, Args)]
pub struct At {
    /// Its Unix socket [env: SWAPAROO_SOCKET] [default: where `swaparoo serve` puts it]
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    socket: Option<PathBuf>,
    /// Its address [env: SWAPAROO_URL]
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Socket(PathBuf),
    Url(Url),
}

impl At {
    /// The place that is meant.
    pub fn place(&self) -> anyhow::Result<Place> {
        self.among(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn among(&self, variable: impl Fn(&str) -> Option<OsString>) -> anyhow::Result<Place> {
        match (&self.socket, &self.url) {
            (Some(socket), _) => return Ok(Place::Socket(socket.clone())),
            (None, Some(url)) => return Ok(Place::Url(url.clone())),
            (None, None) => {}
        }
        match (variable(SOCKET), variable(URL)) {
            (Some(_), Some(_)) => bail!("{SOCKET} and {URL} name two places: unset one, or give --socket or --url"),
            (Some(socket), None) => Ok(Place::Socket(socket.into())),
            (None, Some(url)) => {
                let url = url.to_string_lossy();
                Ok(Place::Url(url.parse().with_context(|| format!("{URL} is {url:?}, which is no address"))?))
            }
            (None, None) => Ok(Place::Socket(default_socket())),
        }
    }

    /// The option as it was given, to be given once more.
    pub fn option(&self) -> String {
        let socket = self.socket.iter().map(|socket| format!(" --socket {}", socket.display()));
        socket.chain(self.url.iter().map(|url| format!(" --url {url}"))).collect()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(socket) => socket.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        at: At,
    }

    fn place(words: &str, variables: &[(&str, &str)]) -> Result<Place, String> {
        let line = Line::try_parse_from(format!("it {words}").split_whitespace()).map_err(|error| error.to_string())?;
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        line.at.among(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn an_option_goes_before_a_variable() {
        let (socket, url) = ((SOCKET, "/s"), (URL, "http://here"));
        let there = Ok(Place::Url("http://there".parse().unwrap()));
        assert_eq!(place("--url http://there", &[socket]), there);
        assert_eq!(place("--url http://there", &[socket, url]), there);
        assert_eq!(place("--socket /t", &[url]), Ok(Place::Socket("/t".into())));
        assert_eq!(place("", &[socket]), Ok(Place::Socket("/s".into())));
        assert_eq!(place("", &[url]), Ok(Place::Url("http://here".parse().unwrap())));
        assert_eq!(place("", &[]), Ok(Place::Socket(default_socket())));
    }

    #[test]
    fn two_places_are_refused() {
        let error = place("", &[(SOCKET, "/s"), (URL, "http://here")]).unwrap_err();
        assert!(error.starts_with("SWAPAROO_SOCKET and SWAPAROO_URL name two places: unset one"), "{error}");
        assert!(place("--socket /t --url http://there", &[]).unwrap_err().contains("cannot be used with"));
        let error = place("", &[(URL, "there")]).unwrap_err();
        assert_eq!(error, "SWAPAROO_URL is \"there\", which is no address");
    }
}
