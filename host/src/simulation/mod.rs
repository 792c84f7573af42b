//! The simulation of nova and Placement, and a world in which the loop itself runs against it.

mod component;
mod world;

pub use component::Component;
pub use swaparoo_sim::*;
pub use world::SimWorld;
