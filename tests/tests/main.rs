//! All end-to-end tests, as one program: each test program links wasmtime, which takes longer than most tests.
//!
//! A folder or a file is a module here, so `cargo test -p swaparoo-tests service::` runs a folder's tests. They share
//! one process, so a test sets environment variables and the working directory only for programs that it starts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

mod browser;
mod check;
mod cli;
mod client;
mod deploy;
mod exploration;
mod failover;
mod kept;
mod lost_answers;
mod migrations;
mod monitoring;
mod moves;
mod oci;
mod program_under_test;
mod proxy;
mod records;
mod same_everywhere;
mod scenarios;
mod service;
