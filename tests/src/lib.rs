//! What the tests from end to end share: the rules run natively, and the explorer of all that can happen to a task.

pub mod chance;
pub mod explore;
pub mod identity;
pub mod migrations;
pub mod native;
pub mod objection;
pub mod sample;
pub mod scenarios;
