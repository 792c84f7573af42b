//! The real openstack-placement on loopback, for tests: a [`RealPlacement`] with its own database, a [`Client`] that
//! uses the model's [`Request`](swaparoo_placement::Request) and [`Response`](swaparoo_placement::Response) over HTTP,
//! and a [`Proxy`] between them that drops, delays and fakes answers.

mod client;
mod difference;
mod fork_server;
mod plain_http;
mod proxy;
mod rule;
mod seen;
mod server;

pub use client::Client;
pub use difference::{Words, difference};
pub use plain_http::plain_http;
pub use proxy::Proxy;
pub use rule::{Act, Canned, KeptRequest};
pub use seen::Seen;
pub use server::{CannotStart, Options, RealPlacement};
