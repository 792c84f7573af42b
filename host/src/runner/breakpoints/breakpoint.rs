//! One breakpoint: its conditions, and the task that it has stopped.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::canonical::Canonical;
use crate::contract::{Effect, Task, TaskKind};
use crate::journal::now;

/// A breakpoint that has stopped no task for so long is removed.
const KEPT_MS: u64 = 24 * 3_600 * 1_000;

/// Which tasks a breakpoint stops, and for how long. A condition that is left out is true for each task.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBreakpoint)]
pub struct Conditions {
    /// The kind of the task, such as `replace`.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(move|replace|revert|migrate|live-migrate|confirm|revert-resize|abort|release)$")]
    pub kind: Option<TaskKind>,
    /// A server or migration record that the task names.
    #[serde(default)]
    #[schema(inline)]
    pub consumer: Option<Canonical>,
    /// The code of a reason for the write, such as `target-is-new`; the page shows it beside each request.
    #[serde(default)]
    #[schema(pattern = "^[a-z0-9-]{1,64}$")]
    pub rule: Option<String>,
    /// The name of an effect of the write.
    #[serde(default)]
    #[schema(pattern = "^(post|put|delete)-allocations$")]
    pub effect: Option<String>,
    /// After so many seconds the task goes on by itself: 1 to 3600.
    #[serde(default = "ten_minutes")]
    #[schema(minimum = 1, maximum = 3600)]
    pub seconds: u64,
}

fn ten_minutes() -> u64 {
    600
}

/// A breakpoint, as the journal has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Breakpoint {
    /// A UUID.
    pub id: String,
    /// Which tasks it stops.
    pub conditions: Conditions,
    /// The client that has set it.
    pub set_by: String,
    /// When it was set, in milliseconds since 1970.
    pub set_at: u64,
    /// The task that it has stopped.
    pub stopped: Option<StoppedTask>,
}

/// A task that a breakpoint has stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoppedTask {
    /// The id of the task.
    pub task: String,
    /// The names of the effects that are sent when it goes on.
    pub effects: Vec<String>,
    /// When it goes on by itself, in milliseconds since 1970.
    pub until: u64,
}

/// What a task is about to do.
pub struct Write<'a> {
    pub id: &'a str,
    pub task: &'a Task,
    /// The codes of its reasons.
    pub rules: &'a [String],
    pub effects: &'a [Effect],
}

impl Breakpoint {
    pub(super) fn is_current(&self) -> bool {
        match &self.stopped {
            Some(stopped) => stopped.until > now(),
            None => self.set_at.saturating_add(KEPT_MS) > now(),
        }
    }

    /// How it stops this task, if it does.
    pub(super) fn stops(&self, task: &str) -> Option<&StoppedTask> {
        self.stopped.as_ref().filter(|stopped| stopped.task == task && self.is_current())
    }

    /// Whether it stops this write, or has done so.
    pub(super) fn concerns(&self, write: &Write<'_>) -> bool {
        let Conditions { kind, consumer, rule, effect, .. } = &self.conditions;
        let is_met = self.is_current()
            && kind.is_none_or(|kind| kind == write.task.kind())
            && consumer.as_ref().is_none_or(|one| write.task.parties().iter().any(|(_, party)| *party == one.as_str()))
            && rule.as_ref().is_none_or(|rule| write.rules.contains(rule))
            && effect.as_ref().is_none_or(|name| write.effects.iter().any(|effect| effect.name() == name));
        match &self.stopped {
            None => is_met,
            Some(_) => self.stops(write.id).is_some(),
        }
    }
}
