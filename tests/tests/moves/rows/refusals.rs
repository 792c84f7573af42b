//! Placement refuses a write.

use serde_json::json;
use swaparoo::contract::ServerState::{Gone, Present};
use swaparoo_placement::Method::{Post, Put};
use swaparoo_placement::Request;
use swaparoo_real_placement::{Act, Canned};

use crate::moves::row::InitialState::{Claiming, Holding, Unknown};
use crate::moves::row::TaskKind::{Back, Swap};
use crate::moves::row::{Conflicts, Row, same};

pub fn the_write_is_refused() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    let restore = |name, ends| Row::new(name, Back, Holding, Unknown, ends);
    let error = || Act::Answer(Canned::internal_error());
    let deleted = "source-deleted - - GGU";
    vec![
        swap("max_unit lowered", same("refused:409 2 - GGP")).prepare(async |fixture| {
            fixture.inventory(&fixture.node, json!({ "total": 16, "max_unit": 1 })).await;
        }),
        swap("min_unit raised", same("refused:409 2 - GGP")).prepare(async |fixture| {
            fixture.inventory(&fixture.node, json!({ "total": 16, "min_unit": 3 })).await;
        }),
        swap("step_size changed", same("refused:409 2 - GGP")).prepare(async |fixture| {
            fixture.inventory(&fixture.node, json!({ "total": 16, "step_size": 3 })).await;
        }),
        // Placement removes the source's rows first, so a pure move does not exceed the capacity.
        swap("over capacity", same("moved - 2 GGP")).prepare(async |fixture| {
            fixture.inventory(&fixture.node, json!({ "total": 16, "reserved": 15 })).await;
        }),
        // The source was deleted and created again, and has the generation that was read.
        swap("400, the node is gone", same("refused:400 3* - GGP")).before(Post, 1, async |fixture| {
            fixture.delete(&fixture.source).await;
            fixture.give(&fixture.source, &fixture.other, 3).await;
            fixture.done(Request::delete(&format!("/resource_providers/{}", fixture.node))).await;
        }),
        swap("an error of Placement's own", same("refused:500 2 - GGP")).on(Post, 1, error()),
        Row::new("overwrite", Back, Holding, Claiming, same("refused:409 2 3*t GGP")).prepare(async |fixture| {
            fixture.inventory(&fixture.node, json!({ "total": 16, "max_unit": 1 })).await;
        }),
        restore("restore", ["refused:409 2 - GGSP", deleted, "refused:409 2 - GGP"]).prepare(async |fixture| {
            fixture.inventory(&fixture.node, json!({ "total": 16, "max_unit": 1 })).await;
        }),
        restore(
            "delete",
            ["allocation-delete-failed:500 2 - GGSU", "allocation-delete-failed:500 2 - GGU", "moved - 2 GGP"],
        )
        .server(&[Gone])
        .on(Put, 1, error()),
        // A server that does not exist holds the allocations, as the end says.
        restore("delete of what was restored", ["leaked - 2 GGSPSGU", deleted, "moved - 2 GGP"])
            .server(&[Present, Gone])
            .on_target(Put, error()),
    ]
}

/// On a real Placement that does not retry (`allocation_conflict_retry_count = 0`), where every write of allocations is
/// a provider conflict.
pub fn provider_conflicts() -> Vec<Row> {
    // nova makes four calls in total.
    let [failed, out_of_retries] =
        ["allocation-move-failed:409 2 - GGPGGPGGPGGP", "out-of-retries:409 2 - GGPGGPGGPGGP"];
    let delete =
        ["allocation-move-failed:409 2 - GGSUGGUGGUGGU", "allocation-delete-failed:409 2 - GGU", out_of_retries];
    let restore = ["moved - 2 GGSPGGSPS", "source-deleted - - GGU", "moved - 2 GGPGGP"];
    vec![
        Row::new("swap", Swap, Holding, Unknown, [failed, out_of_retries, out_of_retries]).conflicts(Conflicts::Always),
        Row::new("delete", Back, Holding, Unknown, delete).server(&[Gone]).conflicts(Conflicts::Always),
        Row::new("swap, once", Swap, Holding, Unknown, same("moved - 2 GGPGGP")).conflicts(Conflicts::Once),
        Row::new("overwrite, once", Back, Holding, Claiming, same("moved - 2@2 GGPGGP")).conflicts(Conflicts::Once),
        Row::new("restore, once", Back, Holding, Unknown, restore).conflicts(Conflicts::Once),
    ]
}
