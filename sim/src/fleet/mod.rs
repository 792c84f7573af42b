//! A fleet: several runners on one database, in virtual time. A seed chooses the tasks, the times of all messages, and the
//! faults; the same seed gives the same history.
//!
//! A [`Fleet`] makes a [`History`] of a seed. The runners (`runner.rs`, and `run.rs` for each task) are state machines that follow the rules
//! of the host's journal in a database: each append is fenced by the task's owner, its epoch and the number of its
//! entries; a consumer in a running task is a row with the consumer as its primary key; a runner whose beat stands still
//! is dead to the others, which take its tasks; a COMMIT without an answer is looked for. The tasks are decided by a
//! [`Policy`](crate::explorer::Policy), and their effects reach a [`SimCloud`](crate::SimCloud).
//!
//! `check.rs` holds each commit, each write that is sent and each answer to a client to what must always hold, `rest.rs`
//! the end. [`Protocol`] leaves out a rule, to see that the simulation finds what is wrong then.
//!
//! What it leaves out: several tasks in one transaction, reads that do not wait for earlier commits, parked tasks, and a
//! conductor that dies. A beat comes every three seconds instead of every second, so that a history has fewer events.

mod accept;
mod append;
mod check;
mod clients;
mod counts;
mod database;
mod fault;
mod history;
mod journal;
mod locks;
mod lookout;
mod message;
mod network;
mod part;
mod place;
mod protocol;
mod rest;
mod run;
mod runner;
mod scene;
mod schedule;
mod statement;
mod tables;
#[cfg(test)]
mod tests;
mod transactions;
mod world;

pub use counts::Counts;
pub use fault::FleetFault;
pub use history::{Fleet, History};
pub use protocol::{Fence, Protocol, Takes, Unanswered};
