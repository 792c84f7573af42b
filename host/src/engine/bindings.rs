//! The bindings of the two worlds of a policy, which wasmtime generates from `wit/`, with the types of
//! [`crate::contract`].

// This crate's lints do not apply to generated code.
#[allow(missing_docs, dead_code, clippy::all)]
mod migration_policy {
    wasmtime::component::bindgen!({
        world: "migration-policy",
        path: "../wit",
        with: {
            "swaparoo:policy/allocations@1.0.0": super::types,
            "swaparoo:policy/log@1.0.0": super::types,
            "swaparoo:policy/moves@1.0.0": super::move_types,
            "swaparoo:policy/migrations@1.0.0": super::types,
        },
    });
}

#[allow(missing_docs, dead_code, clippy::all)]
mod move_policy {
    wasmtime::component::bindgen!({
        world: "move-policy",
        path: "../wit",
        with: {
            "swaparoo:policy/allocations@1.0.0": super::types,
            "swaparoo:policy/log@1.0.0": super::types,
            "swaparoo:policy/moves@1.0.0": super::move_types,
        },
    });
}

pub use migration_policy::{MigrationPolicy, MigrationPolicyIndices};
pub use move_policy::{MovePolicy, MovePolicyIndices};

/// The generator expects such a module for an interface that it did not generate: its types, and what its functions need
/// from the host. The interfaces have no functions, so they need nothing.
macro_rules! interface {
    ($name:ident: $($types:tt)*) => {
        pub mod $name {
            use wasmtime::component::{HasData, Linker};

            pub use $($types)*;

            pub trait Host {}
            pub trait HostWithStore<T>: HasData {}
            impl<T, D: HasData> HostWithStore<T> for D {}

            pub fn add_to_linker<T, D: HasData>(
                _: &mut Linker<T>,
                _: fn(&mut T) -> D::Data<'_>,
            ) -> wasmtime::Result<()> {
                Ok(())
            }
        }
    };
}

interface!(types: crate::contract::*);
interface!(move_types: crate::contract::moves::*);
