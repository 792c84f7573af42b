//! Shows on standard error how far an audit is, because a large cloud has thousands of providers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use swaparoo::audit::Stage;

use crate::cli::progress_line::ProgressLine;

/// The stages of an audit, which run side by side, and the line that shows them.
#[derive(Default)]
pub struct AuditProgress(Mutex<Stages>);

#[derive(Default)]
struct Stages {
    began: Vec<(Stage, Instant)>,
    line: ProgressLine,
}

impl AuditProgress {
    /// Shows a line if the last one is old enough.
    pub fn show(&self, stage: Stage, done: usize, of: Option<usize>) {
        let mut stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let began = match stages.began.iter().find(|(known, _)| *known == stage) {
            Some((_, began)) => *began,
            None => {
                let now = Instant::now();
                stages.began.push((stage, now));
                now
            }
        };
        stages.line.show(|| line(stage, done, of, began.elapsed()));
    }

    /// Removes the line from a terminal.
    pub fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).line.end();
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
