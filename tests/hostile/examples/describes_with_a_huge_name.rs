//! Has a name of a hundred thousand letters.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{description, harmless};
use swaparoo_plugin::contract::Description;

swaparoo_hostile::policy!(describe: Description { name: "a".repeat(100_000), ..description() }, next_step: harmless);
