//! How far a search has come, on standard error.

use std::time::Instant;

use swaparoo::simulation::check::{Progress, most_faults};

use crate::cli::progress_line::ProgressLine;

/// The progress of the searches, one scene after the other.
#[derive(Default)]
pub struct SearchProgress {
    /// The scene, and since when it is searched.
    scene: Option<(&'static str, Instant)>,
    line: ProgressLine,
}

impl SearchProgress {
    /// Shows it, if the last time was long enough ago.
    pub fn show(&mut self, now: Progress) {
        let since = match self.scene {
            Some((scene, since)) if scene == now.scene => since,
            _ => self.scene.insert((now.scene, Instant::now())).1,
        };
        self.line.show(|| text(now, since));
    }

    /// Clears the line.
    pub fn end(&mut self) {
        self.line.end();
    }
}

fn text(now: Progress, since: Instant) -> String {
    let seconds = since.elapsed().as_secs().max(1);
    let rate = (now.states as u64 / seconds).max(1);
    let left = now.waiting as u64 / rate;
    let Progress { scene, faults, states, waiting } = now;
    let most = most_faults(faults);
    format!("{scene}: {states} states {most}, {rate} a second; {waiting} known steps left, {left} s")
}
