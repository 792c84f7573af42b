//! Counts effects by kind, since a change names its effect by kind and number.

use std::collections::BTreeMap;

use swaparoo_contract::Effect;

/// The number of effects of each kind so far.
#[derive(Debug, Clone, Default)]
pub struct EffectCounts(BTreeMap<&'static str, usize>);

impl EffectCounts {
    /// The number that one more effect of this kind would have.
    #[must_use]
    pub fn next(&self, effect: &Effect) -> usize {
        self.0.get(effect.name()).copied().unwrap_or_default() + 1
    }

    /// Counts one more effect of this kind and returns the new number.
    pub fn ask(&mut self, effect: &Effect) -> usize {
        let count = self.0.entry(effect.name()).or_default();
        *count += 1;
        *count
    }
}
