//! Files with secrets: private keys and tokens. Only the owner of such a file may have access to it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The permission bits of group and others; none of them may be set.
const GROUP_AND_OTHERS: u32 = 0o077;

/// A file with a secret was refused.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The file cannot be read.
    #[error("{what} {} cannot be read", file.display())]
    Unreadable {
        /// The name of the content, for messages.
        what: &'static str,
        /// The path of the file.
        file: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Group or others have access to the file.
    #[error("the permissions of {what} {file} are open to others (mode {mode:o}): chmod 600 {file}", file = file.display())]
    Open {
        /// The name of the content, for messages.
        what: &'static str,
        /// The path of the file.
        file: PathBuf,
        /// The permission bits of the file.
        mode: u32,
    },
}

/// Reads a file with a secret; `what` names the content in errors, such as `the private key`.
///
/// # Errors
/// The file cannot be read, is not UTF-8, or group or others have access to it. The error contains nothing of the text.
pub fn read(file: &Path, what: &'static str) -> Result<String, SecretFileError> {
    let unreadable = |source| SecretFileError::Unreadable { what, file: file.to_owned(), source };
    // Check the permissions of the opened file, not of the path: the path may refer to another file a moment later.
    let mut opened = File::open(file).map_err(unreadable)?;
    let mode = opened.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if mode & GROUP_AND_OTHERS != 0 {
        return Err(SecretFileError::Open { what, file: file.to_owned(), mode });
    }
    let mut text = String::new();
    opened.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// The permission bits of a file that group or others have access to; `None` if only its owner has, or the file cannot be
/// read.
pub(crate) fn mode_if_open(file: &Path) -> Option<u32> {
    let mode = std::fs::metadata(file).ok()?.permissions().mode() & 0o7777;
    (mode & GROUP_AND_OTHERS != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    fn read_with(mode: u32) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        fs::write(&file, "s3cret").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let shown = file.display().to_string();
        read(&file, "the private key").map_err(|error| error.to_string().replace(&shown, "FILE"))
    }

    #[test]
    fn only_the_owner_may_have_access() {
        for mode in [0o600, 0o400, 0o700] {
            assert_eq!(read_with(mode).unwrap(), "s3cret", "{mode:o}");
        }
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o440, 0o644] {
            let says =
                format!("the permissions of the private key FILE are open to others (mode {mode:o}): chmod 600 FILE");
            assert_eq!(read_with(mode).unwrap_err(), says);
        }
    }

    #[test]
    fn the_mode_of_a_file_that_is_open_to_others_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clouds.yaml");
        assert_eq!(mode_if_open(&file), None);
        for (mode, open) in [(0o600, None), (0o400, None), (0o640, Some(0o640)), (0o644, Some(0o644))] {
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            assert_eq!(mode_if_open(&file), open, "{mode:o}");
            fs::remove_file(&file).unwrap();
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let error = read(Path::new("/nowhere/key"), "the private key").unwrap_err();
        assert_eq!(error.to_string(), "the private key /nowhere/key cannot be read");
    }
}
