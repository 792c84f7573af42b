//! No policy can decide a move: the journal is away.

use std::fs;

use super::fixture::{Front, new};

async fn without_a_journal(fail: &str) -> (u16, String, [u64; 2], Front) {
    let front = Front::start("decide", &format!("fail = {fail:?}\n")).await;
    let (server, record) = (front.server().await, new());
    let body = front.body(&server, &record).await;
    let (file, away) = (front.folder.path().join("journal.db"), front.folder.path().join("away"));
    fs::rename(&file, &away).unwrap();
    let (status, code, _) = front.post(&body).await.words();
    fs::rename(&away, &file).unwrap();
    let held = front.hold(&server, &record).await;
    (status, code, held, front)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_it_is_not_done() {
    let (status, code, held, front) = without_a_journal("closed").await;
    assert_eq!((status, code.as_str(), held), (503, "swaparoo.not_decided", [2, 0]));
    assert_eq!(front.counted("decide", "failed").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_it_passes() {
    let (status, _, held, front) = without_a_journal("open").await;
    assert_eq!((status, held), (204, [0, 2]));
    assert_eq!(front.counted("decide", "failed-open").await, 1);
}
