//! Explores all possible runs of a task within the rules' limits: every result of every request, with changes by other
//! clients in between. Depth first; each node is one call of the policy.
//!
//! The limits: the rules' own attempts, with every combination of the plain results of a request (answered, done and
//! lost, not done and lost, refused, in conflict, unreachable); and on each path at most [`EVENTS`] of the rarer
//! things, in every place and every pair. These are changes by other clients, and results that the rules handle like a
//! plain one (a late arrival, a proxy's page, a consumer that was changed at the same time). Without this limit a path
//! has 2^30 variants.

mod fate;
mod scene;
mod verdict;
mod walk;
mod world;

use std::collections::BTreeMap;

pub use scene::{Scene, scenes};
use swaparoo::contract::{Effect, Exchange, Failed, Failure, Finished, Outcome, Step};
use swaparoo_plugin::policy::Policy;
pub use verdict::Wrong;
pub use walk::walk;
use world::World;

use crate::native::Native;
use crate::objection::Objections;
use crate::sample::Pairs;

/// The most rare faults and events on one path.
const EVENTS: u32 = 2;

/// The results for one policy.
#[derive(Debug, Default)]
pub struct Found {
    /// Calls of the policy.
    pub nodes: usize,
    /// Complete paths, from a task's beginning to its end.
    pub paths: usize,
    /// The number of paths with each end.
    pub ends: BTreeMap<String, usize>,
    /// The number of paths with each fault at the end, and the first such path.
    pub wrongs: BTreeMap<Wrong, (usize, String)>,
    /// Steps and outcomes that the host would have refused.
    pub objections: Objections,
}

/// One node of the exploration, for visitors.
pub struct Node<'a> {
    /// The scene.
    pub scene: &'a Scene,
    /// The task with its history so far.
    pub native: &'a Native,
    /// The history so far.
    pub history: &'a [Exchange],
    /// The length of the parent's history.
    pub parent: usize,
}

/// Explores all scenes under `policy`.
pub fn explore(policy: &'static dyn Policy, pairs: &Pairs, visit: &mut dyn FnMut(&Node<'_>)) -> Found {
    let mut found = Found::default();
    for scene in scenes() {
        let native = Native::new(policy, &scene.task);
        let world = World::of(&scene);
        let mut explorer = Explorer { scene: &scene, pairs: pairs.clone(), found: &mut found, visit };
        explorer.go(&native, &mut Vec::new(), 0, world);
    }
    found
}

struct Explorer<'a> {
    scene: &'a Scene,
    pairs: Pairs,
    found: &'a mut Found,
    visit: &'a mut dyn FnMut(&Node<'_>),
}

impl Explorer<'_> {
    fn go(&mut self, native: &Native, history: &mut Vec<Exchange>, parent: usize, world: World) {
        self.found.nodes += 1;
        (self.visit)(&Node { scene: self.scene, native, history, parent });
        let step = native.step();
        self.found.objections.look(&self.scene.task, history, &step);
        match step {
            Step::Perform(perform) => self.perform(native, history, world, &perform.effects, Vec::new()),
            Step::Finished(Finished { outcome, .. }) => self.end(history, world, &Ok(outcome)),
            Step::Failed(Failed { failure, .. }) => self.end(history, world, &Err(failure)),
        }
    }

    /// Tries every result of the first effect without an answer, then of the next effect, then the next step.
    fn perform(
        &mut self,
        native: &Native,
        history: &mut Vec<Exchange>,
        world: World,
        effects: &[Effect],
        answered: Vec<Exchange>,
    ) {
        let Some(effect) = effects.get(answered.len()) else {
            let next = native.after(&answered);
            let parent = history.len();
            history.extend(answered);
            self.go(&next, history, parent, world);
            history.truncate(parent);
            return;
        };
        for fate in fate::of(effect, &world, self.scene) {
            if fate.is_rare() && !self.pairs.tries(world.events) {
                continue;
            }
            let mut world = world.clone();
            let reply = world.answer(effect, fate, self.scene);
            let mut answered = answered.clone();
            answered.push(Exchange::new(effect.clone(), reply));
            self.perform(native, history, world, effects, answered);
        }
    }

    fn end(&mut self, history: &[Exchange], mut world: World, end: &Result<Outcome, Failure>) {
        self.found.paths += 1;
        *self.found.ends.entry(name(end).to_owned()).or_default() += 1;
        world.deliver_late();
        for wrong in verdict::wrongs(self.scene, &world, end) {
            let first = || (0, verdict::tell(self.scene, history, &world, end));
            self.found.wrongs.entry(wrong).or_insert_with(first).0 += 1;
        }
    }
}

/// The name of an end, from its case.
fn name(end: &Result<Outcome, Failure>) -> &'static str {
    match end {
        Ok(outcome) => outcome.name(),
        Err(failure) => failure.name(),
    }
}
