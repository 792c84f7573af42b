//! A path as text.

use swaparoo_core::describe;
use swaparoo_core::task::TaskEnd;

use super::migration_properties::at_rest;
use super::{EndedPath, PathEnd};
use crate::MigrationEnd;
use crate::contract::Exchange;
use crate::fixture::SERVER;

/// The name of the start, the exchanges, the end, and the final state.
pub fn path(path: &EndedPath<'_>) -> String {
    let mut text = format!("{}\n", path.start.name);
    for Exchange { effect, reply, .. } in path.history {
        text.push_str(&format!("  {}\n    -> {}\n", describe::effect(effect), describe::reply(reply)));
    }
    text.push_str(&format!("  {}\n", end(path)));
    if path.start.is_move() {
        return format!("{text}  at the end: {:?}\n", path.world.cloud.placement.holdings());
    }
    let cloud = at_rest(&path.world, MigrationEnd::Confirmed);
    let (alive, held) = (cloud.alive(SERVER).is_some(), cloud.placement.holdings());
    format!("{text}  at rest: alive {alive}, {held:?}\n  migrations: {:?}\n", cloud.migrations)
}

fn end(path: &EndedPath<'_>) -> String {
    match path.end {
        PathEnd::Ended(end @ TaskEnd::Finished(_)) => format!("finished: {}", end.words(path.history)),
        PathEnd::Ended(end) => format!("failed: {}", end.words(path.history)),
        PathEnd::Broken(why) => format!("broken: {why}"),
    }
}
