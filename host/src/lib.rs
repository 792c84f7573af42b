//! Swaparoo's host: runs the rules of an allocation move as a WebAssembly component and does the I/O that they ask for.
//!
//! [`drive::drive`] is the loop; a [`policy::Policy`] decides, a [`world::World`] acts, a [`record::Record`] keeps what
//! happened.

pub mod api;
pub mod audit;
pub mod canonical;
pub mod cloud;
pub mod contract;
pub mod demo;
pub mod drive;
pub mod failure;
pub mod gate;
pub mod journal;
pub mod library;
pub mod placement;
pub mod policy;
pub mod record;
pub mod rehearsal;
pub mod replay;
pub mod runner;
pub mod service;
pub mod shadow;
pub mod signature;
mod sound;
pub mod words;
pub mod world;
