//! The microversions of the API.

use std::fmt;

use crate::Response;
use crate::errors::ErrorResponse;
use crate::placement::request_id;

/// A version of Placement's API, from 1.0 to 1.39.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Microversion(u16);

impl Microversion {
    /// The version of a request without the header.
    pub const MIN: Self = Self(0);
    /// The newest version of openstack-placement 16.
    pub const MAX: Self = Self(39);
    /// The version that nova uses to move allocations: with consumer generations, without consumer types.
    pub const NOVA: Self = Self(28);

    /// The first version with `mappings` in a write of allocations.
    pub const MAPPINGS: Self = Self(34);
    /// The first version with consumer types.
    pub const TYPED: Self = Self(38);

    /// The version with this name, such as `1.36`, if it exists.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    /// Version 1.`minor`, if it exists.
    #[must_use]
    pub fn new(minor: u16) -> Option<Self> {
        (minor <= Self::MAX.0).then_some(Self(minor))
    }

    /// True if this is 1.`minor` or newer.
    #[must_use]
    pub fn since(self, minor: u16) -> bool {
        self.0 >= minor
    }

    /// The version in a header `openstack-api-version`, which has the format `SERVICE VERSION` with commas between
    /// services.
    ///
    /// # Errors
    /// The answer to a request with such a header: 400 if it cannot be parsed, 406 if the version does not exist.
    pub fn of_header(header: Option<&str>) -> Result<Self, Response> {
        Self::read(header).map_err(|refusal| refusal.into_response(None, &request_id(header.unwrap_or_default())))
    }

    fn read(header: Option<&str>) -> Result<Self, ErrorResponse> {
        let asked = header.unwrap_or_default().split(',').filter_map(|part| part.trim().split_once(' '));
        let version =
            asked.filter(|(service, _)| *service == "placement").map(|(_, version)| version.trim()).next_back();
        match version {
            None => Ok(Self::MIN),
            Some("latest") => Ok(Self::MAX),
            Some(text) => Self::parse(text),
        }
    }

    fn parse(text: &str) -> Result<Self, ErrorResponse> {
        let parts = text.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
        match parts {
            None => Err(ErrorResponse::bad_request(format!("Invalid microversion: invalid version string: {text}"))),
            Some((1, minor)) if minor <= Self::MAX.0 => Ok(Self(minor)),
            Some(_) => {
                Err(ErrorResponse::not_acceptable(format!("Invalid microversion: Unacceptable version header: {text}")))
            }
        }
    }
}

fn number(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_the_version_of_its_service() {
        let check = |header: Option<&str>, expected: Result<u16, u16>| {
            let got = Microversion::of_header(header).map(|version| version.0).map_err(|refusal| refusal.status);
            assert_eq!(got, expected, "{header:?}");
        };
        check(None, Ok(0));
        check(Some("placement 1.28"), Ok(28));
        check(Some("compute 2.1, placement 1.38"), Ok(38));
        check(Some("compute 2.1"), Ok(0));
        check(Some("placement latest"), Ok(39));
        check(Some("placement 1.99"), Err(406));
        check(Some("placement 2.0"), Err(406));
        check(Some("placement x"), Err(400));
        check(Some("placement 1.-1"), Err(400));
    }
}
