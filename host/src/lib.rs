//! Swaparoo's host: runs the rules of an allocation move as a WebAssembly component and does the I/O that they ask for.
//!
//! [`drive::drive`] is the loop; a [`engine::Policy`] decides, a [`executor::World`] acts, a [`record::Record`] keeps what
//! happened. The parts that need no I/O are in the crates `core` and `sim`, and have the same paths here.

pub mod audit;
pub mod cadf;
pub mod certificate;
pub mod clients;
pub mod demo;
pub mod drive;
pub mod engine;
pub mod executor;
pub mod facts;
pub mod failure;
pub mod http;
mod joined;
pub mod journal;
pub mod proxy;
pub mod record;
pub mod registry;
pub mod replay;
pub mod runner;
pub mod secret_file;
pub mod shadow;
pub mod simulation;
pub mod task_clock;

pub use swaparoo_contract as contract;
use swaparoo_core::validate;
pub use swaparoo_core::validate::task as check_task;
pub use swaparoo_core::{authority, canonical, evidence, placement_codec, printable, task};

/// Describes the contract's values, and the simulation's events, for people.
pub mod describe {
    pub use swaparoo_core::describe::*;
    pub use swaparoo_sim::describe::event;
}
