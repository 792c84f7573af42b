//! Clients of other services: [`placement`], and Keystone and nova in [`cloud`]. All requests go through [`outgoing`], and
//! wait for a permit of [`in_flight`] first.

pub mod cloud;
pub(crate) mod in_flight;
pub mod outgoing;
pub mod placement;
