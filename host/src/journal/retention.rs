//! For how long tasks that have ended are remembered, whatever the machine's clock says.
//!
//! A clock that is wrong for a while must not make the journal forget. So time begins at the journal's own newest entry, goes
//! on by the clock that is never set, for as long as the service runs, and is kept in the journal for the next start; the
//! wall's clock counts where it is behind that. And of what is old by age, only a share is forgotten at once.

use std::time::{Duration, Instant};

use super::{Journal, JournalError, now};

/// How much to remember of ended tasks.
#[derive(Debug, Clone, Copy)]
pub struct Prune {
    /// Forget those whose last entry is older than this, in milliseconds since 1970: a share of them in one pass.
    pub ended_before: u64,
    /// Of the rest keep this many, the newest.
    pub keep: u64,
}

/// Of the tasks that have ended, one in so many at most is forgotten by its age in one pass,
const SHARE: u64 = 100;
/// or this many where those are few.
const FEWEST: u64 = 10;
/// How often there is a pass, or as often as something is to be kept no longer than that.
const PAUSE: Duration = Duration::from_secs(60);
const PAUSE_AT_LEAST: Duration = Duration::from_secs(1);
/// The setting that the time is kept as.
const TIME: &str = "time";
/// So many are forgotten in one transaction, which takes well under a tenth of a second: entries wait for it.
const AT_ONCE: u64 = 1_000;

/// A journal's, for as long as a service has it open.
#[derive(Debug)]
pub struct Retention {
    keep_for: Duration,
    keep: u64,
    /// The time at the start, and since when it has gone on from there.
    from: u64,
    since: Instant,
}

impl Retention {
    /// Keeps what has ended for so long, and so many of it.
    ///
    /// # Errors
    /// The journal does not answer.
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

    /// Forgets what is to be forgotten now, and says how many tasks that were.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn pass(&self, journal: &Journal) -> Result<u64, JournalError> {
        // Where little is kept for long, much of it comes of age between two passes.
        let passes = ms(self.keep_for) / ms(self.pause()).max(1);
        let time = self.time(now(), self.since.elapsed());
        let bounds = Prune { ended_before: time.saturating_sub(ms(self.keep_for)), keep: self.keep };
        let forgotten = journal.forget(&bounds, (passes / 2).clamp(1, SHARE)).await?;
        // What a clock that is set back has to say is no time that has passed.
        journal.set(&[(TIME, Some(time.max(self.from).to_string()))]).await?;
        journal.measure().await?;
        Ok(forgotten)
    }

    /// The time that ages are counted from: never later than the wall's clock, and never further from where it began than the
    /// service has run.
    fn time(&self, wall: u64, ran: Duration) -> u64 {
        wall.min(self.from.saturating_add(ms(ran)))
    }
}

impl Journal {
    /// Forgets ended tasks beyond the bounds, and says how many: of those beyond the number all, of those beyond the age one
    /// in a hundred of all that have ended. Open tasks are never forgotten.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn prune(&self, bounds: &Prune) -> Result<u64, JournalError> {
        self.forget(bounds, SHARE).await
    }

    async fn forget(&self, bounds: &Prune, one_in: u64) -> Result<u64, JournalError> {
        let ended = self.store.ended().await?;
        let too_many = ended.saturating_sub(bounds.keep);
        let mut forgotten = 0;
        // Some at a time: what is to be written down meanwhile comes in between.
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

/// How many of so many may be forgotten by their age in one pass.
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
    fn time_goes_on_from_the_newest_entry_whatever_the_wall_clock_says() {
        let from = 1_000 * DAY;
        let retention = Retention { keep_for: Duration::from_secs(1), keep: 1, from, since: Instant::now() };
        let check = |wall: u64, ran: u64, time: u64| assert_eq!(retention.time(wall, Duration::from_millis(ran)), time);
        check(from + 40 * DAY, 0, from); // ahead at the start
        check(from + 40 * DAY, 5, from + 5); // ahead later
        check(from + 5, DAY, from + 5); // set back: nothing gets older than it says
        check(from - DAY, 0, from - DAY); // a newest entry of a time when it was ahead
    }

    #[test]
    fn a_share_at_a_time() {
        assert_eq!([0, 100, 10_000, 100_000].map(|ended| share(ended, SHARE)), [10, 10, 100, 1_000]);
    }
}
