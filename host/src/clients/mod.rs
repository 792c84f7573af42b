//! Clients of other services: [`placement`], Keystone and nova in [`cloud`], and registries of policies in [`oci`], which has a client
//! of its own. All other requests go through [`outgoing`], and
//! wait for a permit of [`in_flight`] first.

pub mod cloud;
pub(crate) mod in_flight;
pub mod oci;
pub mod outgoing;
pub mod placement;
