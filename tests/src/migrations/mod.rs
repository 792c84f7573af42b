//! All that can happen to a task of a migration, within bounds: every fate of every effect, and servers, conductors and
//! Placement that go away at every point. Depth first; each node is one call of the policy.
//!
//! On each path at most [`RARE`] things go wrong, in every place and every pair. One shows that a rule copes with it, two
//! that it copes with the second while it is busy with the first (a deletion during a rollback, a rollback that meets an
//! outage); a third multiplies the paths by a hundred and meets no rule that the pairs do not. What lasts counts once: a
//! conductor that is dead stays so, and a Placement that is away, unless either comes back during the first pause.
//!
//! A runner that dies is among these: what it had written down goes on as it was, a write without a recorded answer
//! becomes `lost`, done or not, reads and questions are asked again; and of a step cut short just the rest is asked for,
//! which is checked at every step.

mod end;
mod scene;
mod verdict;
mod walk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

pub use end::{End, name};
pub use scene::{Scene, scenes};
use swaparoo::contract::{Effect, Exchange, Failed, Finished, Perform, Step};
use swaparoo::rehearsal::{Cloud, Happening};
use swaparoo_plugin::policy::Policy;
pub use verdict::Fault;
pub use walk::walk;

use crate::native::Native;
use crate::objection::Objections;
use crate::sample::Pairs;

/// How many things go wrong on one path.
const RARE: u32 = 2;

/// What was found under one policy.
#[derive(Debug, Default)]
pub struct Found {
    /// Calls of the policy.
    pub nodes: usize,
    /// Paths from a task's beginning to its end.
    pub paths: usize,
    /// How often a task ended how.
    pub ends: BTreeMap<&'static str, usize>,
    /// How often something was wrong at the end, by what and in which scene, and the first path that shows it.
    pub faults: BTreeMap<(Fault, &'static str), (usize, String)>,
    /// What the host would not have carried out, or not believed.
    pub objections: Objections,
}

/// Explores these scenes under `policy`, as many at a time as there are processors.
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

/// The outside of one path.
#[derive(Clone)]
struct World {
    cloud: Cloud,
    /// How much has gone wrong.
    rare: u32,
    /// More was held of a provider than it has, at some point.
    over: bool,
    /// Whoever went away has been waited for, and does not come back.
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

    /// Everything that can happen to the first effect without an answer, then to the next, then the next step.
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
        for happening in Happening::of(effect, &world.cloud, world.rare < RARE, !world.waited) {
            if happening.is_rare() && !self.pairs.tries(world.rare) {
                continue;
            }
            let mut next = world.clone();
            next.waited |= matches!(effect, Effect::Pause(_)) && !next.cloud.is_whole();
            next.rare += u32::from(happening.is_rare());
            let reply = happening.meet(&mut next.cloud, effect);
            next.over |= next.cloud.is_over_capacity();
            let mut answered = answered.to_vec();
            answered.push(Exchange { effect: effect.clone(), reply });
            self.perform(native, history, &next, effects, &answered);
        }
    }

    fn end(&mut self, history: &[Exchange], world: &World, end: &End) {
        self.found.paths += 1;
        *self.found.ends.entry(name(end)).or_default() += 1;
        for fault in verdict::faults(self.policy, self.scene, history, world, end) {
            let first = || (0, verdict::tell(self.scene, history, world, end));
            self.found.faults.entry((fault, self.scene.name)).or_insert_with(first).0 += 1;
        }
    }
}

/// A runner died in the middle of a step: what it had written down is not asked for again, and nothing else is.
fn asks_for_the_rest(native: &Native, answered: &[Exchange], effects: &[Effect]) {
    let rest = effects.get(answered.len()..).unwrap_or_default();
    match native.after(answered).step() {
        Step::Perform(Perform { effects, .. }) => assert_eq!(effects, rest, "after {answered:?}"),
        step => assert_eq!(effects, [], "after {answered:?} the step is {step:?}"),
    }
}
