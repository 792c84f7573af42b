//! The end of a certificate's validity.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Days, Utc};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::describe::count;

/// A certificate that expires within this many days is reported.
const SOON: u64 = 30;

/// What a person must know about this end of a certificate; `None` if it is further away than 30 days.
#[must_use]
pub fn warning(expiry: DateTime<Utc>) -> Option<String> {
    let (now, day) = (now(), expiry.format("%Y-%m-%d"));
    if expiry <= now {
        return Some(expired(expiry));
    }
    let soon = now.checked_add_days(Days::new(SOON)).is_some_and(|soon| expiry < soon);
    soon.then(|| format!("the certificate expires in {}, on {day}: renew it", count((expiry - now).num_days(), "day")))
}

/// The words for a certificate that has expired.
#[must_use]
pub fn expired(expiry: DateTime<Utc>) -> String {
    format!("the certificate has expired on {}: renew it", expiry.format("%Y-%m-%d"))
}

fn now() -> DateTime<Utc> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).ok().and_then(|now| DateTime::from_timestamp(now, 0)).unwrap_or_default()
}

/// The earliest end of the certificates in a PEM text; `None` if it contains none that can be read.
#[must_use]
pub fn expiry_of_pem(pem: &[u8]) -> Option<DateTime<Utc>> {
    CertificateDer::pem_slice_iter(pem).filter_map(|certificate| expiry(&certificate.ok()?)).min()
}

/// When this certificate in DER expires; `None` if it cannot be read.
#[must_use]
pub fn expiry(der: &[u8]) -> Option<DateTime<Utc>> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    DateTime::from_timestamp(i64::try_from(end.as_secs()).ok()?, 0)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certificate(year: i32) -> rcgen::Certificate {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 2, 3);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let day = |certificate: &rcgen::Certificate| expiry(certificate.der()).unwrap().format("%Y-%m-%d").to_string();
        // From 2050 on the time has another form.
        for year in [2027, 2049, 2050, 2999] {
            assert_eq!(day(&certificate(year)), format!("{year}-02-03"));
        }
    }

    #[test]
    fn an_end_within_thirty_days_is_reported() {
        let after = |hours: i64| now() + chrono::TimeDelta::hours(hours);
        assert_eq!(warning(after(31 * 24)), None);
        assert!(
            warning(after(12 * 24 + 1))
                .is_some_and(|words| words.starts_with("the certificate expires in 12 days, on "))
        );
        assert!(warning(after(-1)).is_some_and(|words| words.starts_with("the certificate has expired on ")));
    }

    #[test]
    fn the_first_end_in_a_chain_counts() {
        let chain = certificate(2031).pem() + &certificate(2029).pem();
        assert_eq!(expiry_of_pem(chain.as_bytes()).map(|end| end.format("%Y").to_string()).as_deref(), Some("2029"));
        assert_eq!(expiry_of_pem(b"nothing"), None);
    }

    #[test]
    fn broken_certificates_have_no_end() {
        let whole = certificate(2027);
        for length in 0..200 {
            assert_eq!(expiry(whole.der().get(..length).unwrap()), None, "{length}");
        }
        assert_eq!(expiry(&[0x30, 0x85, 1, 1, 1, 1, 1]), None);
    }
}
