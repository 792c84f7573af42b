//! Journals of older schema versions, which this program upgrades.

use std::path::{Path, PathBuf};

use super::*;

/// A journal with the schema of version 1, with one task that has ended and one open task.
async fn of_version_1(folder: &TempDir) -> PathBuf {
    let file = folder.path().join("journal.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::raw_sql(include_str!("version_1.sql")).execute(&pool).await.unwrap();
    let insert = "INSERT INTO tasks (id, key, state, entries, created_at, updated_at) VALUES \
        ('one', 'key', 'finished', 2, 1, 2), ('two', NULL, 'open', 1, 3, 3)";
    sqlx::query(insert).execute(&pool).await.unwrap();
    for entry in [opened("one", 1, Some("key")), ended("one", 1, 2), opened("two", 3, None)] {
        let query = sqlx::query("INSERT INTO entries (task, number, at, event) VALUES (?, ?, ?, ?)");
        let (at, event) = (i64::try_from(entry.at).unwrap(), serde_json::to_string(&entry.event).unwrap());
        query.bind(&entry.task).bind(entry.number).bind(at).bind(event).execute(&pool).await.unwrap();
        for consumer in entry.event.consumers() {
            let query = sqlx::query("INSERT INTO consumers (consumer, task) VALUES (?, ?)");
            query.bind(consumer).bind(&entry.task).execute(&pool).await.unwrap();
        }
    }
    pool.close().await;
    file
}

async fn schema(file: &Path) -> (i64, Vec<String>) {
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let version = sqlx::query_scalar("PRAGMA user_version").fetch_one(&pool).await.unwrap();
    let all = "SELECT type || ' ' || name FROM sqlite_schema ORDER BY 1";
    let all = sqlx::query_scalar(all).fetch_all(&pool).await.unwrap();
    pool.close().await;
    (version, all)
}

#[tokio::test]
async fn a_journal_of_version_1_is_upgraded() {
    let (folder, new) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let file = of_version_1(&folder).await;
    let journal = Journal::open(&file).await.unwrap();
    assert_eq!(journal.entries("one").await.unwrap(), [opened("one", 1, Some("key")), ended("one", 1, 2)]);
    assert_eq!(journal.task_of_key("key").await.unwrap().unwrap().id, "one");
    assert_eq!(journal.consumers("two").await.unwrap(), [A, B]);
    journal.append(vec![ended("two", 1, 4)]).await.unwrap();
    assert_eq!(journal.prune(&Prune { ended_before: 3, keep: 9 }).await.unwrap(), 1);
    journal.close().await;
    drop(journal);
    Journal::open(&file).await.unwrap().close().await;
    let made = new.path().join("journal.db");
    Journal::open(&made).await.unwrap().close().await;
    assert_eq!(schema(&file).await, schema(&made).await, "an upgraded journal has the schema of a new one");
    assert_eq!(schema(&file).await.0, 2);
}
