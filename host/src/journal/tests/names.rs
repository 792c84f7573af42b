//! A journal whose file has several names, or was moved away: only one service can open it, and nothing is written to a
//! file that the next start would not find.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use super::*;

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().mode() & 0o777
}

#[tokio::test]
async fn by_a_hard_link_it_is_the_same_journal() {
    let folder = TempDir::new().unwrap();
    let (file, soft, hard) = (folder.path().join("journal.db"), folder.path().join("soft"), folder.path().join("hard"));
    let _first = Journal::open(&file).await.unwrap();
    symlink(&file, &soft).unwrap();
    fs::hard_link(&file, &hard).unwrap();
    for alias in [&file, &soft, &hard] {
        let refused = Journal::open(alias).await.map(|_| ()).expect_err("it opened").to_string();
        assert!(refused.contains("is in use by another swaparoo, under this name or another"), "{refused}");
    }
}

#[tokio::test]
async fn nothing_is_written_to_a_file_that_is_not_in_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("journal.db");
    let journal = Journal::open(&file).await.unwrap();
    for (nth, end) in ["", "-wal", "-shm"].into_iter().enumerate() {
        let (file, away) = (folder.path().join(format!("journal.db{end}")), folder.path().join("away"));
        let one = format!("before {nth}");
        journal.append(vec![opened(&one, 1, None)]).await.unwrap();
        fs::rename(&file, &away).unwrap();
        for replaced in [false, true] {
            if replaced {
                fs::copy(&away, &file).unwrap();
            }
            let refused = journal.append(vec![opened("lost", 1, None)]).await.unwrap_err().to_string();
            assert!(refused.contains(&format!("journal.db{end} was")) && refused.contains("put it back"), "{refused}");
            assert!(journal.ready().await.is_err() && journal.set(&[("active", None)]).await.is_err());
        }
        fs::rename(&away, &file).unwrap();
        journal.append(vec![ended(&one, 1, 2)]).await.unwrap();
        journal.ready().await.unwrap();
    }
    assert_eq!(journal.task("lost").await.unwrap(), None);
    assert_eq!(journal.open_tasks().await.unwrap(), []);
}

#[tokio::test]
async fn a_journal_is_private_and_an_older_one_becomes_private() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("journal.db");
    let names =
        ["journal.db", "journal.db-wal", "journal.db-shm", "journal.db.lock"].map(|name| folder.path().join(name));
    let journal = Journal::open(&file).await.unwrap();
    assert_eq!(names.each_ref().map(|name| mode(name)), [0o600; 4]);
    journal.close().await;
    drop(journal);
    fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
    let _journal = Journal::open(&file).await.unwrap();
    assert_eq!(names.each_ref().map(|name| mode(name)), [0o600; 4]);
}

#[tokio::test]
async fn the_readiness_check_leaves_no_task() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        journal.append(vec![opened("one", 1, None)]).await.unwrap();
        for _ in 0..3 {
            journal.ready().await.unwrap();
        }
        journal.append(vec![opened("two", 1, None)]).await.unwrap();
        let tasks = journal.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap();
        assert_eq!(tasks.into_iter().map(|task| task.id).collect::<Vec<_>>(), ["two", "one"]);
    }
}

#[tokio::test]
async fn the_size_is_measured_and_deleted_tasks_free_space() {
    let folder = TempDir::new().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).await.unwrap();
    let empty = journal.bytes();
    for task in 0..500 {
        let task = format!("task {task}");
        journal.append(vec![opened(&task, 1, None), ended(&task, 1, 2)]).await.unwrap();
    }
    let (about, full) = (journal.bytes(), journal.measure().await.unwrap());
    assert!(empty < about && empty < full && about < full * 2 && full < about * 4, "{empty}, {about}, {full}");
    journal.prune(&Prune { ended_before: 0, keep: 0 }).await.unwrap();
    let left = journal.measure().await.unwrap();
    assert!(left < full / 2, "{full} became {left}");
}

#[tokio::test]
async fn old_tasks_are_deleted_in_portions() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        let tasks = (0..2_000_u64).map(|number| format!("task {number}"));
        journal.append(tasks.flat_map(|task| [opened(&task, 1, None), ended(&task, 1, 2)]).collect()).await.unwrap();
        for forgotten in [20, 19] {
            assert_eq!(journal.prune(&Prune { ended_before: 9, keep: 9_999 }).await.unwrap(), forgotten);
        }
    }
}
