//! The component of the policy `standard`.

swaparoo_plugin::component!(swaparoo_plugin::policies::Standard);
