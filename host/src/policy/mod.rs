//! Policies: components that hold the rules of a move, and the engine that runs them.
//!
//! A policy is not trusted. It imports nothing, so it can do nothing but answer; what an answer may cost is bounded by
//! [`Limits`], what it may say by the checks in `sense` and by [`Authority`]. Whatever it does, the call ends with a
//! step or a [`CallError`], and the engine serves the next call. Nothing here does network I/O or knows what a rule means.

mod bindings;
mod builtin;
mod cache;
mod compile;
mod config;
mod description;
mod digest;
mod engine;
mod error;
mod fault;
mod features;
mod format;
mod instance;
mod limits;
mod loaded;
mod loader;
mod sense;
mod shape;
mod slots;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::authority::{Authority, OutOfBounds, migration_told};
pub use builtin::{BUILT_IN, BuiltIn};
pub use cache::Cache;
pub use compile::in_worker as compile_in_worker;
pub use digest::{Digest, NotADigest};
pub use engine::Engine;
pub use error::{CallError, EngineError, LoadError};
pub use limits::Limits;
pub use loaded::{Decision, Policy, Warm};
pub use loader::Loader;
