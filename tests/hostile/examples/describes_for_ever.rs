//! Never finishes describing itself.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::harmless;
use swaparoo_plugin::contract::Description;

swaparoo_hostile::policy!(describe: describe(), next_step: harmless);

fn describe() -> Description {
    loop {
        std::hint::spin_loop();
    }
}
