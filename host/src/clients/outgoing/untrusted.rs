//! Why the certificate of another service is not accepted. Another try would end in the same way.

use std::error::Error;
use std::io;

use chrono::DateTime;
use reqwest::Url;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{self, CertificateError};

use crate::certificate;

/// The reason and the way out in words; `None` if the request failed for another reason. `url`: where it was sent.
/// `setting`: which setting names the authorities that are accepted.
pub fn untrusted(error: &reqwest::Error, url: &str, setting: &str) -> Option<String> {
    let causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |error| cause(*error));
    let refused = causes.filter_map(|cause| cause.downcast_ref::<rustls::Error>()).find_map(|error| match error {
        rustls::Error::InvalidCertificate(why) => Some(why),
        _ => None,
    })?;
    Some(words(refused, url, setting))
}

/// The next layer. `source` of an error of the system that contains another one skips that one.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    within.map(|within| within as &(dyn Error + 'static)).or_else(|| error.source())
}

fn words(why: &CertificateError, url: &str, setting: &str) -> String {
    match why {
        CertificateError::UnknownIssuer => {
            format!("no trusted authority has issued its certificate: name the authority's with {setting}")
        }
        CertificateError::ExpiredContext { not_after, .. } => match DateTime::from_timestamp(seconds(not_after), 0) {
            Some(expiry) => certificate::expired(expiry),
            None => "the certificate has expired: renew it".to_owned(),
        },
        CertificateError::NotValidYetContext { not_before, .. } => {
            let from = DateTime::from_timestamp(seconds(not_before), 0);
            let from = from.map_or_else(|| "later".to_owned(), |from| from.format("from %Y-%m-%d on").to_string());
            format!("the certificate is only valid {from}: correct the clock of this machine, or the certificate")
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
            let host = host.unwrap_or_else(|| url.to_owned());
            format!(
                "the certificate is for {}, not for {host}: configure a URL with a name of the certificate, or get a \
                 certificate for {host}",
                names(presented)
            )
        }
        CertificateError::Other(why) => not_accepted(&why.to_string()),
        why => not_accepted(&format!("{why:?}")),
    }
}

fn not_accepted(why: &str) -> String {
    format!("the certificate is not accepted ({why}): replace it by one that an authority has issued for this service")
}

fn seconds(time: &UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// The names in a certificate, which rustls has as `DnsName("localhost")` or `IpAddress(127.0.0.1)`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let within = name.split_once('(').and_then(|(_, name)| name.strip_suffix(')'));
        within.unwrap_or(name).trim_matches('"').to_owned()
    };
    let names: Vec<String> = presented.iter().map(bare).collect();
    if names.is_empty() { "no name".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, KeyPair, date_time_ymd};

    use super::super::test_authority::Authority;
    use super::super::{Connections, Tls};
    use super::*;

    async fn check(authority: &Authority, tls: &Tls, certified: (Certificate, KeyPair), expected: &str) {
        let url = authority.serve(certified).await.url;
        let attempt = Connections::new(tls).unwrap().kept(Duration::from_secs(10));
        let error = attempt.client.get(&url).send().await.unwrap_err();
        assert_eq!(untrusted(&error, &url, "cacert").as_deref(), Some(expected));
    }

    #[tokio::test]
    async fn each_reason_has_its_way_out() {
        let authority = Authority::new();
        let (trusted, stranger) = (authority.trusted(), Tls::default());
        let issued = |change: fn(&mut CertificateParams)| authority.issue_for("127.0.0.1", change);
        let words = "no trusted authority has issued its certificate: name the authority's with cacert";
        check(&authority, &stranger, issued(|_| ()), words).await;
        let old = issued(|params| params.not_after = date_time_ymd(2020, 1, 2));
        check(&authority, &trusted, old, "the certificate has expired on 2020-01-02: renew it").await;
        let early = issued(|params| params.not_before = date_time_ymd(2999, 1, 2));
        let words = "the certificate is only valid from 2999-01-02 on: correct the clock of this machine, or the \
                     certificate";
        check(&authority, &trusted, early, words).await;
        let words = "the certificate is for localhost, not for 127.0.0.1: configure a URL with a name of the \
                     certificate, or get a certificate for 127.0.0.1";
        check(&authority, &trusted, authority.issue_for("localhost", |_| ()), words).await;
        let authoritys = issued(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
        let words = "the certificate is not accepted (CaUsedAsEndEntity): replace it by one that an authority has issued \
                     for this service";
        check(&authority, &trusted, authoritys, words).await;
    }

    #[tokio::test]
    async fn other_errors_are_not_about_the_certificate() {
        let attempt = Connections::new(&Tls::default()).unwrap().kept(Duration::from_secs(10));
        let error = attempt.client.get("https://127.0.0.1:1").send().await.unwrap_err();
        assert_eq!(untrusted(&error, "https://127.0.0.1:1", "cacert"), None);
    }
}
