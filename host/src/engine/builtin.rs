//! The policies that are built into the program.

use super::{Digest, LoadError, Policy};

/// A component that is part of the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// The policy's name, the same as in its description.
    pub name: &'static str,
    /// The component file; empty if the program was compiled without it.
    pub component: &'static [u8],
}

/// The built-in policies; the first is the default.
pub const BUILT_IN: [BuiltIn; 3] = [
    BuiltIn { name: "standard", component: include_bytes!(env!("SWAPAROO_POLICY_STANDARD")) },
    BuiltIn { name: "seed", component: include_bytes!(env!("SWAPAROO_POLICY_SEED")) },
    BuiltIn { name: "nova-34", component: include_bytes!(env!("SWAPAROO_POLICY_NOVA_34")) },
];

/// Checks that a policy does not use the name of a built-in one with other bytes: people and lists would take it for that
/// one. It is checked when a policy is added or inspected, not when one is loaded that a service has stored, since that
/// may be the built-in policy of an earlier version of this program. Errors call it `name`.
///
/// # Errors
/// [`LoadError::Reserved`].
pub fn check_name(name: &str, policy: &Policy) -> Result<(), LoadError> {
    let reserved = BUILT_IN.iter().find(|own| own.name == policy.description().name);
    match reserved {
        Some(own) if Digest::of(own.component) != policy.digest() => {
            Err(LoadError::Reserved { name: name.into(), reserved: own.name })
        }
        _ => Ok(()),
    }
}
