//! The service's start: before Keystone and Placement are available, and after failures.

mod disk;
mod foreign_keystone;
mod journal_lock;
mod large_journal;
pub mod late;
mod restart;
mod systemd_unit;

pub use systemd_unit::SystemdUnit;
