//! The section `[placement]`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::{Deserialize, Deserializer};

use super::units;
use crate::clients::in_flight;

/// `[placement]`: which Placement, and how requests are sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PlacementKeys")]
pub struct PlacementConfig {
    /// How Placement is reached.
    pub at: PlacementAt,
    /// The URL of a cloud's Placement, if it is not the one in Keystone's catalogue.
    pub endpoint: Option<Url>,
    /// A file with the certificates of authorities for that URL.
    pub endpoint_cafile: Option<PathBuf>,
    /// Maximum number of tasks' writes in one request.
    pub batch: NonZeroUsize,
    /// Maximum number of requests in flight, to Placement and to nova each.
    pub in_flight: NonZeroUsize,
}

impl PlacementConfig {
    /// Placement's URL, if the configuration names it, with the file of its authorities.
    #[must_use]
    pub fn url(&self) -> Option<(&Url, Option<&Path>)> {
        match &self.at {
            PlacementAt::Service { url, cafile, .. } => Some((url, cafile.as_deref())),
            _ => self.endpoint.as_ref().map(|url| (url, self.endpoint_cafile.as_deref())),
        }
    }
}

impl Default for PlacementConfig {
    fn default() -> Self {
        let PlacementKeys { batch, in_flight, .. } = PlacementKeys::default();
        Self { at: PlacementAt::Cloud(None), endpoint: None, endpoint_cafile: None, batch, in_flight }
    }
}

/// How Placement is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementAt {
    /// An endpoint with a fixed token.
    Service {
        /// Placement's endpoint.
        url: Url,
        /// The file that holds the token.
        token_file: PathBuf,
        /// A file with the certificates of authorities, in addition to the system's.
        cafile: Option<PathBuf>,
    },
    /// A cloud in clouds.yaml, or the one in the `OS_*` variables.
    Cloud(Option<String>),
    /// A simulated Placement in this file.
    Embedded(PathBuf),
}

/// A move takes about 500 bytes, so this is a request of half a megabyte.
const LARGEST_BATCH: u64 = 1_000;
/// Each request in flight takes a file descriptor.
const MOST_IN_FLIGHT: u64 = 10_000;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PlacementKeys {
    #[serde(deserialize_with = "units::url")]
    url: Option<Url>,
    token_file: Option<PathBuf>,
    cafile: Option<PathBuf>,
    cloud: Option<String>,
    embedded: Option<PathBuf>,
    #[serde(deserialize_with = "batch")]
    batch: NonZeroUsize,
    #[serde(deserialize_with = "in_flight")]
    in_flight: NonZeroUsize,
}

impl Default for PlacementKeys {
    fn default() -> Self {
        let batch = const { NonZeroUsize::new(64).unwrap() };
        let in_flight = in_flight::DEFAULT;
        Self { url: None, token_file: None, cafile: None, cloud: None, embedded: None, batch, in_flight }
    }
}

fn batch<'de, D: Deserializer<'de>>(from: D) -> Result<NonZeroUsize, D::Error> {
    up_to(LARGEST_BATCH, from)
}

fn in_flight<'de, D: Deserializer<'de>>(from: D) -> Result<NonZeroUsize, D::Error> {
    up_to(MOST_IN_FLIGHT, from)
}

fn up_to<'de, D: Deserializer<'de>>(most: u64, from: D) -> Result<NonZeroUsize, D::Error> {
    let number = units::integer_within(from, 1..=most)?;
    Ok(usize::try_from(number).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN))
}

impl TryFrom<PlacementKeys> for PlacementConfig {
    type Error = &'static str;

    fn try_from(keys: PlacementKeys) -> Result<Self, Self::Error> {
        let cafile = keys.cafile;
        let (mut endpoint, mut endpoint_cafile) = (None, None);
        let at = match (keys.url, keys.token_file, keys.cloud, keys.embedded) {
            (Some(url), Some(token_file), None, None) => PlacementAt::Service { url, token_file, cafile },
            (Some(url), None, Some(cloud), None) => {
                (endpoint, endpoint_cafile) = (Some(url), cafile);
                PlacementAt::Cloud(Some(cloud))
            }
            (None, None, _, _) if cafile.is_some() => {
                return Err("`cafile` also needs `url`; a cloud has its `cacert` in clouds.yaml");
            }
            (None, None, cloud, None) => PlacementAt::Cloud(cloud),
            (None, None, None, Some(file)) => PlacementAt::Embedded(file),
            (Some(_), None, None, None) => return Err("`url` also needs `token_file`, or `cloud`"),
            (None, Some(_), None, None) => return Err("`token_file` also needs `url`"),
            _ => return Err("set one of `url` (with `token_file`), `cloud` and `embedded`"),
        };
        Ok(Self { at, endpoint, endpoint_cafile, batch: keys.batch, in_flight: keys.in_flight })
    }
}
