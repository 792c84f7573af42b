//! The log is shortened or overwritten in place, while it is open: nothing is accepted that the next start would not find.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::damage::refusal;
use super::*;

const NAMES: [&str; 3] = ["journal.db", "journal.db-wal", "journal.db-shm"];

/// A journal with two tasks, and its log.
async fn open(folder: &Path) -> (Journal, PathBuf) {
    let journal = Journal::open(&folder.join("journal.db")).await.unwrap();
    for task in ["one", "two"] {
        journal.append(vec![opened(task, 1, None)]).await.unwrap();
    }
    (journal, folder.join("journal.db-wal"))
}

/// The files as a killed process leaves them. SQLite's locks are lost by this, so the journal is not used after it.
fn killed(folder: &Path) -> PathBuf {
    let killed = folder.join("killed");
    fs::create_dir(&killed).unwrap();
    for name in NAMES {
        fs::copy(folder.join(name), killed.join(name)).unwrap();
    }
    killed.join("journal.db")
}

fn cut(log: &Path, length: u64) {
    File::options().write(true).open(log).unwrap().set_len(length).unwrap();
}

fn overwrite(log: &Path, at: u64, bytes: &[u8]) {
    File::options().write(true).open(log).unwrap().write_all_at(bytes, at).unwrap();
}

/// Nothing can be written, and the error names the log.
async fn takes_nothing(journal: &Journal, what: &str) {
    let refused = journal.append(vec![opened("lost", 1, None)]).await.unwrap_err().to_string();
    assert!(refused.contains(what) && refused.contains("put it back"), "{refused}");
    let refused = journal.ready().await.unwrap_err().to_string();
    assert!(refused.contains(what), "{refused}");
    assert!(journal.set(&[("active", None)]).await.is_err());
}

#[tokio::test]
async fn a_shortened_log_accepts_nothing_until_it_is_restored() {
    let folder = TempDir::new().unwrap();
    let (journal, log) = open(folder.path()).await;
    for missing in [1, 4120, u64::MAX] {
        let whole = fs::read(&log).unwrap();
        cut(&log, (whole.len() as u64).saturating_sub(missing));
        takes_nothing(&journal, "journal.db-wal was shortened to ").await;
        fs::write(&log, &whole).unwrap();
        journal.ready().await.unwrap();
        journal.append(vec![opened(&format!("after {missing}"), 1, None)]).await.unwrap();
    }
    assert_eq!(journal.task("lost").await.unwrap(), None);
    let again = Journal::open(&killed(folder.path())).await.unwrap();
    assert_eq!(again.open_tasks().await.unwrap().len(), 5);
}

#[tokio::test]
async fn an_overwritten_frame_is_an_error_until_it_is_restored() {
    let folder = TempDir::new().unwrap();
    let (journal, log) = open(folder.path()).await;
    let whole = fs::read(&log).unwrap();
    let last = whole.len() as u64 - 4120;
    // The header together with a frame, so that the log is not complete; and the last frame's header.
    for (at, length) in [(0, 4096), (0, 32 + 4120), (last, 24)] {
        overwrite(&log, at, &vec![0x5a; length]);
        takes_nothing(&journal, "journal.db-wal was overwritten").await;
        fs::write(&log, &whole).unwrap();
    }
    journal.append(vec![opened("three", 1, None)]).await.unwrap();
    assert_eq!(journal.task("lost").await.unwrap(), None);
}

#[tokio::test]
async fn an_overwritten_header_loses_no_commit() {
    for header in [&[0_u8; 32][..], &[0x5a; 32], &[0x37, 0x7f, 0x06, 0x80]] {
        let folder = TempDir::new().unwrap();
        let (journal, log) = open(folder.path()).await;
        overwrite(&log, 0, header);
        journal.append(vec![opened("three", 1, None)]).await.unwrap();
        journal.ready().await.unwrap();
        journal.append(vec![opened("four", 1, None)]).await.unwrap();
        let again = Journal::open(&killed(folder.path())).await.unwrap();
        assert_eq!(again.open_tasks().await.unwrap().len(), 4, "{header:?}");
    }
}

#[tokio::test]
async fn a_log_that_was_shortened_before_the_start_is_refused() {
    let folder = TempDir::new().unwrap();
    let (_journal, log) = open(folder.path()).await;
    let whole = fs::read(&log).unwrap().len() as u64;
    let file = killed(folder.path());
    let log = file.with_file_name("journal.db-wal");
    for missing in [4120, whole] {
        cut(&log, whole - missing);
        let said = refusal(&file).await;
        assert!(said.contains(&format!("has {} bytes, and {whole} were written", whole - missing)), "{said}");
    }
    // The command that the error suggests.
    fs::remove_file(file.with_file_name("journal.db-shm")).unwrap();
    Journal::open(&file).await.unwrap();
}

/// Writes these files' earlier contents over them in place.
fn put_back(folder: &Path, copies: &[(&str, Vec<u8>)]) {
    for (name, copy) in copies {
        let file = File::options().write(true).open(folder.join(name)).unwrap();
        file.write_all_at(copy, 0).unwrap();
        // The index is in use as shared memory and is not shortened.
        if *name != "journal.db-shm" {
            file.set_len(copy.len() as u64).unwrap();
        }
    }
}

fn copies<'a>(folder: &Path, names: &[&'a str]) -> Vec<(&'a str, Vec<u8>)> {
    names.iter().map(|name| (*name, fs::read(folder.join(name)).unwrap())).collect()
}

#[tokio::test]
async fn an_earlier_copy_written_in_place_accepts_nothing() {
    for names in [&NAMES[..], &["journal.db-shm"]] {
        let folder = TempDir::new().unwrap();
        let (journal, _) = open(folder.path()).await;
        let earlier = copies(folder.path(), names);
        journal.append(vec![opened("three", 1, None)]).await.unwrap();
        put_back(folder.path(), &earlier);
        for _ in 0..2 {
            let refused = journal.append(vec![opened("lost", 1, None)]).await.unwrap_err();
            assert!(refused.is_damage() && refused.to_string().contains("an earlier copy"), "{names:?}: {refused}");
            let refused = journal.ready().await.unwrap_err().to_string();
            assert!(refused.contains("an earlier copy"), "{names:?}: {refused}");
            assert!(journal.set(&[("active", None)]).await.is_err());
        }
    }
}

#[tokio::test]
async fn an_earlier_copy_is_noticed_by_the_readiness_check() {
    let folder = TempDir::new().unwrap();
    let (journal, _) = open(folder.path()).await;
    journal.ready().await.unwrap();
    let earlier = copies(folder.path(), &NAMES);
    journal.append(vec![opened("three", 1, None)]).await.unwrap();
    put_back(folder.path(), &earlier);
    let refused = journal.ready().await.unwrap_err().to_string();
    assert!(refused.contains("an earlier copy"), "{refused}");
}

/// The log still has all commits, and the next start finds them without the index.
#[tokio::test]
async fn an_earlier_copy_of_the_index_loses_no_commit() {
    let folder = TempDir::new().unwrap();
    let (journal, _) = open(folder.path()).await;
    let earlier = copies(folder.path(), &["journal.db-shm"]);
    journal.append(vec![opened("three", 1, None)]).await.unwrap();
    put_back(folder.path(), &earlier);
    assert!(journal.append(vec![opened("lost", 1, None)]).await.is_err());
    journal.close().await;
    let again = Journal::open(&killed(folder.path())).await.unwrap();
    let open: Vec<_> = again.open_tasks().await.unwrap().into_iter().map(|task| task.id).collect();
    assert_eq!(open, ["one", "two", "three"]);
}

/// The index that a killed process left does not prevent a new journal after the others were moved away.
#[tokio::test]
async fn a_new_journal_does_not_depend_on_the_index_of_another() {
    let folder = TempDir::new().unwrap();
    let (_journal, _) = open(folder.path()).await;
    let file = killed(folder.path());
    for name in ["journal.db", "journal.db-wal"] {
        fs::remove_file(file.with_file_name(name)).unwrap();
    }
    assert_eq!(Journal::open(&file).await.unwrap().open_tasks().await.unwrap(), []);
}

/// SQLite moves the log into the journal when it is closed. A part of the log would damage the journal.
#[tokio::test]
async fn a_shortened_log_is_not_moved_into_the_journal_at_the_end() {
    let folder = TempDir::new().unwrap();
    let (journal, log) = open(folder.path()).await;
    let whole = fs::read(&log).unwrap();
    cut(&log, whole.len() as u64 - 4120);
    journal.close().await;
    let file = killed(folder.path());
    assert!(refusal(&file).await.contains("were written to it"));
    fs::write(file.with_file_name("journal.db-wal"), &whole).unwrap();
    assert_eq!(Journal::open(&file).await.unwrap().open_tasks().await.unwrap().len(), 2);
}
