//! The policies that come with the program.

/// A component within the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// What it is called, here and in its own description.
    pub name: &'static str,
    /// The component file; empty where the program was compiled without it.
    pub component: &'static [u8],
}

/// The policies that come with the program; the first is the default.
pub const BUILT_IN: [BuiltIn; 3] = [
    BuiltIn { name: "standard", component: include_bytes!(env!("SWAPAROO_POLICY_STANDARD")) },
    BuiltIn { name: "seed", component: include_bytes!(env!("SWAPAROO_POLICY_SEED")) },
    BuiltIn { name: "nova-34", component: include_bytes!(env!("SWAPAROO_POLICY_NOVA_34")) },
];
