//! All that can happen to a task, to the rules' own bounds: every fate of every request, with others at work in
//! between. Depth first; each node is one call of the policy.
//!
//! The bounds: the rules' own attempts, with every combination of the plain fates of a request (answered, done and lost,
//! not done and lost, refused, in conflict, nobody there); and on each path at most [`EVENTS`] of the rarer things, in
//! every place and every pair: what others do in between, and the fates that the rules meet as they meet a plain one
//! (a late arrival, a proxy's page, a consumer raced away). Without that bound a path has two to the power of thirty.

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

/// How many rare things happen on one path.
const EVENTS: u32 = 2;

/// What was found under one policy.
#[derive(Debug, Default)]
pub struct Found {
    /// Calls of the policy.
    pub nodes: usize,
    /// Paths from a task's beginning to its end.
    pub paths: usize,
    /// How often a task ended how.
    pub ends: BTreeMap<String, usize>,
    /// How often something was wrong at the end, and the first path that shows it.
    pub wrongs: BTreeMap<Wrong, (usize, String)>,
    /// What the host would not have carried out, or not believed.
    pub objections: Objections,
}

/// One node of the exploration, as a visitor sees it.
pub struct Node<'a> {
    /// The scene.
    pub scene: &'a Scene,
    /// The task up to here.
    pub native: &'a Native,
    /// The history up to here.
    pub history: &'a [Exchange],
    /// How many exchanges of it the parent had.
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

    /// Every fate of the first effect without an answer, then of the next, then the next step.
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
            answered.push(Exchange { effect: effect.clone(), reply });
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

/// An end by its case's name.
fn name(end: &Result<Outcome, Failure>) -> &'static str {
    match end {
        Ok(outcome) => outcome.name(),
        Err(failure) => failure.name(),
    }
}
