//! Plays a way action by action, for a transcript.

use swaparoo_core::describe;
use swaparoo_core::record::Beside;

use super::mover::{EndedTask, PolicyCalls};
use super::transcript::{Line, PlayedTask, how};
use super::{Action, Actor, Mover, Scene, State};
use crate::SimEvent;
use crate::contract::{Effect, Reply};
use crate::explorer::Policy;

/// A way while it is played, and what a transcript shows of it.
pub struct TranscriptPlay<'a> {
    pub state: State,
    calls: PolicyCalls<'a>,
    pub lines: Vec<Line>,
    pub tasks: Vec<PlayedTask>,
    /// What others did during the running task of each actor.
    beside: Vec<Vec<Beside>>,
    /// The number of exchanges of each actor's running task after which every way ended wrong.
    unavoidable: Vec<Option<usize>>,
}

impl<'a> TranscriptPlay<'a> {
    pub fn of(policy: &'a mut dyn Policy, scene: &Scene, actions: &[Action]) -> Self {
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

    pub fn step(&mut self, action: Action) {
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
    pub fn mark_unavoidable(&mut self) {
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
    pub fn running(&self) -> Option<usize> {
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
