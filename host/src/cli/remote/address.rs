//! Where the service is: from the option, else from the environment, else the default socket.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use reqwest::Url;
use swaparoo::http::default_socket;

const SOCKET: &str = "SWAPAROO_SOCKET";
const URL: &str = "SWAPAROO_URL";

// The variables are read here, because clap would treat a variable like an option and report a conflict with the other
// option.
#[derive(Debug, Clone, Default, Args)]
pub struct AddressArgs {
    /// The service's Unix socket [env: SWAPAROO_SOCKET] [default: the default socket of `swaparoo serve`]
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    socket: Option<PathBuf>,
    /// The service's URL [env: SWAPAROO_URL]
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
}

/// The address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAddress {
    Socket(PathBuf),
    Url(Url),
}

impl AddressArgs {
    /// The address from options, environment or default.
    pub fn place(&self) -> anyhow::Result<ServiceAddress> {
        self.among(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn among(&self, variable: impl Fn(&str) -> Option<OsString>) -> anyhow::Result<ServiceAddress> {
        match (&self.socket, &self.url) {
            (Some(socket), _) => return Ok(ServiceAddress::Socket(socket.clone())),
            (None, Some(url)) => return of_url(url.clone()),
            (None, None) => {}
        }
        match (variable(SOCKET), variable(URL)) {
            (Some(_), Some(_)) => bail!("{SOCKET} and {URL} name two places: unset one, or give --socket or --url"),
            (Some(socket), None) => Ok(ServiceAddress::Socket(socket.into())),
            (None, Some(url)) => {
                let url = url.to_string_lossy();
                of_url(url.parse().with_context(|| format!("{URL} is {url:?}, which is not a URL"))?)
            }
            (None, None) => Ok(ServiceAddress::Socket(default_socket())),
        }
    }

    /// The option as it was given, for use in a suggested command.
    pub fn option(&self) -> String {
        let socket = self.socket.iter().map(|socket| format!(" --socket {}", socket.display()));
        socket.chain(self.url.iter().map(|url| format!(" --url {url}"))).collect()
    }
}

/// `swaparoo serve` prints its socket's address as `unix:FILE`, so users may give this as the URL.
fn of_url(url: Url) -> anyhow::Result<ServiceAddress> {
    match url.scheme() {
        "http" | "https" => Ok(ServiceAddress::Url(url)),
        "unix" => bail!("{url} is a socket, not a URL of HTTP: give --socket {}", url.path()),
        scheme => bail!("{url} begins with {scheme}: a URL begins with http or https; for a socket, give --socket"),
    }
}

impl fmt::Display for ServiceAddress {
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
        at: AddressArgs,
    }

    fn place(words: &str, variables: &[(&str, &str)]) -> Result<ServiceAddress, String> {
        let line = Line::try_parse_from(format!("it {words}").split_whitespace()).map_err(|error| error.to_string())?;
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        line.at.among(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn an_option_goes_before_a_variable() {
        let (socket, url) = ((SOCKET, "/s"), (URL, "http://here"));
        let there = Ok(ServiceAddress::Url("http://there".parse().unwrap()));
        assert_eq!(place("--url http://there", &[socket]), there);
        assert_eq!(place("--url http://there", &[socket, url]), there);
        assert_eq!(place("--socket /t", &[url]), Ok(ServiceAddress::Socket("/t".into())));
        assert_eq!(place("", &[socket]), Ok(ServiceAddress::Socket("/s".into())));
        assert_eq!(place("", &[url]), Ok(ServiceAddress::Url("http://here".parse().unwrap())));
        assert_eq!(place("", &[]), Ok(ServiceAddress::Socket(default_socket())));
    }

    #[test]
    fn two_places_are_refused() {
        let error = place("", &[(SOCKET, "/s"), (URL, "http://here")]).unwrap_err();
        assert!(error.starts_with("SWAPAROO_SOCKET and SWAPAROO_URL name two places: unset one"), "{error}");
        assert!(place("--socket /t --url http://there", &[]).unwrap_err().contains("cannot be used with"));
        let error = place("", &[(URL, "there")]).unwrap_err();
        assert_eq!(error, "SWAPAROO_URL is \"there\", which is not a URL");
    }

    #[test]
    fn a_socket_is_not_a_url() {
        for (words, variables) in [("--url unix:/run/s", [("", "")]), ("", [(URL, "unix:/run/s")])] {
            let error = place(words, &variables).unwrap_err();
            assert_eq!(error, "unix:/run/s is a socket, not a URL of HTTP: give --socket /run/s");
        }
        assert!(place("--url ftp://there", &[]).unwrap_err().contains("begins with ftp"));
    }
}
