//! An inventory: how much of one resource class a provider has, and the allowed amounts of an allocation.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// The largest number in Placement's database (placement db/constants.py MAX_INT).
pub(crate) const MAX_INT: u64 = 2_147_483_647;

/// The inventory of one resource class of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The total amount, at least 1.
    pub total: u64,
    /// The amount that consumers cannot use.
    #[serde(default)]
    pub reserved: u64,
    /// The smallest amount that one consumer may hold.
    #[serde(default = "one")]
    pub min_unit: u64,
    /// The largest amount that one consumer may hold.
    #[serde(default = "max_int")]
    pub max_unit: u64,
    /// Amounts must be multiples of this.
    #[serde(default = "one")]
    pub step_size: u64,
    /// How many times each unit may be allocated.
    #[serde(default)]
    pub allocation_ratio: Ratio,
}

impl Inventory {
    /// An inventory with Placement's defaults: nothing reserved, any amount, ratio 1.
    #[must_use]
    pub fn of(total: u64) -> Self {
        Self { total, reserved: 0, min_unit: 1, max_unit: MAX_INT, step_size: 1, allocation_ratio: Ratio::default() }
    }

    /// The maximum sum of all consumers' amounts.
    #[expect(clippy::cast_precision_loss, reason = "totals stay below 2^31, and Placement computes in doubles too")]
    pub(crate) fn capacity(&self) -> f64 {
        (self.total as f64 - self.reserved as f64) * self.allocation_ratio.0
    }

    pub(crate) fn permits(&self, amount: u64) -> bool {
        self.min_unit <= amount && amount <= self.max_unit && amount.is_multiple_of(self.step_size.max(1))
    }
}

/// An allocation ratio, compared and hashed by its bits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ratio(pub f64);

impl Default for Ratio {
    fn default() -> Self {
        Self(1.0)
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Ratio {}

impl Hash for Ratio {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.to_bits().hash(hasher);
    }
}

fn one() -> u64 {
    1
}

fn max_int() -> u64 {
    MAX_INT
}
