//! The depth-first search: every event at every effect, in the order in which a world lists them.

use std::rc::Rc;
use std::vec::IntoIter;

use swaparoo_core::task::{self, TaskEnd};

use super::Policy;
use crate::contract::{Effect, Exchange, Reply, Step, Task};

/// What answers the effects on a path. A clone is another path from the same point.
pub trait World: Clone {
    /// What can happen at an effect.
    type Event: Copy;

    /// Everything that can happen at this effect, the normal answer first.
    fn events(&self, effect: &Effect) -> Vec<Self::Event>;

    /// Performs the effect with this event, and returns the reply.
    fn answer(&mut self, effect: &Effect, event: Self::Event) -> Reply;
}

/// Watches a search, and can leave out parts of it.
pub trait Observer<W: World> {
    /// Whether to try this event.
    fn tries(&mut self, _world: &W, _event: W::Event) -> bool {
        true
    }

    /// The policy has returned a step.
    fn decided(&mut self, _node: &Node<'_>) {}
}

/// Watches nothing, and tries everything.
impl<W: World> Observer<W> for () {}

/// One call of the policy.
pub struct Node<'a> {
    /// The history so far.
    pub history: &'a [Exchange],
    /// The length of the history at the call before this one on the path.
    pub parent: usize,
    /// The step that the policy returned.
    pub step: &'a Step,
}

/// The limits of a search.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most exchanges on a path.
    pub longest: usize,
    /// Whether the policy is also called in the middle of each step, as after a restart, and must ask for the rest.
    pub interrupts: bool,
}

/// The end of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum PathEnd {
    /// The task ended.
    Ended(TaskEnd),
    /// The policy failed, or came to no end.
    Broken(String),
}

/// A running search.
pub struct Search<W: World> {
    task: Task,
    history: Vec<Exchange>,
    limits: Limits,
    start: Option<Start<W>>,
    branches: Vec<Branch<W>>,
    calls: usize,
}

/// The first point: the world, and the step that is not completely answered, if any.
struct Start<W>(W, Option<(Rc<[Effect]>, usize)>);

/// An effect of which some events are still to be tried.
struct Branch<W: World> {
    /// The world before the effect; none after the last event was tried.
    world: Option<W>,
    events: IntoIter<W::Event>,
    /// The effects of the step, and the index of this one.
    effects: Rc<[Effect]>,
    at: usize,
    /// The length of the history before the step.
    asked_at: usize,
}

impl<W: World> Search<W> {
    /// Begins with an empty history.
    pub fn new(task: Task, world: W, limits: Limits) -> Self {
        let start = Some(Start(world, None));
        Self { task, history: Vec::new(), limits, start, branches: Vec::new(), calls: 0 }
    }

    /// Begins after `history`, in the middle of a step: the last `answered` exchanges answer the first of its `effects`.
    pub fn resume(
        task: Task,
        history: Vec<Exchange>,
        (effects, answered): (Vec<Effect>, usize),
        world: W,
        limits: Limits,
    ) -> Self {
        let start = Some(Start(world, Some((Rc::from(effects), answered))));
        Self { task, history, limits, start, branches: Vec::new(), calls: 0 }
    }

    /// The history of the last path.
    pub fn history(&self) -> &[Exchange] {
        &self.history
    }

    /// The calls of the policy so far, without those after a restart.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// Whether all paths were returned.
    pub fn is_done(&self) -> bool {
        self.start.is_none() && self.branches.iter().all(|branch| branch.events.as_slice().is_empty())
    }

    /// Follows the next path to its end; none if there are no more paths.
    pub fn next_path(&mut self, policy: &mut dyn Policy, observer: &mut dyn Observer<W>) -> Option<(W, PathEnd)> {
        if let Some(Start(world, step)) = self.start.take() {
            let ended = match step {
                Some((effects, at)) => {
                    let asked_at = self.history.len().saturating_sub(at);
                    self.advance(policy, observer, world, (effects, at), asked_at)
                }
                None => self.ask(policy, observer, world, 0),
            };
            if ended.is_some() {
                return ended;
            }
        }
        loop {
            let (event, mut world) = self.next_event(observer)?;
            let Some(Branch { effects, at, asked_at, .. }) = self.branches.last() else { continue };
            let (effects, at, asked_at) = (Rc::clone(effects), *at, *asked_at);
            let Some(effect) = effects.get(at) else { continue };
            self.history.truncate(asked_at + at);
            let reply = world.answer(effect, event);
            self.history.push(Exchange::new(effect.clone(), reply));
            let ended = self.advance(policy, observer, world, (effects, at + 1), asked_at);
            if ended.is_some() {
                return ended;
            }
        }
    }

    /// The next event at the innermost branch, which is then the last one, and the world to try it in. If nothing else
    /// can happen there, as at most points of a long history, the world is not copied.
    fn next_event(&mut self, observer: &mut dyn Observer<W>) -> Option<(W::Event, W)> {
        loop {
            let branch = self.branches.last_mut()?;
            let (Some(event), Some(world)) = (branch.events.next(), &branch.world) else {
                self.branches.pop();
                continue;
            };
            if !observer.tries(world, event) {
                continue;
            }
            let is_last = branch.events.as_slice().is_empty();
            let world = if is_last { branch.world.take() } else { branch.world.clone() };
            return world.map(|world| (event, world));
        }
    }

    /// Branches at the next effect of the step, or asks for the next step.
    fn advance(
        &mut self,
        policy: &mut dyn Policy,
        observer: &mut dyn Observer<W>,
        world: W,
        (effects, at): (Rc<[Effect]>, usize),
        asked_at: usize,
    ) -> Option<(W, PathEnd)> {
        let Some(effect) = effects.get(at) else { return self.ask(policy, observer, world, asked_at) };
        if at > 0 && self.limits.interrupts {
            let rest = effects.get(at..).unwrap_or_default();
            if let Some(why) = self.restarts_wrongly(policy, rest, asked_at) {
                return Some((world, PathEnd::Broken(why)));
            }
        }
        let events = world.events(effect).into_iter();
        self.branches.push(Branch { world: Some(world), events, effects, at, asked_at });
        None
    }

    /// Asks the policy for the next step; returns the path if it has ended.
    fn ask(
        &mut self,
        policy: &mut dyn Policy,
        observer: &mut dyn Observer<W>,
        world: W,
        parent: usize,
    ) -> Option<(W, PathEnd)> {
        self.calls += 1;
        let step = match policy.next_step(&self.task, &self.history, parent) {
            Ok(step) => step,
            Err(why) => return Some((world, PathEnd::Broken(why))),
        };
        observer.decided(&Node { history: &self.history, parent, step: &step });
        if let Some(why) = self.never_ends(&step) {
            return Some((world, PathEnd::Broken(why)));
        }
        match task::accept(&self.task, &self.history, step) {
            Ok(effects) => self.advance(policy, observer, world, (Rc::from(effects), 0), self.history.len()),
            Err(end) => Some((world, PathEnd::Ended(end))),
        }
    }

    fn never_ends(&self, step: &Step) -> Option<String> {
        let Step::Perform(perform) = step else { return None };
        if perform.effects.is_empty() {
            return Some("the rules ask for nothing and do not end".to_owned());
        }
        let longest = self.limits.longest;
        (self.history.len() + perform.effects.len() > longest).then(|| format!("no end in {longest}"))
    }

    /// A runner died during a step: the rules must request exactly the effects without a recorded reply.
    fn restarts_wrongly(&self, policy: &mut dyn Policy, rest: &[Effect], asked_at: usize) -> Option<String> {
        match policy.next_step(&self.task, &self.history, asked_at) {
            Err(why) => Some(why),
            Ok(Step::Perform(perform)) if perform.effects == rest => None,
            Ok(step) => Some(format!("after a restart the step is {step:?}, and not the rest {rest:?}")),
        }
    }
}

impl PathEnd {
    /// The name of the end; `broken` if the policy failed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ended(end) => end.name(),
            Self::Broken(_) => "broken",
        }
    }
}
