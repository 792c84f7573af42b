//! A rehearsal: nova and Placement played in memory, so that a whole migration can be decided, gone wrong and looked at
//! afterwards; a clone is another course of the world.
//!
//! In here: one cloud, what can befall an effect in it, and what is wrong at the end. Not in here: I/O, a clock, chance,
//! any rule of a move.
//!
//! [`Cloud::answer`] carries out any effect of the contract, or lets it meet a [`Fate`]. What a compute service, a user or
//! an operator does beside the task is a method of its own ([`Cloud::delete_server`], [`Cloud::finish`], ...), and
//! [`Cloud::wrongs`] says what is wrong once everything has come to rest. The scheduler's claims, the task's writes and
//! those of the compute services go through one model of Placement.

mod answer;
mod cloud;
mod compute;
mod fate;
mod happening;
mod placement;
mod recorded;
mod rival;
pub mod scene;
mod scheduler;
#[cfg(test)]
mod tests;
mod verdict;
pub mod words;

pub use cloud::{Cloud, ComputeNode, Migration, Server};
pub use compute::Ending;
pub use fate::Fate;
pub use happening::Happening;
pub use placement::Reach;
pub use recorded::UNKNOWN_TOTAL;
pub use rival::RIVAL;
pub use verdict::Wrong;

use swaparoo_contract as contract;
use swaparoo_core::wire;
