//! A log whose header is not as it was written: the frames show whether the log had complete commits.

use std::fs;

use super::super::sqlite::wal::WalState;
use super::damage::{refusal, written};
use super::*;

const HEADER: usize = 32;
const FRAME: usize = 4120;

/// Bytes that are not zero, and the same at each run.
fn noise(length: usize) -> Vec<u8> {
    (1..=length).map(|byte| u8::try_from(byte * 151 % 255 + 1).unwrap()).collect()
}

#[tokio::test]
async fn commits_after_an_overwritten_header_are_not_dropped_unnoticed() {
    for start in [vec![0; HEADER], noise(HEADER), vec![0; 4096], noise(4096), vec![0; HEADER + FRAME + 100]] {
        let folder = TempDir::new().unwrap();
        let file = written(folder.path(), false).await;
        let log = file.with_file_name("journal.db-wal");
        let mut damaged = fs::read(&log).unwrap();
        damaged[..start.len()].copy_from_slice(&start);
        fs::write(&log, &damaged).unwrap();
        let said = refusal(&file).await;
        assert!(said.contains("journal.db-wal was changed from byte 0 on"), "{} bytes: {said}", start.len());
        assert_eq!(fs::read(&log).unwrap(), damaged, "the file is unchanged");
        // The command that the error suggests lets the service start.
        assert!(said.contains("truncate --size 0 "), "{said}");
        fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
        Journal::open(&file).await.unwrap();
    }
}

#[tokio::test]
async fn two_frames_after_an_overwritten_start_show_that_there_were_commits() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), false).await;
    let log = fs::read(file.with_file_name("journal.db-wal")).unwrap();
    let frames = (log.len() - HEADER) / FRAME;
    for destroyed in 0..frames {
        let mut damaged = log.clone();
        let start = noise(HEADER + destroyed * FRAME);
        damaged[..start.len()].copy_from_slice(&start);
        // One frame alone shows nothing: its checksum depends on the one before it.
        let expected = if destroyed + 1 < frames { WalState::Damaged { at: 0 } } else { WalState::Torn };
        assert_eq!(WalState::read(&damaged[..]).unwrap(), expected, "{destroyed} of {frames} frames are destroyed");
    }
}

#[tokio::test]
async fn a_first_commit_that_was_not_written_whole_is_still_dropped() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), false).await;
    let log = fs::read(file.with_file_name("journal.db-wal")).unwrap();
    for start in [vec![0; HEADER], noise(HEADER)] {
        for length in [HEADER, HEADER + 1, HEADER + 24, HEADER + FRAME - 1, HEADER + FRAME, HEADER + 2 * FRAME - 1] {
            let torn = [&start[..], &log[HEADER..length]].concat();
            assert_eq!(WalState::read(&torn[..]).unwrap(), WalState::Torn, "{length} bytes");
        }
    }
    // The file system made room for frames that were never written.
    let unwritten = [noise(HEADER), vec![0; 3 * FRAME]].concat();
    assert_eq!(WalState::read(&unwritten[..]).unwrap(), WalState::Torn);
}
