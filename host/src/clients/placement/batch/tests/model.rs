//! Merged writes to the model of Placement.

use std::num::NonZeroUsize;

use futures_util::future::join_all;
use serde_json::{Value, json};
use swaparoo_placement::{Placement as Model, Request};

use super::stage::{Stage, of_node};
use crate::clients::placement::{Embedded, HttpOutcome, Placement};
use crate::contract::{Effect, Reply};

const NODE: &str = "5a1d0000-0000-4000-8000-000000000001";
const NO_NODE: &str = "5a1d0000-0000-4000-8000-000000000002";

fn consumer(number: u32) -> String {
    format!("c0ffee00-0000-4000-8000-{number:012}")
}

fn model() -> Embedded {
    let mut model = Model::default();
    let node = json!({ "uuid": NODE, "name": "node" });
    let inventories = json!({ "resource_provider_generation": 0, "inventories": { "VCPU": { "total": 100 } } });
    for request in [
        Request::post("/resource_providers", node),
        Request::put(&format!("/resource_providers/{NODE}/inventories"), inventories),
    ] {
        let response = model.handle(&request);
        assert!(response.is_success(), "{}", response.body);
    }
    Embedded::new(model)
}

/// A refused write with an unknown provider leaves empty records in Placement for all its new consumers.
#[tokio::test]
async fn an_unknown_provider_affects_only_its_own_task() {
    let model = model();
    let placement = model.clone();
    let stage = Stage::most(9, move |_, request| placement.send(request));
    let mut writes = [1, 2, 3, 4].map(|number| of_node(&consumer(number), NODE, None));
    let unknown = of_node("", NO_NODE, None).consumers.remove(0).allocations;
    writes[2].consumers[0].allocations.extend(unknown);
    let begun = stage.begin(&writes).await;
    stage.open();
    let replies = join_all(begun).await;
    for (number, reply) in replies.iter().enumerate() {
        match reply {
            Reply::Refused(refusal) if number == 2 => {
                assert_eq!(refusal.status, 400);
                assert!(refusal.detail.contains("does not exist"), "{refusal:?}");
            }
            reply => assert_eq!((number != 2, reply), (true, &Reply::Written)),
        }
    }
    // Alone, merged, and then each alone: with a null generation, and with the generation of the empty record.
    assert_eq!(stage.seen(8).await.len(), 8);
    let HttpOutcome::Response { body, .. } = model.send(&Request::get(&format!("/resource_providers/{NODE}/usages")))
    else {
        panic!("the model answers")
    };
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["usages"]["VCPU"], 3);
}

#[tokio::test]
async fn a_limit_of_one_merges_nothing() {
    let one = Placement::Embedded(model()).batching(NonZeroUsize::MIN);
    assert!(matches!(one, Placement::Embedded(_)), "{one:?}");
    let many = Placement::Embedded(model()).batching(NonZeroUsize::new(64).unwrap()).on_behalf_of("req-1");
    assert!(matches!(many, Placement::Batched(_)), "{many:?}");
    let effect = Effect::PostAllocations(of_node(&consumer(1), NODE, None));
    assert_eq!(many.perform(&effect).await, Some(Reply::Written));
}
