//! The write-ahead log as the last process left it, looked at before SQLite reads it (SQLite, "WAL File Format").
//!
//! SQLite takes a log up to the first frame whose checksum is wrong, and says nothing of the rest. That is right for a
//! commit that was not written whole, which nobody was told of; where whole commits follow, it loses them.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const PAGE: usize = 4096;
const FRAME: u64 = (FRAME_HEADER + PAGE) as u64;
/// The header's first word, save its last bit, which is the checksums' order of bytes.
const MAGIC: u32 = 0x377f_0682;

/// What a log is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// There is none, or each commit in it is whole.
    Whole,
    /// The last commit was not written whole; nobody was told that it was.
    Torn,
    /// From this byte on it is not what was written, and more commits follow.
    Damaged { at: u64 },
}

/// The running checksum: two words.
type Sum = (u32, u32);

#[derive(Clone, Copy)]
struct Header {
    salts: (u32, u32),
    big_endian: bool,
    /// As it says itself, and as it is.
    sums: (Sum, Sum),
    magic: bool,
}

impl Log {
    /// Looks at a log file.
    pub fn look(file: &Path) -> io::Result<Self> {
        match File::open(file) {
            Ok(file) => Self::read(BufReader::with_capacity(1 << 16, file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Whole),
            Err(error) => Err(error),
        }
    }

    /// Looks at its bytes.
    pub fn read(mut log: impl Read) -> io::Result<Self> {
        let header = piece(&mut log, HEADER)?;
        let Some(known) = Header::of(&header) else {
            return Ok(if header.is_empty() { Self::Whole } else { Self::Torn });
        };
        if !known.magic || known.sums.0 != known.sums.1 {
            let first = piece(&mut log, FRAME_HEADER + PAGE)?;
            // A first frame that goes with it was written after it: then it was whole, once.
            let follows = [known.sums.0, known.sums.1]
                .into_iter()
                .any(|sum| [false, true].into_iter().any(|big_endian| sums_up(&first, sum, big_endian).is_some()));
            return Ok(if follows { Self::Damaged { at: 0 } } else { Self::Torn });
        }
        known.frames(log)
    }
}

impl Header {
    fn of(bytes: &[u8]) -> Option<Self> {
        let first = word(bytes, 0)?;
        let big_endian = first & 1 == 1;
        let stored = (word(bytes, 24)?, word(bytes, 28)?);
        let sums = (stored, sum(bytes.get(..24)?, (0, 0), big_endian));
        Some(Self { salts: (word(bytes, 16)?, word(bytes, 20)?), big_endian, sums, magic: first & !1 == MAGIC })
    }

    /// The frames: whole ones, and what is there from the first one on that is not.
    fn frames(self, mut log: impl Read) -> io::Result<Log> {
        let (mut last, mut committed, mut at) = (self.sums.0, true, HEADER as u64);
        let mut frame = piece(&mut log, FRAME_HEADER + PAGE)?;
        while let Some(next) = self.follows(&frame, last) {
            (last, committed, at) = (next, commits(&frame), at + FRAME);
            frame = piece(&mut log, FRAME_HEADER + PAGE)?;
        }
        let mut found = if committed { Log::Whole } else { Log::Torn };
        // One commit at most was under way; it ends with the first of these that says so.
        let mut ended = false;
        while !frame.is_empty() {
            if self.wrote(&frame) {
                found = if ended { Log::Damaged { at } } else { Log::Torn };
                ended |= commits(&frame);
            }
            if matches!(found, Log::Damaged { .. }) {
                break;
            }
            frame = piece(&mut log, FRAME_HEADER + PAGE)?;
        }
        Ok(found)
    }

    /// The checksum after this frame, if it is whole and comes after that one.
    fn follows(self, frame: &[u8], before: Sum) -> Option<Sum> {
        let same = (word(frame, 8)?, word(frame, 12)?) == self.salts;
        sums_up(frame, before, self.big_endian).filter(|_| same)
    }

    /// Whether a frame is of this log, and not left from the one that was in the file before: that has two other salts.
    fn wrote(self, frame: &[u8]) -> bool {
        match (word(frame, 8), word(frame, 12)) {
            (Some(first), Some(second)) => first == self.salts.0 || second == self.salts.1,
            // It was being written when it was cut off.
            _ => true,
        }
    }
}

/// The checksum after a frame, if that is the one that it names.
fn sums_up(frame: &[u8], before: Sum, big_endian: bool) -> Option<Sum> {
    let page = frame.get(FRAME_HEADER..).filter(|page| page.len() == PAGE)?;
    let after = sum(page, sum(frame.get(..8)?, before, big_endian), big_endian);
    ((word(frame, 16)?, word(frame, 20)?) == after).then_some(after)
}

/// The last frame of a commit names the size of the database after it.
fn commits(frame: &[u8]) -> bool {
    word(frame, 4).is_some_and(|pages| pages != 0)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn sum(bytes: &[u8], before: Sum, big_endian: bool) -> Sum {
    let read = if big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
    let (words, _) = bytes.as_chunks::<4>();
    let (pairs, _) = words.as_chunks::<2>();
    pairs.iter().fold(before, |(first, second), [one, two]| {
        let first = first.wrapping_add(read(*one)).wrapping_add(second);
        (first, second.wrapping_add(read(*two)).wrapping_add(first))
    })
}

/// So many bytes, or those that are left.
fn piece(log: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    log.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
