//! The browser module: everything is in `swaparoo_plugin::browser`, which this pulls into a cdylib.

pub use swaparoo_plugin::browser;
