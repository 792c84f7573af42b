//! Checks the write-ahead log that the last process left, before SQLite reads it (SQLite, "WAL File Format").
//!
//! SQLite reads a log up to the first frame with a wrong checksum, and silently ignores the rest. That is right for an
//! incomplete last commit, which was never confirmed to a caller. If complete commits follow, SQLite would lose them.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

pub(super) const HEADER: usize = 32;
pub(super) const FRAME_HEADER: usize = 24;
pub(super) const PAGE: usize = 4096;
const FRAME: u64 = (FRAME_HEADER + PAGE) as u64;
/// The header's first word without its last bit, which gives the byte order of the checksums.
const MAGIC: u32 = 0x377f_0682;

/// The result of checking a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalState {
    /// The log does not exist, or all its commits are complete.
    Whole,
    /// The last commit is incomplete; it was never confirmed to a caller.
    Torn,
    /// The log was changed from this byte on, and more commits follow.
    Damaged { at: u64 },
}

/// The running checksum: two words.
pub(super) type Sum = (u32, u32);
/// Two numbers that are the same in a log's header and in each of its frames, and others in the next log.
pub(super) type Salts = (u32, u32);

/// The header of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct WalHeader {
    salts: Salts,
    big_endian: bool,
    /// The checksum that the header states, and the computed one.
    sums: (Sum, Sum),
    magic: bool,
}

impl WalState {
    /// Checks a log file.
    pub fn look(file: &Path) -> io::Result<Self> {
        match File::open(file) {
            Ok(file) => Self::read(BufReader::with_capacity(1 << 16, file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Whole),
            Err(error) => Err(error),
        }
    }

    /// Checks the bytes of a log.
    pub fn read(mut log: impl Read) -> io::Result<Self> {
        let header = piece(&mut log, HEADER)?;
        let Some(known) = WalHeader::of(&header) else {
            return Ok(if header.is_empty() { Self::Whole } else { Self::Torn });
        };
        if known.is_as_written() {
            return known.frames(log);
        }
        Ok(if known.was_as_written(log)? { Self::Damaged { at: 0 } } else { Self::Torn })
    }
}

impl WalHeader {
    /// The header in these bytes, whether it is as it was written or not.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let first = word(bytes, 0)?;
        let big_endian = first & 1 == 1;
        let stored = (word(bytes, 24)?, word(bytes, 28)?);
        let sums = (stored, sum(bytes.get(..24)?, (0, 0), big_endian));
        Some(Self { salts: (word(bytes, 16)?, word(bytes, 20)?), big_endian, sums, magic: first & !1 == MAGIC })
    }

    /// Whether it has the magic number, and the checksum that it states.
    pub(super) fn is_as_written(self) -> bool {
        self.magic && self.sums.0 == self.sums.1
    }

    pub(super) fn salts(self) -> Salts {
        self.salts
    }

    /// The checksum that the first frame continues.
    pub(super) fn sum(self) -> Sum {
        self.sums.0
    }

    /// Whether the frames show that the header was complete when they were written: the first one continues one of the
    /// header's checksums, or any frame continues the one before it. SQLite syncs the header before it writes a frame.
    fn was_as_written(self, mut log: impl Read) -> io::Result<bool> {
        let mut last = piece(&mut log, FRAME_HEADER + PAGE)?;
        if [self.sums.0, self.sums.1].into_iter().any(|sum| continues(&last, sum)) {
            return Ok(true);
        }
        while !last.is_empty() {
            let next = piece(&mut log, FRAME_HEADER + PAGE)?;
            if are_chained(&last, &next) {
                return Ok(true);
            }
            last = next;
        }
        Ok(false)
    }

    /// Checks the frames: the valid ones, and the rest from the first invalid frame on.
    fn frames(self, mut log: impl Read) -> io::Result<WalState> {
        let (mut last, mut committed, mut at) = (self.sums.0, true, HEADER as u64);
        let mut frame = piece(&mut log, FRAME_HEADER + PAGE)?;
        while let Some(next) = follows(&frame, last, self.salts, self.big_endian) {
            (last, committed, at) = (next, commits(&frame), at + FRAME);
            frame = piece(&mut log, FRAME_HEADER + PAGE)?;
        }
        let mut found = if committed { WalState::Whole } else { WalState::Torn };
        // At most one commit was being written. It ends with the first of these frames that marks the end of a commit.
        let mut ended = false;
        while !frame.is_empty() {
            if self.wrote(&frame) {
                found = if ended { WalState::Damaged { at } } else { WalState::Torn };
                ended |= commits(&frame);
            }
            if matches!(found, WalState::Damaged { .. }) {
                break;
            }
            frame = piece(&mut log, FRAME_HEADER + PAGE)?;
        }
        Ok(found)
    }

    /// Whether a frame belongs to this log. A frame left from an earlier log in the same file has two other salts.
    fn wrote(self, frame: &[u8]) -> bool {
        match (word(frame, 8), word(frame, 12)) {
            (Some(first), Some(second)) => first == self.salts.0 || second == self.salts.1,
            // The frame's header is incomplete: it was being written when the process ended.
            _ => true,
        }
    }
}

/// The checksum after a frame, if the frame has these salts and continues the checksum `before`.
pub(super) fn follows(frame: &[u8], before: Sum, salts: Salts, big_endian: bool) -> Option<Sum> {
    sums_up(frame, before, big_endian).filter(|_| has_salts(frame, salts))
}

pub(super) fn has_salts(frame: &[u8], salts: Salts) -> bool {
    word(frame, 8) == Some(salts.0) && word(frame, 12) == Some(salts.1)
}

/// The position in the log after this many frames.
pub(super) fn end_of(frames: u32) -> u64 {
    HEADER as u64 + u64::from(frames) * FRAME
}

/// Whether two frames were written one after the other to the same log. A frame is never for page 0, so zeros are not a frame.
fn are_chained(one: &[u8], next: &[u8]) -> bool {
    let has_page = |frame: &[u8]| word(frame, 0).is_some_and(|page| page != 0);
    let has_same_salts = one.get(8..16) == next.get(8..16);
    has_page(one) && has_page(next) && has_same_salts && stated(one).is_some_and(|sum| continues(next, sum))
}

/// Whether a frame continues the checksum `before`, in either byte order.
fn continues(frame: &[u8], before: Sum) -> bool {
    [false, true].into_iter().any(|big_endian| sums_up(frame, before, big_endian).is_some())
}

/// The checksum that a frame states.
pub(super) fn stated(frame: &[u8]) -> Option<Sum> {
    Some((word(frame, 16)?, word(frame, 20)?))
}

/// The checksum after a frame, if it equals the one that the frame states.
fn sums_up(frame: &[u8], before: Sum, big_endian: bool) -> Option<Sum> {
    let page = frame.get(FRAME_HEADER..).filter(|page| page.len() == PAGE)?;
    let after = sum(page, sum(frame.get(..8)?, before, big_endian), big_endian);
    (stated(frame)? == after).then_some(after)
}

/// Whether the frame ends a commit: only the last frame of a commit states the size of the database.
fn commits(frame: &[u8]) -> bool {
    word(frame, 4).is_some_and(|pages| pages != 0)
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

pub(super) fn sum(bytes: &[u8], before: Sum, big_endian: bool) -> Sum {
    let read = if big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
    let (words, _) = bytes.as_chunks::<4>();
    let (pairs, _) = words.as_chunks::<2>();
    pairs.iter().fold(before, |(first, second), [one, two]| {
        let first = first.wrapping_add(read(*one)).wrapping_add(second);
        (first, second.wrapping_add(read(*two)).wrapping_add(first))
    })
}

/// The next `length` bytes, or all that are left.
fn piece(log: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    log.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
