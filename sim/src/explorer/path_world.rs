//! The world of one path: the simulated cloud, and what happened in it so far.

use swaparoo_placement::Fault;

use super::search::World;
use super::{InitialState, move_events};
use crate::contract::{Effect, Reply, ServerState};
use crate::fixture::SERVER;
use crate::{EffectFault, Party, SimCloud, SimEvent, TaskEvent};

/// The most rare events on one path.
pub const RARE: u32 = 2;

/// The world of one path.
#[derive(Debug, Clone)]
pub struct PathWorld<'a> {
    /// The start of the path.
    pub start: &'a InitialState,
    /// The cloud now.
    pub cloud: SimCloud,
    /// The number of rare events so far.
    pub rare: u32,
    /// Whether the allocations on a provider exceeded its capacity at some point.
    pub over_capacity: bool,
    /// Whether nova's last answer to the policy was that the server is gone.
    pub known_gone: bool,
    /// Whether other clients have deleted the source's allocations.
    pub source_deleted: bool,
    /// Whether other clients have deleted the target's allocations.
    pub target_deleted: bool,
    /// Whether Placement has forgotten a consumer that a write created: no read shows its allocations.
    pub forgotten: bool,
    /// Whether the rules have waited once for an unavailable service; it does not come back after that.
    waited: bool,
}

impl<'a> PathWorld<'a> {
    /// The world at the start.
    #[must_use]
    pub fn new(start: &'a InitialState) -> Self {
        let cloud = start.cloud.clone();
        Self {
            start,
            over_capacity: cloud.is_over_capacity(),
            cloud,
            rare: 0,
            known_gone: false,
            source_deleted: false,
            target_deleted: false,
            forgotten: false,
            waited: false,
        }
    }

    /// Whether the event counts towards [`RARE`]. A move handles the plain failures of a request alike in every place,
    /// so any number of them is tried. If a request was under way at the start, its arrival belongs to no earlier fault.
    #[must_use]
    pub fn is_rare(&self, event: TaskEvent) -> bool {
        let arrives = event == TaskEvent::Cloud(SimEvent::LateArrives) && self.start.cloud.has_late();
        arrives || event.is_rare() && !(self.start.is_move() && is_plain_failure(event))
    }

    /// Whether a consumer has any allocations.
    #[must_use]
    pub fn holds(&self, consumer: &str) -> bool {
        self.cloud.placement.holdings().contains_key(consumer)
    }

    /// Whether the server exists.
    #[must_use]
    pub fn server_exists(&self) -> bool {
        self.cloud.alive(SERVER).is_some()
    }

    /// Remembers what others are about to do.
    fn remember(&mut self, event: TaskEvent) {
        self.rare += u32::from(self.is_rare(event));
        match event {
            TaskEvent::Emptied(Party::Source) => self.source_deleted = true,
            TaskEvent::Emptied(Party::Target) => self.target_deleted = true,
            TaskEvent::Cloud(SimEvent::Fault(EffectFault::DoneAndForgotten)) => self.forgotten = true,
            TaskEvent::Cloud(SimEvent::ServerDeleted) => self.target_deleted |= self.holds(SERVER),
            _ => {}
        }
    }
}

impl World for PathWorld<'_> {
    type Event = TaskEvent;

    fn events(&self, effect: &Effect) -> Vec<TaskEvent> {
        if self.start.is_move() {
            return move_events::of(effect, self);
        }
        let events = SimEvent::of(effect, &self.cloud, self.rare < RARE, !self.waited);
        let all = events.into_iter().map(TaskEvent::Cloud);
        all.filter(|event| self.rare < RARE || !self.is_rare(*event)).collect()
    }

    fn answer(&mut self, effect: &Effect, event: TaskEvent) -> Reply {
        self.waited |= matches!(effect, Effect::Pause(_)) && !self.cloud.is_whole();
        self.remember(event);
        event.before(&mut self.cloud, &self.start.task);
        // A move has too many places for a late arrival of its own: it arrives before the next write.
        if self.start.is_move() && effect.is_write() {
            self.cloud.deliver_late();
        }
        let reply = event.answer(&mut self.cloud, effect);
        self.over_capacity |= self.cloud.is_over_capacity();
        if let Reply::Server(answer) = &reply {
            self.known_gone = answer.state == ServerState::Gone;
        }
        reply
    }
}

fn is_plain_failure(event: TaskEvent) -> bool {
    matches!(
        event,
        TaskEvent::Cloud(SimEvent::Fault(
            EffectFault::Refused
                | EffectFault::Forbidden
                | EffectFault::Unreachable
                | EffectFault::Placement(
                    Fault::Outage | Fault::LostAfterWrite | Fault::LostBeforeWrite | Fault::ProviderConflict
                )
        ))
    )
}
