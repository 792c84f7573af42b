//! The rows, by theme.

pub mod answers;
pub mod holdings;
pub mod races;
pub mod refusals;
pub mod silence;
pub mod tasks;
