//! The file that a model in memory is kept in.

use std::io::Write;
use std::path::{Path, PathBuf};

use swaparoo_placement::Placement as Model;

/// Why a state file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read.
    #[error("the Placement state {file} cannot be read")]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{file} is no Placement state; `swaparoo placement --state {file}` begins one")]
    Form {
        /// Which.
        file: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It cannot be written.
    #[error("the Placement state {file} cannot be written; what was done is lost")]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Reads a state.
///
/// # Errors
/// It cannot be read, or is no state.
pub fn read(file: &Path) -> Result<Model, StateError> {
    let bytes = std::fs::read(file).map_err(|source| StateError::Read { file: file.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| StateError::Form { file: file.to_owned(), source })
}

/// Writes a state, whole or not at all.
///
/// # Errors
/// It cannot be written.
pub fn write(file: &Path, model: &Model) -> Result<(), StateError> {
    let failed = |source: std::io::Error| StateError::Write { file: file.to_owned(), source };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The kind alone: with its words comes the name of a file that nobody has asked for.
    let new = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(error.kind().into()))?;
    // At once: the file is unbuffered, and a state has thousands of tokens.
    let mut text = serde_json::to_vec_pretty(model).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    let mut content = new.as_file();
    content.write_all(&text).and_then(|()| content.sync_all()).map_err(failed)?;
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}
