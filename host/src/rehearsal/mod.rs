//! A rehearsal: nova and Placement played in memory, so that a whole migration can be decided, gone wrong and looked at
//! afterwards. Pure: no I/O, no clock, no chance; a clone is another course of the world.
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
#[cfg(feature = "engine")]
mod stage;
#[cfg(test)]
#[cfg(feature = "engine")]
mod tests;
mod verdict;

pub use cloud::{Cloud, ComputeNode, Migration, Server};
pub use compute::Ending;
pub use fate::Fate;
pub use happening::Happening;
pub use placement::Reach;
pub use recorded::UNKNOWN_TOTAL;
pub use rival::RIVAL;
#[cfg(feature = "engine")]
pub use stage::{Interference, Stage};
pub use verdict::Wrong;
