//! `[audit]`: audits that the service does by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::units;
use crate::audit::{AuditOptions, ScheduleOptions, Why};

/// `[audit]`: when to compare Placement with nova, and what to repair.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// The time between two audits; without it there are none.
    #[serde(deserialize_with = "some_duration")]
    pub every: Option<Duration>,
    /// The kinds of findings that are repaired.
    #[serde(deserialize_with = "repairable")]
    pub repair: BTreeSet<Why>,
    /// A migration that has not changed for this long, and whose server has no task, is reported.
    #[serde(deserialize_with = "units::duration")]
    pub stuck_after: Duration,
    /// Projects of other services at the same Placement.
    pub service_projects: BTreeSet<String>,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            every: None,
            repair: BTreeSet::new(),
            stuck_after: AuditOptions::STUCK_AFTER,
            service_projects: BTreeSet::new(),
        }
    }
}

impl AuditConfig {
    /// The options of the audits; `None` if there are none.
    #[must_use]
    pub fn schedule(&self) -> Option<ScheduleOptions> {
        let Self { every, repair, stuck_after, service_projects } = self.clone();
        every.map(|every| ScheduleOptions { every, repair, stuck_after, service_projects })
    }
}

fn some_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    match units::duration(from)? {
        Duration::ZERO => Err(serde::de::Error::custom("an audit needs some time: omit the key for no audits")),
        every => Ok(Some(every)),
    }
}

fn repairable<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<Why>, D::Error> {
    let kinds = BTreeSet::<Why>::deserialize(from)?;
    match kinds.iter().find(|why| !why.is_repairable()) {
        None => Ok(kinds),
        Some(why) => {
            let all: Vec<_> = Why::ALL.into_iter().filter(|why| why.is_repairable()).map(Why::name).collect();
            let what = format!("{} is not repaired by a task: choose from {}", why.name(), all.join(", "));
            Err(serde::de::Error::custom(what))
        }
    }
}
