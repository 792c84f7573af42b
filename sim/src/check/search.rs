//! The search: breadth first, and by the number of faults before that.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::rc::Rc;

use super::mover::PolicyCalls;
use super::state_key::StateKey;
use super::verdict::wrong_at_rest;
use super::{Action, Counterexample, Outcome, Progress, Property, Scene, State};
use crate::Violation;
use crate::contract::{Exchange, Step, Task};
use crate::explorer::Policy;
use crate::fixture::SERVER;

/// After how many states the search says how far it has come.
const REPORT_EVERY: usize = 256;

/// The bounds of a search.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most faults on a way.
    pub faults: u32,
    /// The most states.
    pub states: usize,
    /// Whether the policy has rules for `abort` and `release`, so that a person can repair with them.
    pub repairs: bool,
}

/// The way at which a search was stopped, with its faults.
pub(super) struct Stopped {
    pub actions: Vec<Action>,
    pub faults: u32,
}

/// Searches all states of a scene under `policy`. `progress` is called now and then.
pub fn check(policy: &mut dyn Policy, scene: &Scene, limits: Limits, progress: &mut dyn FnMut(Progress)) -> Outcome {
    search(policy, scene, limits, progress, &|_| false).0
}

/// The same without its progress, until `stop` is true of what was found so far; then it is not complete.
pub fn check_until(policy: &mut dyn Policy, scene: &Scene, limits: Limits, stop: &dyn Fn(&Outcome) -> bool) -> Outcome {
    let (mut outcome, stopped) = search(policy, scene, limits, &mut |_| {}, stop);
    outcome.is_complete &= stopped.is_none();
    outcome
}

/// The same until `stop` is true after a step, or at the beginning.
pub(super) fn search(
    policy: &mut dyn Policy,
    scene: &Scene,
    limits: Limits,
    progress: &mut dyn FnMut(Progress),
    stop: &dyn Fn(&Outcome) -> bool,
) -> (Outcome, Option<Stopped>) {
    let mut search = Search::new(policy, scene, limits);
    search.begin();
    let mut stopped = stop(&search.outcome).then(|| Stopped { actions: Vec::new(), faults: 0 });
    while stopped.is_none()
        && let Some(step) = search.next()
    {
        if search.outcome.states >= limits.states {
            search.outcome.is_complete = false;
            break;
        }
        let (before, action, faults) = (step.from.step, step.action, step.distance.faults);
        search.follow(step);
        stopped = stop(&search.outcome).then(|| Stopped { actions: way(&search.steps, before, Some(action)), faults });
        if search.outcome.states.is_multiple_of(REPORT_EVERY) {
            progress(search.progress());
        }
    }
    search.outcome.calls = search.calls.count;
    (search.outcome, stopped)
}

struct Search<'a> {
    scene: &'a Scene,
    limits: Limits,
    calls: PolicyCalls<'a>,
    seen: HashSet<StateKey>,
    /// The steps to all states: the step before, and the action.
    steps: Vec<(Option<usize>, Action)>,
    /// The steps that are not followed yet, by faults and length.
    open: BTreeMap<Distance, VecDeque<OpenStep>>,
    outcome: Outcome,
}

/// The faults and the actions on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    faults: u32,
    actions: usize,
}

/// A state that was visited, and the step that led to it.
struct Node {
    state: State,
    step: Option<usize>,
    distance: Distance,
}

/// A step from a state that was visited. The state after it is made when its turn comes, so that only visited states
/// are kept.
struct OpenStep {
    from: Rc<Node>,
    action: Action,
    distance: Distance,
}

impl<'a> Search<'a> {
    fn new(policy: &'a mut dyn Policy, scene: &'a Scene, limits: Limits) -> Self {
        let calls = PolicyCalls { policy, count: 0, ended: Vec::new() };
        let outcome = Outcome::of(scene.name);
        Self { scene, limits, calls, seen: HashSet::new(), steps: Vec::new(), open: BTreeMap::new(), outcome }
    }

    fn begin(&mut self) {
        let mut state = self.scene.start.clone();
        state.start(&mut self.calls);
        self.visit(Node { state, step: None, distance: Distance { faults: 0, actions: 0 } });
    }

    /// The next step: of those with the fewest faults a shortest one.
    fn next(&mut self) -> Option<OpenStep> {
        let mut first = self.open.first_entry()?;
        let step = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        step
    }

    fn follow(&mut self, OpenStep { from, action, distance }: OpenStep) {
        let mut state = from.state.clone();
        state.apply(action, &mut self.calls);
        let is_seen = self.seen.contains(&state.key()) || {
            // Without another fault no read reaches a replica that is behind, so such states are equal.
            distance.faults == self.limits.faults && state.catch_up() && self.seen.contains(&state.key())
        };
        if is_seen {
            // The ends of the step lead to a known state; they count, and are judged.
            self.judge_ends(|steps| way(steps, from.step, Some(action)), distance);
            return;
        }
        self.steps.push((from.step, action));
        self.visit(Node { state, step: Some(self.steps.len() - 1), distance });
    }

    fn visit(&mut self, node: Node) {
        self.seen.insert(node.state.key());
        self.outcome.states += 1;
        self.outcome.longest = self.outcome.longest.max(node.distance.actions);
        self.judge_ends(|steps| way(steps, node.step, None), node.distance);
        self.judge_state(&node);
        let node = Rc::new(node);
        for action in node.state.actions() {
            let faults = node.distance.faults + u32::from(node.state.is_fault(action));
            if faults <= self.limits.faults {
                let distance = Distance { faults, actions: node.distance.actions + 1 };
                let step = OpenStep { from: Rc::clone(&node), action, distance };
                self.open.entry(distance).or_default().push_back(step);
            }
        }
    }

    fn judge_state(&mut self, node: &Node) {
        let state = &node.state;
        if state.cloud.is_over_capacity() {
            self.found(Property::Safe, Violation::OverCapacity, |steps| way(steps, node.step, None), node.distance);
        }
        if !state.is_at_rest() {
            return;
        }
        self.outcome.at_rest += 1;
        let stake = self.scene.start.cloud.held(SERVER);
        let policy = &mut Counted { calls: &mut self.calls };
        let mut violations = wrong_at_rest(policy, state, &stake, self.limits.repairs);
        violations.sort_unstable();
        violations.dedup();
        for violation in violations {
            self.found(Property::RightAtRest, violation, |steps| way(steps, node.step, None), node.distance);
        }
    }

    /// Counts the tasks that have ended in this step, and judges the ends themselves.
    fn judge_ends(&mut self, way: impl Fn(&Steps) -> Vec<Action>, distance: Distance) {
        for ended in std::mem::take(&mut self.calls.ended) {
            *self.outcome.ends.entry(ended.end.name()).or_default() += 1;
            if let Some(violation) = ended.violation() {
                self.found(Property::of_an_end(violation), violation, &way, distance);
            }
            let undisturbed = || way(&self.steps).into_iter().all(Action::is_of_a_task);
            if ended.has_failed() && self.scene.must_finish && distance.faults == 0 && undisturbed() {
                self.found(Property::Works, Violation::NotDone, &way, distance);
            }
        }
    }

    fn found(
        &mut self,
        property: Property,
        violation: Violation,
        way: impl Fn(&Steps) -> Vec<Action>,
        Distance { faults, .. }: Distance,
    ) {
        let mut known = self.outcome.counterexamples.iter_mut();
        match known.find(|known| (known.property, known.violation) == (property, violation)) {
            Some(known) => known.states += 1,
            None => {
                let actions = way(&self.steps);
                let new = Counterexample { property, violation, faults, actions, states: 1 };
                self.outcome.counterexamples.push(new);
            }
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            scene: self.scene.name,
            faults: self.open.keys().next().map_or(0, |distance| distance.faults),
            states: self.outcome.states,
            waiting: self.open.values().map(VecDeque::len).sum(),
        }
    }
}

type Steps = [(Option<usize>, Action)];

/// The actions up to a step, and one more.
fn way(steps: &Steps, mut last: Option<usize>, more: Option<Action>) -> Vec<Action> {
    let mut actions: Vec<Action> = more.into_iter().collect();
    while let Some((before, action)) = last.and_then(|last| steps.get(last)) {
        actions.push(*action);
        last = *before;
    }
    actions.reverse();
    actions
}

/// The policy, whose calls are counted.
struct Counted<'a, 'b> {
    calls: &'a mut PolicyCalls<'b>,
}

impl Policy for Counted<'_, '_> {
    fn next_step(&mut self, task: &Task, history: &[Exchange], kept: usize) -> Result<Step, String> {
        self.calls.count += 1;
        self.calls.policy.next_step(task, history, kept)
    }
}
