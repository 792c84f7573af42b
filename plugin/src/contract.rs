//! The contract: its types, and what wit-bindgen makes of its world, by which a cdylib becomes a component.

// Generated code is not held to this crate's lints.
#[cfg(feature = "component")]
#[allow(missing_docs, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        world: "policy",
        path: "../wit",
        pub_export_macro: true,
        default_bindings_module: "swaparoo_plugin::contract",
        with: {
            "swaparoo:policy/types@0.1.0": swaparoo_contract,
            "swaparoo:policy/rules@0.1.0/description": swaparoo_contract::Description,
        },
    });
}

#[cfg(feature = "component")]
pub use generated::exports::swaparoo::policy::rules::Guest;
#[cfg(all(feature = "component", target_family = "wasm"))]
pub use generated::{export, exports};
pub use swaparoo_contract::*;
