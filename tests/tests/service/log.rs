//! How much the service logs.

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, command, configure};
use super::tasks::{new, swap};

/// The log of a move by a service that is configured with the level warn, with this additional option.
async fn logged(option: Option<&str>) -> String {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    configure(folder.path(), &placement.proxy.url(), "");
    let mut serve = command(folder.path());
    serve.args(option);
    let serve = Serve::run(folder.path(), serve);
    let moved = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    assert_eq!(moved.end(), ("finished", "moved"));
    assert_eq!(serve.process().stop(), Some(0));
    std::fs::read_to_string(folder.path().join("log")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_option_makes_it_say_more_than_the_configuration() {
    assert_eq!(logged(None).await, "");
    let requests = logged(Some("-v")).await;
    assert!(requests.contains("DEBUG") && requests.contains("path=\"/allocations\" status=204"), "{requests}");
    let everything = logged(Some("-vv")).await;
    assert!(everything.lines().count() > requests.lines().count(), "{everything}");
}
