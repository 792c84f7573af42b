//! The databases start, and the proxy in front of them fails as it should.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing unwrap shows its line")]

mod cut;
mod galera;
mod postgres;
