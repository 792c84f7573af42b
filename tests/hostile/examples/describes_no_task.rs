//! Has no rules for any kind of task.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{description, harmless};
use swaparoo_plugin::contract::Description;

swaparoo_hostile::policy!(describe: Description { tasks: Vec::new(), ..description() }, next_step: harmless);
