//! Events while a task runs: those of the cloud, and changes of other clients to the task's own consumers.

use serde::Deserialize;

use super::{SimCloud, SimEvent};
use crate::contract::{Effect, Reply, Task};

/// One event. All happen before the effect, except faults of the effect itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEvent {
    /// An event of the cloud.
    Cloud(SimEvent),
    /// Another client writes the consumer's allocations again, unchanged: only its generation increases.
    Touched(Party),
    /// Another client deletes the consumer's allocations, as an operator may do.
    Emptied(Party),
    /// The scheduler claims something on another node, in addition to the consumer's allocations.
    Claimed(Party),
    /// An empty record of the consumer is created, as a refused claim does.
    Orphaned(Party),
}

/// A consumer by its part in the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The one that gives its allocations.
    Source,
    /// The one that receives them.
    Target,
}

impl Party {
    /// The name in codes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }

    /// The consumer that has this part.
    #[must_use]
    pub fn of(self, task: &Task) -> &str {
        let parties = task.parties();
        let party = if self == Self::Source { parties.first() } else { parties.last() };
        party.map_or("", |(_, consumer)| consumer)
    }
}

impl TaskEvent {
    /// Whether the event counts against the bound of an exploration, see [`SimEvent::is_rare`].
    #[must_use]
    pub fn is_rare(self) -> bool {
        match self {
            Self::Cloud(event) => event.is_rare(),
            _ => true,
        }
    }

    /// A stable name of the event.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Cloud(event) => event.code(),
            Self::Touched(party) => format!("{}-touched", party.name()),
            Self::Emptied(party) => format!("{}-emptied", party.name()),
            Self::Claimed(party) => format!("{}-claimed", party.name()),
            Self::Orphaned(party) => format!("{}-orphaned", party.name()),
        }
    }

    /// Applies the part of the event that happens before the effect.
    pub fn before(self, cloud: &mut SimCloud, task: &Task) {
        match self {
            Self::Cloud(event) => event.before(cloud),
            Self::Touched(party) => cloud.touch(party.of(task)),
            Self::Emptied(party) => cloud.drop_all(party.of(task)),
            Self::Claimed(party) => cloud.claim_more(party.of(task)),
            Self::Orphaned(party) => cloud.orphan(party.of(task)),
        }
    }

    /// The reply to the effect, after what happens [`before`](Self::before) it.
    pub fn answer(self, cloud: &mut SimCloud, effect: &Effect) -> Reply {
        match self {
            Self::Cloud(event) => event.answer(cloud, effect),
            _ => SimEvent::ANSWERED.answer(cloud, effect),
        }
    }
}
