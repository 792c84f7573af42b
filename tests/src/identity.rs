//! Recorded tasks of the explorations, with the runner's decision at every point. Other implementations, such as the
//! debugger's page, must decide the same, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use swaparoo::contract::{Exchange, Task};
use swaparoo::engine::Policy;
use swaparoo::simulation::explorer::{follow, migration_states, move_states};
use swaparoo_plugin::policies;

use crate::exploration::native;
use crate::random::Random;

/// The number of walks in each scene, under each policy.
const WALKS: usize = 60;

/// One recorded task.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The policy's name.
    pub policy: &'static str,
    /// The name of its start.
    pub scene: &'static str,
    /// The name of its end in the contract.
    pub end: String,
    /// The task in the contract's form.
    pub task: Task,
    /// The exchanges.
    pub history: Vec<Exchange>,
}

/// A task, and the steps after each prefix of its history, as a line of a file.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    policy: &'a str,
    digest: String,
    scene: &'a str,
    end: &'a str,
    task: &'a Task,
    history: &'a [Exchange],
    /// The lengths of the prefixes.
    cuts: Vec<usize>,
    /// The step after each prefix, as JSON text, since its bytes are compared.
    steps: Vec<String>,
}

/// Returns `count` different tasks of all policies and scenes, with as many different ends as possible.
pub fn records(most: usize) -> Vec<Recorded> {
    let mut groups: BTreeMap<_, Vec<Recorded>> = BTreeMap::new();
    for recorded in walks() {
        groups.entry((recorded.end.clone(), recorded.scene, recorded.policy)).or_default().push(recorded);
    }
    let rounds = groups.values().map(Vec::len).max().unwrap_or_default();
    let turns = (0..rounds).flat_map(|round| groups.values().filter_map(move |group| group.get(round)));
    turns.take(most).cloned().collect()
}

/// Random walks from all starts with a fixed seed, without duplicates.
#[expect(clippy::expect_used, reason = "a test helper: the starts are written in the simulation")]
fn walks() -> Vec<Recorded> {
    let mut random = Random::from_seed(1_848_343);
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    let starts = [move_states(), migration_states()].map(|starts| starts.expect("the model accepts all starts"));
    for policy in policies::ALL {
        for start in (0..WALKS).flat_map(|_| starts.iter().flatten()) {
            let mut choose = |events: &[_]| random.mostly_the_first(events);
            let (history, end) = follow(&mut native(policy), start, &mut choose);
            let key = serde_json::to_string(&(policy.name(), &start.task, &history)).unwrap_or_default();
            if seen.insert(key) {
                let (scene, end, task) = (start.name, end.name().to_owned(), start.task.clone());
                all.push(Recorded { policy: policy.name(), scene, end, task, history });
            }
        }
    }
    all
}

impl<'a> Line<'a> {
    /// Asks the policy's component at every point.
    ///
    /// # Panics
    /// If the component gives no step.
    #[expect(clippy::expect_used, reason = "a test helper, and a built-in policy has a step for each of these")]
    pub fn of(recorded: &'a Recorded, component: &Policy) -> Self {
        let Recorded { policy, scene, end, task, history } = recorded;
        let prefixes = (0..=history.len()).filter_map(|cut| history.get(..cut));
        let step = |prefix| component.next_step(task, prefix).expect("the component has a step for it").step;
        let steps = prefixes.map(|prefix| serde_json::to_string(&step(prefix)).unwrap_or_default()).collect();
        let digest = component.digest().to_string();
        Self { policy, digest, scene, end, task, history, cuts: (0..=history.len()).collect(), steps }
    }
}
