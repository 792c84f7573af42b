//! The service's start: before Keystone and Placement are available, and after failures.

mod aliases;
mod comes_back;
mod disk;
mod foreign_keystone;
mod large;
pub mod late;
mod unit;

pub use unit::Unit;
