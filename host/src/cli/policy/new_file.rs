//! Writes several new files into a folder: all of them, or none if one exists.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};

/// Writes these files, by their paths in the folder, and the folders that they need. A file that exists already is not
/// overwritten, unless it has the same content.
pub fn write(folder: &Path, files: &[(&str, String)]) -> anyhow::Result<()> {
    let missing: Vec<_> = files.iter().filter(|(name, text)| !is_there(&folder.join(name), text)).collect();
    for (name, _) in &missing {
        let file = folder.join(name);
        ensure!(
            fs::symlink_metadata(&file).is_err(),
            "{} exists and has other content; it is not overwritten: give another folder, or remove it",
            file.display()
        );
    }
    missing.iter().try_for_each(|(name, text)| create(&folder.join(name), text))
}

fn is_there(file: &Path, text: &str) -> bool {
    fs::read(file).is_ok_and(|found| found == text.as_bytes())
}

fn create(file: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    let mut created = OpenOptions::new().write(true).create_new(true).open(file).with_context(cannot)?;
    created.write_all(text.as_bytes()).with_context(cannot)
}
