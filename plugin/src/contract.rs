//! The contract: its types, and what wit-bindgen makes of its two worlds, by which a cdylib becomes a component.

/// The module `exports` that wit-bindgen's `export!` uses, with functions that free nothing in place of those that free
/// an answer after the call. Each call gets a fresh instance (`host/src/engine/`), whose memory ends with it, and the code
/// that frees every kind of answer would be a twentieth of a component.
#[cfg(feature = "component")]
macro_rules! keeps_its_answers {
    ($generated:path, $interface:ident) => {
        #[cfg(target_family = "wasm")]
        #[allow(missing_docs)]
        pub mod exports {
            pub mod swaparoo {
                pub mod policy {
                    pub mod $interface {
                        pub use generated::exports::swaparoo::policy::$interface::*;
                        use $generated as generated;

                        pub fn __post_return_describe<T>(_: *mut u8) {}
                        pub fn __post_return_next_step<T>(_: *mut u8) {}
                    }
                }
            }
        }
    };
}

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
            "swaparoo:policy/allocations@1.0.0": swaparoo_contract,
            "swaparoo:policy/log@1.0.0": swaparoo_contract,
            "swaparoo:policy/moves@1.0.0": swaparoo_contract::moves,
            "swaparoo:policy/migrations@1.0.0": swaparoo_contract,
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
            "swaparoo:policy/allocations@1.0.0": swaparoo_contract,
            "swaparoo:policy/log@1.0.0": swaparoo_contract,
            "swaparoo:policy/moves@1.0.0": swaparoo_contract::moves,
        },
    });
}

#[cfg(all(feature = "component", target_family = "wasm"))]
pub use migration_policy::export;
#[cfg(feature = "component")]
pub use migration_policy::exports::swaparoo::policy::rules::Guest;
#[cfg(feature = "component")]
keeps_its_answers!(crate::contract::migration_policy, rules);
pub use swaparoo_contract::*;

/// What a component of the world `move-policy` exports.
#[cfg(feature = "component")]
pub mod move_world {
    #[cfg(target_family = "wasm")]
    pub use super::move_policy::export;
    pub use super::move_policy::exports::swaparoo::policy::move_rules::Guest;

    keeps_its_answers!(crate::contract::move_policy, move_rules);
}
