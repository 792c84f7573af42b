//! Times: of a task's exchanges as its policy sees them, and of the machine's clock in the API's format.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

use crate::contract::Exchange;

/// The clock of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskClock {
    /// All times are 0: a simulation is the same at any time.
    Off,
    /// The task was accepted at this time, in milliseconds since 1970.
    Since(u64),
}

impl TaskClock {
    /// Milliseconds since the task was accepted, not before the last exchange: the machine's clock may have been set back.
    #[must_use]
    pub fn now(self, history: &[Exchange]) -> u64 {
        let last = history.last().map_or(0, |exchange| exchange.answered_at);
        match self {
            Self::Off => 0,
            Self::Since(accepted) => now().saturating_sub(accepted).max(last),
        }
    }
}

/// Milliseconds since 1970.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Such a time in the API's format.
#[must_use]
pub fn rfc3339(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Effect, Pause, Paused, Reply};

    fn after(answered_at: u64) -> Vec<Exchange> {
        let (effect, reply) = (Effect::Pause(Pause { up_to_ms: 1 }), Reply::Paused(Paused { ms: 1 }));
        vec![Exchange { effect, reply, asked_at: 0, answered_at }]
    }

    #[test]
    fn it_counts_from_the_tasks_beginning() {
        let time = TaskClock::Since(now() - 5_000).now(&[]);
        assert!((5_000..65_000).contains(&time), "{time}");
        assert_eq!(TaskClock::Off.now(&after(7)), 0);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_turn_the_tasks_times_back() {
        assert_eq!(TaskClock::Since(now() + 60_000).now(&after(1_000)), 1_000);
    }
}
