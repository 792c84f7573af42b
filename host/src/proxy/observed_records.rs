//! Records of observed moves in a folder, bounded in number and bytes. They are the files of `--record`: the history is what the
//! policy would have done, and what the client did stands beside it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, os::unix::fs::DirBuilderExt as _};

use crate::http::config::ProxyRecords;
use crate::record::{self, FileError, Record};
use crate::task_clock::{now, rfc3339};

/// In the name of a record's file, if the policy would have written the same as the client did.
const SAME: &str = "-same-";
/// The same if it would have done something else.
const DIFFERS: &str = "-differs-";
const END: &str = ".json";

/// The records of this process and of earlier ones.
#[derive(Debug)]
pub struct ObservedRecords {
    folder: PathBuf,
    keep: usize,
    max_size: u64,
    kept: Mutex<Kept>,
}

/// The files with their sizes in bytes, by what is removed first: the oldest one of those that are the same, then the oldest one
/// of the others.
#[derive(Debug, Default)]
struct Kept {
    sizes: BTreeMap<(bool, String), u64>,
    bytes: u64,
}

impl ObservedRecords {
    /// The records in this folder, which is created if only its last part is missing.
    ///
    /// # Errors
    /// The folder cannot be created, read or written.
    pub fn open(at: &ProxyRecords) -> io::Result<Option<Self>> {
        let Some(folder) = at.folder.clone() else { return Ok(None) };
        if !folder.exists() {
            fs::DirBuilder::new().mode(0o700).create(&folder)?;
        }
        // A move must not be the first to find out that it cannot be written.
        tempfile::tempfile_in(&folder)?;
        let kept = Mutex::new(Kept::read(&folder)?);
        Ok(Some(Self { folder, keep: at.keep.get(), max_size: at.max_size as u64, kept }))
    }

    /// Writes a record, and removes others if there are too many. It may wait for the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, record: &Record, is_same: bool) -> Result<PathBuf, FileError> {
        let name = name(&record.id, is_same);
        let file = self.folder.join(&name);
        record::create_file(&file)?.write(record)?;
        let bytes = fs::metadata(&file).map_or(0, |data| data.len());
        for old in self.kept().add(name, bytes, self.keep, self.max_size) {
            // It may have been removed by a person, or by another process with the same folder.
            if let Err(error) = fs::remove_file(self.folder.join(&old))
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!("the old record {old} of an observed move cannot be removed: {error}");
            }
        }
        Ok(file)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn read(folder: &Path) -> io::Result<Self> {
        let mut kept = Self::default();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string()
                && is_record(&name)
            {
                kept.insert(name, entry.metadata().map_or(0, |data| data.len()));
            }
        }
        Ok(kept)
    }

    fn insert(&mut self, name: String, bytes: u64) {
        self.bytes += bytes;
        self.sizes.insert((name.contains(DIFFERS), name), bytes);
    }

    /// Adds a record; returns those that must go. The newest one stays, also if it alone is too large.
    fn add(&mut self, name: String, bytes: u64, most: usize, most_bytes: u64) -> Vec<String> {
        let mut old = Vec::new();
        while self.sizes.len() >= most || self.bytes.saturating_add(bytes) > most_bytes {
            let Some(((_, name), bytes)) = self.sizes.pop_first() else { break };
            self.bytes = self.bytes.saturating_sub(bytes);
            old.push(name);
        }
        self.insert(name, bytes);
        old
    }
}

/// Names in order of time, without characters that a shell or another file system treats specially.
fn name(id: &str, is_same: bool) -> String {
    let time = rfc3339(now()).replace([':', '-'], "");
    format!("{time}{}{id}{END}", if is_same { SAME } else { DIFFERS })
}

/// Only such files are counted and removed: the folder may have others.
fn is_record(name: &str) -> bool {
    let is_time = |time: &str| time.len() == "20260131T010203.004Z".len() && time.ends_with('Z');
    let parts = name.split_once(SAME).or_else(|| name.split_once(DIFFERS));
    parts.is_some_and(|(time, id)| {
        is_time(time) && id.strip_suffix(END).is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_those_that_are_the_same_go_first() {
        let mut kept = Kept::default();
        let mut add = |name: &str, bytes| kept.add(name.to_owned(), bytes, 3, 100);
        assert!(add("1-differs-a", 10).is_empty());
        assert!(add("2-same-b", 10).is_empty());
        assert!(add("3-same-c", 10).is_empty());
        assert_eq!(add("4-differs-d", 10), ["2-same-b"]);
        assert_eq!(add("5-differs-e", 10), ["3-same-c"]);
        assert_eq!(add("6-differs-f", 10), ["1-differs-a"]);
        assert_eq!(add("7-same-g", 95), ["4-differs-d", "5-differs-e", "6-differs-f"], "the bytes");
        assert_eq!(add("8-same-h", 200), ["7-same-g"], "the newest one stays");
        assert_eq!((kept.sizes.len(), kept.bytes), (1, 200));
    }

    #[test]
    fn only_its_own_files_are_records() {
        let id = uuid::Uuid::new_v4().to_string();
        assert!(is_record(&name(&id, true)) && is_record(&name(&id, false)), "{}", name(&id, true));
        for other in ["notes.json", "a-same-b.json", &format!("{}.old", name(&id, true)), &name("mine", false)] {
            assert!(!is_record(other), "{other}");
        }
    }
}
