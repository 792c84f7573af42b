//! Reads records from files, and writes a record to a file, completely or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::engine::Policy;

pub use swaparoo_core::record::*;

impl From<&Policy> for PolicyName {
    fn from(policy: &Policy) -> Self {
        let described = policy.description();
        let (name, version) = (described.name.clone(), described.version.clone());
        Self { name, version, digest: policy.digest().to_string() }
    }
}

/// Why a record cannot be read from a file or written to it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("the record {file} cannot be read")]
    Read {
        /// The path of the file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The content of the file is not a record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The path exists and is not a regular file.
    #[error("no record can be written at {file}, which is a directory or a device: name a file")]
    NoFile {
        /// The path of the file.
        file: PathBuf,
    },
    /// Its folder does not exist.
    #[error("the record {file} cannot be written: the folder {folder} does not exist; create it first")]
    NoFolder {
        /// The path of the file.
        file: PathBuf,
        /// The missing folder.
        folder: PathBuf,
    },
    /// The file cannot be written.
    #[error("the record {file} cannot be written")]
    Write {
        /// The path of the file.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Reads a record.
///
/// # Errors
/// [`FileError::Read`] or [`FileError::Record`].
pub fn read(file: &Path) -> Result<Record, FileError> {
    let bytes = std::fs::read(file).map_err(|source| FileError::Read { file: file.to_owned(), source })?;
    Ok(Record::parse(file, &bytes)?)
}

/// Opens the file for a record before the task begins, so that no task runs whose record cannot be written.
///
/// # Errors
/// The path is not a regular file, or its folder does not exist or is not writable.
pub fn create_file(file: &Path) -> Result<NewRecordFile, FileError> {
    let like_a_folder = file.as_os_str().as_encoded_bytes().ends_with(b"/");
    if like_a_folder || (file.exists() && !file.is_file()) {
        return Err(FileError::NoFile { file: file.to_owned() });
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(FileError::NoFolder { file: file.to_owned(), folder: folder.to_owned() });
    }
    // Only the kind of the error: its text would contain the name of the temporary file.
    let failed = |error: io::Error| FileError::Write { file: file.to_owned(), source: error.kind().into() };
    Ok(NewRecordFile { file: file.to_owned(), new: tempfile::NamedTempFile::new_in(folder).map_err(failed)? })
}

/// The file of a record that is not written yet.
#[derive(Debug)]
pub struct NewRecordFile {
    file: PathBuf,
    new: tempfile::NamedTempFile,
}

impl NewRecordFile {
    /// Writes the record completely or not at all.
    ///
    /// # Errors
    /// [`FileError::Write`] if the file cannot be written.
    pub fn write(self, record: &Record) -> Result<(), FileError> {
        let failed = |source| FileError::Write { file: self.file.clone(), source };
        let mut text = serde_json::to_vec_pretty(record).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        let mut new = self.new.as_file();
        new.write_all(&text).and_then(|()| new.sync_all()).map_err(failed)?;
        self.new.persist(&self.file).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
