//! All requests are answered: the result depends on the allocations and on whether the server exists.

use swaparoo::contract::ServerState::{Deleting, Gone, Present, Unknown as StateUnknown};

use crate::moves::row::InitialState::{Claiming, Holding, Orphan, Unknown};
use crate::moves::row::TaskKind::{Back, Swap, ToItself};
use crate::moves::row::{Row, same};

pub fn what_they_hold() -> Vec<Row> {
    let neither = ["nothing-to-move - - GG", "nothing-to-move - - GG", "key-error - - GG"];
    let neither_itself = ["nothing-to-move - - G", "nothing-to-move - - GG", "key-error - - GG"];
    let orphan_target =
        ["moved - 2 GGPGGP", "allocation-move-failed:409 2 - GGP", "allocation-move-failed:409 2 - GGP"];
    vec![
        Row::new("swap", Swap, Holding, Unknown, same("moved - 2 GGP")),
        Row::new("already moved, new", Swap, Unknown, Holding, same("already-moved - 2t GG")),
        Row::new("already moved, not new", Back, Unknown, Holding, same("already-moved - 2t GG")),
        // The target's project and user are replaced together with its allocations.
        Row::new("overwrite", Back, Holding, Claiming, same("moved - 2@2 GGP")),
        Row::new("overwrite a new one", Swap, Holding, Claiming, same("moved - 2@2 GGP")),
        Row::new("both empty, new", Swap, Unknown, Unknown, neither),
        Row::new("both empty", Back, Unknown, Unknown, neither),
        // A write that changes nothing still increases the generation.
        Row::new(
            "to itself",
            ToItself,
            Holding,
            Unknown,
            ["already-moved 2 - G", "moved 2@2 - GGP", "moved 2@2 - GGP"],
        ),
        Row::new("nothing to itself", ToItself, Unknown, Unknown, neither_itself),
        Row::new("orphan target", Swap, Holding, Orphan, orphan_target),
        Row::new("orphan source", Swap, Orphan, Holding, same("already-moved - 2t GG")),
    ]
}

pub fn is_the_server_there() -> Vec<Row> {
    let back = |name, ends| Row::new(name, Back, Holding, Unknown, ends);
    let [by_seed, by_nova] = ["source-deleted - - GGU", "moved - 2 GGP"];
    let orphan_by_nova = "allocation-move-failed:409 2 - GGP";
    vec![
        back("alive", ["moved - 2 GGSPS", by_seed, by_nova]),
        back("gone", ["source-deleted - - GGSU", by_seed, by_nova]).server(&[Gone]),
        back("state unknown", ["undecided 2 - GGS", by_seed, by_nova]).server(&[StateUnknown]),
        // nova deletes what a server holds with the server.
        back("being deleted", ["moved - 2 GGSPS", by_seed, by_nova]).server(&[Deleting]),
        back("deleted by then", ["target-deleted - - GGSPSGU", by_seed, by_nova]).server(&[Deleting, Gone]),
        back("gone by then", ["target-deleted - - GGSPSGU", by_seed, by_nova]).server(&[Present, Gone]),
        back("state unknown by then", ["moved - 2 GGSPS", by_seed, by_nova]).server(&[Present, StateUnknown]),
        Row::new("not asked when it holds", Back, Holding, Claiming, same("moved - 2@2 GGP")).server(&[Gone]),
        Row::new("not asked when it is new", Swap, Holding, Unknown, same("moved - 2 GGP")).server(&[Gone]),
        Row::new("alive, and an orphan", Back, Holding, Orphan, ["moved - 2 GGSPGGSPS", by_seed, orphan_by_nova]),
        Row::new("gone, and an orphan", Back, Holding, Orphan, ["source-deleted - - GGSU", by_seed, orphan_by_nova])
            .server(&[Gone]),
    ]
}
