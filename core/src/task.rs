//! A task as a state machine. It performs no I/O, reads no clock and calls no policy: its owner does, and hands in what
//! came out.

use crate::authority::{self, OutOfBounds};
use crate::contract::{Effect, Exchange, Failed, Failure, Finished, Outcome, Perform, Reply, Step, Task};
use crate::describe;
use crate::evidence::{self, Unfounded};

/// A running task: its history, and what it waits for.
///
/// The methods are of four kinds:
///
/// - accessors, which change nothing: [`task`](Self::task), [`history`](Self::history);
/// - inputs, `handle_*`: a step of the policy, or the replies to the effects of that step;
/// - outputs, `poll_*`: the effects to perform, or the end;
/// - [`into_history`](Self::into_history), when the task is over.
///
/// The owner repeats, until [`poll_end`](Self::poll_end) returns the end: call the policy with the task and its history;
/// [`handle_step`](Self::handle_step); perform what [`poll_effects`](Self::poll_effects) returns;
/// [`handle_replies`](Self::handle_replies).
#[derive(Debug, Clone)]
pub struct TaskRun {
    task: Task,
    history: Vec<Exchange>,
    effects: Vec<Effect>,
    end: Option<TaskEnd>,
}

/// How a task ended: as its policy said, or because a host does not accept the policy's step.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskEnd {
    /// The outcome that the policy returned and the history shows.
    Finished(Outcome),
    /// The failure that the policy returned.
    Failed(Failure),
    /// The policy asked for an effect that the task may not have.
    OutOfBounds(OutOfBounds),
    /// The policy returned an outcome that the history does not show.
    Unfounded(Unfounded),
}

impl TaskRun {
    /// A task at its beginning.
    #[must_use]
    pub fn new(task: Task) -> Self {
        Self::resume(task, Vec::new())
    }

    /// A task that continues where `history` stops.
    #[must_use]
    pub fn resume(task: Task, history: Vec<Exchange>) -> Self {
        Self { task, history, effects: Vec::new(), end: None }
    }

    /// The task, as it was submitted.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The exchanges so far.
    #[must_use]
    pub fn history(&self) -> &[Exchange] {
        &self.history
    }

    /// The exchanges of a task that is over.
    #[must_use]
    pub fn into_history(self) -> Vec<Exchange> {
        self.history
    }

    /// Takes the policy's step for the present history, and checks it.
    pub fn handle_step(&mut self, step: Step) {
        match accept(&self.task, &self.history, step) {
            Ok(effects) => self.effects = effects,
            Err(end) => self.end = Some(end),
        }
    }

    /// Takes the replies to the effects, in their order, and returns the new exchanges. An effect without a reply stays
    /// out of the history.
    pub fn handle_replies(&mut self, replies: impl IntoIterator<Item = Reply>) -> &[Exchange] {
        self.handle_replies_at(replies, 0, 0)
    }

    /// The same, with the times at which the effects were sent and all replies had arrived.
    pub fn handle_replies_at(
        &mut self,
        replies: impl IntoIterator<Item = Reply>,
        asked_at: u64,
        answered_at: u64,
    ) -> &[Exchange] {
        let exchange = |(effect, reply)| Exchange { effect, reply, asked_at, answered_at };
        let asked = self.history.len();
        let effects = std::mem::take(&mut self.effects);
        self.history.extend(effects.into_iter().zip(replies).map(exchange));
        self.history.get(asked..).unwrap_or_default()
    }

    /// The effects to perform now; they do not wait for each other.
    #[must_use]
    pub fn poll_effects(&self) -> &[Effect] {
        &self.effects
    }

    /// The end, once there is one.
    pub fn poll_end(&mut self) -> Option<TaskEnd> {
        self.end.take()
    }
}

/// What a step means after `history`: effects to perform, or the end of the task. A host accepts only effects within
/// the task's authority, and an outcome that the history shows.
///
/// # Errors
/// The end.
pub fn accept(task: &Task, history: &[Exchange], step: Step) -> Result<Vec<Effect>, TaskEnd> {
    let effects = trust(step);
    match &effects {
        Ok(effects) => authority::check(task, history, effects).map_err(TaskEnd::OutOfBounds)?,
        Err(TaskEnd::Finished(outcome)) => {
            evidence::check(task, history, outcome).map_err(TaskEnd::Unfounded)?;
        }
        Err(_) => {}
    }
    effects
}

/// The same, of a step that was checked before.
///
/// # Errors
/// The end.
pub fn trust(step: Step) -> Result<Vec<Effect>, TaskEnd> {
    match step {
        Step::Perform(Perform { effects, .. }) => Ok(effects),
        Step::Finished(Finished { outcome, .. }) => Err(TaskEnd::Finished(outcome)),
        Step::Failed(Failed { failure, .. }) => Err(TaskEnd::Failed(failure)),
    }
}

impl TaskEnd {
    /// The name of the outcome or failure in the contract, or the host's code for a step that it does not accept.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finished(outcome) => outcome.name(),
            Self::Failed(failure) => failure.name(),
            Self::OutOfBounds(_) => "out-of-bounds",
            Self::Unfounded(_) => "unfounded-end",
        }
    }

    /// The end as text; failures refer to positions in `history`.
    #[must_use]
    pub fn words(&self, history: &[Exchange]) -> String {
        match self {
            Self::Finished(outcome) => describe::outcome(outcome),
            Self::Failed(failure) => describe::failure(failure, history),
            Self::OutOfBounds(refused) => refused.to_string(),
            Self::Unfounded(unfounded) => unfounded.to_string(),
        }
    }

    /// The outcome, if the task has one.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Finished(outcome) => Some(outcome),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{GetAllocations, Holding, RevertTask};

    const SERVER: &str = "aaaaaaaa-1111-4111-8111-111111111111";
    const MIGRATION: &str = "22222222-2222-4222-8222-222222222222";

    fn run() -> TaskRun {
        TaskRun::new(Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() }))
    }

    fn get(consumer: &str) -> Effect {
        Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
    }

    fn perform(consumers: &[&str]) -> Step {
        Step::Perform(Perform { effects: consumers.iter().map(|one| get(one)).collect(), reasons: Vec::new() })
    }

    fn nothing_to_move() -> Step {
        Step::Finished(Finished { outcome: Outcome::NothingToMove, reasons: Vec::new() })
    }

    fn holds_nothing(consumer: &str) -> Reply {
        Reply::Holding(Holding { consumer: consumer.into(), owner: None, allocations: Vec::new() })
    }

    #[test]
    fn effects_come_out_and_replies_become_the_history() {
        let mut run = run();
        run.handle_step(perform(&[SERVER, MIGRATION]));
        assert_eq!(run.poll_effects(), [get(SERVER), get(MIGRATION)]);
        assert_eq!(run.poll_end(), None);
        assert_eq!(run.handle_replies([SERVER, MIGRATION].map(holds_nothing)).len(), 2);
        assert!(run.poll_effects().is_empty());
        run.handle_step(nothing_to_move());
        assert_eq!(run.poll_end(), Some(TaskEnd::Finished(Outcome::NothingToMove)));
        assert_eq!(run.into_history().len(), 2);
    }

    #[test]
    fn an_outcome_that_the_history_does_not_show_is_a_failure() {
        let mut run = run();
        run.handle_step(nothing_to_move());
        assert_eq!(run.poll_end().map(|end| end.name()), Some("unfounded-end"));
    }

    #[test]
    fn an_effect_on_another_consumer_ends_the_task() {
        let mut run = run();
        run.handle_step(perform(&[SERVER, "99999999-9999-4999-8999-999999999999"]));
        assert!(run.poll_effects().is_empty());
        assert_eq!(run.poll_end().map(|end| end.name()), Some("out-of-bounds"));
    }
}
