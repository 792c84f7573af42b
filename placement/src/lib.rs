//! OpenStack Placement in memory: a pure model of the parts of its API that deal with allocations.
//!
//! [`Placement::handle`] takes a [`Request`] and returns a [`Response`], with the same statuses, error codes, texts and
//! generations as the real service over HTTP. The crate uses no socket, file, clock or random number, so it runs in a
//! browser, and a program can clone it at every step and explore all possible orders ([`Placement`] is cheap to clone,
//! comparable and hashable). The tests in `tests/real` send the same requests to the real service.
//!
//! The model has two kinds of faults: [`Fault`] disturbs one request (its answer is lost, another writer comes first);
//! [`Placement::begin`] and [`Placement::commit`] let other requests run between the check of a consumer's generation
//! and the write, as in the real service.
//!
//! ```
//! use swaparoo_placement::{Consumer, Inventory, Placement, Provider, Request};
//!
//! let host = "5a1d0000-0000-0000-0000-000000000001";
//! let server = "c0ffee00-0000-0000-0000-000000000001";
//! let mut placement = Placement::default();
//! placement.add_provider(host, Provider::named("host-1").with("VCPU", Inventory::of(16)))?;
//! placement.add_consumer(server, Consumer::of("project", "user").holding(host, "VCPU", 4))?;
//!
//! let answer = placement.handle(&Request::get(&format!("/allocations/{server}")));
//! assert_eq!(answer.body["consumer_generation"], 1);
//! # Ok::<(), swaparoo_placement::Invalid>(())
//! ```

mod aggregates;
mod allocations;
mod capacity;
mod consumer;
mod errors;
mod fault;
mod file;
#[cfg(feature = "http")]
pub mod http;
mod inventories;
mod inventory;
mod microversion;
mod placement;
mod provider;
mod providers;
mod query;
mod request;
mod reshaper;
mod resource_classes;
mod response;
mod root;
mod routes;
mod schema;
mod state;
mod traits;
mod usages;
mod uuids;

pub use allocations::Draft;
pub use consumer::Consumer;
pub use errors::ErrorCode;
pub use fault::{Delivery, Fault};
pub use file::Invalid;
pub use inventory::{Inventory, Ratio};
pub use microversion::Microversion;
pub use placement::Placement;
pub use provider::Provider;
pub use request::{Body, Method, Request};
pub use response::Response;
pub use state::Resources;
