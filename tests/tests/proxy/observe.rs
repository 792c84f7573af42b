//! In observation nothing is changed, and the policy is asked all the same.

use reqwest::Method;

use super::fixture::{Front, new, until};
use crate::service::serve::change;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_passes_and_what_the_policy_would_have_done_is_counted() {
    let front = Front::start("observe", "").await;
    let (server, record) = (front.server().await, new());
    let writes = || front.placement.proxy.seen().into_iter().filter(|seen| !seen.starts_with("GET")).count();
    assert_eq!(front.moved(&server, &record).await.status, 204);
    until("the first comparison", async || front.counted("observe", "same").await == 1).await;
    front.nova.remove_server(&server);
    let before = writes();
    // nova's bug: the deleted server gets its allocations back.
    assert_eq!(front.moved(&record, &server).await.status, 204);
    until("the second comparison", async || front.counted("observe", "differs").await == 1).await;
    assert_eq!(front.hold(&server, &record).await, [2, 0]);
    assert_eq!((writes() - before, front.tasks().await.len()), (1, 0));
    let log = front.log();
    let line = log.lines().find(|line| line.contains("something else")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("source-deleted") && line.contains(&record), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mode_changes_without_a_stop() {
    let front = Front::start("observe", "").await;
    let (server, record) = (front.server().await, new());
    assert_eq!(front.moved(&server, &record).await.status, 204);
    change(front.folder.path(), "mode = \"observe\"", "mode = \"decide\"");
    front.serve.process().signal(rustix::process::Signal::HUP);
    until("the reload", async || front.log().contains("were read again")).await;
    assert_eq!(front.moved(&record, &server).await.status, 204);
    assert_eq!((front.hold(&server, &record).await, front.tasks().await.len()), ([2, 0], 1));
    assert!(!front.log().contains("restart the service"), "{}", front.log());
    assert_eq!(front.send(Method::GET, "/", "1.28", None).await.status, 200);
}
