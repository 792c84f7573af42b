//! Files that are damaged, foreign, newer or in use: opening fails, and the file is unchanged.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::sqlite::wal::WalState;
use super::*;

/// A journal with two tasks: closed, or in the state that a killed process leaves.
pub async fn written(folder: &Path, close: bool) -> PathBuf {
    let file = folder.join("journal.db");
    let journal = Journal::open(&file).await.unwrap();
    for task in ["one", "two"] {
        journal.append(vec![opened(task, 1, None)]).await.unwrap();
        journal.append(vec![ended(task, 1, 2)]).await.unwrap();
    }
    if close {
        journal.close().await;
        return file;
    }
    let killed = folder.join("killed");
    fs::create_dir(&killed).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(folder.join(name), killed.join(name)).unwrap();
    }
    killed.join("journal.db")
}

pub async fn refusal(file: &Path) -> String {
    Journal::open(file).await.map(|_| ()).expect_err("it opened").to_string()
}

#[tokio::test]
async fn one_journal_is_one_services() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("journal.db");
    let first = Journal::open(&file).await.unwrap();
    assert!(refusal(&file).await.contains("is in use by another swaparoo"));
    first.close().await;
    drop(first);
    Journal::open(&file).await.unwrap();
}

#[tokio::test]
async fn by_another_name_it_is_the_same_journal() {
    let folder = TempDir::new().unwrap();
    let (file, alias) = (folder.path().join("journal.db"), folder.path().join("alias.db"));
    let _first = Journal::open(&file).await.unwrap();
    std::os::unix::fs::symlink(&file, &alias).unwrap();
    assert!(refusal(&alias).await.contains("is in use by another swaparoo"));
}

#[tokio::test]
async fn a_log_without_its_file_is_not_replayed_into_a_new_one() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), false).await;
    fs::remove_file(&file).unwrap();
    assert!(refusal(&file).await.contains("put both back, or move both away"));
}

#[tokio::test]
async fn a_file_that_is_not_a_journal_is_not_changed() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "these are my notes").unwrap();
    assert!(refusal(&file).await.contains("is not a swaparoo journal"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "these are my notes");
    fs::write(&file, "").unwrap();
    assert!(refusal(&file).await.contains("the file is empty"));
    assert!(refusal(&folder.path().join("nowhere/journal.db")).await.contains("cannot be opened: No such file"));
}

#[tokio::test]
async fn other_databases_and_newer_journals_are_not_changed() {
    for (pragma, says) in [("application_id = 1", "is not a swaparoo journal"), ("user_version = 3", "has version 3")] {
        let folder = TempDir::new().unwrap();
        let file = written(folder.path(), true).await;
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"))).execute(&pool).await.unwrap();
        pool.close().await;
        let said = refusal(&file).await;
        assert!(said.contains(says), "{said}");
    }
}

#[tokio::test]
async fn a_missing_entry_is_noticed() {
    for (delete, says) in [
        ("DELETE FROM entries WHERE task = 'one' AND number = 0", "task one should have the entries 0 to 1, but has 1"),
        ("DELETE FROM entries WHERE task = 'two' AND number = 1", "task two should have the entries 0 to 1, but has 1"),
    ] {
        let folder = TempDir::new().unwrap();
        let file = written(folder.path(), true).await;
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        sqlx::query(delete).execute(&pool).await.unwrap();
        pool.close().await;
        let said = refusal(&file).await;
        assert!(said.contains(says) && said.contains("restore it from a backup"), "{said}");
    }
}

/// Truncating the database file anywhere is detected as damage.
#[tokio::test]
async fn a_file_cut_anywhere_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), true).await;
    let whole = fs::read(&file).unwrap();
    for length in (0..whole.len()).step_by(509).chain([1, 15, 16, 99, 100, 4095, 4096, whole.len() - 1]) {
        fs::write(&file, &whole[..length]).unwrap();
        let said = refusal(&file).await;
        assert!(said.contains("is damaged") || said.contains("is not a swaparoo journal"), "{length} bytes: {said}");
    }
    fs::write(&file, &whole).unwrap();
    Journal::open(&file).await.unwrap();
}

/// Truncating the log loses only its last commits; the rest is a valid journal.
#[tokio::test]
async fn a_log_cut_anywhere_leaves_whole_commits() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), false).await;
    let log = file.with_file_name("journal.db-wal");
    let (whole, tail) = (fs::read(&file).unwrap(), fs::read(&log).unwrap());
    let mut most = 0;
    for length in (0..tail.len()).step_by(997).chain([tail.len()]) {
        fs::write(&file, &whole).unwrap();
        fs::write(&log, &tail[..length]).unwrap();
        let _ = fs::remove_file(file.with_file_name("journal.db-shm"));
        let journal = Journal::open(&file).await.unwrap_or_else(|error| panic!("{length} bytes: {error}"));
        let tasks = journal.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap();
        let entries: u32 = tasks.iter().map(|task| task.entries).sum();
        assert!(entries >= most, "{length} bytes: {entries} entries, and {most} in a shorter log");
        most = entries;
        journal.close().await;
    }
    assert_eq!(most, 4);
}

/// Every truncation or change of the log is detected, and complete commits are never dropped without an error.
#[tokio::test]
async fn damage_to_any_byte_of_a_log_is_seen() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), false).await;
    let mut log = fs::read(file.with_file_name("journal.db-wal")).unwrap();
    let ends = commits(&log);
    let &[.., last, end] = &ends[..] else { panic!("two commits at least: {ends:?}") };
    assert_eq!((WalState::read(&log[..]).unwrap(), log.len()), (WalState::Whole, end));
    for length in 1..log.len() {
        let expected = if ends.contains(&length) || length == 32 { WalState::Whole } else { WalState::Torn };
        assert_eq!(WalState::read(&log[..length]).unwrap(), expected, "cut after {length} bytes");
    }
    // Each byte of the headers, and some bytes of each page.
    let bytes = (0..log.len()).filter(|byte| *byte < 32 || (byte - 32) % 4120 < 24 || byte % 61 == 0);
    for byte in bytes {
        log[byte] ^= 0x40;
        let found = WalState::read(&log[..]).unwrap();
        let torn = byte >= last && found == WalState::Torn;
        // This byte makes a frame look like the end of the last commit. Refusing is safer than dropping the commit.
        let ends_early = byte >= last && (4..8).contains(&((byte - 32) % 4120));
        let damaged = (byte < last || ends_early) && matches!(found, WalState::Damaged { .. });
        assert!(torn || damaged, "byte {byte} of {end}, commits end at {ends:?}: {found:?}");
        log[byte] ^= 0x40;
    }
}

/// The positions in the log at which commits end.
fn commits(log: &[u8]) -> Vec<usize> {
    let frames = (32..log.len()).step_by(4120);
    frames.filter(|frame| log[frame + 4..frame + 8] != [0; 4]).map(|frame| frame + 4120).collect()
}

#[tokio::test]
async fn commits_in_mid_log_are_not_dropped_unnoticed() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), false).await;
    let log = file.with_file_name("journal.db-wal");
    let whole = fs::read(&log).unwrap();
    let first = commits(&whole)[0];
    let mut damaged = whole.clone();
    damaged[first - 1000] ^= 1;
    fs::write(&log, &damaged).unwrap();
    let said = refusal(&file).await;
    assert!(said.contains("journal.db-wal was changed from byte"), "{said}");
    assert_eq!(fs::read(&log).unwrap(), damaged, "the file is unchanged");
    // The command that the error suggests repairs the journal.
    let size = said.split("--size ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(size).unwrap();
    Journal::open(&file).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_was_not_written_whole_is_dropped_with_a_warning() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), false).await;
    let log = file.with_file_name("journal.db-wal");
    let length = fs::metadata(&log).unwrap().len();
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(length - 100).unwrap();
    let said = folder.path().join("said");
    let subscriber = tracing_subscriber::fmt().with_writer(fs::File::create(&said).unwrap()).finish();
    let journal = {
        let _said_there = tracing::subscriber::set_default(subscriber);
        Journal::open(&file).await.unwrap()
    };
    let said = fs::read_to_string(said).unwrap();
    assert!(said.contains("WARN") && said.contains("journal.db-wal is incomplete and was dropped"), "{said}");
    assert_eq!(
        journal.task("two").await.unwrap().unwrap().entries,
        1,
        "its last entry is dropped, its first entry is kept"
    );
}
