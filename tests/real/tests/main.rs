//! Tests of the model and the proxy with the real Placement, as one program.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing unwrap shows its line")]

mod against_real;
mod facts;
mod proxy;
