//! Compares the log with its index while the service runs. If another program shortens or overwrites the log, SQLite
//! continues to write to it, and the next start cannot read the commits that are missing or that follow the damage.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::file::{Identity, beside, identity};
use super::index::Index;
use super::wal::{FRAME_HEADER, HEADER, PAGE, Sum, WalHeader, end_of, follows, has_salts, stated};
use crate::journal::JournalError;

/// How often the comparison is repeated when SQLite changes the index meanwhile.
const TRIES: u32 = 8;

/// The log is not what was written to it.
#[derive(Debug, thiserror::Error)]
#[error("{} {kind}", .log.display())]
pub struct LogDamage {
    log: PathBuf,
    kind: DamageKind,
    /// Whether all commits can still be read, so that SQLite can move them into the database and begin the log anew.
    pub is_complete: bool,
}

#[derive(Debug, thiserror::Error)]
enum DamageKind {
    #[error("was shortened to {found} bytes, {written} were written to it")]
    Short { found: u64, written: u64 },
    #[error("was overwritten")]
    Overwritten,
    #[error("cannot be compared with its index ({0})")]
    Unreadable(#[from] io::Error),
}

/// The log and its index, as they were last compared.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Known>);

/// The files stay open, so that a comparison needs no new descriptors. For the index this is necessary: SQLite's locks
/// are on it, and closing any descriptor of it would release them.
#[derive(Debug, Default)]
struct Known {
    log: Option<File>,
    index: Option<File>,
    /// The log's header when it was last right. The checksum of the first frame depends on it.
    header: Option<WalHeader>,
}

impl From<LogDamage> for JournalError {
    fn from(damage: LogDamage) -> Self {
        Self::new(format!("{damage}: put it back as it was"))
    }
}

impl Watch {
    /// Compares the length of the log, its header and its last frame with its index: a few small reads.
    pub fn compare(&self, journal: &Path, [log, index]: [Identity; 2]) -> Result<(), LogDamage> {
        let [log_path, index_path] = ["-wal", "-shm"].map(|end| beside(journal, end));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let compared = known.compare((log_path.as_path(), log), (index_path.as_path(), index));
        compared.map_err(|(kind, is_complete)| LogDamage { log: log_path, kind, is_complete })
    }
}

impl Known {
    fn compare(&mut self, log: (&Path, Identity), index: (&Path, Identity)) -> Result<(), (DamageKind, bool)> {
        let unreadable = |error: io::Error| (DamageKind::from(error), false);
        let log = keep(&mut self.log, log).map_err(unreadable)?;
        let index = keep(&mut self.index, index).map_err(unreadable)?;
        for _ in 0..TRIES {
            let Some(written) = Index::read(index).map_err(unreadable)? else { continue };
            match header_of(log, &written) {
                Ok(header) => {
                    self.header = header.or(self.header);
                    return Ok(());
                }
                // SQLite may have begun the log anew between the two reads. It changes the index first.
                Err(kind) if Index::read(index).map_err(unreadable)? == Some(written) => {
                    return Err((kind, is_complete(log, &written, self.header).unwrap_or_default()));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }
}

/// The file with this name and identity, opened only if another one was open before.
fn keep<'a>(kept: &'a mut Option<File>, (path, wanted): (&Path, Identity)) -> io::Result<&'a File> {
    let is_wanted = |file: &File| file.metadata().is_ok_and(|metadata| identity(&metadata) == wanted);
    let file = match kept.take() {
        Some(file) if is_wanted(&file) => file,
        _ => File::open(path)?,
    };
    Ok(kept.insert(file))
}

/// The header of the log, if the log has one; fails unless the log has all that its index states.
fn header_of(log: &File, written: &Index) -> Result<Option<WalHeader>, DamageKind> {
    if written.frames == 0 {
        return Ok(None);
    }
    let found = log.metadata()?.len();
    if found < written.end() {
        return Err(DamageKind::Short { found, written: written.end() });
    }
    let header = WalHeader::of(&bytes(log, 0, HEADER)?);
    let header = header.filter(|header| header.is_as_written() && header.salts() == written.salts);
    let last = bytes(log, end_of(written.frames - 1), FRAME_HEADER)?;
    let ends = has_salts(&last, written.salts) && stated(&last) == Some(written.sum);
    header.filter(|_| ends).map(Some).ok_or(DamageKind::Overwritten)
}

/// Whether each frame that the database does not have yet is as it was written.
fn is_complete(log: &File, written: &Index, header: Option<WalHeader>) -> io::Result<bool> {
    if !written.is_needed() {
        return Ok(true);
    }
    let Some(mut last) = sum_before(log, written, header)? else { return Ok(false) };
    for frame in written.moved..written.frames {
        let frame = bytes(log, end_of(frame), FRAME_HEADER + PAGE)?;
        match follows(&frame, last, written.salts, written.big_endian) {
            Some(next) => last = next,
            None => return Ok(false),
        }
    }
    Ok(last == written.sum)
}

/// The checksum before the first frame that the database does not have yet.
fn sum_before(log: &File, written: &Index, header: Option<WalHeader>) -> io::Result<Option<Sum>> {
    match written.moved.checked_sub(1) {
        Some(frame) => Ok(stated(&bytes(log, end_of(frame), FRAME_HEADER)?)),
        None => Ok(header.filter(|header| header.salts() == written.salts).map(WalHeader::sum)),
    }
}

fn bytes(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}
