//! Parked tasks: they began under a policy that the journal does not have any more.

use std::path::Path;

use serde_json::{Value, json};
use swaparoo_placement::Method;

use super::held_requests::HeldRequests;
use super::journal::lose_policy;
use super::placement_fixture::PlacementFixture;
use super::serve::Serve;
use super::tasks::renamed_standard;

pub struct ParkedTasks {
    pub serve: Serve,
    /// The tasks, in order.
    pub ids: Vec<String>,
    /// A policy that they can be resumed under.
    pub standard: String,
}

/// The rules of `standard` with another name and digest: an empty custom section changes the bytes, but not the behaviour.
pub async fn copy_of_standard(serve: &Serve) -> String {
    let mut copy = renamed_standard();
    copy.extend(*b"\x00\x05\x04copy");
    serve.push(copy).await.text("/digest").to_owned()
}

/// A service with these tasks, each parked before its first answer from Placement.
pub async fn parked(folder: &Path, placement: &PlacementFixture, tasks: &[Value]) -> ParkedTasks {
    let config = "[policies]\nreplay = 0\n";
    let serve = Serve::start_with(folder, &placement.proxy.url(), config);
    let standard = serve.get("/v1/policies").await.text("/policies/0/digest").to_owned();
    let copy = copy_of_standard(&serve).await;
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": copy })).await.status, 200);
    let _held = HeldRequests::before(&placement.proxy, Method::Get);
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(serve.post("/v1/tasks", task).await.text("/id").to_owned());
    }
    assert_eq!(serve.put("/v1/policies/active", &json!({ "policy": standard })).await.status, 200);
    assert_eq!(serve.process().stop(), Some(0));
    placement.proxy.forget();
    lose_policy(folder, &copy);
    let serve = Serve::start_with(folder, &placement.proxy.url(), config);
    for id in &ids {
        assert_eq!(serve.get(&format!("/v1/tasks/{id}")).await.end().0, "parked");
    }
    ParkedTasks { serve, ids, standard }
}
