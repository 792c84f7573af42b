//! The contract's types, generated from `wit/`, with the JSON form that records and the browser use: a variant is an
//! object with its `kind`, an enum a string, both in WIT's own spelling; a record's fields are in snake case, and one
//! that is none is null.

// Generated code is not held to this crate's lints.
#[allow(missing_docs, clippy::all)]
mod generated {
    wit_bindgen::generate!({
        world: "policy",
        path: "../wit",
        pub_export_macro: true,
        default_bindings_module: "swaparoo_plugin::contract",
        generate_all,
        additional_derives: [Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize],
        additional_type_attributes: {
            "swaparoo:policy/types@0.1.0/task": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(tag = "kind", rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/move-task": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/replace-task": [#[cfg_attr(feature = "browser", derive(tsify::Tsify), tsify(missing_as_null))]],
            "swaparoo:policy/types@0.1.0/revert-task": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/task-kind": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/resource-amount": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/allocation": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/owner": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/holding": [#[cfg_attr(feature = "browser", derive(tsify::Tsify), tsify(missing_as_null))]],
            "swaparoo:policy/types@0.1.0/effect": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(tag = "kind", rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/get-allocations": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/post-allocations": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/new-holding": [#[cfg_attr(feature = "browser", derive(tsify::Tsify), tsify(missing_as_null))]],
            "swaparoo:policy/types@0.1.0/delete-allocations": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/find-server": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/find-compute-node": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/pause": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/reply": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(tag = "kind", rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/refusal": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/foreign-answer": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/silence": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/server-state": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/server-answer": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/compute-node-answer": [#[cfg_attr(feature = "browser", derive(tsify::Tsify), tsify(missing_as_null))]],
            "swaparoo:policy/types@0.1.0/paused": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/exchange": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/step": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(tag = "kind", rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/perform": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/finished": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/failed": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/outcome": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(tag = "kind", rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/transfer": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/removal": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/not-held": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/failure": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(tag = "kind", rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/key-error": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/undecided": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/unsettled": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/orphan": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/unsupported-task": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/diverged": [#[cfg_attr(feature = "browser", derive(tsify::Tsify), tsify(missing_as_null))]],
            "swaparoo:policy/types@0.1.0/reason": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))] #[serde(tag = "kind", rename_all = "kebab-case")]],
            "swaparoo:policy/types@0.1.0/orphan-record": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/node": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/attempt": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/types@0.1.0/conflict": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
            "swaparoo:policy/rules@0.1.0/description": [#[cfg_attr(feature = "browser", derive(tsify::Tsify))]],
        },
    });
}

pub use generated::exports::swaparoo::policy::rules::{Description, Guest};
pub use generated::swaparoo::policy::types::*;
#[cfg(target_family = "wasm")]
pub use generated::{export, exports};
