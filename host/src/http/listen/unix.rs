//! The Unix socket: accessible only to its owner from the start, used by one service at a time, and removed at the end.

use std::fs::{self, File, Metadata, Permissions, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixSocket};

use super::error::ListenError;

/// Number of connections that the system queues until they are accepted.
pub(super) const BACKLOG: u32 = 1024;
const OWNER_ONLY: u32 = 0o600;

/// A bound socket with its lock.
#[derive(Debug)]
pub struct Unix {
    pub listener: UnixListener,
    _guard: Guard,
}

/// Removes the socket at the end, unless another file has replaced it.
#[derive(Debug)]
struct Guard {
    socket: PathBuf,
    made: (u64, u64),
    /// Held while the socket exists. The lock file is never removed, because another process could hold it open.
    _lock: File,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.socket).is_ok_and(|found| identity(&found) == self.made) {
            let _ = fs::remove_file(&self.socket);
        }
    }
}

impl Unix {
    /// Binds the socket. A leftover socket without a listener is replaced.
    pub fn bind(socket: &Path) -> Result<Self, ListenError> {
        let failed = |why| ListenError::Socket { socket: socket.to_owned(), why };
        let lock = lock(socket)?;
        make_room(socket)?;
        let listener = listen(socket).map_err(failed)?;
        let made = identity(&fs::symlink_metadata(socket).map_err(failed)?);
        Ok(Self { listener, _guard: Guard { socket: socket.to_owned(), made, _lock: lock } })
    }
}

/// Prevents two services that start at the same time from both removing a leftover socket, and so the other's new one.
fn lock(socket: &Path) -> Result<File, ListenError> {
    let failed = |why| ListenError::Socket { socket: socket.to_owned(), why };
    let mut path = socket.as_os_str().to_owned();
    path.push(".lock");
    let lock = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(ListenError::InUse { socket: socket.to_owned() }),
        Err(TryLockError::Error(why)) => Err(failed(why)),
    }
}

fn make_room(socket: &Path) -> Result<(), ListenError> {
    let failed = |why| ListenError::Socket { socket: socket.to_owned(), why };
    match fs::symlink_metadata(socket) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ListenError::NoSocket { socket: socket.to_owned() });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(socket) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(_) => return Err(ListenError::InUse { socket: socket.to_owned() }),
        Err(error) => return Err(failed(error)),
    }
    fs::remove_file(socket).map_err(failed)
}

/// The mode is set before the socket has a name (Linux creates the file with the socket's mode), so others can never
/// connect.
fn listen(socket: &Path) -> io::Result<UnixListener> {
    let new = UnixSocket::new_stream()?;
    File::from(new.as_fd().try_clone_to_owned()?).set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    new.bind(socket)?;
    if fs::symlink_metadata(socket)?.permissions().mode() & 0o777 != OWNER_ONLY {
        fs::set_permissions(socket, Permissions::from_mode(OWNER_ONLY))?;
    }
    new.listen(BACKLOG)
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener as Std;

    use super::*;

    fn refuses(socket: &Path, says: &str) {
        let error = Unix::bind(socket).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains(&socket.display().to_string()), "{error} should say {says}");
    }

    #[tokio::test]
    async fn the_socket_is_private_and_removed_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s.sock");
        let bound = Unix::bind(&socket).unwrap();
        assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
        drop(bound);
        assert!(!socket.exists());
    }

    #[tokio::test]
    async fn a_socket_in_use_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s.sock");
        let first = Unix::bind(&socket).unwrap();
        refuses(&socket, "is in use");
        UnixStream::connect(&socket).unwrap();
        drop(first);
        let _strangers = Std::bind(&socket).unwrap();
        refuses(&socket, "is in use");
        UnixStream::connect(&socket).unwrap();
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s.sock");
        drop(Std::bind(&socket).unwrap());
        assert!(socket.exists());
        // A process that another test starts has a copy of the first listener until it runs its program.
        let bind = async || loop {
            match Unix::bind(&socket) {
                Ok(bound) => break bound,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        };
        let _bound = tokio::time::timeout(std::time::Duration::from_secs(5), bind()).await.unwrap();
        UnixStream::connect(&socket).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_replaced_the_socket_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s.sock");
        let bound = Unix::bind(&socket).unwrap();
        fs::remove_file(&socket).unwrap();
        fs::write(&socket, "mine").unwrap();
        drop(bound);
        assert_eq!(fs::read(&socket).unwrap(), b"mine");
    }

    #[tokio::test]
    async fn other_files_and_long_paths_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "mine").unwrap();
        refuses(&file, "is not a socket");
        refuses(&folder.path().join("none/s.sock"), "No such file");
        refuses(&folder.path().join("x".repeat(150)), "cannot be created");
    }
}
