//! Ctrl-C: says what may have been done before the program ends.

use std::io::{IsTerminal as _, stderr};

use super::Exit;
use super::stdout::complain;

/// What Ctrl-C leaves behind.
#[derive(Debug, Clone, Copy)]
pub enum Left {
    /// Nothing was written.
    Nothing,
    /// Writes that were sent.
    Writes,
}

/// Runs a command until it ends, or until Ctrl-C. Only for commands that wait for services: one that computes would not
/// see the signal.
pub async fn or_interrupted(command: impl Future<Output = anyhow::Result<Exit>>, left: Left) -> anyhow::Result<Exit> {
    tokio::select! {
        end = command => end,
        Ok(()) = tokio::signal::ctrl_c() => {
            // Progress may have left a line.
            let clear = if stderr().is_terminal() { "\r\u{1b}[K" } else { "" };
            complain(format_args!("{clear}interrupted: {}", match left {
                Left::Nothing => "nothing was changed",
                Left::Writes => {
                    "a write that was sent may be done or not; give the same command again, which reads first"
                }
            }));
            Ok(Exit::Interrupted)
        }
    }
}
