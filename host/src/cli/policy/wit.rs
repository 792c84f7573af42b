//! `swaparoo policy wit`.

use std::path::Path;

use swaparoo::contract::CONTRACT;

use super::{Exit, new_file};
use crate::cli::stdout::say;

/// The files of the WIT package.
pub const FILES: [(&str, &str); 5] = [
    ("allocations.wit", include_str!("../../../../wit/allocations.wit")),
    ("log.wit", include_str!("../../../../wit/log.wit")),
    ("migrations.wit", include_str!("../../../../wit/migrations.wit")),
    ("moves.wit", include_str!("../../../../wit/moves.wit")),
    ("rules.wit", include_str!("../../../../wit/rules.wit")),
];

/// Writes the package. Nothing is overwritten.
pub fn run(folder: &Path) -> anyhow::Result<Exit> {
    new_file::write(folder, &FILES.map(|(name, text)| (name, text.to_owned())))?;
    say!("{}: swaparoo:policy@{CONTRACT}", folder.display());
    Ok(Exit::Finished)
}
