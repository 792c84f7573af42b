//! `swaparoo serve` from outside: its use by a conductor and an operator, and its state after a kill.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

mod at_once;
mod bounds;
mod chance;
mod children;
mod clock;
mod conductor;
mod crash;
mod crowds;
mod debugger;
mod default_socket;
mod door;
mod end_to_end;
mod evacuation;
mod full_disk;
mod gone_clients;
mod ground;
mod hostile_clients;
mod hostile_policies;
mod hostile_shadow;
mod impossible_replies;
mod impossible_tasks;
mod in_flight;
mod journal;
mod keys;
mod keystone;
mod killed_workers;
mod log;
mod lost_journal;
mod many_policies;
mod metrics;
mod migrations;
mod migrations_killed;
mod notify;
mod overload;
mod page;
mod pages;
mod parked;
mod parking;
mod policies_page;
mod printable;
mod ready;
mod refusals;
mod retention;
mod serve;
mod signed;
mod start;
mod stop;
mod swap;
mod tasks;
mod tls;
mod traces;
mod untrusted_components;
