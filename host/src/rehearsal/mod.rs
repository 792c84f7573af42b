//! A simulation of nova and Placement in memory, in which a whole migration can run, with faults, and be checked
//! afterwards. It is pure: no I/O, no clock, no randomness. Cloning a [`Cloud`] lets two runs continue from the same
//! state.
//!
//! [`Cloud::answer`] answers any effect of the contract, or applies a [`Fate`]. Actions of compute services, users and
//! operators are methods of their own ([`Cloud::delete_server`], [`Cloud::finish`], ...), and [`Cloud::wrongs`] returns
//! the violations when nothing is in progress any more. The scheduler's claims and the writes of the task and of the
//! compute services use one model of Placement.

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
