//! A simulation of nova and Placement in memory, in which a whole migration can run, with faults, and be checked
//! afterwards. It is pure: no I/O, no clock, and random choices only from a given seed. Cloning a [`SimCloud`] lets two runs continue from the same
//! state.
//!
//! [`SimCloud::answer`] answers any effect of the contract, or applies an [`EffectFault`]. Actions of compute services,
//! users and operators are methods of their own ([`SimCloud::delete_server`], [`SimCloud::finish`], ...), and
//! [`SimCloud::violations`] returns the violations when nothing is in progress any more. The scheduler's claims and the
//! writes of the task and of the compute services use one model of Placement.
//!
//! [`TaskEvent`], with [`SimEvent`] and [`EffectFault`], is all that can happen, and [`Violation`] all that can be wrong at the end.
//! [`explorer`] tries every event at every effect; a [`scenario`] is one cloud, one task and given events, read from a file.
//! [`check`] searches the states that a policy, other clients and delayed requests reach together. [`conform`](mod@conform)
//! asks whether a recorded task is a path of this model. [`fleet`] runs tasks on several runners with one database, under
//! faults of all of them that a seed chooses.

mod answer;
pub mod check;
mod cloud;
mod compute;
pub mod conform;
pub mod describe;
mod event;
pub mod explorer;
mod fault;
pub mod fixture;
pub mod fleet;
mod other_clients;
mod placement;
mod random;
mod recorded;
pub mod scenario;
mod scheduler;
mod task_event;
#[cfg(test)]
mod tests;
mod violation;

pub use cloud::{ComputeNode, SimCloud, SimMigration, SimServer};
pub use compute::MigrationEnd;
pub use event::SimEvent;
pub use fault::EffectFault;
pub use other_clients::COMPETITOR;
pub use placement::Reach;
pub use random::Random;
pub use recorded::UNKNOWN_TOTAL;
pub use task_event::{Party, TaskEvent};
pub use violation::{HoldingViolation, Violation};

use swaparoo_contract as contract;
use swaparoo_core::placement_codec;
