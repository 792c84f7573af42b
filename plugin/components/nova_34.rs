//! The component of the policy `nova-34`.

swaparoo_plugin::component!(swaparoo_plugin::policies::Nova34);
