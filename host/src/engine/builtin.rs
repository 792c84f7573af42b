//! The policies that are built into the program.

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
