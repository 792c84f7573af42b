//! Shows on standard error how far an audit is, because a large cloud has thousands of providers.

use std::io::{IsTerminal, Write as _, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use swaparoo::audit::Stage;

/// The time between two lines in a terminal, where a line replaces the last one.
const TERMINAL: Duration = Duration::from_millis(200);
/// The time between two lines in a log.
const LOG: Duration = Duration::from_secs(30);

/// What was shown last.
pub struct Shown {
    began: Instant,
    terminal: bool,
    last: Mutex<Last>,
}

struct Last {
    shown: Instant,
    stages: Vec<(Stage, Instant)>,
    /// Whether a line in the terminal is not ended yet.
    open: bool,
}

impl Default for Shown {
    fn default() -> Self {
        let began = Instant::now();
        let last = Last { shown: began, stages: Vec::new(), open: false };
        Self { began, terminal: stderr().is_terminal(), last: Mutex::new(last) }
    }
}

impl Shown {
    /// Shows a line if the last one is old enough. Progress is only informative, so a write error is ignored.
    pub fn show(&self, stage: Stage, done: usize, of: Option<usize>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if !last.stages.iter().any(|(known, _)| *known == stage) {
            last.stages.push((stage, now));
        }
        if now.duration_since(last.shown) < if self.terminal { TERMINAL } else { LOG } {
            return;
        }
        let began = last.stages.iter().find(|(known, _)| *known == stage).map_or(self.began, |(_, began)| *began);
        let line = line(stage, done, of, now.duration_since(began));
        let _ = if self.terminal { write!(stderr(), "\r\u{1b}[K{line}") } else { writeln!(stderr(), "{line}") };
        (last.shown, last.open) = (now, self.terminal);
    }

    /// Removes the line from a terminal.
    pub fn end(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut last.open) {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}

fn line(stage: Stage, done: usize, of: Option<usize>, took: Duration) -> String {
    let rate = done as f64 / took.as_secs_f64().max(0.001);
    let total = of.map_or_else(String::new, |of| format!(" of {of}"));
    let left = of.map(|of| of.saturating_sub(done) as f64 / rate.max(0.001));
    let left = left.map_or_else(String::new, |left| format!(", {} left", words(left)));
    format!("{done}{total} {} ({rate:.0} a second{left})", stage.words())
}

fn words(seconds: f64) -> String {
    if seconds < 90.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_the_rate_and_the_time_left() {
        let shown = |done, of, seconds| line(Stage::Providers, done, of, Duration::from_secs(seconds));
        assert_eq!(shown(500, Some(5000), 10), "500 of 5000 resource providers read (50 a second, 2 min left)");
        assert_eq!(shown(4500, Some(5000), 90), "4500 of 5000 resource providers read (50 a second, 10 s left)");
        assert_eq!(shown(3000, None, 3), "3000 resource providers read (1000 a second)");
    }
}
