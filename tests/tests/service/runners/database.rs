//! A journal in a database: it is prepared, checked, filled from a file, and may be away for a while.

use std::sync::Arc;
use std::time::Duration;

use swaparoo_databases::Cut;
use swaparoo_placement::Method;
use swaparoo_real_placement::Act;
use tokio::task::spawn_blocking;

use super::{POSTGRES, db, end_of, folder, postgres, start};
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::{Serve, command};
use crate::service::tasks::{new, swap};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_prepared_checked_and_filled_from_a_file() {
    let placement = PlacementFixture::model().await;
    let folder = folder(&placement, &postgres().await);
    let (code, said) = db(folder.path(), &["check"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("has no journal: run `swaparoo db sync`"), "{said}");
    let refused = command(folder.path()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    for said_so in ["made the tables of the journal", "the tables are as this program needs them"] {
        let (code, said) = db(folder.path(), &["sync"]);
        assert!(code == Some(0) && said.contains(said_so), "{said}");
    }
    let (code, said) = db(folder.path(), &["check"]);
    assert!(code == Some(0) && said.contains("ok       journal.url: no runner uses the journal"), "{said}");

    // A service with a file comes first.
    let with_file = tempfile::tempdir().unwrap();
    let serve = Serve::start(with_file.path(), &placement.proxy.url());
    let (source, target) = (placement.holder().await, new());
    let moved = end_of(&serve, "the key", &swap(&source, &target)).await;
    assert_eq!(moved.end(), ("finished", "moved"), "{}", moved.body);
    assert_eq!(serve.process().stop(), Some(0));
    let file = with_file.path().join("journal.db");
    let (code, said) = db(folder.path(), &["import", file.to_str().unwrap()]);
    assert!(code == Some(0) && said.contains("copied 1 tasks and "), "{said}");
    let serve = start(&folder);
    let same = end_of(&serve, "the key", &swap(&source, &target)).await;
    assert_eq!((same.status, same.text("/id")), (200, moved.text("/id")));
    assert_eq!(serve.get("/readyz").await.status, 200);
    let (code, said) = db(folder.path(), &["import", file.to_str().unwrap()]);
    assert!(code == Some(0) && said.contains("copied 0 tasks and "), "a runner may use the database: {said}");
    let (code, said) = db(folder.path(), &["check"]);
    assert!(code == Some(0) && said.contains("the journal is used by "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_nothing_is_accepted_and_open_tasks_wait() {
    let placement = PlacementFixture::model().await;
    let (name, port) = spawn_blocking(|| (POSTGRES.create_database(), POSTGRES.port())).await.unwrap();
    let proxy = Arc::new(Cut::start(port).await.unwrap());
    let folder = folder(&placement, &POSTGRES.url(&name, proxy.port()));
    let path = folder.path().to_owned();
    assert_eq!(spawn_blocking(move || db(&path, &["sync"]).0).await.unwrap(), Some(0));
    let serve = start(&folder);
    let [source, target] = [placement.holder().await, new()];
    // The task reads slowly, so that its client has its answer before. Then the database goes away while Placement does the
    // write, so the answer cannot be stored.
    placement.proxy.on(Method::Get, 1, Act::then(|| tokio::time::sleep(Duration::from_secs(2))));
    let cut = proxy.clone();
    let cut_off = move || {
        cut.cut();
        std::future::ready(())
    };
    placement.proxy.on(Method::Post, 1, Act::then(cut_off));
    let body = swap(&source, &target);
    assert_eq!(serve.try_post("/v1/tasks", "the key", &body).await.unwrap().status, 201);
    while placement.holds(&target).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused = serve.try_post("/v1/tasks", "another", &swap(&new(), &new())).await.unwrap();
    assert_eq!(refused.code(), (503, "swaparoo.journal_unavailable"), "{}", refused.body);
    let ready = serve.get("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.body);
    proxy.mend();
    let ended = end_of(&serve, "the key", &body).await;
    assert_eq!((ended.status, ended.end()), (200, ("finished", "moved")), "{}", ended.body);
}
