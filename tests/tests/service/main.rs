//! `swaparoo serve` from outside: what a conductor and an operator do with it, and what a kill leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that fails by unwrap says where; clippy.toml frees the tests themselves, and this their helpers"
)]

mod clock;
mod crash;
mod end_to_end;
mod full_disk;
mod ground;
mod hostile_clients;
mod hostile_policies;
mod overload;
mod parked;
mod readme;
mod refusals;
mod serve;
mod signed;
mod swap;
mod tasks;
mod traces;
