//! The simulation of nova and Placement, and a world in which the loop itself runs against it.

mod world;

pub use swaparoo_sim::*;
pub use world::SimWorld;
