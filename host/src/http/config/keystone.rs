//! `[auth.keystone]`: clients identify themselves by tokens of Keystone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::units;
use crate::http::tokens::{Role, Roles};

/// A token is asked for again after this time at most, so that a revoked one is refused.
const LONGEST: Duration = Duration::from_secs(300);

/// Which roles of Keystone have which roles here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeystoneConfig {
    /// The roles here of each role of Keystone, whose names are in lower case.
    #[serde(deserialize_with = "table")]
    pub roles: BTreeMap<String, Roles>,
    /// The roles of Keystone, in lower case, that make a token in `X-Service-Token` a service token, of which one is enough.
    #[serde(deserialize_with = "lower_case")]
    pub service_token_roles: BTreeSet<String>,
    /// How long Keystone's answer about a token is used again: so long a revoked token may still be accepted.
    #[serde(deserialize_with = "cached")]
    pub cache_for: Duration,
}

impl Default for KeystoneConfig {
    fn default() -> Self {
        let only = |role| Roles::default().and(role);
        let roles = [("admin", Roles::ALL), ("service", only(Role::Tasks)), ("reader", only(Role::Read))];
        let roles = roles.map(|(name, roles)| (name.to_owned(), roles)).into();
        let service_token_roles = BTreeSet::from(["service".to_owned()]);
        Self { roles, service_token_roles, cache_for: Duration::from_secs(60) }
    }
}

fn table<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Roles>, D::Error> {
    let table: BTreeMap<String, Vec<String>> = Deserialize::deserialize(from)?;
    let all = |names: Vec<String>| {
        names.iter().try_fold(Roles::default(), |all, name| name.parse().map(|role| all.and(role)))
    };
    let rows = table.into_iter().map(|(name, roles)| Ok((name.to_lowercase(), all(roles).map_err(D::Error::custom)?)));
    rows.collect()
}

fn lower_case<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<String>, D::Error> {
    let names: Vec<String> = Deserialize::deserialize(from)?;
    Ok(names.into_iter().map(|name| name.to_lowercase()).collect())
}

fn cached<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let time = units::duration(from)?;
    if time > LONGEST {
        return Err(D::Error::custom(format!(
            "{time:?} is too long: a revoked token may be accepted for {LONGEST:?} at most"
        )));
    }
    Ok(time)
}
