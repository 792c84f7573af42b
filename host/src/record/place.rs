//! Writes a record to a file, completely or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{PolicyName, Record, RecordError};
use crate::policy::Policy;

impl PolicyName {
    /// The name of a loaded policy for a record.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let described = policy.description();
        let (name, version) = (described.name.clone(), described.version.clone());
        Self { name, version, digest: policy.digest().to_string() }
    }
}

impl Record {
    /// Opens the place for a record before the task begins, so that no task runs whose record cannot be written.
    ///
    /// # Errors
    /// The path is not a regular file, or its folder does not exist or is not writable.
    pub fn place(file: &Path) -> Result<Place, RecordError> {
        let like_a_folder = file.as_os_str().as_encoded_bytes().ends_with(b"/");
        if like_a_folder || (file.exists() && !file.is_file()) {
            return Err(RecordError::NoFile { file: file.to_owned() });
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(RecordError::NoFolder { file: file.to_owned(), folder: folder.to_owned() });
        }
        // Only the kind of the error: its text would contain the name of the temporary file.
        let failed = |error: io::Error| RecordError::Write { file: file.to_owned(), source: error.kind().into() };
        Ok(Place { file: file.to_owned(), new: tempfile::NamedTempFile::new_in(folder).map_err(failed)? })
    }
}

/// The place for a record.
#[derive(Debug)]
pub struct Place {
    file: PathBuf,
    new: tempfile::NamedTempFile,
}

impl Place {
    /// Writes the record completely or not at all.
    ///
    /// # Errors
    /// [`RecordError::Write`] if the file cannot be written.
    pub fn write(self, record: &Record) -> Result<(), RecordError> {
        let failed = |source| RecordError::Write { file: self.file.clone(), source };
        let mut text = serde_json::to_vec_pretty(record).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        let mut new = self.new.as_file();
        new.write_all(&text).and_then(|()| new.sync_all()).map_err(failed)?;
        self.new.persist(&self.file).map_err(|error| failed(error.error))?;
        Ok(())
    }
}
