//! The former name of [`Random`](crate::random::Random).

pub use crate::random::Random as Chance;
