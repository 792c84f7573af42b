//! Numbers of faults in words.

use swaparoo_core::describe::count;

/// How many faults are on a way, such as `1 fault`.
#[must_use]
pub fn fault_count(number: u32) -> String {
    if number == 0 { "no fault".to_owned() } else { count(number, "fault") }
}

/// The bound of a search, such as `with up to 1 fault`.
#[must_use]
pub fn most_faults(number: u32) -> String {
    if number == 0 { "without faults".to_owned() } else { format!("with up to {}", fault_count(number)) }
}
