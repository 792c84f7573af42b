//! The values that policies and hosts exchange, generated from `wit/` with one JSON form, so that a history means the same
//! in a component, in a record on disk and in a browser.
//!
//! In here: the contract's types, their names, and what a value says by itself. Not in here: rules, validation, I/O.

#[cfg(feature = "wasmtime")]
mod component_value;
mod effect;
mod exchange;
mod failure;
mod json_text;
mod migration_status;
mod not_in_moves;
mod reason;
mod reason_data;
mod task;
mod version;

#[cfg(feature = "wasmtime")]
pub use component_value::{ComponentValue, Extra, NotInVersion, OtherType};
pub use migration_status::CAME_TO_NOTHING;
pub use not_in_moves::NotInMoves;
pub use reason::{Attempt, BuiltInReason, Conflict, Node, OrphanRecord};
pub use version::Version;
#[cfg(feature = "wasmtime")]
use wasmtime::component::{Type, Val};

include!(concat!(env!("OUT_DIR"), "/types.rs"));
