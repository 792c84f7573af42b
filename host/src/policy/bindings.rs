//! The world of a policy, as wasmtime's generator reads it from `wit/`, over the types in [`crate::contract`].

// Generated code is not held to this crate's lints.
#[allow(missing_docs, dead_code, clippy::all)]
mod generated {
    wasmtime::component::bindgen!({
        world: "policy",
        path: "../wit",
        with: { "swaparoo:policy/types@0.1.0": super::types },
    });
}

pub use generated::exports::swaparoo::policy::rules::Description;
pub use generated::{Policy as World, PolicyIndices as WorldIndices};

/// What the generator expects of an interface that it did not generate itself: its types, and what its functions need
/// of a host. It has no functions, so that is nothing.
pub mod types {
    use wasmtime::component::{HasData, Linker};

    pub use crate::contract::*;

    pub trait Host {}
    pub trait HostWithStore<T>: HasData {}
    impl<T, D: HasData> HostWithStore<T> for D {}

    pub fn add_to_linker<T, D: HasData>(_: &mut Linker<T>, _: fn(&mut T) -> D::Data<'_>) -> wasmtime::Result<()> {
        Ok(())
    }
}
