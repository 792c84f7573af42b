//! What the program prints: nothing of it acts on the terminal, whoever wrote what is in it.
//!
//! Standard output: whoever read it may have gone (`swaparoo move ... | head`), and that is no reason to stop in the
//! middle of a task: what was to be said is dropped, and the exit code still tells how the task ended.

use std::fmt::{Arguments, Display};
use std::io::Write;

use serde::Serialize;
use swaparoo::printable;

/// Prints a line, as `println!` does, to a reader who may be gone.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::out::line(format_args!($($words)*)) };
}

pub(super) use say;

/// Prints words of one line or of several.
pub fn line(words: Arguments<'_>) {
    print(&printable::lines(&words.to_string()));
}

/// Prints a value as JSON, over several lines.
pub fn json(value: &impl Serialize) -> serde_json::Result<()> {
    print(&printable::json(&serde_json::to_string_pretty(value)?));
    Ok(())
}

/// Prints one line to standard error.
pub fn complain(words: impl Display) {
    eprintln!("{}", printable::line(&words.to_string()));
}

fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // There is nobody left to tell.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
