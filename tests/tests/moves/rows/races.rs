//! Other clients write between the reads and the write.

use serde_json::json;
use swaparoo::contract::ServerState::{Gone, Present, Unknown as StateUnknown};
use swaparoo_placement::Method::{Post, Put};

use crate::moves::row::InitialState::{Claiming, Holding, Orphan, Unknown};
use crate::moves::row::Row;
use crate::moves::row::TaskKind::{Back, Swap};

/// `standard` decides again, the other two fail.
fn against(standard: &'static str, other: &'static str) -> [&'static str; 3] {
    [standard, other, other]
}

pub fn consumers_change_before_a_swap() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    vec![
        swap("source changed", against("moved - 4 GGPGGP", "allocation-move-failed:409 4@2 - GGP")).before(
            Post,
            1,
            async |fixture| fixture.give(&fixture.source, &fixture.node, 4).await,
        ),
        swap("source deleted", against("nothing-to-move - - GGPGG", "allocation-move-failed:409 - - GGP")).before(
            Post,
            1,
            async |fixture| fixture.delete(&fixture.source).await,
        ),
        swap("target created", against("moved - 2@2 GGPGGP", "allocation-move-failed:409 2 3*t GGP")).before(
            Post,
            1,
            async |fixture| fixture.give(&fixture.target, &fixture.other, 3).await,
        ),
        swap("target orphaned", against("moved - 2 GGPGGP", "allocation-move-failed:409 2 - GGP")).before(
            Post,
            1,
            async |fixture| fixture.write(&fixture.target, json!({})).await,
        ),
        // The empty record has disappeared before it is used.
        Row::new(
            "orphan gone",
            Swap,
            Holding,
            Orphan,
            against("moved - 2 GGPGGPGGP", "allocation-move-failed:409 2 - GGP"),
        )
        .before(Post, 2, async |fixture| {
            fixture.give(&fixture.target, &fixture.other, 3).await;
            fixture.delete(&fixture.target).await;
        }),
    ]
}

pub fn consumers_change_before_a_restore() -> Vec<Row> {
    let overwrite = |name, ends| Row::new(name, Back, Holding, Claiming, ends);
    let restore = |name, ends| Row::new(name, Back, Holding, Unknown, ends);
    let conflict = "allocation-move-failed:409 2 - GGP";
    let [by_seed, by_nova] = ["source-deleted - - GGU", "moved - 2 GGP"];
    let changed = ["source-deleted - - GGSUGGU", "allocation-delete-failed:409 4@2 - GGU", by_nova];
    let deleted = ["nothing-to-move - - GGSUGG", "allocation-delete-failed:409 - - GGU", by_nova];
    let created = ["moved - 2@2 GGSPGGP", by_seed, "allocation-move-failed:409 2 3*t GGP"];
    vec![
        overwrite("target changed", against("moved - 2@3 GGPGGP", "allocation-move-failed:409 2 4*t@2 GGP")).before(
            Post,
            1,
            async |fixture| fixture.give(&fixture.target, &fixture.other, 4).await,
        ),
        overwrite("target deleted, alive", against("moved - 2 GGPGGSPS", conflict))
            .before(Post, 1, async |fixture| fixture.delete(&fixture.target).await),
        overwrite("target deleted, gone", against("source-deleted - - GGPGGSU", conflict)).server(&[Gone]).before(
            Post,
            1,
            async |fixture| fixture.delete(&fixture.target).await,
        ),
        overwrite("target deleted, state unknown", against("undecided 2 - GGPGGS", conflict))
            .server(&[StateUnknown])
            .before(Post, 1, async |fixture| fixture.delete(&fixture.target).await),
        // The server has allocations, so its existence is not asked for.
        restore("target created, state unknown by then", created).server(&[Present, StateUnknown]).before(
            Post,
            1,
            async |fixture| fixture.give(&fixture.target, &fixture.other, 3).await,
        ),
        restore("source changed before its delete", changed)
            .server(&[Gone])
            .before(Put, 1, async |fixture| fixture.give(&fixture.source, &fixture.node, 4).await),
        restore("source deleted before its delete", deleted)
            .server(&[Gone])
            .before(Put, 1, async |fixture| fixture.delete(&fixture.source).await),
        restore("restored, and deleted by others too", ["target-deleted - - GGSPSGUG", by_seed, by_nova])
            .server(&[Present, Gone])
            .before_targets(Put, async |fixture| fixture.delete(&fixture.target).await),
    ]
}

pub fn conflict_after_conflict() -> Vec<Row> {
    let used_up = against("allocation-move-failed:409 2@5 - GGPGGPGGPGGP", "allocation-move-failed:409 2@2 - GGP");
    let orphaned = against("orphan-in-the-way:409 2@4 - GGPGGPGGPGGP", "allocation-move-failed:409 2@2 - GGP");
    vec![
        touched("at every attempt", used_up, 4),
        touched("at all but the last, then an orphan", orphaned, 3)
            .before(Post, 4, async |fixture| fixture.write(&fixture.target, json!({})).await),
    ]
}

/// A swap in which another client writes the source again before each of the first `times` writes.
fn touched(name: &'static str, ends: [&'static str; 3], times: usize) -> Row {
    (1..=times).fold(Row::new(name, Swap, Holding, Unknown, ends), |row, nth| {
        row.before(Post, nth, async |fixture| fixture.give(&fixture.source, &fixture.node, 2).await)
    })
}
