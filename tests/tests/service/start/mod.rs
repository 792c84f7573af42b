//! How the service starts: on what is not there yet, and again after what ended it.

mod aliases;
mod comes_back;
mod disk;
mod foreign_keystone;
mod large;
pub mod late;
mod unit;

pub use unit::Unit;
