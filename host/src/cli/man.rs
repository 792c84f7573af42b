//! `swaparoo man`: the man pages, from the same descriptions as `--help`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::stdout::say;
use super::{Cli, Exit};

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder for the pages, such as /usr/share/man/man1; it is created if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages.
pub fn run(options: &ManArgs) -> anyhow::Result<Exit> {
    let folder = &options.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut program = Cli::command().disable_help_subcommand(true);
    // Gives each command its whole name, such as `swaparoo-policy-push`.
    program.build();
    let pages = write(&program, folder)?;
    say!("{pages} man pages in {}", folder.display());
    Ok(Exit::Finished)
}

/// Writes the page of a command, and those of the commands under it. Returns how many.
fn write(command: &Command, folder: &Path) -> anyhow::Result<usize> {
    let source = concat!("swaparoo ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command.clone()).source(source).manual("Swaparoo");
    let file = folder.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text)?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let below = command.get_subcommands().filter(|command| !command.is_hide_set());
    below.map(|command| write(command, folder)).sum::<anyhow::Result<usize>>().map(|pages| pages + 1)
}
