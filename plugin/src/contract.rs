//! The contract: its types, and what wit-bindgen makes of its two worlds, by which a cdylib becomes a component.

// Generated code is not held to this crate's lints.
#[cfg(feature = "component")]
#[allow(missing_docs, clippy::all)]
mod migration_policy {
    wit_bindgen::generate!({
        world: "migration-policy",
        path: "../wit",
        pub_export_macro: true,
        default_bindings_module: "swaparoo_plugin::contract",
        with: {
            "swaparoo:policy/allocations@0.1.0": swaparoo_contract,
            "swaparoo:policy/log@0.1.0": swaparoo_contract,
            "swaparoo:policy/moves@0.1.0": swaparoo_contract::moves,
            "swaparoo:policy/migrations@0.1.0": swaparoo_contract,
        },
    });
}

#[cfg(feature = "component")]
#[allow(missing_docs, clippy::all)]
mod move_policy {
    wit_bindgen::generate!({
        world: "move-policy",
        path: "../wit",
        pub_export_macro: true,
        default_bindings_module: "swaparoo_plugin::contract::move_world",
        with: {
            "swaparoo:policy/allocations@0.1.0": swaparoo_contract,
            "swaparoo:policy/log@0.1.0": swaparoo_contract,
            "swaparoo:policy/moves@0.1.0": swaparoo_contract::moves,
        },
    });
}

#[cfg(feature = "component")]
pub use migration_policy::exports::swaparoo::policy::rules::Guest;
#[cfg(all(feature = "component", target_family = "wasm"))]
pub use migration_policy::{export, exports};
pub use swaparoo_contract::*;

/// What a component of the world `move-policy` exports.
#[cfg(feature = "component")]
pub mod move_world {
    pub use super::move_policy::exports::swaparoo::policy::move_rules::Guest;
    #[cfg(target_family = "wasm")]
    pub use super::move_policy::{export, exports};
}
