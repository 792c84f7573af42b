//! `[audit]`: audits that the service does by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::units;
use crate::audit::{AuditOptions, ScheduleOptions, Why};

/// The shortest time between two audits.
const SHORTEST: Duration = Duration::from_secs(1);

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
        every if every < SHORTEST => {
            Err(serde::de::Error::custom("an audit takes at least 1s: omit the key for no audits"))
        }
        every => Ok(Some(every)),
    }
}

fn repairable<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<Why>, D::Error> {
    let repairable: Vec<Why> = Why::ALL.into_iter().filter(|why| why.is_repairable()).collect();
    let kind = |name: String| {
        repairable.iter().find(|why| why.name() == name).copied().ok_or_else(|| {
            let all: Vec<_> = repairable.iter().map(|why| why.name()).collect();
            serde::de::Error::custom(format!("{name:?} is not repaired by a task: choose from {}", all.join(", ")))
        })
    };
    BTreeSet::<String>::deserialize(from)?.into_iter().map(kind).collect()
}
