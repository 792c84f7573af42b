//! The starts of moves: the allocations of two consumers, and the task.

use swaparoo_placement::{Consumer, Invalid, Inventory, Placement, Provider};

use super::InitialState;
use crate::contract::{MigrationType, MoveTask, ReplaceTask, RevertTask, Task};
use crate::fixture::{DESTINATION, MIGRATION, SERVER, SOURCE, compute_node};
use crate::{ComputeNode, SimCloud, SimServer};

/// The provider of the source's compute node.
pub(super) const NODE: &str = "5a1d0000-0000-4000-8000-000000000001";
/// The provider of the destination's compute node.
pub(super) const OTHER_NODE: &str = "5a1d0000-0000-4000-8000-000000000002";

/// The two consumers at the beginning.
#[derive(Clone, Copy)]
enum Is {
    Unknown,
    Orphan,
    Holding,
    /// It has its own claim on the other node.
    Claiming,
}

/// All starts.
///
/// # Errors
/// The model of Placement refuses one.
pub fn move_states() -> Result<Vec<InitialState>, Invalid> {
    let swap = || task(SERVER, MIGRATION, true);
    let back = || task(MIGRATION, SERVER, false);
    let itself = || task(SERVER, SERVER, false);
    use Is::{Claiming, Holding, Orphan, Unknown};
    let all = [
        ("swap", swap(), [Holding, Unknown], true),
        ("swap to an orphan", swap(), [Holding, Orphan], true),
        ("swap to one that holds", swap(), [Holding, Claiming], true),
        ("swap of nothing", swap(), [Unknown, Unknown], true),
        ("way back, server alive", back(), [Unknown, Holding], true),
        ("way back, server deleted", back(), [Unknown, Holding], false),
        ("way back, server alive and an orphan", back(), [Orphan, Holding], true),
        ("way back, server holds its destination", back(), [Claiming, Holding], true),
        ("way back, made before", back(), [Holding, Unknown], true),
        ("a consumer to itself", itself(), [Holding, Unknown], true),
        ("nothing to itself", itself(), [Unknown, Unknown], true),
        ("replace", replace(Some(NODE)), [Holding, Unknown], true),
        ("replace, made before", replace(Some(NODE)), [Unknown, Holding], true),
        ("replace, nothing of its node", replace(Some(OTHER_NODE)), [Holding, Unknown], true),
        ("replace, node not named", replace(None), [Holding, Unknown], true),
        ("replace, no such node", replace(None), [Holding, Unknown], false),
        ("revert, server alive", revert(), [Unknown, Holding], true),
        ("revert, server deleted", revert(), [Unknown, Holding], false),
        ("revert, server deleted and claimed for", revert(), [Claiming, Holding], false),
    ];
    let state = |(name, task, is, alive)| cloud(is, alive).map(|cloud| InitialState { name, task, cloud });
    all.into_iter().map(state).collect()
}

fn task(source: &str, target: &str, target_is_new: bool) -> Task {
    Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new })
}

fn replace(source_node: Option<&str>) -> Task {
    let source_node = source_node.map(str::to_owned);
    Task::Replace(ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node })
}

fn revert() -> Task {
    Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() })
}

/// The server and its migration record as they are in Placement, and whether nova has the server.
fn cloud([server_is, migration_is]: [Is; 2], alive: bool) -> Result<SimCloud, Invalid> {
    let nodes = vec![compute_node(1, SOURCE), compute_node(2, DESTINATION)];
    let placement = placement(&nodes, [server_is, migration_is])?;
    // A replica that is behind shows the state before the claim, or before the allocations were moved.
    let before = match [server_is, migration_is] {
        [Is::Claiming, other] => [Is::Unknown, other],
        [other, Is::Claiming] => [other, Is::Unknown],
        [server_is, migration_is] => [migration_is, server_is],
    };
    let earlier = Some(self::placement(&nodes, before)?);
    let mut cloud = SimCloud { nodes, earlier, ..SimCloud::of(placement) };
    let server = SimServer { alive, ..SimServer::on(SOURCE) };
    cloud.servers.insert(SERVER.into(), server);
    Ok(cloud.with_a_migration(MigrationType::Migration, "error"))
}

fn placement(nodes: &[ComputeNode], [server_is, migration_is]: [Is; 2]) -> Result<Placement, Invalid> {
    let mut placement = Placement::default();
    for node in nodes {
        placement.add_provider(&node.provider, Provider::named(&node.host).with("VCPU", Inventory::of(16)))?;
    }
    for (consumer, is) in [(SERVER, server_is), (MIGRATION, migration_is)] {
        let owned = Consumer::of("project", "user");
        match is {
            Is::Unknown => {}
            Is::Orphan => placement.add_consumer(consumer, owned)?,
            Is::Holding => placement.add_consumer(consumer, owned.holding(NODE, "VCPU", 2))?,
            Is::Claiming => placement.add_consumer(consumer, owned.holding(OTHER_NODE, "VCPU", 3))?,
        }
    }
    Ok(placement)
}
