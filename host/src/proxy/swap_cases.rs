//! The swaps that the proxy looks after, with the times of their next looks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::swaps_of_journal::Swap;

/// The longest pause before a record is looked at again.
pub const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Swaps that are looked after; the oldest ones are left to `swaparoo audit` beyond that.
pub const MOST: usize = 10_000;

/// The swaps that are looked after.
#[derive(Debug, Default)]
pub struct AfterCare {
    cases: Mutex<HashMap<String, Case>>,
    /// There is something to do before the next case is due.
    changed: Notify,
}

/// A swap whose record may still hold allocations.
#[derive(Debug, Clone)]
pub struct Case {
    /// The swap.
    pub swap: Swap,
    due: Instant,
    pause: Duration,
    /// nova does not need the record any more, as of the last look. nova itself may be about to give its allocations back, so the
    /// next look decides.
    pub was_ended: bool,
}

impl AfterCare {
    /// Returns when a look has become due earlier.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Looks at the swaps of this server soon. A swap that is not known yet is looked at soon after it is read from the journal.
    pub fn wake(&self, server: &str, after: Duration) {
        for case in self.cases().values_mut().filter(|case| case.swap.server == server) {
            (case.due, case.pause) = (Instant::now() + after, after);
            self.changed.notify_one();
        }
    }

    /// One more; its first look is after this time.
    pub fn add(&self, swap: Swap, first: Duration) {
        let mut cases = self.cases();
        if cases.len() >= MOST {
            let oldest = cases.values().min_by_key(|case| case.swap.at).map(|case| case.swap.migration.clone());
            if let Some(migration) = oldest {
                cases.remove(&migration);
            }
        }
        let (due, pause) = (Instant::now() + first, first);
        cases.insert(swap.migration.clone(), Case { swap, due, pause, was_ended: false });
    }

    /// Those that are to be looked at now.
    pub fn due(&self) -> Vec<Case> {
        let now = Instant::now();
        self.cases().values().filter(|case| case.due <= now).cloned().collect()
    }

    /// The time of the next look, unless none is planned before `latest`.
    pub fn next(&self, latest: Instant) -> Instant {
        self.cases().values().map(|case| case.due).min().unwrap_or(latest).min(latest)
    }

    /// There is nothing to look after any more.
    pub fn close(&self, migration: &str) {
        self.cases().remove(migration);
    }

    /// Looks again, after a growing pause unless the migration has just ended.
    pub fn again(&self, migration: &str, has_ended: bool, first: Duration) {
        if let Some(case) = self.cases().get_mut(migration) {
            case.pause = if has_ended && !case.was_ended { first } else { (case.pause * 2).min(LONGEST.max(first)) };
            (case.due, case.was_ended) = (Instant::now() + case.pause, has_ended);
        }
    }

    fn cases(&self) -> MutexGuard<'_, HashMap<String, Case>> {
        self.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swap(number: u64) -> Swap {
        let name = |what: &str| format!("{what}{number}");
        Swap { id: name("t"), server: name("s"), migration: name("m"), at: number }
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_up_to_an_hour_and_a_deletion_ends_them() {
        let (care, first) = (AfterCare::default(), Duration::from_secs(60));
        care.add(swap(1), first);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            care.again("m1", false, first);
            pauses.push(care.cases()["m1"].pause.as_secs() / 60);
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
        care.again("m1", true, first);
        assert_eq!(care.cases()["m1"].pause, first, "the next look decides");
        care.again("m1", true, first);
        assert_eq!(care.cases()["m1"].pause, first * 2);
        care.wake("s1", first);
        assert_eq!(care.next(Instant::now() + LONGEST), Instant::now() + first);
        assert!(care.due().is_empty());
        tokio::time::advance(first).await;
        assert_eq!(care.due().len(), 1);
        care.close("m1");
        assert!(care.due().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_cases_is_bounded() {
        let care = AfterCare::default();
        (0..=MOST as u64).for_each(|number| care.add(swap(number), LONGEST));
        assert_eq!(care.cases().len(), MOST);
        assert!(!care.cases().contains_key("m0"), "the oldest one goes");
    }
}
