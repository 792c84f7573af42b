//! No answer, or no connection.

use swaparoo::contract::ServerState::{Gone, Present, Unknown as StateUnknown};
use swaparoo_placement::Method::{Get, Post, Put};
use swaparoo_real_placement::Act;

use crate::moves::row::InitialState::{Claiming, Holding, Unknown};
use crate::moves::row::TaskKind::{Back, Swap};
use crate::moves::row::{Row, same};

fn swap(name: &'static str, ends: [&'static str; 3]) -> Row {
    Row::new(name, Swap, Holding, Unknown, ends)
}

fn back(name: &'static str, ends: [&'static str; 3]) -> Row {
    Row::new(name, Back, Holding, Unknown, ends)
}

/// These reads do not reach Placement; the client sends each three times.
fn no_reads(row: Row, reads: std::ops::RangeInclusive<usize>) -> Row {
    reads.fold(row, |row, nth| row.on(Get, nth, Act::DropRequest))
}

pub fn reads_are_lost() -> Vec<Row> {
    vec![
        swap("nothing listens", same("unreachable 2 - -")).prepare(async |fixture| fixture.proxy.close().await),
        swap("one, once", same("moved - 2 GGGP")).on(Get, 1, Act::DropAnswer),
        no_reads(swap("both, for good", same("unreachable 2 - GGGGGG")), 1..=6),
    ]
}

pub fn writes_are_lost() -> Vec<Row> {
    let overwrite = |name, ends| Row::new(name, Back, Holding, Claiming, ends);
    vec![
        swap("before", ["moved - 2 GGPGGP", "unreachable 2 - GGP", "unreachable 2 - GGP"]).on(
            Post,
            1,
            Act::DropRequest,
        ),
        swap("after", ["moved - 2 GGPGG", "unreachable - 2 GGP", "unreachable - 2 GGP"]).on(Post, 1, Act::DropAnswer),
        overwrite("overwrite, before", ["moved - 2@2 GGPGGP", "unreachable 2 3*t GGP", "unreachable 2 3*t GGP"]).on(
            Post,
            1,
            Act::DropRequest,
        ),
        overwrite("overwrite, after", ["moved - 2@2 GGPGG", "unreachable - 2@2 GGP", "unreachable - 2@2 GGP"]).on(
            Post,
            1,
            Act::DropAnswer,
        ),
        // The connection is refused, so nothing was sent and no read is needed.
        swap("nothing listens any more", same("unreachable 2 - GG"))
            .before(Get, 2, async |fixture| fixture.proxy.close().await),
    ]
}

pub fn restores_and_deletes_are_lost() -> Vec<Row> {
    let [by_seed, by_nova] = ["source-deleted - - GGU", "moved - 2 GGP"];
    let nova_before = "unreachable 2 - GGP";
    vec![
        back("delete, before", ["source-deleted - - GGSUGGU", "unreachable 2 - GGU", by_nova]).server(&[Gone]).on(
            Put,
            1,
            Act::DropRequest,
        ),
        back("delete, after", ["source-deleted - - GGSUGG", "unreachable - - GGU", by_nova]).server(&[Gone]).on(
            Put,
            1,
            Act::DropAnswer,
        ),
        back("restore, before", ["moved - 2 GGSPGGSPS", by_seed, nova_before]).on(Post, 1, Act::DropRequest),
        back("restore, before, gone by then", ["source-deleted - - GGSPGGSU", by_seed, nova_before])
            .server(&[Present, Gone])
            .on(Post, 1, Act::DropRequest),
        back("restore, after", ["moved - 2 GGSPGGS", by_seed, "unreachable - 2 GGP"]).on(Post, 1, Act::DropAnswer),
        // The allocations are restored, but the server is gone at the check afterwards.
        back("restore, after, gone by then", ["target-deleted - - GGSPGGSGU", by_seed, "unreachable - 2 GGP"])
            .server(&[Present, Gone])
            .on(Post, 1, Act::DropAnswer),
        back("delete of what was restored, before", ["target-deleted - - GGSPSGUGU", by_seed, by_nova])
            .server(&[Present, Gone])
            .on_target(Put, Act::DropRequest),
        back("delete of what was restored, after", ["target-deleted - - GGSPSGUG", by_seed, by_nova])
            .server(&[Present, Gone])
            .on_target(Put, Act::DropAnswer),
    ]
}

pub fn a_person_must_look() -> Vec<Row> {
    let [by_seed, by_nova] = ["source-deleted - - GGU", "moved - 2 GGP"];
    let nova_lost = "unreachable 2 - GGP";
    let every = (1..=4)
        .fold(swap("every write lost", ["unsettled:14 2 - GGPGGPGGPGGPGG", nova_lost, nova_lost]), |row, nth| {
            row.on(Post, nth, Act::DropRequest)
        });
    vec![
        every,
        no_reads(swap("write lost, then nothing listens", ["unsettled:2? 2 - GGPGGGGGG", nova_lost, nova_lost]), 3..=8)
            .on(Post, 1, Act::DropRequest),
        no_reads(
            back("delete lost, then nothing listens", ["unsettled:3? 2 - GGSUGGGGGG", "unreachable 2 - GGU", by_nova]),
            3..=8,
        )
        .server(&[Gone])
        .on(Put, 1, Act::DropRequest),
        back("restore lost, and state unknown by then", ["unsettled:3 2 - GGSPGGS", by_seed, nova_lost])
            .server(&[Present, StateUnknown])
            .on(Post, 1, Act::DropRequest),
        no_reads(
            back("restored, its delete lost, then nothing listens", ["unsettled:6 - 2 GGSPSGUGGG", by_seed, by_nova]),
            4..=6,
        )
        .server(&[Present, Gone])
        .on_target(Put, Act::DropRequest),
    ]
}
