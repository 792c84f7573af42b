//! `replace` and `revert`: their parameters, and what they do in addition to the move.

use swaparoo::contract::ServerState::{Gone, Present, Unknown as StateUnknown};
use swaparoo_placement::Method::{Get, Post, Put};
use swaparoo_real_placement::{Act, Canned};

use crate::moves::row::InitialState::{Claiming, Holding, Orphan, Unknown};
use crate::moves::row::TaskKind::{Replace, ReplaceElsewhere, ReplaceFound, ReplaceNotFound, ReplaceUnnamed, Revert};
use crate::moves::row::{Row, same};

pub fn replace() -> Vec<Row> {
    let not_held = ["not-held 2 - GG", "not-held 2 - G", "not-held 2 - G"];
    let nothing = ["not-held - - GG", "not-held - - G", "not-held - - G"];
    let made_before = ["already-moved - 2t GG", "not-held - 2t G", "not-held - 2t G"];
    let claimed =
        ["moved - 2@2 GGGPGGP", "allocation-move-failed:409 2 3*t GGGP", "allocation-move-failed:409 2 3*t GGGP"];
    let unreadable = ["allocation-retrieval-failed:500 - - GG", "not-held - - G", "not-held - - G"];
    let error = || Act::Answer(Canned::internal_error());
    vec![
        Row::new("held", Replace, Holding, Unknown, same("moved - 2 GGGP")),
        Row::new("the migration record holds", Replace, Holding, Claiming, same("moved - 2@2 GGGP")),
        Row::new("nothing of its node", ReplaceElsewhere, Holding, Unknown, not_held),
        Row::new("nothing at all", Replace, Unknown, Unknown, nothing),
        Row::new("made before", Replace, Unknown, Holding, made_before),
        Row::new("node not named", ReplaceFound, Holding, Unknown, same("moved - 2 GGGP")),
        Row::new("no such compute node", ReplaceNotFound, Holding, Unknown, same("compute-host-not-found 2 - -")),
        Row::new("node not named, nova cannot be asked", ReplaceUnnamed, Holding, Unknown, same("unreachable 2 - -")),
        Row::new("migration record claims meanwhile", Replace, Holding, Unknown, claimed).before(
            Post,
            1,
            async |fixture| fixture.give(&fixture.target, &fixture.other, 3).await,
        ),
        Row::new("server unreadable", Replace, Holding, Unknown, same("allocation-retrieval-failed:500 2 - G")).on(
            Get,
            1,
            error(),
        ),
        Row::new("migration record unreadable", Replace, Unknown, Unknown, unreadable).on(Get, 2, error()),
    ]
}

pub fn revert() -> Vec<Row> {
    let back = |name, ends| Row::new(name, Revert, Holding, Unknown, ends);
    let [by_seed, by_nova] = ["source-deleted - - GGU", "moved - 2 GGP"];
    let neither = ["nothing-to-move - - GG", "nothing-to-move - - GG", "key-error - - GG"];
    let orphan = ["moved - 2 GGSPGGSPS", by_seed, "allocation-move-failed:409 2 - GGP"];
    let refused = ["allocation-delete-failed:500 2 - GGSU", "allocation-delete-failed:500 2 - GGU", by_nova];
    vec![
        back("alive", ["moved - 2 GGSPS", by_seed, by_nova]),
        back("gone", ["source-deleted - - GGSU", by_seed, by_nova]).server(&[Gone]),
        back("gone by then", ["target-deleted - - GGSPSGU", by_seed, by_nova]).server(&[Present, Gone]),
        back("state unknown", ["undecided 2 - GGS", by_seed, by_nova]).server(&[StateUnknown]),
        // A reverted resize: the server holds allocations on its destination.
        Row::new("holds its destination", Revert, Holding, Claiming, same("moved - 2@2 GGP")).server(&[Gone]),
        Row::new("made before", Revert, Unknown, Holding, same("already-moved - 2t GG")),
        Row::new("both empty", Revert, Unknown, Unknown, neither),
        Row::new("alive, and an orphan", Revert, Holding, Orphan, orphan),
        back("delete refused", refused).server(&[Gone]).on(Put, 1, Act::Answer(Canned::internal_error())),
        back("answer lost", ["moved - 2 GGSPGGS", by_seed, "unreachable - 2 GGP"]).on(Post, 1, Act::DropAnswer),
    ]
}
