//! Policies: components that hold the rules of a move, and the engine that runs them.
//!
//! A policy is not trusted. It imports nothing, so it can only answer. [`Limits`] bounds the cost of an answer;
//! `validate_step` and [`Authority`] check its content. In every case the call ends with a step or a [`CallError`], and the
//! engine serves the next call. This module does no network I/O and does not know what a rule means.

mod bindings;
mod builtin;
mod cache;
mod check_world;
mod clock;
mod compile;
mod compose;
mod config;
mod description;
mod digest;
mod error;
mod features;
mod instance;
mod instance_limit;
mod join;
mod limits;
mod loaded;
mod loader;
mod move_values;
mod older;
mod runtime;
pub(crate) mod seal;
mod settings;
mod sniff;
#[cfg(test)]
pub(crate) mod tests;
mod trap;
mod validate_step;
pub mod worker;
mod world;

pub use crate::authority::{Authority, OutOfBounds, migration_in_answer};
pub use builtin::{BUILT_IN, BuiltIn, check_name};
pub use cache::Cache;
pub(crate) use clock::processor_time;
pub use compile::in_worker as compile_in_worker;
pub use compose::{ComposeError, NamedComponent, compose};
pub use digest::{Digest, NotADigest};
pub use error::{CallError, EngineError, LoadError};
pub use limits::Limits;
pub use loaded::{Decision, Policy, Usage, WarmInstance};
pub use loader::Loader;
pub use runtime::Engine;
pub use settings::{Settings, SettingsError};
pub use world::World;
