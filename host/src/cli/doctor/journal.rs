//! Whether the journal can be written, and a database keeps what it confirms. The file itself is not opened by SQLite: a service may be using it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use swaparoo::http::config::{DatabaseAt, JournalAt};
use swaparoo::journal::{self, Finding};

use super::listen::{Folder, folder, missing};
use super::report::Report;
use crate::cli::serve::secrets;

/// What is written and synced in the journal's folder, in a file without a name.
const PAGE: [u8; 4096] = [0; 4096];

/// The beginning of each database of SQLite.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Tries the journal's file and its folder, or its database.
pub async fn examine(report: &mut Report, at: &JournalAt) {
    match at {
        JournalAt::Off => report.warning("journal.off", "tasks are lost when the service ends"),
        JournalAt::File(file) => examine_file(report, file),
        JournalAt::Database(at) => examine_database(report, at).await,
    }
}

/// Asks the database how it keeps what it confirms.
pub async fn examine_database(report: &mut Report, at: &DatabaseAt) {
    let what = "journal.url";
    let options = match secrets::database(at) {
        Ok(options) => options,
        Err(error) => return report.wrong(&error),
    };
    match journal::check(&options).await {
        Err(error) if error.passes() => report.away(what, error),
        Err(error) => report.wrong(&anyhow::Error::from(error).context(what)),
        Ok(findings) => findings.into_iter().for_each(|finding| match finding {
            Finding::Fine(found) => report.ok(what, found),
            Finding::Warning(found) => report.warning(what, found),
            Finding::Wrong(found) => report.away(what, found),
        }),
    }
}

fn examine_file(report: &mut Report, file: &Path) {
    let what = "journal.file";
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
