//! The whole module, which the page loads when it is needed.

use swaparoo_debugger as _;
