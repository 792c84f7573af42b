//! A state of the search, and what can happen next.

use super::footprint::Footprint;
use super::half_write;
use super::in_flight::{answer, arrive, events, is_cast};
use super::mover::PolicyCalls;
use super::{Action, Actor, LastingFaults, LeftOut, Mover};
use crate::contract::{Effect, Reply, ServerAnswer, ServerState};
use crate::event::does;
use crate::{EffectFault, SimCloud, SimEvent};

/// The cloud, who acts in it, and the requests on their way.
#[derive(Debug, Clone)]
pub struct State {
    /// The cloud now.
    pub cloud: SimCloud,
    /// The actors.
    pub actors: Vec<Actor>,
    /// The requests that have not arrived yet.
    pub in_flight: Vec<Effect>,
    /// Whether the scheduler may claim after its caller has given up.
    pub late_scheduler: bool,
    /// Whether others may write between the two halves of a write of allocations.
    pub writes_in_halves: bool,
    /// Whether Placement or a proxy may refuse a read, a proxy may hide that Placement has forgotten a consumer, and nova may
    /// be out of reach for a single question.
    pub refused_requests: bool,
    /// Whether a cast arrives before a pause ends, and a compute service finishes after the tasks have ended.
    pub prompt_casts: bool,
    /// What never happens.
    pub left_out: LeftOut,
    /// The faults that go on.
    pub lasting: LastingFaults,
    /// Whether Placement has forgotten a consumer that a write created: no read shows its allocations.
    pub forgotten: bool,
    /// Whether a task has waited once for a service that is away; it does not come back after that.
    pub has_waited: bool,
}

impl State {
    /// The beginning, without requests in flight.
    #[must_use]
    pub fn of(cloud: SimCloud, actors: Vec<Actor>) -> Self {
        let lasting = LastingFaults::default();
        let (in_flight, late_scheduler, writes_in_halves, forgotten, has_waited) = Default::default();
        let (refused_requests, prompt_casts, left_out) = Default::default();
        Self {
            cloud,
            actors,
            in_flight,
            late_scheduler,
            writes_in_halves,
            refused_requests,
            prompt_casts,
            left_out,
            lasting,
            forgotten,
            has_waited,
        }
    }

    /// The movers ask for their first steps.
    pub(super) fn start(&mut self, calls: &mut PolicyCalls<'_>) {
        for actor in &mut self.actors {
            if let Actor::Mover(mover) = actor {
                mover.start(calls);
            }
        }
    }

    /// Everything that can happen next, with faults, except orders that make no difference.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let running: Vec<(usize, &Effect)> = self.next_effects().collect();
        let mut all: Vec<Action> = running.iter().flat_map(|(actor, effect)| self.actions_at(*actor, effect)).collect();
        let touched = match running.as_slice() {
            [(_, effect)] if !self.awaits_a_cast(effect) => self.closure(Footprint::of(effect)),
            _ => Footprint::ALL,
        };
        for (actor, of) in self.actors.iter().enumerate() {
            let is_slow = self.prompt_casts && matches!(of, Actor::Compute) && !running.is_empty();
            if !is_slow && of.footprint(&self.cloud).meets(touched) {
                all.extend(of.actions(&self.cloud).into_iter().map(|action| Action::Other { actor, action }));
            }
        }
        let arriving = self.in_flight.iter().enumerate().filter(|(_, request)| Footprint::of(request).meets(touched));
        all.extend(arriving.map(|(request, _)| Action::Arrives { request }));
        all
    }

    /// Whether it counts against the number of faults: it is one, and does not belong to one that goes on.
    #[must_use]
    pub fn is_fault(&self, action: Action) -> bool {
        let goes_on = matches!(action, Action::Effect { event, .. } if self.lasting.include(event));
        action.is_fault() && !goes_on
    }

    /// Does it; returns the reply if a task got one.
    pub(super) fn apply(&mut self, action: Action, calls: &mut PolicyCalls<'_>) -> Option<Reply> {
        match action {
            Action::Effect { actor, event } => {
                let effect = self.mover(actor)?.effect()?.clone();
                let reply = self.reply(actor, &effect, event)?;
                self.mover_mut(actor)?.answered(reply.clone(), calls);
                Some(reply)
            }
            Action::Begins { actor } => {
                let effect = self.mover(actor)?.effect()?.clone();
                match self.cloud.begin_write(&effect)? {
                    Ok(draft) => self.mover_mut(actor)?.has_begun(draft),
                    Err(reply) => {
                        self.mover_mut(actor)?.answered(reply.clone(), calls);
                        return Some(reply);
                    }
                }
                None
            }
            Action::Forgets { actor, left } => {
                let effect = self.mover(actor)?.effect()?.clone();
                self.reply(actor, &effect, SimEvent::ANSWERED)?;
                self.mover_mut(actor)?.forget(left, calls);
                None
            }
            Action::Other { actor, action } => {
                self.actors.get_mut(actor)?.act(&mut self.cloud, action);
                None
            }
            Action::Arrives { request } => {
                if request < self.in_flight.len() {
                    let request = self.in_flight.remove(request);
                    arrive(&mut self.cloud, &request);
                }
                None
            }
        }
    }

    /// Whether nothing has to happen any more.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.in_flight.is_empty() && self.actors.iter().all(|actor| actor.may_rest(&self.cloud))
    }

    /// Forgets what a replica could still show, if no read has reached it yet. Whether something was forgotten.
    pub(super) fn catch_up(&mut self) -> bool {
        let is_behind = !self.lasting.is_stale() && self.cloud.stale_consumers().next().is_some();
        if is_behind {
            self.cloud.catch_up();
        }
        is_behind
    }

    /// The running movers with the effects that wait for an answer.
    pub(super) fn next_effects(&self) -> impl Iterator<Item = (usize, &Effect)> {
        let movers = self.actors.iter().enumerate();
        movers.filter_map(|(number, actor)| Some((number, actor.mover()?.effect()?)))
    }

    /// What can happen at the effect of a mover.
    fn actions_at(&self, actor: usize, effect: &Effect) -> Vec<Action> {
        let Some(mover) = self.mover(actor).filter(|_| !self.awaits_a_cast(effect)) else { return Vec::new() };
        let with = |event| Action::Effect { actor, event };
        if mover.draft().is_some() {
            return half_write::SECOND_HALF.map(with).to_vec();
        }
        let mut all: Vec<Action> = events(effect, self).into_iter().map(with).collect();
        all.extend(half_write::is_possible(self, effect).then_some(Action::Begins { actor }));
        if !self.left_out.lost_journals && self.cloud.is_whole() && (effect.is_write() || does(effect)) {
            all.extend(mover.steps_to_forget().map(|left| Action::Forgets { actor, left }));
        }
        all
    }

    /// Whether the effect is a pause that does not end before a cast has arrived.
    fn awaits_a_cast(&self, effect: &Effect) -> bool {
        self.prompt_casts && matches!(effect, Effect::Pause(_)) && self.in_flight.iter().any(is_cast)
    }

    /// The reply to the effect of a mover, with this event.
    fn reply(&mut self, actor: usize, effect: &Effect, event: SimEvent) -> Option<Reply> {
        let draft = self.mover(actor)?.draft().cloned();
        let forgets = [EffectFault::DoneAndForgotten, EffectFault::ForgottenAndBadGateway].map(SimEvent::Fault);
        self.forgotten |= forgets.contains(&event);
        self.has_waited |= matches!(effect, Effect::Pause(_)) && !self.cloud.is_whole();
        self.lasting.note(effect, event);
        let reply = match draft {
            Some(draft) => self.cloud.commit_write(draft, effect, event != SimEvent::ANSWERED)?,
            None => answer(&mut self.cloud, &mut self.in_flight, effect, event),
        };
        Some(self.while_deleting(reply))
    }

    fn mover(&self, actor: usize) -> Option<&Mover> {
        self.actors.get(actor)?.mover()
    }

    fn mover_mut(&mut self, actor: usize) -> Option<&mut Mover> {
        match self.actors.get_mut(actor)? {
            Actor::Mover(mover) => Some(mover),
            _ => None,
        }
    }

    /// What the effect touches, with what can still be done by everybody whom that concerns, and so on.
    fn closure(&self, effect: Footprint) -> Footprint {
        let others: Vec<Footprint> = self
            .actors
            .iter()
            .map(|actor| actor.footprint(&self.cloud))
            .chain(self.in_flight.iter().map(Footprint::of))
            .collect();
        let add =
            |touched: Footprint| others.iter().filter(|one| one.meets(touched)).fold(touched, |all, one| all.and(*one));
        let mut touched = effect;
        while add(touched) != touched {
            touched = add(touched);
        }
        touched
    }

    /// nova says that a server is being deleted, as long as it has the server.
    fn while_deleting(&self, reply: Reply) -> Reply {
        let deleting = self.actors.iter().any(|actor| matches!(actor, Actor::Deletion(one) if one.is_deleting()));
        match reply {
            Reply::Server(ServerAnswer { state: ServerState::Present, details }) if deleting => {
                Reply::Server(ServerAnswer { state: ServerState::Deleting, details })
            }
            reply => reply,
        }
    }
}
