//! Swaparoo's host: runs the rules of an allocation move as a WebAssembly component and does the I/O that they ask for.
//!
//! [`drive::drive`] is the loop; a [`policy::Policy`] decides, a [`world::World`] acts, a [`record::Record`] keeps what
//! happened. The parts that need no I/O are in the crates `core` and `sim`, and have the same paths here.

pub mod api;
pub mod audit;
pub mod cloud;
pub mod demo;
pub mod drive;
pub mod facts;
pub mod failure;
pub mod gate;
mod in_flight;
mod joined;
pub mod journal;
pub mod library;
mod outgoing;
pub mod placement;
pub mod policy;
pub mod record;
pub mod rehearsal;
pub mod replay;
pub mod runner;
mod seal;
pub mod secret_file;
pub mod service;
pub mod shadow;
pub mod signature;
pub mod worker;
pub mod world;

pub use swaparoo_contract as contract;
use swaparoo_core::sound;
pub use swaparoo_core::sound::task as check_task;
pub use swaparoo_core::{authority, canonical, evidence, printable, wire};

/// Describes the contract's values, and the simulation's events, for people.
pub mod words {
    pub use swaparoo_core::words::*;
    pub use swaparoo_sim::words::happening;
}
