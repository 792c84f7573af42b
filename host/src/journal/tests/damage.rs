//! Files that are damaged, foreign, newer or in use: each is refused, and left as it is.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A journal with two tasks, closed or as a process leaves it that is killed.
async fn written(folder: &Path, close: bool) -> PathBuf {
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

async fn refusal(file: &Path) -> String {
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
async fn what_is_no_journal_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "these are my notes").unwrap();
    assert!(refusal(&file).await.contains("is not a journal of swaparoo's"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "these are my notes");
    fs::write(&file, "").unwrap();
    assert!(refusal(&file).await.contains("it is empty"));
    assert!(refusal(&folder.path().join("nowhere/journal.db")).await.contains("cannot be opened: No such file"));
}

#[tokio::test]
async fn another_programs_database_and_a_newer_journal_are_left_alone() {
    for (pragma, says) in [("application_id = 1", "is not a journal"), ("user_version = 2", "has version 2")] {
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
        ("DELETE FROM entries WHERE task = 'one' AND number = 0", "task one should have the entries 0 to 1, and has 1"),
        ("DELETE FROM entries WHERE task = 'two' AND number = 1", "task two should have the entries 0 to 1, and has 1"),
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

/// The file itself is the middle: whatever is cut off it was there, and is missed.
#[tokio::test]
async fn a_file_cut_anywhere_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = written(folder.path(), true).await;
    let whole = fs::read(&file).unwrap();
    for length in (0..whole.len()).step_by(509).chain([1, 15, 16, 99, 100, 4095, 4096, whole.len() - 1]) {
        fs::write(&file, &whole[..length]).unwrap();
        let said = refusal(&file).await;
        assert!(said.contains("is damaged") || said.contains("is not a journal"), "{length} bytes: {said}");
    }
    fs::write(&file, &whole).unwrap();
    Journal::open(&file).await.unwrap();
}

/// The log is the tail: what is cut off is dropped, commit by commit, and what is left is a journal.
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
        let tasks = journal.tasks(&Page { limit: 9, ..Page::default() }).await.unwrap();
        let entries: u32 = tasks.iter().map(|task| task.entries).sum();
        assert!(entries >= most, "{length} bytes: {entries} entries, and {most} in a shorter log");
        most = entries;
        journal.close().await;
    }
    assert_eq!(most, 4);
}
