//! What SQLite has written to the write-ahead log, as the log's index (`-shm`) states it (SQLite, "WAL-mode File Format",
//! "The WAL-Index File Format"). SQLite syncs the log before it changes the index.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::wal::{Salts, Sum, end_of, sum, word};

/// The index's header has two equal copies; the number of frames in the database follows.
const COPY: usize = 48;
const LENGTH: usize = 2 * COPY + 4;
/// The header's checksum covers the bytes before it.
const SUMMED: usize = 40;

/// The header of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// The number of committed frames in the log; 0 when the log begins anew.
    pub frames: u32,
    /// The number of these frames that are also in the database.
    pub moved: u32,
    /// The salts of the log's header and of each frame.
    pub salts: Salts,
    /// The byte order of the log's checksums.
    pub big_endian: bool,
    /// The checksum of the last committed frame.
    pub sum: Sum,
}

impl Index {
    /// Reads an index; `None` if it has no header, or SQLite is changing it.
    pub fn read(file: &File) -> io::Result<Option<Self>> {
        let mut bytes = [0; LENGTH];
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(Self::of(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(COPY)?;
        let computed = sum(header.get(..SUMMED)?, (0, 0), cfg!(target_endian = "big"));
        let stated = (native(header, SUMMED)?, native(header, SUMMED + 4)?);
        let is_written = *header.get(12)? == 1 && rest.starts_with(header) && stated == computed;
        let index = Self {
            frames: native(header, 16)?,
            moved: native(rest, COPY)?,
            salts: (word(header, 32)?, word(header, 36)?),
            big_endian: *header.get(13)? == 1,
            sum: (native(header, 24)?, native(header, 28)?),
        };
        is_written.then_some(index)
    }

    /// The length of the log, at least.
    pub fn end(&self) -> u64 {
        end_of(self.frames)
    }

    /// Whether the log has commits that the database does not have.
    pub fn is_needed(&self) -> bool {
        self.moved < self.frames
    }
}

/// A number in the byte order of this machine.
fn native(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}
