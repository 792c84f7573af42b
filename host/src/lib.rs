//! Swaparoo's host: runs the rules of an allocation move as a WebAssembly component and does the I/O that they ask for.
//!
//! [`drive::drive`] is the loop; a [`policy::Policy`] decides, a [`executor::World`] acts, a [`record::Record`] keeps what
//! happened.
//!
//! Without the feature `engine` this crate runs no policy and does no I/O. The debugger uses this part in a browser.

pub mod authority;
pub mod canonical;
#[cfg(feature = "engine")]
pub mod contract;
pub mod describe;
pub mod evidence;
pub mod placement_codec;
pub mod printable;
pub mod record;
pub mod simulation;
#[cfg_attr(
    not(feature = "engine"),
    allow(
        dead_code,
        unused_imports,
        reason = "without `engine` only Placement's answers are validated, not tasks and replies"
    )
)]
mod validate;
#[cfg(not(feature = "engine"))]
pub use swaparoo_plugin::contract;

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
pub mod executor;
#[cfg(feature = "engine")]
pub mod failure;
#[cfg(feature = "engine")]
mod in_flight;
#[cfg(feature = "engine")]
mod joined;
#[cfg(feature = "engine")]
pub mod journal;
#[cfg(feature = "engine")]
pub mod placement;
#[cfg(feature = "engine")]
pub mod policy;
#[cfg(feature = "engine")]
pub mod promotion;
#[cfg(feature = "engine")]
pub mod registry;
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
