//! The module that the page loads first: scenarios, and what it takes to play them.

use swaparoo_debugger as _;
