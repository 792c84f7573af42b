//! Whether the journal can be written. The file itself is not opened by SQLite: a service may be using it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::listen::{Folder, folder, missing};
use super::report::Report;

/// What is written and synced in the journal's folder, in a file without a name.
const PAGE: [u8; 4096] = [0; 4096];

/// The beginning of each database of SQLite.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Tries the journal's file and its folder.
pub fn examine(report: &mut Report, file: Option<&Path>) {
    let what = "journal.file";
    let Some(file) = file else {
        return report.warning("journal.off", "tasks are lost when the service ends");
    };
    let in_folder = match folder(file) {
        Folder::Missing(folder) => return report.warning(what, missing(folder.display())),
        Folder::Closed(folder) => {
            return report.away(what, format_args!("this user cannot create files in {}", folder.display()));
        }
        Folder::Writable => file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")),
    };
    let opened = OpenOptions::new().read(true).write(true).open(file);
    match (tempfile::tempfile_in(in_folder).and_then(write), opened) {
        (Err(error), _) => report.away(what, format_args!("{} cannot be written: {error}", in_folder.display())),
        (Ok(()), Ok(ref journal)) if is_another_file(journal) => report
            .wrong(&anyhow::anyhow!("{what}: {} is not a journal of this program; name another file", file.display())),
        (Ok(()), Ok(_)) => report.ok(what, format_args!("{} exists and can be written", file.display())),
        (Ok(()), Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            report.ok(what, format_args!("{} can be created", file.display()));
        }
        (Ok(()), Err(error)) => report.away(what, format_args!("{} cannot be written: {error}", file.display())),
    }
}

/// Whether the file has content that is not a SQLite database.
fn is_another_file(file: &File) -> bool {
    let mut begin = Vec::new();
    let read = file.take(SQLITE.len() as u64).read_to_end(&mut begin);
    read.is_ok() && !begin.is_empty() && begin != SQLITE
}

fn write(mut file: File) -> io::Result<()> {
    file.write_all(&PAGE)?;
    file.sync_all()
}
