//! Explores all possible runs of a migration task within limits: every result of every effect, and servers, conductors
//! and Placement that disappear at every point. Depth first; each node is one call of the policy.
//!
//! On each path at most [`RARE`] faults occur, in every place and every pair. One fault shows that a rule handles it;
//! two show that it handles the second while it handles the first (a deletion during a rollback, an outage during a
//! rollback). A third would multiply the paths by a hundred and reach no rule that the pairs do not reach. A lasting
//! fault counts once: a dead conductor or an unavailable Placement stays so, unless it comes back during the first
//! pause.
//!
//! A runner that dies is one of these faults. Its recorded history stays; a write without a recorded answer becomes
//! `lost`, done or not; reads and questions are repeated. Of an interrupted step only the rest is requested, which is
//! checked at every step.

mod end;
mod scenario;
mod violations;
mod walk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

pub use end::{End, name};
pub use scenario::{Scene, scenes};
use swaparoo::contract::{Effect, Exchange, Failed, Finished, Perform, Step};
use swaparoo::simulation::{SimCloud, SimEvent};
use swaparoo_plugin::policy::Policy;
pub use violations::Fault;
pub use walk::walk;

use crate::native::Native;
use crate::objection::Objections;
use crate::sample::Pairs;

/// The most faults on one path.
const RARE: u32 = 2;

/// The results for one policy.
#[derive(Debug, Default)]
pub struct Found {
    /// Calls of the policy.
    pub nodes: usize,
    /// Complete paths, from a task's beginning to its end.
    pub paths: usize,
    /// The number of paths with each end.
    pub ends: BTreeMap<&'static str, usize>,
    /// The number of paths with each fault at the end, by fault and scene, and the first such path.
    pub faults: BTreeMap<(Fault, &'static str), (usize, String)>,
    /// Steps and outcomes that the host would have refused.
    pub objections: Objections,
}

/// Explores these scenes under `policy`, with one thread for each processor.
pub fn explore(policy: &'static dyn Policy, scenes: &[Scene], pairs: &Pairs) -> Found {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Found::default());
    let at_a_time = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some(scene) = scenes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = explore_scene(policy, scene, pairs.clone());
                    found.lock().unwrap_or_else(PoisonError::into_inner).add(one);
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Explores one scene.
pub fn explore_scene(policy: &'static dyn Policy, scene: &Scene, pairs: Pairs) -> Found {
    let mut found = Found::default();
    let native = Native::new(policy, &scene.task);
    let world = World { cloud: scene.cloud.clone(), rare: 0, over: scene.cloud.is_over_capacity(), waited: false };
    Explorer { policy, scene, pairs, found: &mut found }.go(&native, &mut Vec::new(), world);
    found
}

impl Found {
    fn add(&mut self, other: Self) {
        self.nodes += other.nodes;
        self.paths += other.paths;
        self.objections.add(other.objections);
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
        for (key, (count, path)) in other.faults {
            self.faults.entry(key).or_insert((0, path)).0 += count;
        }
    }
}

/// The environment of one path.
#[derive(Clone)]
struct World {
    cloud: SimCloud,
    /// The number of faults so far.
    rare: u32,
    /// Whether the allocations on a provider exceeded its capacity at some point.
    over: bool,
    /// Whether the rules have waited once for an unavailable service; it does not come back after that.
    waited: bool,
}

struct Explorer<'a> {
    policy: &'static dyn Policy,
    scene: &'a Scene,
    pairs: Pairs,
    found: &'a mut Found,
}

impl Explorer<'_> {
    fn go(&mut self, native: &Native, history: &mut Vec<Exchange>, world: World) {
        self.found.nodes += 1;
        let step = native.step();
        self.found.objections.look(&self.scene.task, history, &step);
        match step {
            Step::Perform(Perform { effects, .. }) => self.perform(native, history, &world, &effects, &[]),
            Step::Finished(Finished { outcome, .. }) => self.end(history, &world, &Ok(outcome)),
            Step::Failed(Failed { failure, .. }) => self.end(history, &world, &Err(failure)),
        }
    }

    /// Tries every result of the first effect without an answer, then of the next effect, then the next step.
    fn perform(
        &mut self,
        native: &Native,
        history: &mut Vec<Exchange>,
        world: &World,
        effects: &[Effect],
        answered: &[Exchange],
    ) {
        let Some(effect) = effects.get(answered.len()) else {
            let parent = history.len();
            history.extend_from_slice(answered);
            self.go(&native.after(answered), history, world.clone());
            history.truncate(parent);
            return;
        };
        if !answered.is_empty() {
            asks_for_the_rest(native, answered, effects);
        }
        for event in SimEvent::of(effect, &world.cloud, world.rare < RARE, !world.waited) {
            if event.is_rare() && !self.pairs.tries(world.rare) {
                continue;
            }
            let mut next = world.clone();
            next.waited |= matches!(effect, Effect::Pause(_)) && !next.cloud.is_whole();
            next.rare += u32::from(event.is_rare());
            let reply = event.meet(&mut next.cloud, effect);
            next.over |= next.cloud.is_over_capacity();
            let mut answered = answered.to_vec();
            answered.push(Exchange::new(effect.clone(), reply));
            self.perform(native, history, &next, effects, &answered);
        }
    }

    fn end(&mut self, history: &[Exchange], world: &World, end: &End) {
        self.found.paths += 1;
        *self.found.ends.entry(name(end)).or_default() += 1;
        for fault in violations::faults(self.policy, self.scene, history, world, end) {
            let first = || (0, violations::tell(self.scene, history, world, end));
            self.found.faults.entry((fault, self.scene.name)).or_insert_with(first).0 += 1;
        }
    }
}

/// A runner died during a step: the rules must request exactly the effects without a recorded reply.
fn asks_for_the_rest(native: &Native, answered: &[Exchange], effects: &[Effect]) {
    let rest = effects.get(answered.len()..).unwrap_or_default();
    match native.after(answered).step() {
        Step::Perform(Perform { effects, .. }) => assert_eq!(effects, rest, "after {answered:?}"),
        step => assert_eq!(effects, [], "after {answered:?} the step is {step:?}"),
    }
}
