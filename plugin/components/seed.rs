//! The component of the policy `seed`.

swaparoo_plugin::component!(swaparoo_plugin::policies::Seed);
