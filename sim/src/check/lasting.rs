//! Faults that go on until a pause: they count once.

use crate::contract::Effect;
use crate::{EffectFault, SimEvent};

/// What goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LastingFaults {
    /// A replica of Placement's database is behind, and any read may reach it. During a pause it catches up.
    stale: bool,
    /// A cell does not answer nova's lists of migration records.
    unlisted: bool,
}

impl LastingFaults {
    /// Takes notice of what happens at an effect.
    pub(super) fn note(&mut self, effect: &Effect, event: SimEvent) {
        match event {
            _ if matches!(effect, Effect::Pause(_)) => *self = Self::default(),
            SimEvent::Fault(EffectFault::Stale) => self.stale = true,
            SimEvent::Fault(EffectFault::NotListed) => self.unlisted = true,
            _ => {}
        }
    }

    /// Whether the event belongs to a fault that has happened already.
    pub(super) fn include(self, event: SimEvent) -> bool {
        match event {
            SimEvent::Fault(EffectFault::Stale) => self.stale,
            SimEvent::Fault(EffectFault::NotListed) => self.unlisted,
            _ => false,
        }
    }

    /// Whether a read may still reach a replica that is behind, without another fault.
    pub(super) fn is_stale(self) -> bool {
        self.stale
    }
}
