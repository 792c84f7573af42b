//! Asks for the same read again, whatever has happened: it looks at no reply.
#![cfg(target_family = "wasm")]

swaparoo_hostile::policy!(swaparoo_hostile::harmless);
