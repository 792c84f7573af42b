//! Writes of several tasks as one.

mod merged_writes;
mod model;
mod stage;
