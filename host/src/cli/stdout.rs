//! Output of the program, filtered so that text from outside cannot send control sequences to the terminal.
//!
//! Standard output may be closed early (`swaparoo move ... | head`). That must not stop a task halfway, so the rest of
//! the output is dropped, and the exit code still shows how the task ended.

use std::fmt::{Arguments, Display};
use std::io::Write;

use serde::Serialize;
use swaparoo::printable;

/// Prints a line, as `println!` does, but ignores a closed standard output.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::stdout::line(format_args!($($words)*)) };
}

pub(super) use say;

/// Prints text of one or more lines.
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
    // The reader is gone, so the error has no use.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
