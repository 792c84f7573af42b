//! Keeps the cache within a number of bytes, and removes the entries of policies that were removed.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use uuid::Uuid;

use super::folder::{Folder, FolderFile};
use crate::engine::Digest;

/// The end of each entry's name.
const ENTRY: &str = ".cwasm";

/// The policies of this process: their entries stay in the cache.
#[derive(Debug, Default)]
pub struct Leases(Mutex<HashMap<Digest, Weak<()>>>);

impl Leases {
    /// Keeps the entries of this policy until the returned value is dropped.
    pub fn lease(&self, digest: Digest) -> Arc<()> {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leases.retain(|_, lease| lease.strong_count() > 0);
        let lease = leases.get(&digest).and_then(Weak::upgrade).unwrap_or_default();
        leases.insert(digest, Arc::downgrade(&lease));
        lease
    }

    fn hold(&self, name: &str) -> bool {
        let Some(Ok(digest)) = name.split_once('-').map(|(digest, _)| digest.parse::<Digest>()) else { return false };
        let leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leases.get(&digest).is_some_and(|lease| lease.strong_count() > 0)
    }
}

/// Removes all entries of this policy: each version of the program has its own.
pub fn forget(folder: &Folder, digest: Digest) -> io::Result<()> {
    let beginning = format!("{digest}-");
    let files = folder.files()?.into_iter().map(|file| file.name);
    files
        .filter(|name| name.starts_with(&beginning) && name.ends_with(ENTRY))
        .try_for_each(|name| remove(folder, &name))
}

/// Removes the oldest entries that are not leased, until all entries together have at most this many bytes.
pub fn evict(folder: &Folder, leases: &Leases, most: u64) -> io::Result<()> {
    let mut files: Vec<FolderFile> = folder.files()?.into_iter().filter(|file| is_entry(&file.name)).collect();
    let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
    files.sort_by_key(|file| file.modified);
    for file in files.iter().filter(|file| !leases.hold(&file.name)) {
        if bytes <= most {
            break;
        }
        remove(folder, &file.name)?;
        bytes = bytes.saturating_sub(file.bytes);
    }
    Ok(())
}

/// An entry, or one that was not written to its end. Other files are not ours to remove.
fn is_entry(name: &str) -> bool {
    name.ends_with(ENTRY) || name.strip_prefix('.').is_some_and(|rest| Uuid::try_parse(rest).is_ok())
}

/// Another program may have removed it already.
fn remove(folder: &Folder, name: &str) -> io::Result<()> {
    match folder.remove(name) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;

    /// Writes a file with 1000 bytes that was last changed in this second.
    fn write(folder: &Path, name: &str, second: u64) {
        fs::write(folder.join(name), [0_u8; 1000]).unwrap();
        let file = File::options().write(true).open(folder.join(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second)).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// A folder with two entries of the first policy, one of the others, an incomplete one, and two other files.
    fn filled(digests: [Digest; 3]) -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("cache")).unwrap();
        let [one, two, three] = digests;
        let incomplete = format!(".{}", Uuid::nil());
        let entries = [format!("{one}-a.cwasm"), format!("{two}-a.cwasm"), format!("{one}-b.cwasm"), incomplete];
        let others = [format!("{three}-a.cwasm"), "key".to_owned(), ".profile".to_owned()];
        for (second, name) in (1..).zip(entries.iter().chain(&others)) {
            write(&place.path().join("cache"), name, second);
        }
        (place, folder)
    }

    #[test]
    fn the_oldest_entries_go_except_those_in_use() {
        let [one, two, three] = [b"1", b"2", b"3"].map(|bytes| Digest::of(bytes));
        let (place, folder) = filled([one, two, three]);
        let (place, leases) = (place.path().join("cache"), Leases::default());
        let held = leases.lease(two);
        drop(leases.lease(one));
        evict(&folder, &leases, 5000).unwrap();
        assert_eq!(names(&place).len(), 7, "there is room for five entries");
        evict(&folder, &leases, 2500).unwrap();
        let left = ["key".to_owned(), ".profile".to_owned(), format!("{two}-a.cwasm"), format!("{three}-a.cwasm")];
        assert_eq!(names(&place).len(), left.len());
        assert!(left.iter().all(|name| place.join(name).exists()), "{:?}", names(&place));
        evict(&folder, &leases, 0).unwrap();
        assert_eq!(names(&place).len(), 3, "a policy in use stays");
        drop(held);
        evict(&folder, &leases, 0).unwrap();
        assert_eq!(names(&place), [".profile", "key"]);
    }

    #[test]
    fn a_removed_policy_leaves_no_entry() {
        let [one, two, three] = [b"1", b"2", b"3"].map(|bytes| Digest::of(bytes));
        let (place, folder) = filled([one, two, three]);
        forget(&folder, one).unwrap();
        let left = names(&place.path().join("cache"));
        assert_eq!(left.iter().filter(|name| name.ends_with(ENTRY)).count(), 2);
        assert!(!left.iter().any(|name| name.starts_with(&one.to_string())));
        forget(&folder, one).unwrap();
    }
}
