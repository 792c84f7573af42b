//! What a host knows of a task without asking anybody: its state machine, what it may touch and write, which end its
//! history shows, what a value must be to mean anything, Placement's form of it, its record, and words for people.
//!
//! In here: functions of values. Not in here: I/O, clocks, threads, an async runtime, an engine, and any rule of a move.

pub mod authority;
pub mod canonical;
pub mod describe;
pub mod evidence;
pub mod late_write;
pub mod placement_codec;
pub mod printable;
pub mod record;
pub mod task;
pub mod validate;

pub use swaparoo_contract as contract;
