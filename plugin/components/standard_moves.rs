//! The component of the policy `standard-moves`.

swaparoo_plugin::move_component!(swaparoo_plugin::policies::StandardMoves);
