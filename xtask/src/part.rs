//! The parts of a run, and their times.

use crate::step::{say, step};
use anyhow::{Result, bail};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// When the run began, in seconds since 1970: `.ci/run` sets it before this program is built.
const BEGAN: &str = "SWAPAROO_CI_BEGAN";

/// The finished parts. Parts may run in parallel.
pub struct Parts {
    began: Instant,
    done: Mutex<Vec<Part>>,
}

struct Part {
    name: String,
    took: Duration,
    failure: Option<String>,
}

impl Parts {
    /// Does the work, and prints the time of each part, also after a failure.
    pub fn of(work: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        let parts = Self { began: Instant::now(), done: Mutex::default() };
        let before = built_in().map(|took| Part { name: "xtask itself".to_owned(), took, failure: None });
        parts.done().extend(before);
        let result = work(&parts);
        parts.print();
        result?;
        let failed = parts.done().iter().filter(|part| part.failure.is_some()).count();
        if failed > 0 {
            bail!("{failed} of {} parts failed", parts.done().len());
        }
        Ok(())
    }

    /// Runs a part that others need; its failure ends the run.
    pub fn need<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let began = Instant::now();
        let result = step(name, work);
        let failure = result.as_ref().err().map(|error| error.root_cause().to_string());
        self.done().push(Part { name: name.to_owned(), took: began.elapsed(), failure });
        result
    }

    /// Runs a part; if it fails, the other parts still run.
    pub fn run(&self, name: &str, work: impl FnOnce() -> Result<()>) {
        if let Err(error) = self.need(name, work) {
            say(&format!("FAILED  {name}: {error:#}"));
        }
    }

    fn print(&self) {
        let done = self.done();
        let before = done.iter().filter(|part| part.name == "xtask itself").map(|part| part.took).sum::<Duration>();
        let all = (self.began.elapsed() + before).as_secs_f64();
        let width = done.iter().map(|part| part.name.len()).max().unwrap_or_default();
        say(&format!("{:width$}  seconds  share", "part"));
        for Part { name, took, failure } in done.iter() {
            let (seconds, failed) =
                (took.as_secs_f64(), failure.as_ref().map(|failure| format!("  FAILED: {failure}")));
            say(&format!("{name:width$}  {seconds:7.0}  {:4.0}%{}", 100.0 * seconds / all, failed.unwrap_or_default()));
        }
        say(&format!("{:width$}  {all:7.0}  (some ran in parallel)", "all"));
    }

    fn done(&self) -> MutexGuard<'_, Vec<Part>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long this program took to build.
fn built_in() -> Option<Duration> {
    let began = std::env::var(BEGAN).ok()?.parse().ok()?;
    SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(began)).ok()
}
