//! Swaparoo's host: runs the rules of an allocation move as a WebAssembly component and does the I/O that they ask for.
//!
//! [`drive::drive`] is the loop; a [`policy::Policy`] decides, a [`world::World`] acts, a [`record::Record`] keeps what
//! happened.
//!
//! Without the feature `engine` nothing here runs a policy or asks the outside. What is left is pure: the debugger has it
//! in a browser.

pub mod authority;
pub mod canonical;
pub mod evidence;
pub mod printable;
pub mod record;
pub mod rehearsal;
#[cfg_attr(
    not(feature = "engine"),
    allow(
        dead_code,
        unused_imports,
        reason = "the pure half reads what Placement shows, and neither tasks nor replies"
    )
)]
mod sound;
pub mod wire;
pub mod words;
pub use swaparoo_contract as contract;

#[cfg(feature = "engine")]
pub mod api;
#[cfg(feature = "engine")]
pub mod audit;
#[cfg(feature = "engine")]
pub mod cloud;
#[cfg(feature = "engine")]
pub mod demo;
#[cfg(feature = "engine")]
pub mod drive;
#[cfg(feature = "engine")]
pub mod failure;
#[cfg(feature = "engine")]
pub mod gate;
#[cfg(feature = "engine")]
mod in_flight;
#[cfg(feature = "engine")]
mod joined;
#[cfg(feature = "engine")]
pub mod journal;
#[cfg(feature = "engine")]
pub mod library;
#[cfg(feature = "engine")]
pub mod placement;
#[cfg(feature = "engine")]
pub mod policy;
#[cfg(feature = "engine")]
pub mod replay;
#[cfg(feature = "engine")]
pub mod runner;
#[cfg(feature = "engine")]
mod seal;
#[cfg(feature = "engine")]
pub mod secret_file;
#[cfg(feature = "engine")]
pub mod service;
#[cfg(feature = "engine")]
pub mod shadow;
#[cfg(feature = "engine")]
pub mod signature;
#[cfg(feature = "engine")]
pub mod worker;
#[cfg(feature = "engine")]
pub mod world;
