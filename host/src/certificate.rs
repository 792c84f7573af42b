//! The end of a certificate's validity. X.509 is read only as far as that (RFC 5280, section 4.1).

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Days, NaiveDateTime, Utc};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// Tags of DER (X.690).
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The version of a certificate: an explicit tag `[0]`.
const VERSION: u8 = 0xa0;

/// A certificate that expires within this many days is reported.
const SOON: u64 = 30;

/// What a person must know about this end of a certificate; `None` if it is further away than 30 days.
#[must_use]
pub fn warning(expiry: DateTime<Utc>) -> Option<String> {
    let (now, day) = (now(), expiry.format("%Y-%m-%d"));
    if expiry <= now {
        return Some(format!("the certificate has expired on {day}: renew it"));
    }
    let soon = now.checked_add_days(Days::new(SOON)).is_some_and(|soon| expiry < soon);
    soon.then(|| format!("the certificate expires in {} days, on {day}: renew it", (expiry - now).num_days()))
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
    let (certificate, _) = element(SEQUENCE, der)?;
    let (signed, _) = element(SEQUENCE, certificate)?;
    let fields = element(VERSION, signed).map_or(signed, |(_, rest)| rest);
    let (_serial, fields) = element(INTEGER, fields)?;
    let (_algorithm, fields) = element(SEQUENCE, fields)?;
    let (_issuer, fields) = element(SEQUENCE, fields)?;
    let (validity, _) = element(SEQUENCE, fields)?;
    let (_, not_after) = time(validity)?;
    let (expiry, _) = time(not_after)?;
    Some(expiry)
}

/// The content of the first element, which has this tag, and what follows it.
fn element(wanted: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first.checked_sub(0x80) {
        None => (usize::from(*first), rest),
        // The number of bytes of a long length.
        Some(bytes @ 1..=4) => {
            let (length, rest) = rest.split_at_checked(bytes.into())?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        Some(_) => return None,
    };
    if *tag == wanted { rest.split_at_checked(length) } else { None }
}

/// A time of X.509, which is in UTC and has seconds, and what follows it.
fn time(der: &[u8]) -> Option<(DateTime<Utc>, &[u8])> {
    let (digits, rest) = element(UTC_TIME, der).or_else(|| element(GENERALIZED_TIME, der))?;
    let digits = std::str::from_utf8(digits).ok()?;
    let century = match digits.len() {
        // A year of two digits is between 1950 and 2049.
        13 if digits < "50" => "20",
        13 => "19",
        _ => "",
    };
    let time = NaiveDateTime::parse_from_str(&format!("{century}{digits}"), "%Y%m%d%H%M%SZ").ok()?;
    Some((time.and_utc(), rest))
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
        assert_eq!(expiry(&[SEQUENCE, 0x85, 1, 1, 1, 1, 1]), None);
    }
}
