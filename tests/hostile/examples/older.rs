//! Has an older version than the others of its name.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{description, harmless};
use swaparoo_plugin::contract::Description;

swaparoo_hostile::policy!(describe: Description { version: "0.0.9".into(), ..description() }, next_step: harmless);
