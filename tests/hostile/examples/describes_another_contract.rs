//! Exports this contract and says that it was built for another.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{description, harmless};
use swaparoo_plugin::contract::Description;

swaparoo_hostile::policy!(describe: Description { contract: "0.2.0".into(), ..description() }, next_step: harmless);
