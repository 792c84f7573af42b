//! The program: its output, its exit codes, and that bad input gives one clear line and changes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

mod audit;
mod bad_input;
mod demo;
mod gate;
mod hostile;
mod live;
mod policies;
mod program;
mod service;
mod tasks;
