//! Standard output. Whoever read it may have gone (`swaparoo move ... | head`), and that is no reason to stop in the
//! middle of a task: what was to be said is dropped, and the exit code still tells how the task ended.

use std::fmt::Arguments;
use std::io::Write;

/// Prints a line, as `println!` does, to a reader who may be gone.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::out::line(format_args!($($words)*)) };
}

pub(super) use say;

pub fn line(words: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // There is nobody left to tell.
    let _ = writeln!(out, "{words}").and_then(|()| out.flush());
}
