//! How often something has happened, for each slot of roles.

use super::by_kind::Slot;

/// Numbers that begin at 0.
#[derive(Debug, Clone, Default)]
pub struct Counts(Vec<(Slot, u32)>);

impl Counts {
    pub fn of(&self, slot: Slot) -> u32 {
        self.0.iter().find(|(known, _)| *known == slot).map_or(0, |(_, count)| *count)
    }

    pub fn set(&mut self, slot: Slot, count: u32) {
        self.0.retain(|(known, _)| *known != slot);
        self.0.push((slot, count));
    }

    /// Begins at 0 again where this does not hold.
    pub fn retain(&mut self, holds: impl Fn(Slot) -> bool) {
        self.0.retain(|(slot, _)| holds(*slot));
    }
}
