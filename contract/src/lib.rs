//! The values that policies and hosts exchange, generated from `wit/` with one JSON form, so that a history means the same
//! in a component, in a record on disk and in a browser.
//!
//! In here: the contract's types, their names, and what a value says by itself. Not in here: rules, validation, I/O.

mod effect;
mod exchange;
mod json_text;
mod migration_status;
mod not_in_moves;
mod reason;
mod reason_data;
mod task;

pub use migration_status::CAME_TO_NOTHING;
pub use not_in_moves::NotInMoves;
pub use reason::{Attempt, BuiltInReason, Conflict, Node, OrphanRecord};

include!(concat!(env!("OUT_DIR"), "/types.rs"));
