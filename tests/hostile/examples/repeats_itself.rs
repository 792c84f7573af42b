//! Always asks for the same read again, and ignores all replies.
#![cfg(target_family = "wasm")]

swaparoo_hostile::policy!(swaparoo_hostile::harmless);
