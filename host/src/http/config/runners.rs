//! The section `[runners]`.

use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

use super::units;

/// `[runners]`: how the runners that share a database reach each other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunnersConfig {
    /// Where the other runners reach this one.
    #[serde(deserialize_with = "units::url")]
    pub url: Option<Url>,
    /// A file with the certificates of authorities that may have signed theirs, in addition to the system's.
    pub cafile: Option<PathBuf>,
    /// The file that holds a token of the others, for requests that came without one, over the Unix socket.
    pub token_file: Option<PathBuf>,
}
