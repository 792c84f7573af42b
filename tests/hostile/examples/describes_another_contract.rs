//! Exports this contract, but reports that it was built for another one.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{description, harmless};
use swaparoo_plugin::contract::Description;

swaparoo_hostile::policy!(describe: Description { contract: "2.0.0".into(), ..description() }, next_step: harmless);
