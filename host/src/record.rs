//! Records on disk: where they are read from, and where one goes, a file that is there whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::policy::Policy;

pub use swaparoo_core::record::*;

impl From<&Policy> for PolicyName {
    fn from(policy: &Policy) -> Self {
        let described = policy.description();
        let (name, version) = (described.name.clone(), described.version.clone());
        Self { name, version, digest: policy.digest().to_string() }
    }
}

/// Why a record is not read from its file, or not written to it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("the record {file} cannot be read")]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is in the file is of no use.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Something else is in its place.
    #[error("no record can be written at {file}, which is a directory or a device: name a file")]
    NoFile {
        /// Which.
        file: PathBuf,
    },
    /// There is no folder for it.
    #[error("the record {file} cannot be written: there is no folder {folder}; make it first")]
    NoFolder {
        /// Which.
        file: PathBuf,
        /// Where it was to be.
        folder: PathBuf,
    },
    /// It cannot be written.
    #[error("the record {file} cannot be written")]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Reads a record.
///
/// # Errors
/// The file cannot be read, is no record of this format and contract, contradicts itself, or names consumers as Placement does not.
pub fn read(file: &Path) -> Result<Record, FileError> {
    let bytes = std::fs::read(file).map_err(|source| FileError::Read { file: file.to_owned(), source })?;
    Ok(Record::parse(file, &bytes)?)
}

/// Opens the place for a record before the task begins, so that a task is not done for want of one afterwards.
///
/// # Errors
/// There is something else, no folder, or one that takes no new file.
pub fn place(file: &Path) -> Result<Place, FileError> {
    let like_a_folder = file.as_os_str().as_encoded_bytes().ends_with(b"/");
    if like_a_folder || (file.exists() && !file.is_file()) {
        return Err(FileError::NoFile { file: file.to_owned() });
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(FileError::NoFolder { file: file.to_owned(), folder: folder.to_owned() });
    }
    // The kind alone: with its words comes the name of a file that nobody has asked for.
    let failed = |error: io::Error| FileError::Write { file: file.to_owned(), source: error.kind().into() };
    Ok(Place { file: file.to_owned(), new: tempfile::NamedTempFile::new_in(folder).map_err(failed)? })
}

/// Where a record will be.
#[derive(Debug)]
pub struct Place {
    file: PathBuf,
    new: tempfile::NamedTempFile,
}

impl Place {
    /// Writes the record, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
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
