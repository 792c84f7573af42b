//! The section `[policies.limits]`.

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer};

use super::units;
use crate::engine::Limits;

const MIB: usize = 1 << 20;
/// Within the machine code that a worker process may answer with.
const COMPONENT: RangeInclusive<usize> = 4 * MIB..=32 * MIB;
const MEMORY: RangeInclusive<usize> = 4 * MIB..=256 * MIB;
const ELEMENTS: RangeInclusive<u64> = 4_096..=65_536;

/// `[policies.limits]`: the limits of a policy that an operator may raise, for policies that contain a large runtime. None can
/// be lower than the contract says, since every policy may rely on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyLimits {
    /// Size of a component file in bytes.
    #[serde(deserialize_with = "component")]
    pub component_bytes: usize,
    /// Linear memory of an instance in bytes, the sum of all its memories.
    #[serde(deserialize_with = "memory")]
    pub memory_bytes: usize,
    /// Elements of an instance's tables, the sum of all.
    #[serde(deserialize_with = "elements")]
    pub table_elements: usize,
}

impl Default for PolicyLimits {
    fn default() -> Self {
        let Limits { component_bytes, memory_bytes, table_elements, .. } = Limits::default();
        Self { component_bytes, memory_bytes, table_elements }
    }
}

impl From<PolicyLimits> for Limits {
    fn from(PolicyLimits { component_bytes, memory_bytes, table_elements }: PolicyLimits) -> Self {
        Self { component_bytes, memory_bytes, table_elements, ..Self::default() }
    }
}

fn component<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    units::size_within(from, COMPONENT)
}

fn memory<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    units::size_within(from, MEMORY)
}

fn elements<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let elements = units::integer_within(from, ELEMENTS)?;
    Ok(usize::try_from(elements).unwrap_or_default())
}
