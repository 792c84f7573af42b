//! The rows.

use serde_json::json;
use swaparoo::contract::ServerState::{Gone, Present, Unknown as NobodyKnows};
use swaparoo_placement::Method::{Get, Post, Put};
use swaparoo_real_placement::{Act, Canned};

use super::row::Asked::{Back, Replace, ReplaceElsewhere, Swap, ToItself};
use super::row::Is::{Claiming, Holding, Orphan, Unknown};
use super::row::Row;

fn same(end: &'static str) -> [&'static str; 3] {
    [end; 3]
}

pub fn what_they_hold() -> Vec<Row> {
    vec![
        Row::new("swap", Swap, Holding, Unknown, same("moved - 2")),
        Row::new("already moved, new", Swap, Unknown, Holding, same("already-moved - 2")),
        Row::new("already moved, not new", Back, Unknown, Holding, same("already-moved - 2")),
        Row::new("overwrite", Back, Holding, Claiming, same("moved - 2")),
        Row::new("overwrite a new one", Swap, Holding, Claiming, same("moved - 2")),
        Row::new(
            "both empty, new",
            Swap,
            Unknown,
            Unknown,
            ["nothing-to-move - -", "nothing-to-move - -", "key-error - -"],
        ),
        Row::new("both empty", Back, Unknown, Unknown, ["nothing-to-move - -", "nothing-to-move - -", "key-error - -"]),
        Row::new("to itself", ToItself, Holding, Unknown, ["already-moved 2 -", "moved 2 -", "moved 2 -"]),
        Row::new(
            "nothing to itself",
            ToItself,
            Unknown,
            Unknown,
            ["nothing-to-move - -", "nothing-to-move - -", "key-error - -"],
        ),
        Row::new(
            "orphan target",
            Swap,
            Holding,
            Orphan,
            ["moved - 2", "allocation-move-failed 2 -", "allocation-move-failed 2 -"],
        ),
        Row::new("orphan source", Swap, Orphan, Holding, same("already-moved - 2")),
    ]
}

pub fn is_the_server_there() -> Vec<Row> {
    let back = |name, ends| Row::new(name, Back, Holding, Unknown, ends);
    let alive_and_orphan = ["moved - 2", "source-deleted - -", "allocation-move-failed 2 -"];
    let gone_and_orphan = ["source-deleted - -", "source-deleted - -", "allocation-move-failed 2 -"];
    vec![
        back("alive", ["moved - 2", "source-deleted - -", "moved - 2"]),
        back("gone", ["source-deleted - -", "source-deleted - -", "moved - 2"]).server(&[Gone]),
        back("nobody knows", ["undecided 2 -", "source-deleted - -", "moved - 2"]).server(&[NobodyKnows]),
        back("gone by then", ["target-deleted - -", "source-deleted - -", "moved - 2"]).server(&[Present, Gone]),
        back("nobody knows by then", ["moved - 2", "source-deleted - -", "moved - 2"]).server(&[Present, NobodyKnows]),
        Row::new("not asked when it holds", Back, Holding, Claiming, same("moved - 2")).server(&[Gone]),
        Row::new("not asked when it is new", Swap, Holding, Unknown, same("moved - 2")).server(&[Gone]),
        Row::new("alive, and an orphan", Back, Holding, Orphan, alive_and_orphan),
        Row::new("gone, and an orphan", Back, Holding, Orphan, gone_and_orphan).server(&[Gone]),
    ]
}

pub fn refusals() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    let delete = ["allocation-delete-failed 2 -", "allocation-delete-failed 2 -", "moved - 2"];
    vec![
        swap("max_unit lowered", same("refused 2 -")).spoil(async |stage| {
            stage.inventory(&stage.node, json!({ "total": 16, "max_unit": 1 })).await;
        }),
        swap("step_size changed", same("refused 2 -")).spoil(async |stage| {
            stage.inventory(&stage.node, json!({ "total": 16, "step_size": 3 })).await;
        }),
        // The source's rows are taken off first, so a pure move never meets the capacity.
        swap("over capacity", same("moved - 2")).spoil(async |stage| {
            stage.inventory(&stage.node, json!({ "total": 16, "reserved": 15 })).await;
        }),
        swap("an error of Placement's own", same("refused 2 -")).on(Post, 1, Act::Answer(Canned::internal_error())),
        Row::new("delete refused", Back, Holding, Unknown, delete).server(&[Gone]).on(
            Put,
            1,
            Act::Answer(Canned::internal_error()),
        ),
    ]
}

/// On a real Placement that never tries again by itself (`allocation_conflict_retry_count = 0`), where every write of
/// allocations is a provider conflict.
pub fn provider_conflicts() -> Vec<Row> {
    let swap = ["allocation-move-failed 2 -", "out-of-retries 2 -", "out-of-retries 2 -"];
    let delete = ["allocation-move-failed 2 -", "allocation-delete-failed 2 -", "out-of-retries 2 -"];
    vec![
        Row::new("swap", Swap, Holding, Unknown, swap).conflicting(),
        Row::new("delete", Back, Holding, Unknown, delete).server(&[Gone]).conflicting(),
    ]
}

/// Others, between the reads and the write.
pub fn races() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    let overwrite = |name, ends| Row::new(name, Back, Holding, Claiming, ends);
    let delete = |name, ends| Row::new(name, Back, Holding, Unknown, ends).server(&[Gone]);
    vec![
        swap("source changed", ["moved - 4", "allocation-move-failed 4 -", "allocation-move-failed 4 -"])
            .before(Post, async |stage| stage.give(&stage.source, &stage.node, 4).await),
        swap("source deleted", ["nothing-to-move - -", "allocation-move-failed - -", "allocation-move-failed - -"])
            .before(Post, async |stage| stage.delete(&stage.source).await),
        swap("target created", ["moved - 2", "allocation-move-failed 2 3*", "allocation-move-failed 2 3*"])
            .before(Post, async |stage| stage.give(&stage.target, &stage.other, 3).await),
        overwrite("target changed", ["moved - 2", "allocation-move-failed 2 4*", "allocation-move-failed 2 4*"])
            .before(Post, async |stage| stage.give(&stage.target, &stage.other, 4).await),
        overwrite("target deleted, alive", ["moved - 2", "allocation-move-failed 2 -", "allocation-move-failed 2 -"])
            .before(Post, async |stage| stage.delete(&stage.target).await),
        overwrite("target deleted", ["source-deleted - -", "allocation-move-failed 2 -", "allocation-move-failed 2 -"])
            .server(&[Gone])
            .before(Post, async |stage| stage.delete(&stage.target).await),
        delete("source changed, delete", ["source-deleted - -", "allocation-delete-failed 4 -", "moved - 2"])
            .before(Put, async |stage| stage.give(&stage.source, &stage.node, 4).await),
    ]
}

/// Answers that are not Placement's.
pub fn strange_answers() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    let html = || Act::Answer(Canned::unavailable());
    let refused = || Act::Answer(Canned { status: 403, ..Canned::unavailable() });
    vec![
        swap("read: 500", same("allocation-retrieval-failed 2 -")).on(Get, 1, Act::Answer(Canned::internal_error())),
        swap("read: 503 of a proxy", same("allocation-retrieval-failed 2 -")).on(Get, 1, html()),
        swap("read: 200 and no JSON", same("malformed-answer 2 -")).on(Get, 1, Act::Answer(Canned::garbage())),
        // It may have been done, so it is looked into, and here it was not.
        swap("write: 503 of a proxy", ["moved - 2", "malformed-answer 2 -", "malformed-answer 2 -"]).on(
            Post,
            1,
            html(),
        ),
        swap("write: 200 and no JSON", ["moved - 2", "malformed-answer 2 -", "malformed-answer 2 -"]).on(
            Post,
            1,
            Act::Answer(Canned::garbage()),
        ),
        swap("write: 403 of a proxy", same("malformed-answer 2 -")).on(Post, 1, refused()),
    ]
}

pub fn lost_answers() -> Vec<Row> {
    let swap = |name, ends| Row::new(name, Swap, Holding, Unknown, ends);
    let delete = |name, ends| Row::new(name, Back, Holding, Unknown, ends).server(&[Gone]);
    vec![
        swap("nobody listens", same("unreachable 2 -")).spoil(async |stage| stage.proxy.close().await),
        swap("a read lost once", same("moved - 2")).on(Get, 1, Act::DropAnswer),
        swap("reads lost for good", same("unreachable 2 -")).spoil(async |stage| {
            (1..=6).for_each(|nth| stage.proxy.on(Get, nth, Act::DropRequest));
        }),
        swap("write lost before", ["moved - 2", "unreachable 2 -", "unreachable 2 -"]).on(Post, 1, Act::DropRequest),
        swap("write lost after", ["moved - 2", "unreachable - 2", "unreachable - 2"]).on(Post, 1, Act::DropAnswer),
        delete("delete lost before", ["source-deleted - -", "unreachable 2 -", "moved - 2"]).on(
            Put,
            1,
            Act::DropRequest,
        ),
        delete("delete lost after", ["source-deleted - -", "unreachable - -", "moved - 2"]).on(Put, 1, Act::DropAnswer),
        // Given back, the answer lost, and the server gone by the time that it is looked into.
        Row::new(
            "restore lost after",
            Back,
            Holding,
            Unknown,
            ["target-deleted - -", "source-deleted - -", "unreachable - 2"],
        )
        .server(&[Present, Gone])
        .on(Post, 1, Act::DropAnswer),
        swap("every write lost", ["unsettled 2 -", "unreachable 2 -", "unreachable 2 -"]).spoil(async |stage| {
            (1..=4).for_each(|nth| stage.proxy.on(Post, nth, Act::DropRequest));
        }),
        swap("write lost, then nobody listens", ["unsettled 2 -", "unreachable 2 -", "unreachable 2 -"])
            .on(Post, 1, Act::DropRequest)
            .spoil(async |stage| {
                (3..=8).for_each(|nth| stage.proxy.on(Get, nth, Act::DropRequest));
            }),
    ]
}

pub fn replace() -> Vec<Row> {
    let made_before = ["already-moved - 2", "not-held - 2", "not-held - 2"];
    vec![
        Row::new("held", Replace, Holding, Unknown, same("moved - 2")),
        Row::new("nothing of its node", ReplaceElsewhere, Holding, Unknown, same("not-held 2 -")),
        Row::new("nothing at all", Replace, Unknown, Unknown, same("not-held - -")),
        Row::new("made before", Replace, Unknown, Holding, made_before),
    ]
}
