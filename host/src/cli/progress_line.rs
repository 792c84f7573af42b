//! The progress of long work on standard error: one line that is written again in a terminal, and a line now and then in a
//! log. It is only informative, so an error of a write is ignored.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::pin::pin;
use std::time::{Duration, Instant};

/// The time between two lines in a terminal, where a line replaces the last one.
const IN_A_TERMINAL: Duration = Duration::from_millis(200);
/// The time between two lines in a log.
const IN_A_LOG: Duration = Duration::from_secs(30);

/// The line that was shown last.
pub struct ProgressLine {
    terminal: bool,
    shown: Instant,
    /// Whether a line in the terminal is not ended yet.
    open: bool,
}

impl Default for ProgressLine {
    fn default() -> Self {
        Self { terminal: stderr().is_terminal(), shown: Instant::now(), open: false }
    }
}

impl ProgressLine {
    /// Shows a line if the last one, or the beginning of the work, is long enough ago.
    pub fn show(&mut self, line: impl FnOnce() -> String) {
        if self.shown.elapsed() < if self.terminal { IN_A_TERMINAL } else { IN_A_LOG } {
            return;
        }
        (self.shown, self.open) = (Instant::now(), self.terminal);
        let _ = match self.terminal {
            true => write!(stderr(), "\r\u{1b}[K{}", line()).and_then(|()| stderr().flush()),
            false => writeln!(stderr(), "{}", line()),
        };
    }

    /// Removes the line from a terminal.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}

/// Does work that says nothing itself; `line` has how many seconds it has taken.
pub async fn during<T>(line: impl Fn(u64) -> String, work: impl Future<Output = T>) -> T {
    let (began, mut progress, mut work) = (Instant::now(), ProgressLine::default(), pin!(work));
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            () = tokio::time::sleep(Duration::from_millis(500)) => progress.show(|| line(began.elapsed().as_secs())),
        }
    };
    progress.end();
    done
}
