//! Asks for effects on a consumer that its task does not name. The number of exchanges selects the effect.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{get, perform};
use swaparoo_plugin::contract::{
    DeleteAllocations, Effect, Exchange, FindComputeNode, FindServer, NewHolding, PostAllocations, Step, Task,
};

const STRANGER: &str = "99999999-9999-4999-8999-999999999999";

swaparoo_hostile::policy!(next_step);

fn next_step(_: &Task, history: &[Exchange]) -> Step {
    let (consumer, project, user) = (STRANGER.to_owned(), "p".to_owned(), "u".to_owned());
    perform(vec![match history.len() {
        0 => get(STRANGER),
        1 => {
            let allocations = Vec::new();
            let entry = NewHolding { consumer, project, user, generation: Some(1), allocations };
            Effect::PostAllocations(PostAllocations { consumers: vec![entry] })
        }
        2 => Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation: 1 }),
        3 => Effect::FindServer(FindServer { server: consumer }),
        _ => Effect::FindComputeNode(FindComputeNode { server: consumer }),
    }])
}
