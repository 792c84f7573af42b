//! A rolling upgrade. This program is the older version; of the newer one there are only its tables.

use tokio::task::spawn_blocking;

use super::{POSTGRES, begin_write, db, end_of, folder, start};
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::command;
use crate::service::tasks::{new, swap};

/// What `swaparoo db sync` of a newer program does first: it only adds to the tables.
const EXPAND: &str = "ALTER TABLE tasks ADD COLUMN since_2 TEXT; \
    ALTER TABLE entries ADD COLUMN since_2 TEXT NOT NULL DEFAULT ''; \
    ALTER TABLE runners ADD COLUMN since_2 BIGINT NOT NULL DEFAULT 0; \
    CREATE TABLE since_2 (id BIGINT PRIMARY KEY); \
    UPDATE settings SET value = '2' WHERE name = 'schema'";
/// What it does when no runner of the older version is left.
const CONTRACT: &str = "UPDATE settings SET value = '2' WHERE name = 'schema.oldest'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runners_of_the_older_version_work_on_the_newer_tables_until_they_are_excluded() {
    let placement = PlacementFixture::real().await;
    let database = spawn_blocking(|| POSTGRES.create_database()).await.unwrap();
    let journal = POSTGRES.url(&database, POSTGRES.port());
    let folders = [(); 2].map(|()| folder(&placement, &journal));
    assert_eq!(db(folders[0].path(), &["sync"]).0, Some(0));
    let first = start(&folders[0]);
    let [source, target] = begin_write(&first, &placement).await;

    POSTGRES.sql(&database, EXPAND);
    // One that runs, and one that starts.
    let [here, there] = [placement.holder().await, new()];
    let moved = end_of(&first, "on the newer tables", &swap(&here, &there)).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    let second = start(&folders[1]);
    let process = first.process();
    process.kill();
    let mut ended = end_of(&second, "the key", &swap(&source, &target)).await;
    while ended.status == 503 {
        ended = end_of(&second, "the key", &swap(&source, &target)).await;
    }
    assert_eq!(ended.end(), ("finished", "moved"), "{}", ended.body);
    assert_eq!([placement.holds(&source).await, placement.holds(&target).await], [0, 2]);

    POSTGRES.sql(&database, CONTRACT);
    for arguments in [["sync"], ["check"]] {
        let (code, said) = db(folders[0].path(), &arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("version 2") && said.contains("version 1"), "{said}");
    }
    let refused = command(folders[0].path()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}
