//! The file with the state of a model.

use std::io::Write;
use std::path::{Path, PathBuf};

use swaparoo_placement::Placement as Model;

/// A state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("the Placement state {file} cannot be read")]
    Read {
        /// The path of the file.
        file: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file does not contain a state.
    #[error("{file} is not a Placement state; `swaparoo placement --state {file}` creates one")]
    Form {
        /// The path of the file.
        file: PathBuf,
        /// The position and kind of the error.
        source: serde_json::Error,
    },
    /// The file cannot be written.
    #[error("the Placement state {file} cannot be written; the last change is lost")]
    Write {
        /// The path of the file.
        file: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}

/// Reads a state.
///
/// # Errors
/// [`StateError`]: the file cannot be read, or does not contain a state.
pub fn read(file: &Path) -> Result<Model, StateError> {
    let bytes = std::fs::read(file).map_err(|source| StateError::Read { file: file.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| StateError::Form { file: file.to_owned(), source })
}

/// Writes a state, completely or not at all.
pub fn write(file: &Path, model: &Model) -> Result<(), StateError> {
    let failed = |source: std::io::Error| StateError::Write { file: file.to_owned(), source };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Keep only the kind: the full message contains the name of a temporary file, which the user does not know.
    let new = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(error.kind().into()))?;
    // Serialize to memory first: the file is unbuffered, and a state has thousands of tokens.
    let mut text = serde_json::to_vec_pretty(model).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    let mut content = new.as_file();
    content.write_all(&text).and_then(|()| content.sync_all()).map_err(failed)?;
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}
