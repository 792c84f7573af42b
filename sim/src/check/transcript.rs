//! A counterexample, played again: the exchanges of each task, with what others did between them.

use std::sync::Arc;

use swaparoo_core::describe;
use swaparoo_core::record::Beside;

use super::mover::{EndedTask, PolicyCalls};
use super::{Action, Actor, Counterexample, Mover, Scene, State};
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
        let mut play = Play::of(policy, scene, before);
        play.mark_unavoidable();
        rest.iter().for_each(|action| play.step(*action));
        Self::from(play)
    }

    /// Plays this way.
    #[must_use]
    pub fn of_way(policy: &mut dyn Policy, scene: &Scene, actions: &[Action]) -> Self {
        Self::from(Play::of(policy, scene, actions))
    }

    /// The same, and then all running tasks to their ends, with normal answers.
    #[must_use]
    pub fn to_the_end(policy: &mut dyn Policy, scene: &Scene, actions: &[Action]) -> Self {
        let mut play = Play::of(policy, scene, actions);
        // This ends, because a task has a largest number of exchanges.
        while let Some(actor) = play.running() {
            play.step(Action::Effect { actor, event: SimEvent::ANSWERED });
        }
        Self::from(play)
    }
}

impl From<Play<'_>> for Transcript {
    fn from(play: Play<'_>) -> Self {
        Self { lines: play.lines, tasks: play.tasks, cloud: play.state.cloud }
    }
}

struct Play<'a> {
    state: State,
    calls: PolicyCalls<'a>,
    lines: Vec<Line>,
    tasks: Vec<PlayedTask>,
    /// What others did during the running task of each actor.
    beside: Vec<Vec<Beside>>,
    /// The number of exchanges of each actor's running task after which every way ended wrong.
    unavoidable: Vec<Option<usize>>,
}

impl<'a> Play<'a> {
    fn of(policy: &'a mut dyn Policy, scene: &Scene, actions: &[Action]) -> Self {
        let mut play = Self::begin(policy, scene);
        actions.iter().for_each(|action| play.step(*action));
        play
    }

    fn begin(policy: &'a mut dyn Policy, scene: &Scene) -> Self {
        let calls = PolicyCalls { policy, count: 0, ended: Vec::new() };
        let (beside, unavoidable) = (vec![Vec::new(); scene.start.actors.len()], vec![None; scene.start.actors.len()]);
        let (state, lines, tasks) = (scene.start.clone(), Vec::new(), Vec::new());
        let mut play = Self { state, calls, lines, tasks, beside, unavoidable };
        play.state.start(&mut play.calls);
        for number in 0..play.state.actors.len() {
            play.begins(number);
        }
        play
    }

    fn step(&mut self, action: Action) {
        let effect = match action {
            Action::Effect { actor, .. } | Action::Begins { actor } | Action::Forgets { actor, .. } => {
                self.mover_effect(actor)
            }
            Action::Other { .. } | Action::Arrives { .. } => None,
        };
        let others = self.of_others(action);
        let before: Vec<usize> =
            self.state.actors.iter().map(|actor| actor.mover().map_or(0, |of| of.exchanges())).collect();
        let reply = self.state.apply(action, &mut self.calls);
        match (action, effect, reply) {
            (Action::Effect { actor, event }, Some(effect), Some(reply)) => {
                let what = format!("{}: {}", describe::effect(&effect), describe::reply(&reply));
                self.note(Some(actor), &before, &format!("task {}", actor + 1), &what);
                let event = (event != SimEvent::ANSWERED).then(|| crate::describe::event(event));
                self.lines.push(Line::Exchange { number: actor + 1, effect, event, reply });
                self.ends(actor);
            }
            (Action::Begins { actor }, Some(effect), reply) => self.half_done(actor, effect, reply),
            (Action::Forgets { actor, left }, Some(effect), _) => self.forgets(actor, effect, left),
            _ => {
                if let Some((who, what)) = others {
                    self.note(None, &before, &who, &what);
                    self.lines.push(Line::Beside { who, what });
                }
            }
        }
    }

    /// The first half of a write is done; or Placement refuses the write there.
    fn half_done(&mut self, actor: usize, effect: Effect, reply: Option<Reply>) {
        let number = actor + 1;
        match reply {
            Some(reply) => {
                self.lines.push(Line::Exchange { number, effect, event: None, reply });
                self.ends(actor);
            }
            None => self.lines.push(Line::HalfDone { number, effect }),
        }
    }

    /// The task goes on with its first exchanges. Its record shows what it does not remember as done by others.
    fn forgets(&mut self, actor: usize, effect: Effect, left: usize) {
        let after = left as u64;
        if let Some(beside) = self.beside.get_mut(actor) {
            beside.iter_mut().for_each(|one| one.after = one.after.min(after));
            let what = format!("crashed, and its journal lost its last entries, after {}", describe::effect(&effect));
            beside.push(Beside { after, actor: "the runner".to_owned(), what });
        }
        if let Some(Some(exchanges)) = self.unavoidable.get_mut(actor) {
            *exchanges = left.min(*exchanges);
        }
        self.lines.push(Line::Forgets { number: actor + 1, effect, left });
        self.ends(actor);
    }

    /// From now on every way ends wrong. If no task runs any more, the last one notes it after its last exchange.
    fn mark_unavoidable(&mut self) {
        self.lines.push(Line::Unavoidable);
        for (actor, exchanges) in self.state.actors.iter().zip(&mut self.unavoidable) {
            *exchanges = actor.mover().filter(|mover| mover.is_running()).map(Mover::exchanges);
        }
        if self.unavoidable.iter().all(Option::is_none)
            && let Some(last) = self.tasks.last_mut()
        {
            last.unavoidable_after = Some(last.history.len());
        }
    }

    /// A task that waits for an answer.
    fn running(&self) -> Option<usize> {
        self.state.next_effects().next().map(|(actor, _)| actor)
    }

    fn mover_effect(&self, actor: usize) -> Option<Effect> {
        self.state.actors.get(actor)?.mover()?.effect().cloned()
    }

    /// Who else acts, and what is done.
    fn of_others(&self, action: Action) -> Option<(String, String)> {
        match action {
            Action::Effect { .. } | Action::Begins { .. } | Action::Forgets { .. } => None,
            Action::Other { action, .. } => Some((action.who().to_owned(), action.what().to_owned())),
            Action::Arrives { request } => {
                let request = self.state.in_flight.get(request)?;
                Some(("a delayed request".to_owned(), format!("arrives: {}", describe::effect(request))))
            }
        }
    }

    /// Notes for all tasks but that of `except` what was done: the running ones, and the last one of each actor.
    fn note(&mut self, except: Option<usize>, exchanges: &[usize], who: &str, what: &str) {
        for (actor, beside) in self.beside.iter_mut().enumerate().filter(|(actor, _)| Some(*actor) != except) {
            let Some(mover) = self.state.actors.get(actor).and_then(Actor::mover) else { continue };
            let new = |after: usize| Beside { after: after as u64, actor: who.to_owned(), what: what.to_owned() };
            if mover.is_running() {
                beside.push(new(exchanges.get(actor).copied().unwrap_or_default()));
            } else if let Some(last) = self.tasks.iter_mut().rev().find(|task| task.number == actor + 1) {
                last.beside.push(new(last.history.len()));
            }
        }
    }

    /// The tasks of the actor that have ended in this step, and the one that has begun.
    fn ends(&mut self, actor: usize) {
        for EndedTask { task, history, end } in std::mem::take(&mut self.calls.ended) {
            let beside = self.beside.get_mut(actor).map(std::mem::take).unwrap_or_default();
            self.lines.push(Line::Ends { number: actor + 1, how: how(&end, &history) });
            let unavoidable_after = self.unavoidable.get_mut(actor).and_then(Option::take);
            self.tasks.push(PlayedTask { number: actor + 1, task, history, end, beside, unavoidable_after });
            self.begins(actor);
        }
    }

    fn begins(&mut self, actor: usize) {
        let mover = self.state.actors.get(actor).and_then(Actor::mover).filter(|mover| mover.is_running());
        if let Some(task) = mover.and_then(|mover| mover.task()) {
            self.lines.push(Line::Begins { number: actor + 1, task: task.clone() });
        }
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
