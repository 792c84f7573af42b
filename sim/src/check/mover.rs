//! A mover: tasks on the same server, one after the other, under the policy.

use std::sync::Arc;

use swaparoo_core::describe::needs_a_person;
use swaparoo_core::task::{TaskEnd, accept};
use swaparoo_placement::Draft;

use super::state_key::{StateKey, with_exchange};
use super::verdict::EndClaim;
use crate::Violation;
use crate::contract::{Effect, Exchange, Failure, Reply, Step, Task};
use crate::explorer::{PathEnd, Policy};

/// The most exchanges of a task. The rules' own limits end a task earlier; a policy without such limits is cut off.
const LONGEST: usize = 400;

/// The most steps that a crash makes a task forget: a write, and the steps that followed from it.
const MOST_FORGOTTEN: usize = 4;

/// A task, and the end of the one before with which it begins.
#[derive(Debug, Clone)]
pub struct QueuedTask {
    /// The task.
    pub task: Task,
    /// After which end of the task before; of no meaning for the first task.
    pub after: After,
}

/// The end of a task after which the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// An outcome.
    Finished,
    /// A failure after which no person has to look.
    FailedPlainly,
    /// Any end.
    Ended,
}

/// A mover, and how far it has come.
#[derive(Debug, Clone)]
pub struct Mover {
    tasks: Arc<[QueuedTask]>,
    at: usize,
    history: Arc<Vec<Exchange>>,
    effects: Arc<[Effect]>,
    answered: usize,
    /// The numbers of exchanges after which the policy was asked.
    steps: Arc<Vec<usize>>,
    /// The write whose first half is done.
    draft: Option<Arc<Draft>>,
    key: StateKey,
    claim: Option<EndClaim>,
}

/// The policy, as a search calls it, with what came of the calls.
pub struct PolicyCalls<'a> {
    pub policy: &'a mut dyn Policy,
    /// The calls so far.
    pub count: usize,
    /// The tasks that have ended since this was emptied.
    pub ended: Vec<EndedTask>,
}

/// A task that has ended.
pub struct EndedTask {
    pub task: Task,
    pub history: Arc<Vec<Exchange>>,
    pub end: PathEnd,
}

impl Mover {
    /// The tasks before the first call of the policy.
    #[must_use]
    pub fn of(tasks: impl IntoIterator<Item = QueuedTask>) -> Self {
        let tasks = tasks.into_iter().collect();
        let (history, effects, steps) = (Arc::default(), Arc::from([]), Arc::default());
        let key = StateKey::default();
        Self { tasks, at: 0, history, effects, answered: 0, steps, draft: None, key, claim: None }
    }

    /// One task.
    #[must_use]
    pub fn one(task: Task) -> Self {
        Self::of([QueuedTask { task, after: After::Ended }])
    }

    /// All tasks.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().map(|queued| &queued.task)
    }

    /// The task that runs now, or ran last.
    #[must_use]
    pub fn task(&self) -> Option<&Task> {
        self.tasks.get(self.at).map(|queued| &queued.task)
    }

    /// The number of exchanges of that task.
    #[must_use]
    pub fn exchanges(&self) -> usize {
        self.history.len()
    }

    /// The effect that waits for its answer.
    #[must_use]
    pub fn effect(&self) -> Option<&Effect> {
        self.effects.get(self.answered)
    }

    /// Whether a task has not ended.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.claim.is_none()
    }

    /// The numbers of exchanges with which it can go on if the last entries of its journal are lost: the beginnings of
    /// its last steps.
    pub(super) fn steps_to_forget(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().rev().take(MOST_FORGOTTEN).copied()
    }

    /// The first half of the write that waits for its answer, if that is done.
    pub(super) fn draft(&self) -> Option<&Draft> {
        self.draft.as_deref()
    }

    /// The first half of its write is done.
    pub(super) fn has_begun(&mut self, draft: Draft) {
        self.draft = Some(Arc::new(draft));
    }

    /// What its last end means.
    pub(super) fn claim(&self) -> Option<EndClaim> {
        self.claim
    }

    /// What decides its future.
    pub(super) fn key(&self) -> (usize, StateKey, usize, Option<&Draft>, Option<EndClaim>) {
        (self.at, self.key, self.answered, self.draft(), self.claim)
    }

    /// Asks for the first step.
    pub(super) fn start(&mut self, calls: &mut PolicyCalls<'_>) {
        self.ask(calls);
    }

    /// Takes the reply to the effect, and asks for the next step if it was the last one of this step.
    pub(super) fn answered(&mut self, reply: Reply, calls: &mut PolicyCalls<'_>) {
        let Some(effect) = self.effect().cloned() else { return };
        let exchange = Exchange::new(effect, reply);
        self.key = with_exchange(self.key, &exchange);
        Arc::make_mut(&mut self.history).push(exchange);
        self.answered += 1;
        self.draft = None;
        if self.effect().is_none() {
            self.ask(calls);
        }
    }

    /// Goes on with the first `left` exchanges, as after a crash after which the rest is not in the journal.
    pub(super) fn forget(&mut self, left: usize, calls: &mut PolicyCalls<'_>) {
        Arc::make_mut(&mut self.history).truncate(left);
        Arc::make_mut(&mut self.steps).retain(|step| *step < left);
        self.key = self.history.iter().fold(StateKey::default(), with_exchange);
        self.ask(calls);
    }

    fn ask(&mut self, calls: &mut PolicyCalls<'_>) {
        let Some(task) = self.task() else { return };
        calls.count += 1;
        match decide(task, &self.history, calls.policy) {
            Ok(effects) => {
                Arc::make_mut(&mut self.steps).push(self.history.len());
                (self.effects, self.answered) = (Arc::from(effects), 0);
            }
            Err(end) => self.end(end, calls),
        }
    }

    fn end(&mut self, end: PathEnd, calls: &mut PolicyCalls<'_>) {
        let Some(task) = self.task().cloned() else { return };
        let (claim, history) = (EndClaim::of(&task, &end), std::mem::take(&mut self.history));
        let follows = self.tasks.get(self.at + 1).is_some_and(|next| next.after.is(&end));
        calls.ended.push(EndedTask { task, history, end });
        (self.effects, self.answered, self.key) = (Arc::from([]), 0, StateKey::default());
        self.steps = Arc::default();
        if follows {
            self.at += 1;
            self.ask(calls);
        } else {
            self.claim = Some(claim);
        }
    }
}

impl After {
    fn is(self, end: &PathEnd) -> bool {
        match end {
            PathEnd::Broken(_) | PathEnd::Ended(TaskEnd::OutOfBounds(_) | TaskEnd::Unfounded(_)) => false,
            PathEnd::Ended(TaskEnd::Finished(_)) => self != Self::FailedPlainly,
            PathEnd::Ended(TaskEnd::Failed(failure)) => {
                self == Self::Ended || (self == Self::FailedPlainly && !needs_a_person(failure))
            }
        }
    }
}

impl EndedTask {
    /// What is wrong with the end itself.
    pub fn violation(&self) -> Option<Violation> {
        violation_of(&self.end)
    }

    /// Whether the policy has ended it with a failure.
    pub fn has_failed(&self) -> bool {
        matches!(self.end, PathEnd::Ended(TaskEnd::Failed(_)))
    }
}

/// What is wrong with the end of a task itself.
pub fn violation_of(end: &PathEnd) -> Option<Violation> {
    match end {
        PathEnd::Broken(_) => Some(Violation::Broken),
        PathEnd::Ended(TaskEnd::OutOfBounds(_) | TaskEnd::Unfounded(_)) => Some(Violation::StepRefused),
        PathEnd::Ended(TaskEnd::Failed(Failure::Diverged(_))) => Some(Violation::Diverged),
        PathEnd::Ended(_) => None,
    }
}

/// The effects of the next step, or the end.
pub fn decide(task: &Task, history: &[Exchange], policy: &mut dyn Policy) -> Result<Vec<Effect>, PathEnd> {
    let step: Step = policy.next_step(task, history, 0).map_err(PathEnd::Broken)?;
    let effects = accept(task, history, step).map_err(PathEnd::Ended)?;
    if effects.is_empty() {
        return Err(PathEnd::Broken("the policy asks for nothing and does not end".to_owned()));
    }
    if history.len() + effects.len() > LONGEST {
        return Err(PathEnd::Broken(format!("the task does not end within {LONGEST} exchanges")));
    }
    Ok(effects)
}
