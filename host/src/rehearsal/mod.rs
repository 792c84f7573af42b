//! The rehearsal, with a stage on which the loop itself plays.

mod stage;

pub use stage::{Interference, Stage};
pub use swaparoo_sim::*;
