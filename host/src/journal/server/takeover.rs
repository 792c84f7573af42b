//! Takes the tasks of runners that have stopped or died. No clocks are compared: a runner counts up its beat, and each other
//! one measures with its own clock for how long the beat does not change. That only decides when to take over; that nothing
//! goes wrong rests on the fence of each append.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Server;
use super::membership::uptime;
use super::read::{number, text};
use super::statement::Statement;
use crate::journal::JournalError;

/// How long a runner may be silent before others take its tasks.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a runner without tasks is listed after its end.
const LISTED: Duration = Duration::from_secs(600);
/// Tasks in one transaction, so that several runners share them.
const AT_ONCE: u32 = 100;
/// One look in so many is thorough: a task whose commit arrived very late may belong to a runner that is not listed any more,
/// or to this one, which has given up looking for it.
const THOROUGH: u32 = 20;

const BEATS: &str = "SELECT id, name, beat, state FROM runners";
const OWNERS: &str = "SELECT DISTINCT owner FROM tasks WHERE state IN ('open', 'parked')";
const BURY: &str = "UPDATE runners SET state = 'dead' WHERE id = ? AND beat = ? AND state = 'alive'";
const ORPHANS: &str = "SELECT id FROM tasks WHERE owner = ? AND state IN ('open', 'parked') ORDER BY number LIMIT ?";
const COUNT: &str = "UPDATE runners SET taken = taken + ? WHERE id = ?";
const TAKE: &str =
    "UPDATE tasks SET owner = ?, epoch = epoch + 1 WHERE owner = ? AND state IN ('open', 'parked') AND id IN (";
const FORGET: &str = "DELETE FROM runners WHERE id = ? AND state <> 'alive' AND NOT EXISTS \
    (SELECT 1 FROM tasks WHERE tasks.owner = runners.id AND tasks.state IN ('open', 'parked'))";

/// A look that comes later than this after the last one says nothing about the time between them: while the database was
/// away, no runner could beat.
const LATE: Duration = Duration::from_secs(5);

/// For how long runners have been silent.
#[derive(Debug, Default)]
pub struct Silence(Mutex<LastLook>);

/// The uptime of the last look that succeeded, and what it has found.
#[derive(Debug, Default)]
struct LastLook {
    at: Duration,
    heard: HashMap<String, Heard>,
}

/// A beat, and the uptime at which it was first seen.
#[derive(Debug)]
struct Heard {
    beat: i64,
    since: Duration,
}

/// A runner as its row says.
struct Beating {
    id: String,
    name: String,
    beat: i64,
    is_alive: bool,
}

impl Silence {
    /// For how long the beat of each runner has not changed, in the order given, as far as this runner has looked meanwhile.
    fn of(&self, runners: &[Beating], now: Duration) -> Vec<Duration> {
        let mut look = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = now.saturating_sub(look.at);
        look.at = now;
        let heard = &mut look.heard;
        heard.retain(|id, _| runners.iter().any(|runner| runner.id == *id));
        if gap > LATE {
            heard.values_mut().for_each(|heard| heard.since += gap);
        }
        let since = |runner: &Beating| {
            let last = heard.entry(runner.id.clone()).or_insert(Heard { beat: runner.beat, since: now });
            if last.beat != runner.beat {
                *last = Heard { beat: runner.beat, since: now };
            }
            now.saturating_sub(last.since)
        };
        runners.iter().map(since).collect()
    }
}

impl Server {
    /// Takes the open tasks of runners that have stopped or were silent for [`SILENCE`]. Returns whether this runner may have
    /// tasks that it has not listed.
    pub async fn take_over(&self) -> Result<bool, JournalError> {
        let runners = self.others().await?;
        let silent = self.silence.of(&runners, uptime());
        count_alive(&runners);
        let mut gone = self.strays(&runners).await?;
        for (runner, silent) in runners.into_iter().zip(silent) {
            if !runner.is_alive && silent >= LISTED {
                self.background.transaction(&[Statement::new(FORGET).bind(runner.id.as_str())]).await?;
            }
            if !runner.is_alive || (silent >= SILENCE && self.bury(&runner).await) {
                gone.push((runner.id, runner.name));
            }
        }
        for (runner, name) in &gone {
            while self.take_some(runner, name).await? {}
        }
        Ok(self.unlisted.load(Ordering::Relaxed))
    }

    /// Owners of tasks that are no runners: of imported tasks, and now and then of others.
    async fn strays(&self, runners: &[Beating]) -> Result<Vec<(String, String)>, JournalError> {
        let unknown = |id: String| (id, "no runner".to_owned());
        if !self.looks.fetch_add(1, Ordering::Relaxed).is_multiple_of(THOROUGH) {
            return Ok(vec![unknown(String::new())]);
        }
        self.unlisted.store(true, Ordering::Relaxed);
        let owners = self.background.rows(&Statement::new(OWNERS)).await?;
        let owners = owners.iter().map(|row| text(row, "owner")).collect::<Result<Vec<_>, _>>()?;
        let is_stray = |owner: &String| *owner != self.me && !runners.iter().any(|runner| runner.id == *owner);
        Ok(owners.into_iter().filter(is_stray).map(unknown).collect())
    }

    async fn others(&self) -> Result<Vec<Beating>, JournalError> {
        let rows = self.background.rows(&Statement::new(BEATS)).await?;
        let runners = rows.iter().map(|row| {
            let is_alive = text(row, "state")? == "alive";
            Ok(Beating { id: text(row, "id")?, name: text(row, "name")?, beat: number(row, "beat")?, is_alive })
        });
        let runners = runners.collect::<Result<Vec<_>, JournalError>>()?;
        Ok(runners.into_iter().filter(|runner| runner.id != self.me).collect())
    }

    /// Takes a silent runner for dead; false if it has beaten meanwhile, or another one was faster.
    async fn bury(&self, runner: &Beating) -> bool {
        let bury = Statement::new(BURY).bind(runner.id.as_str()).bind(runner.beat).must_find(1);
        let buried = self.background.transaction(&[bury]).await.is_ok();
        if buried {
            tracing::warn!("the runner {} was not heard of for {SILENCE:?}: the others take its tasks", runner.name);
        }
        buried
    }

    /// Takes some tasks of this runner. Returns whether it may have more.
    async fn take_some(&self, runner: &str, name: &str) -> Result<bool, JournalError> {
        let rows = self.background.rows(&Statement::new(ORPHANS).bind(runner).bind(AT_ONCE)).await?;
        let ids = rows.iter().map(|row| text(row, "id")).collect::<Result<Vec<_>, _>>()?;
        if ids.is_empty() {
            return Ok(false);
        }
        // Before it is known whether it is done.
        self.unlisted.store(true, Ordering::Relaxed);
        let places = vec!["?"; ids.len()].join(", ");
        let count = ids.len() as u64;
        let take = Statement::new(TAKE).bind(self.me.as_str()).bind(runner).then(&places).then(")");
        let take = ids.into_iter().fold(take, Statement::bind).must_find(count);
        // If another runner takes them in this moment, the next round finds what is left.
        self.background.transaction(&[take, Statement::new(COUNT).bind(count).bind(runner)]).await?;
        metrics::counter!("swaparoo_tasks_taken_over_total").increment(count);
        tracing::warn!("took over {count} tasks of {name}");
        Ok(true)
    }
}

/// With this one.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
fn count_alive(others: &[Beating]) {
    let alive = others.iter().filter(|runner| runner.is_alive).count() + 1;
    metrics::gauge!("swaparoo_runners").set(alive as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(100 + seconds)
    }

    fn runner(beat: i64) -> [Beating; 1] {
        [Beating { id: "r".into(), name: String::new(), beat, is_alive: true }]
    }

    #[test]
    fn a_beat_that_changes_ends_the_silence() {
        let silence = Silence::default();
        let silent = |beat, at| silence.of(&runner(beat), seconds(at))[0].as_secs();
        assert_eq!([silent(1, 0), silent(1, 1), silent(1, 4), silent(2, 5), silent(2, 6)], [0, 1, 4, 0, 1]);
        silence.of(&[], seconds(7));
        assert_eq!(silent(2, 8), 0, "a runner that is not listed is forgotten");
    }

    #[test]
    fn while_the_database_was_away_nothing_was_silent() {
        let silence = Silence::default();
        let silent = |beat, at| silence.of(&runner(beat), seconds(at))[0].as_secs();
        assert_eq!([silent(1, 0), silent(1, 3), silent(1, 63), silent(1, 64), silent(2, 65)], [0, 3, 3, 4, 0]);
    }
}
