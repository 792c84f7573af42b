//! Content codings, and how a client weighs them (RFC 9110, 12.5.3).

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// The encoding of a file in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Uncompressed.
    Plain,
    Brotli,
    Gzip,
}

impl Coding {
    /// The value of `Content-Encoding`; `None` if uncompressed.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
        }
    }

    /// The client's weight for this coding, in thousandths; `None` if not accepted. Without Accept-Encoding, only the
    /// uncompressed file is accepted.
    pub fn wanted(self, headers: &HeaderMap) -> Option<u16> {
        let name = self.name()?;
        let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let said: Vec<(&str, u16)> = values.flat_map(|value| value.split(',')).filter_map(weighed).collect();
        let of = |name: &str| said.iter().find(|(said, _)| said.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight);
        of(name).or_else(|| of("*")).filter(|weight| *weight > 0)
    }
}

/// Parses `br;q=0.8`; an invalid entry counts as not accepted.
fn weighed(said: &str) -> Option<(&str, u16)> {
    let (name, rest) = said.split_once(';').unwrap_or((said, ""));
    let Some((_, weight)) = rest.split_once('=') else { return Some((name.trim(), 1000)) };
    let weight: f32 = weight.trim().parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to 1000")]
    Some((name.trim(), (weight * 1000.0).round() as u16))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(accept: &[&'static str], brotli: Option<u16>, gzip: Option<u16>) {
        let values = accept.iter().map(|value| (ACCEPT_ENCODING, HeaderValue::from_static(value)));
        let headers = HeaderMap::from_iter(values);
        assert_eq!((Coding::Brotli.wanted(&headers), Coding::Gzip.wanted(&headers)), (brotli, gzip), "{accept:?}");
    }

    #[test]
    fn the_client_chooses_the_encoding() {
        check(&[], None, None);
        check(&[""], None, None);
        check(&["identity"], None, None);
        check(&["gzip, deflate, br, zstd"], Some(1000), Some(1000));
        check(&["GZIP;Q=0.5 , Br ; q=0.25"], Some(250), Some(500));
        check(&["gzip"], None, Some(1000));
        check(&["*"], Some(1000), Some(1000));
        check(&["br;q=0, *;q=0.1"], None, Some(100));
        check(&["br;q=2, gzip;q=x"], None, None);
        check(&["br;q=NaN, gzip;q=-1"], None, None);
    }
}
