//! A write whose answer was lost arrives after a later task of the same consumers. The real Placement would accept it: a
//! consumer that was emptied and filled again starts at the first generation again.

use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, KeptRequest};

use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::{new, revert, swap};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_an_earlier_task_lost_is_refused_when_it_arrives() {
    let (placement, folder) = (PlacementFixture::real().await, tempfile::tempdir().unwrap());
    let kept = KeptRequest::default();
    placement.proxy.on(Method::Post, 1, Act::Keep(kept.clone()));
    let (server, migration) = (placement.holder().await, new());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let swapped = serve.post("/v1/tasks?wait=60", &swap(&server, &migration)).await;
    assert_eq!(swapped.end(), ("finished", "moved"), "{:#}", swapped.body);
    // The journal still has the lost write after a restart.
    assert_eq!(serve.process().stop(), Some(0));
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let given_back = serve.post("/v1/tasks?wait=60", &revert(&server, &migration, Some("present"))).await;
    assert_eq!(given_back.end(), ("finished", "moved"), "{:#}", given_back.body);

    assert_eq!(kept.arrive().await.unwrap(), Some(409));
    assert_eq!([placement.holds(&server).await, placement.holds(&migration).await], [2, 0]);
    // A task without a lost write before it sends no additional requests.
    let [other, record] = [placement.holder().await, new()];
    let before = placement.proxy.seen().len();
    for task in [swap(&other, &record), revert(&other, &record, Some("present"))] {
        assert_eq!(serve.post("/v1/tasks?wait=60", &task).await.end(), ("finished", "moved"));
    }
    let sent = placement.proxy.seen().split_off(before);
    assert!(!sent.iter().any(|request| request.starts_with("PUT")), "{sent:?}");
}
