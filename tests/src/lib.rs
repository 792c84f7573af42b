//! Shared by the end-to-end tests: the rules run natively, and samples of the explorations.

pub mod exploration;
pub mod identity;
pub mod native;
pub mod random;
pub mod sample;
pub mod scenarios;
