//! The bindings of the policy world, which wasmtime generates from `wit/`, with the types of [`crate::contract`].

// This crate's lints do not apply to generated code.
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

/// The generator expects this module for an interface that it did not generate: its types, and what its functions need
/// from the host. `types` has no functions, so they need nothing.
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
