//! The journal's file, open and locked while the service runs. The lock (flock) is on the file itself, so it works
//! under every name of the file. SQLite's own locks are of another kind (fcntl) and do not conflict with it.
//!
//! Nothing else in this process may open the file: closing any descriptor of the file releases SQLite's locks.

use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::watch::{LogDamage, Watch};
use crate::journal::{JournalError, OpenError};

/// The device and the inode, which identify a file.
pub(super) type Identity = (u64, u64);

/// The name suffixes of SQLite's other files: the write-ahead log and its index.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// The journal's file, locked.
#[derive(Debug)]
pub struct LockedFile {
    path: PathBuf,
    file: File,
    identity: Identity,
    /// SQLite's other files as the writing connection last saw them.
    beside: Mutex<[Option<Identity>; 2]>,
    watch: Watch,
    /// The lock on the name. Older versions check only this lock, and it exists before the journal's file does.
    _by_name: File,
}

/// A lock on the journal's name (`.lock`), taken before a new journal is created.
#[derive(Debug)]
pub struct NameLock(File);

impl NameLock {
    /// Locks this name; fails with [`OpenError::InUse`] if another process has the lock.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        let failed = |error: io::Error| OpenError::of_io(path, &error);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(beside(path, ".lock")).map_err(failed)?;
        lock_alone(&lock, path)?;
        Ok(Self(lock))
    }
}

impl LockedFile {
    /// Opens the journal with this name, and locks it under all its names.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has it, under this name or another.
    pub fn lock(path: &Path, name: NameLock) -> Result<Self, OpenError> {
        let failed = |error: io::Error| OpenError::of_io(path, &error);
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        lock_alone(&file, path)?;
        let metadata = file.metadata().map_err(failed)?;
        let identity = identity(&metadata);
        if fs::metadata(path).map_err(failed).map(|now| self::identity(&now))? != identity {
            return Err(OpenError::InUse { file: path.to_owned() });
        }
        if metadata.nlink() > 1 {
            tracing::warn!(
                "the journal {} has other names (hard links): always start with this name, because the log is stored as {}-wal",
                path.display(),
                path.display()
            );
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            identity,
            beside: Mutex::default(),
            watch: Watch::default(),
            _by_name: name.0,
        })
    }

    /// The open file. It may be read only before SQLite opens it.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Checks that the names still refer to the files that are open. Entries in a removed file are lost when the
    /// process ends.
    ///
    /// # Errors
    /// A file was removed, moved away or replaced.
    pub fn in_place(&self) -> Result<(), JournalError> {
        expect(&self.path, self.identity)?;
        let mut known = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        for (known, end) in known.iter_mut().zip(BESIDE) {
            let path = beside(&self.path, end);
            match known {
                Some(identity) => expect(&path, *identity)?,
                None => *known = fs::metadata(&path).ok().map(|metadata| identity(&metadata)),
            }
        }
        Ok(())
    }

    /// Checks that the log has what was written to it. The names were checked before.
    ///
    /// # Errors
    /// Another program shortened or overwrote the log.
    pub fn log_in_place(&self) -> Result<(), LogDamage> {
        let known = *self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            [Some(log), Some(index)] => self.watch.compare(&self.path, [log, index]),
            // SQLite has not created them yet.
            _ => Ok(()),
        }
    }

    /// Called when the writing connection is closed: the next one may create SQLite's other files again. If they are
    /// missing or replaced already now, they are still reported.
    pub fn connection_closes(&self) {
        if self.in_place().is_ok() {
            *self.beside.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
        }
    }

    /// Removes the access of group and others. Older versions created journals with it, and SQLite gives its other
    /// files the mode of the journal's file.
    pub fn keep_to_the_owner(&self) {
        for path in std::iter::once(self.path.clone()).chain(BESIDE.map(|end| beside(&self.path, end))) {
            let Ok(mode) = fs::metadata(&path).map(|metadata| metadata.mode() & 0o777) else { continue };
            if mode & 0o077 == 0 {
                continue;
            }
            match fs::set_permissions(&path, Permissions::from_mode(mode & 0o700)) {
                Ok(()) => tracing::warn!("{} had the mode {mode:04o}; now only its owner has access", path.display()),
                Err(error) => {
                    tracing::warn!(
                        "{} has the mode {mode:04o}, and its mode cannot be changed: {error}",
                        path.display()
                    );
                }
            }
        }
    }
}

/// The path with `end` appended to the file name.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

pub(super) fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

fn expect(path: &Path, identity: Identity) -> Result<(), JournalError> {
    let found = fs::metadata(path).map(|metadata| self::identity(&metadata));
    match found {
        Ok(found) if found == identity => Ok(()),
        Ok(_) => Err(JournalError::new(format!("{} was replaced by another file: put it back", path.display()))),
        Err(error) => {
            Err(JournalError::new(format!("{} was removed or moved away: put it back ({error})", path.display())))
        }
    }
}

fn lock_alone(file: &File, path: &Path) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { file: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::of_io(path, &error)),
    }
}
