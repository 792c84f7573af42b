//! How far a search has come, on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use swaparoo::simulation::check::Progress;

/// The time between two lines of progress on a terminal.
const ON_A_TERMINAL: Duration = Duration::from_secs(1);
/// The time between two lines of progress in a log.
const IN_A_LOG: Duration = Duration::from_secs(15);

/// One line that is written again on a terminal, and one line now and then in a log.
#[derive(Default)]
pub struct ProgressLine {
    /// The scene, and since when it is searched.
    scene: Option<(&'static str, Instant)>,
    last: Option<Instant>,
}

impl ProgressLine {
    /// Shows it, if the last time was long enough ago.
    pub fn show(&mut self, now: Progress) {
        let terminal = std::io::stderr().is_terminal();
        let since = match self.scene {
            Some((scene, since)) if scene == now.scene => since,
            _ => self.scene.insert((now.scene, Instant::now())).1,
        };
        let every = if terminal { ON_A_TERMINAL } else { IN_A_LOG };
        if self.last.get_or_insert(since).elapsed() < every {
            return;
        }
        self.last = Some(Instant::now());
        let seconds = since.elapsed().as_secs().max(1);
        let rate = (now.states as u64 / seconds).max(1);
        let left = now.waiting as u64 / rate;
        let Progress { scene, faults, states, waiting } = now;
        let text = format!(
            "{scene}: {states} states with up to {faults} faults, {rate} a second; {waiting} known steps left, {left} s"
        );
        // Standard error may be closed.
        let _ = match terminal {
            true => write!(std::io::stderr(), "\r\u{1b}[K{text}").and_then(|()| std::io::stderr().flush()),
            false => writeln!(std::io::stderr(), "{text}"),
        };
    }

    /// Clears the line.
    pub fn end(&self) {
        if self.last.is_some() && std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
