//! The journal's file, held open and locked for as long as the service has it. The lock is on the file itself (flock), so
//! that it holds under every name that the file has; SQLite's own locks are of another kind (fcntl) and do not meet it.
//!
//! Nothing else in this process may open the file beside SQLite: to close any descriptor of it gives up SQLite's locks.

use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::journal::{JournalError, OpenError};

/// What tells a file from every other: its device and its inode.
type Identity = (u64, u64);

/// What the files beside it end with: the log, and the index of the log.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// The journal's file, locked.
#[derive(Debug)]
pub struct LockedFile {
    path: PathBuf,
    file: File,
    identity: Identity,
    /// The files beside it as they were last seen by the connection that writes.
    beside: Mutex<[Option<Identity>; 2]>,
    /// The older lock, by name: programs of before look at no other, and it is there before the file is.
    _by_name: File,
}

/// The lock by name, which a new journal is made under.
#[derive(Debug)]
pub struct NameLock(File);

impl NameLock {
    /// Locks this name.
    ///
    /// # Errors
    /// Another process has it.
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
    /// Opens the journal of that name, and locks it under every name.
    ///
    /// # Errors
    /// Another process has it, under this name or another, or it cannot be written to.
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
                "the journal {} has other names, too: always start it by this one, since its log ({}-wal) goes by the name",
                path.display(),
                path.display()
            );
        }
        Ok(Self { path: path.to_owned(), file, identity, beside: Mutex::default(), _by_name: name.0 })
    }

    /// The file, to be read before SQLite opens it.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Whether the files of these names are those that are written to. An entry in any other is lost with the process.
    ///
    /// # Errors
    /// One of them was removed, moved away or replaced.
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

    /// The connection that writes is closed, and the next one may make the files beside it anew. Where they are not in
    /// place now, they stay missed.
    pub fn connection_closes(&self) {
        if self.in_place().is_ok() {
            *self.beside.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
        }
    }

    /// A journal of before may be open to others; what SQLite makes beside it has the mode that it has.
    pub fn keep_to_the_owner(&self) {
        for path in std::iter::once(self.path.clone()).chain(BESIDE.map(|end| beside(&self.path, end))) {
            let Ok(mode) = fs::metadata(&path).map(|metadata| metadata.mode() & 0o777) else { continue };
            if mode & 0o077 == 0 {
                continue;
            }
            match fs::set_permissions(&path, Permissions::from_mode(mode & 0o700)) {
                Ok(()) => tracing::warn!("{} had the mode {mode:04o}; it is its owner's alone now", path.display()),
                Err(error) => {
                    tracing::warn!("{} has the mode {mode:04o}, and others can read it: {error}", path.display());
                }
            }
        }
    }
}

/// The path with this after its name.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

fn expect(path: &Path, identity: Identity) -> Result<(), JournalError> {
    let found = fs::metadata(path).map(|metadata| self::identity(&metadata));
    match found {
        Ok(found) if found == identity => Ok(()),
        Ok(_) => Err(JournalError(format!("{} was replaced by another file: put it back", path.display()))),
        Err(error) => Err(JournalError(format!("{} was removed or moved away: put it back ({error})", path.display()))),
    }
}

fn lock_alone(file: &File, path: &Path) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { file: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(OpenError::of_io(path, &error)),
    }
}
