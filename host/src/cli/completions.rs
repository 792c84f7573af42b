//! `swaparoo completions`: what a shell completes after `swaparoo`.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell; for bash, the output belongs in /usr/share/bash-completion/completions/swaparoo
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script. It is text of this program only, so no control characters need to be escaped.
pub fn run(options: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "swaparoo", &mut script);
    // A reader that is gone needs no error.
    let _ = std::io::stdout().lock().write_all(&script);
    Exit::Finished
}
