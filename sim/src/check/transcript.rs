//! A counterexample, played again: the exchanges of each task, with what others did between them.

use std::sync::Arc;

use swaparoo_core::record::Beside;

use super::transcript_play::TranscriptPlay;
use super::{Action, Counterexample, Scene};
use crate::contract::{Effect, Exchange, Reply, Task};
use crate::explorer::{PathEnd, Policy};
use crate::{SimCloud, SimEvent};

/// What happens on the way of a counterexample, in order.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// The lines of all tasks and all others.
    pub lines: Vec<Line>,
    /// The tasks that have ended, in the order of their ends.
    pub tasks: Vec<PlayedTask>,
    /// The cloud at the end.
    pub cloud: SimCloud,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// A task begins.
    Begins {
        /// The task's number among those that run side by side, from 1.
        number: usize,
        /// The task.
        task: Task,
    },
    /// A task's effect is answered.
    Exchange {
        /// The task's number.
        number: usize,
        /// The effect.
        effect: Effect,
        /// What happened at the effect; nothing if it was answered normally.
        event: Option<String>,
        /// The reply.
        reply: Reply,
    },
    /// Placement has checked a task's write, and has not written yet.
    HalfDone {
        /// The task's number.
        number: usize,
        /// The write.
        effect: Effect,
    },
    /// The machine crashes after a task's effect, and the last entries of the journal are lost.
    Forgets {
        /// The task's number.
        number: usize,
        /// The effect, which was done.
        effect: Effect,
        /// The number of exchanges with which the task goes on.
        left: usize,
    },
    /// From here on every way ends wrong.
    Unavoidable,
    /// Another actor acted.
    Beside {
        /// Who did it.
        who: String,
        /// What was done.
        what: String,
    },
    /// A task ends.
    Ends {
        /// The task's number.
        number: usize,
        /// How, in words.
        how: String,
    },
}

/// A task that was played to its end.
#[derive(Debug, Clone)]
pub struct PlayedTask {
    /// The task's number among those that run side by side, from 1.
    pub number: usize,
    /// The task.
    pub task: Task,
    /// Its exchanges.
    pub history: Arc<Vec<Exchange>>,
    /// Its end.
    pub end: PathEnd,
    /// What others did meanwhile and afterwards.
    pub beside: Vec<Beside>,
    /// The number of its exchanges after which every way ended wrong; none if it was not so during this task.
    pub unavoidable_after: Option<usize>,
}

impl Transcript {
    /// Plays the way of a counterexample again.
    #[must_use]
    pub fn of(policy: &mut dyn Policy, scene: &Scene, counterexample: &Counterexample) -> Self {
        Self::of_way(policy, scene, &counterexample.actions)
    }

    /// The same, with the place from which every way ends wrong: after that number of actions.
    #[must_use]
    pub fn with_unavoidable(
        policy: &mut dyn Policy,
        scene: &Scene,
        counterexample: &Counterexample,
        after: usize,
    ) -> Self {
        let (before, rest) = counterexample.actions.split_at(after.min(counterexample.actions.len()));
        let mut play = TranscriptPlay::of(policy, scene, before);
        play.mark_unavoidable();
        rest.iter().for_each(|action| play.step(*action));
        Self::from(play)
    }

    /// Plays this way.
    #[must_use]
    pub fn of_way(policy: &mut dyn Policy, scene: &Scene, actions: &[Action]) -> Self {
        Self::from(TranscriptPlay::of(policy, scene, actions))
    }

    /// The same, and then all running tasks to their ends, with normal answers.
    #[must_use]
    pub fn to_the_end(policy: &mut dyn Policy, scene: &Scene, actions: &[Action]) -> Self {
        let mut play = TranscriptPlay::of(policy, scene, actions);
        // This ends, because a task has a largest number of exchanges.
        while let Some(actor) = play.running() {
            play.step(Action::Effect { actor, event: SimEvent::ANSWERED });
        }
        Self::from(play)
    }
}

impl From<TranscriptPlay<'_>> for Transcript {
    fn from(play: TranscriptPlay<'_>) -> Self {
        Self { lines: play.lines, tasks: play.tasks, cloud: play.state.cloud }
    }
}

/// How a task ended, in words.
pub(super) fn how(end: &PathEnd, history: &[Exchange]) -> String {
    match end {
        PathEnd::Ended(end @ swaparoo_core::task::TaskEnd::Finished(_)) => format!("finished: {}", end.words(history)),
        PathEnd::Ended(end) => format!("failed ({}): {}", end.name(), end.words(history)),
        PathEnd::Broken(why) => format!("broken: {why}"),
    }
}
