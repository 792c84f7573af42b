//! How long tasks that have ended are kept, even if the system clock is wrong.
//!
//! A clock that is wrong for a while must not delete tasks. So time starts at the newest entry of the journal, advances
//! with the monotonic clock while the service runs, and is stored in the journal for the next start. The system clock
//! counts only where it is behind that time. In addition, one pass deletes only a share of the tasks that are too old.

use std::time::{Duration, Instant};

use super::{Journal, JournalError, now};

/// Which ended tasks to delete.
#[derive(Debug, Clone, Copy)]
pub struct Prune {
    /// Delete tasks whose last entry is older than this, in milliseconds since 1970; one pass deletes a share of them.
    pub ended_before: u64,
    /// Keep at most this many ended tasks, the newest.
    pub keep: u64,
}

/// One pass deletes at most one in this many of the ended tasks because of their age,
const SHARE: u64 = 100;
/// or this many if that is more.
const FEWEST: u64 = 10;
/// The time between two passes; shorter if tasks are kept for a shorter time.
const PAUSE: Duration = Duration::from_secs(60);
const PAUSE_AT_LEAST: Duration = Duration::from_secs(1);
/// The setting that stores the time.
const TIME: &str = "time";
/// Tasks deleted in one transaction. It takes well under a tenth of a second, and new entries wait for it.
const AT_ONCE: u64 = 1_000;

/// Deletes ended tasks from one open journal.
#[derive(Debug)]
pub struct Retention {
    keep_for: Duration,
    keep: u64,
    /// The journal's time at the start of the service, and the monotonic time of that start.
    from: u64,
    since: Instant,
}

impl Retention {
    /// Keeps ended tasks for `keep_for`, and at most `keep` of them.
    pub async fn of(journal: &Journal, keep_for: Duration, keep: u64) -> Result<Self, JournalError> {
        let kept = journal.setting(TIME).await?.and_then(|time| time.parse().ok());
        let from = match kept {
            Some(kept) => kept,
            None => journal.store.newest().await?.unwrap_or_else(now),
        };
        Ok(Self { keep_for, keep, from, since: Instant::now() })
    }

    /// How long to wait between two passes.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.keep_for.clamp(PAUSE_AT_LEAST, PAUSE)
    }

    /// Deletes the tasks that are due now, and returns how many.
    pub async fn pass(&self, journal: &Journal) -> Result<u64, JournalError> {
        // If tasks are kept for a short time only, a large part of them becomes too old between two passes.
        let passes = ms(self.keep_for) / ms(self.pause()).max(1);
        let time = self.time(now(), self.since.elapsed());
        let bounds = Prune { ended_before: time.saturating_sub(ms(self.keep_for)), keep: self.keep };
        let forgotten = journal.forget(&bounds, (passes / 2).clamp(1, SHARE)).await?;
        // If the system clock was set back, the stored time must not go back with it.
        journal.set(&[(TIME, Some(time.max(self.from).to_string()))]).await?;
        journal.measure().await?;
        Ok(forgotten)
    }

    /// The time from which ages are counted: never later than the system clock, and never further from the start time
    /// than the service has run.
    fn time(&self, wall: u64, ran: Duration) -> u64 {
        wall.min(self.from.saturating_add(ms(ran)))
    }
}

impl Journal {
    /// Deletes ended tasks beyond the bounds and returns how many: all that exceed the number, and of those that are
    /// too old at most one hundredth of all ended tasks. Open tasks are never deleted.
    pub async fn prune(&self, bounds: &Prune) -> Result<u64, JournalError> {
        self.forget(bounds, SHARE).await
    }

    async fn forget(&self, bounds: &Prune, one_in: u64) -> Result<u64, JournalError> {
        let ended = self.store.count_ended().await?;
        let too_many = ended.saturating_sub(bounds.keep);
        let mut forgotten = 0;
        // In small transactions, so that new entries can be written between them.
        while forgotten < too_many {
            match self.store.forget_first((too_many - forgotten).min(AT_ONCE)).await? {
                0 => break,
                some => forgotten += some,
            }
        }
        let mut of_age = share(ended, one_in);
        while of_age > 0 {
            match self.store.forget_before(bounds.ended_before, of_age.min(AT_ONCE)).await? {
                0 => break,
                some => {
                    forgotten += some;
                    of_age = of_age.saturating_sub(some);
                }
            }
        }
        Ok(forgotten)
    }
}

/// How many of `ended` tasks one pass may delete because of their age.
fn share(ended: u64, one_in: u64) -> u64 {
    (ended / one_in.max(1)).max(FEWEST)
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1_000;

    #[test]
    fn ages_count_from_the_newest_entry_and_not_from_the_wall_clock() {
        let from = 1_000 * DAY;
        let retention = Retention { keep_for: Duration::from_secs(1), keep: 1, from, since: Instant::now() };
        let check = |wall: u64, ran: u64, time: u64| assert_eq!(retention.time(wall, Duration::from_millis(ran)), time);
        check(from + 40 * DAY, 0, from); // ahead at the start
        check(from + 40 * DAY, 5, from + 5); // ahead later
        check(from + 5, DAY, from + 5); // set back: ages follow the system clock
        check(from - DAY, 0, from - DAY); // the newest entry was written while the clock was ahead
    }

    #[test]
    fn tasks_are_deleted_in_portions() {
        assert_eq!([0, 100, 10_000, 100_000].map(|ended| share(ended, SHARE)), [10, 10, 100, 1_000]);
    }
}
