//! Searches all states that a policy's tasks and the others around them can reach, for one that is wrong.
//!
//! A [`State`] is the cloud, the actors in it and the requests in flight. An [`Actor`] is a small automaton: a
//! [`Mover`] runs tasks under the policy, one effect at a time; a user deletes the server in phases; the scheduler
//! claims; compute services finish migrations. A [`Scene`] is the state at the beginning. An [`Action`] leads from one
//! state to the next: the answer to an effect, normal or with a fault, the action of another actor, the arrival of a
//! request that was in flight, the first half of a write, or a crash after which a journal lacks its last entries.
//!
//! [`check`] searches breadth first, and by the number of faults before that: first all states without a fault, then
//! those with one. So the first [`Counterexample`] has the fewest faults, and is the shortest with so many. States are
//! merged by a hash of 128 bits (`state_key.rs` says of what). Another actor acts only before an effect with which its
//! remaining actions can interfere (`footprint.rs` says why that is enough).
//!
//! [`compare`] asks a second policy in each of these states, until the two differ.
//!
//! What must hold is a [`Property`]: of every state, of every state at rest, and of every task's end. A
//! [`Transcript`] plays a counterexample again, and shows it.

mod action;
mod actor;
mod compare;
mod counterexample;
mod deletion;
mod fault_count;
mod footprint;
mod half_write;
mod in_flight;
mod known;
mod lasting;
mod left_out;
mod mover;
mod outcome;
mod property;
mod scene;
mod scenes;
mod search;
mod state;
mod state_key;
#[cfg(test)]
mod tests;
mod transcript;
mod transcript_play;
mod transcript_text;
mod unavoidable;
mod verdict;
#[cfg(test)]
mod world_tests;

pub use action::{Action, OtherAction};
pub use actor::Actor;
pub use compare::{Comparison, Difference, DifferentCall, compare};
pub use counterexample::Counterexample;
pub use deletion::{Deletion, DeletionOrder};
pub use fault_count::{fault_count, most_faults};
pub use known::{KNOWN, KnownCounterexample, is_known};
pub use lasting::LastingFaults;
pub use left_out::LeftOut;
pub use mover::{After, Mover, QueuedTask};
pub(crate) use mover::{decide, violation_of};
pub use outcome::{Outcome, Progress};
pub use property::Property;
pub use scene::Scene;
pub use scenes::{HOSTS, LARGE, OLD_SERVICES, scenes};
pub use search::{Limits, check, check_until};
pub use state::State;
pub use transcript::{Line, PlayedTask, Transcript};
pub use unavoidable::unavoidable_after;
