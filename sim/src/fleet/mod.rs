//! A fleet: several runners on one database, in virtual time. A seed chooses the tasks, the times of all messages, and the
//! faults; the same seed gives the same history.
//!
//! A [`Fleet`] makes a [`History`] of a seed. The runners (`runner.rs`, and `run.rs` for each task) are state machines that follow the rules
//! of the host's journal in a database: each append is fenced by the task's owner, its epoch and the number of its
//! entries; a consumer in a running task is a row with the consumer as its primary key; a runner whose beat stands still
//! is dead to the others, which take its tasks; a COMMIT without an answer is looked for. The tasks are decided by a
//! [`Policy`](crate::explorer::Policy), and their effects reach a [`SimCloud`](crate::SimCloud).
//!
//! The rules, in short:
//!
//! - An append is one transaction: it inserts the entries, and moves the task's row on from as many entries as the runner
//!   knows, as this owner under this epoch. If it is refused, the runner drops the task, and tries nothing again.
//! - After a COMMIT without an answer it looks for its last entry: there and its own (owner, epoch and event) means done;
//!   absent means the same transaction again; anything else means refused.
//! - `Opened` locks all consumers or none, `Ended` unlocks them, and a record that is learned late is locked with the entry
//!   that says so.
//! - Each look takes the open tasks of every owner that is not alive: dead, stopped, or in no row of `runners`. Marking a
//!   runner dead is not enough: an `Opened` of it may be committed later, and the runner that has marked it may die too.
//! - A look goes on with the tasks of its runner that do not run, after it has read their rows again: after a takeover, a
//!   refused append, or an `Opened` without an answer.
//! - A write that was about to be sent is lost, as the rules see it. A task moves its consumers past the generations of
//!   writes that earlier tasks have lost, since such a write may be sent at any later time.
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
pub use history::{Fleet, History};
pub use protocol::{Fence, Protocol, Takes, Unanswered};
