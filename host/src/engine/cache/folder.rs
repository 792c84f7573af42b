//! A folder that no other user can change. It is checked once, from the root down, and kept open. Its files are opened
//! through this handle, so it stays the checked folder even if its path changes.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component as Part, Path};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

/// The mode bits that let others write.
const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;
const READABLE_BY_OTHERS: u32 = 0o077;

/// The folder, kept open.
#[derive(Debug)]
pub struct Folder(OwnedFd);

/// A regular file in the folder.
#[derive(Debug)]
pub struct FolderFile {
    pub name: String,
    pub bytes: u64,
    /// When it was written, in nanoseconds since 1970.
    pub modified: i128,
}

/// Why a file or folder is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum Untrusted {
    /// The system returned an error.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Another user could have created or changed it.
    #[error("{0}")]
    Open(String),
}

/// The access that others may have to a trusted file.
#[derive(Debug, Clone, Copy)]
pub enum Others {
    /// Others may read it.
    MayRead,
    /// Others have no access.
    MayNothing,
}

impl Folder {
    /// Opens the folder. If it does not exist, creates it with access only for this user.
    ///
    /// # Errors
    /// The path is not a folder, or another user could change its content or replace it.
    pub fn open(path: &Path) -> Result<Self, Untrusted> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let folder = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => Self::on_the_way(parent)?.inner(name)?,
            _ => Self::root()?,
        };
        check_owner(&stat(&folder.0)?, WRITABLE_BY_OTHERS, "others may write to it")?;
        Ok(folder)
    }

    fn root() -> io::Result<Self> {
        Ok(Self(rustix::fs::open("/", folder_flags(), Mode::empty())?))
    }

    /// Follows symbolic links once; their target is checked like every other folder.
    fn on_the_way(path: &Path) -> Result<Self, Untrusted> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let (mut at, mut folder) = (Path::new("/").to_owned(), Self::root()?);
        folder.check_way(&at)?;
        for part in fs::canonicalize(path)?.components() {
            let Part::Normal(part) = part else { continue };
            at.push(part);
            folder = folder.inner(part)?;
            folder.check_way(&at)?;
        }
        Ok(folder)
    }

    /// Reads a file of this user; none if it does not exist.
    ///
    /// # Errors
    /// It is not a regular file, belongs to another user, is larger than `most` bytes, or cannot be read.
    pub fn read(&self, name: &str, most: u64, others: Others) -> Result<Option<Vec<u8>>, Untrusted> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match rustix::fs::openat(&self.0, name, flags, Mode::empty()).map_err(io::Error::from) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                return Err(Untrusted::Open("it is a symbolic link".into()));
            }
            Err(error) => return Err(error.into()),
        };
        check_file(&stat(&file)?, others)?;
        let mut bytes = Vec::new();
        File::from(file).take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err(Untrusted::Open(format!("it has more than {most} bytes")));
        }
        Ok(Some(bytes))
    }

    /// Writes a file that only this user may read. It is written completely or not at all, even if another process
    /// writes the same file now. `replace` says whether an existing file is replaced or kept.
    pub fn write(&self, name: &str, pieces: &[&[u8]], replace: bool) -> io::Result<()> {
        let temporary = format!(".{}", uuid::Uuid::new_v4());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.0, &temporary, flags, Mode::RUSR | Mode::WUSR)?);
        let written = pieces.iter().try_for_each(|piece| file.write_all(piece));
        let placed = written.and_then(|()| match replace {
            true => Ok(rustix::fs::renameat(&self.0, &temporary, &self.0, name)?),
            false => self.place(&temporary, name),
        });
        if placed.is_err() || !replace {
            let _ = self.remove(&temporary);
        }
        placed
    }

    /// The regular files in the folder.
    pub fn files(&self) -> io::Result<Vec<FolderFile>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let found = match rustix::fs::statat(&self.0, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(found) => found,
                // Another process has removed it meanwhile.
                Err(rustix::io::Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            };
            if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile {
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push(FolderFile { name, bytes: bytes(&found), modified: modified(&found) });
            }
        }
        Ok(files)
    }

    /// Removes a file.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Moves the file into place, unless one exists already.
    fn place(&self, temporary: &str, name: &str) -> io::Result<()> {
        match rustix::fs::linkat(&self.0, temporary, &self.0, name, AtFlags::empty()) {
            Err(error) if error != rustix::io::Errno::EXIST => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn inner(&self, name: &OsStr) -> Result<Self, Untrusted> {
        match rustix::fs::openat(&self.0, name, folder_flags(), Mode::empty()) {
            Ok(folder) => Ok(Self(folder)),
            Err(error) => {
                let found = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from)?;
                Err(match FileType::from_raw_mode(found.st_mode) {
                    FileType::Symlink => Untrusted::Open("it is a symbolic link".into()),
                    _ => Untrusted::Io(error.into()),
                })
            }
        }
    }

    /// Checks a parent folder: another user who may change it could replace our folder.
    fn check_way(&self, at: &Path) -> Result<(), Untrusted> {
        let found = stat(&self.0)?;
        let (owner, me) = (found.st_uid, me());
        let wrong = |what: String| Err(Untrusted::Open(format!("{} {what}", at.display())));
        if owner != 0 && owner != me {
            return wrong(format!("belongs to the user {owner}, not to {me} or root"));
        }
        if found.st_mode & WRITABLE_BY_OTHERS != 0 && (found.st_mode & STICKY == 0 || owner != 0) {
            return wrong(format!("is open to others (its mode is {:o})", found.st_mode & 0o7777));
        }
        Ok(())
    }
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn stat(file: &OwnedFd) -> io::Result<Stat> {
    Ok(rustix::fs::fstat(file)?)
}

fn bytes(found: &Stat) -> u64 {
    u64::try_from(found.st_size).unwrap_or_default()
}

fn modified(found: &Stat) -> i128 {
    i128::from(found.st_mtime) * 1_000_000_000 + i128::from(found.st_mtime_nsec)
}

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn check_file(found: &Stat, others: Others) -> Result<(), Untrusted> {
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(io::Error::from(ErrorKind::IsADirectory).into()),
        _ => return Err(Untrusted::Open("it is not a regular file".into())),
    }
    match others {
        Others::MayRead => check_owner(found, WRITABLE_BY_OTHERS, "others may write to it"),
        Others::MayNothing => check_owner(found, READABLE_BY_OTHERS, "others may read or write it"),
    }
}

fn check_owner(found: &Stat, not: u32, why: &str) -> Result<(), Untrusted> {
    let (owner, me) = (found.st_uid, me());
    if owner != me {
        return Err(Untrusted::Open(format!("it belongs to the user {owner}, not to {me}")));
    }
    if found.st_mode & not != 0 {
        return Err(Untrusted::Open(format!("{why} (its mode is {:o})", found.st_mode & 0o777)));
    }
    Ok(())
}
