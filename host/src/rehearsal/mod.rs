//! The simulation of nova and Placement, and a stage on which the loop itself plays in it.

mod stage;

pub use stage::{Interference, Stage};
pub use swaparoo_sim::*;
