//! Zun has a copy of nova's `move_allocations`. Its own client moves through the proxy, and gets Placement's answers.

use std::process::Command;

use swaparoo_placement::Method;
use swaparoo_real_placement::Act;

use super::fixture::{Front, new};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/zun/move.py");

/// What `move_allocations` of zun's client returns or raises, with the Placement at this URL.
async fn moved(front: &Front, url: &str, source: &str, target: &str) -> String {
    let python = std::env::var_os("SWAPAROO_PLACEMENT_PYTHON").expect("`cargo xtask test` sets it");
    let mut command = Command::new(python);
    command.args(["-W", "ignore", SCRIPT, url, source, target]).current_dir(front.folder.path());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said} {error}");
    said.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_client_moves_allocations_and_takes_them_back() {
    let front = Front::start("decide", "").await;
    // nova does not know them.
    let (container, other) = (front.placement.holder().await, new());
    assert_eq!(moved(&front, front.serve.proxy(), &container, &other).await, "True");
    assert_eq!(front.hold(&container, &other).await, [0, 2]);
    assert_eq!(moved(&front, front.serve.proxy(), &other, &container).await, "True");
    assert_eq!(front.hold(&container, &other).await, [2, 0]);
    let tasks = front.tasks().await;
    let ends: Vec<_> = tasks.iter().map(|task| (task["kind"].as_str(), task["outcome"]["kind"].as_str())).collect();
    assert_eq!(ends, [(Some("move"), Some("moved")); 2], "{tasks:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_is_out_of_date_is_refused_as_by_placement() {
    let front = Front::start("decide", "").await;
    let (container, other) = (front.placement.holder().await, new());
    for url in [front.placement.proxy.url(), front.serve.proxy().to_owned()] {
        // After its read of the source.
        front.placement.proxy.on(Method::Get, 2, Act::first(front.placement.rewriter(&container)));
        // The exception of keystoneauth, which zun's client does not expect.
        assert_eq!(moved(&front, &url, &container, &other).await, "Conflict", "{url}");
    }
    assert_eq!((front.hold(&container, &other).await, front.tasks().await.len()), ([2, 0], 0));
}
