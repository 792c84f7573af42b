//! Shared by the end-to-end tests: the rules run natively, and the explorers of all possible runs of a task.

pub mod chance;
pub mod explore;
pub mod identity;
pub mod migrations;
pub mod native;
pub mod objection;
pub mod random;
pub mod sample;
pub mod scenarios;
