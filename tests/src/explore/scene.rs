//! The start of an exploration: the allocations and the task.

use swaparoo::contract::{MoveTask, ReplaceTask, RevertTask, Task};
use swaparoo_placement::{Consumer, Inventory, Placement, Provider};

/// The source's compute node.
pub const NODE: &str = "5a1d0000-0000-0000-0000-000000000001";
/// The destination's compute node.
pub const OTHER_NODE: &str = "5a1d0000-0000-0000-0000-000000000002";
/// A server.
pub const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
/// Its migration record.
pub const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";

/// A start.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The name, for messages.
    pub name: &'static str,
    /// The task.
    pub task: Task,
    /// Placement with the allocations.
    pub placement: Placement,
    /// Whether the server exists in nova.
    pub server: bool,
}

impl Scene {
    /// The task's source.
    pub fn source(&self) -> &str {
        self.task.parties().first().map_or("", |(_, consumer)| consumer)
    }

    /// The task's target.
    pub fn target(&self) -> &str {
        self.task.parties().last().map_or("", |(_, consumer)| consumer)
    }

    /// The source's allocations at the beginning. At any time one of the two consumers holds them, or none does.
    pub fn at_stake(&self) -> bool {
        self.placement.holdings().contains_key(self.source())
    }
}

/// The two consumers at the beginning.
#[derive(Clone, Copy)]
enum Is {
    Unknown,
    Orphan,
    Holding,
    /// The target has its own claim on the other node.
    Claiming,
}

/// All scenes.
pub fn scenes() -> Vec<Scene> {
    let swap = || task(SERVER, MIGRATION, true);
    let back = || task(MIGRATION, SERVER, false);
    let replace = |source_node: &str| {
        let source_node = Some(source_node.to_owned());
        Task::Replace(ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node })
    };
    let ask_node =
        || Task::Replace(ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node: None });
    let revert = || Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() });
    use Is::{Claiming, Holding, Orphan, Unknown};
    vec![
        scene("swap", swap(), Holding, Unknown, true),
        scene("swap to an orphan", swap(), Holding, Orphan, true),
        scene("swap to one that holds", swap(), Holding, Claiming, true),
        scene("swap of nothing", swap(), Unknown, Unknown, true),
        scene("way back, server alive", back(), Unknown, Holding, true),
        scene("way back, server deleted", back(), Unknown, Holding, false),
        scene("way back, server alive and an orphan", back(), Orphan, Holding, true),
        scene("way back, server holds its destination", back(), Claiming, Holding, true),
        scene("way back, made before", back(), Holding, Unknown, true),
        scene("a consumer to itself", task(SERVER, SERVER, false), Holding, Unknown, true),
        scene("nothing to itself", task(SERVER, SERVER, false), Unknown, Unknown, true),
        scene("replace", replace(NODE), Holding, Unknown, true),
        scene("replace, made before", replace(NODE), Unknown, Holding, true),
        scene("replace, nothing of its node", replace(OTHER_NODE), Holding, Unknown, true),
        scene("replace, node not named", ask_node(), Holding, Unknown, true),
        scene("replace, no such node", ask_node(), Holding, Unknown, false),
        scene("revert, server alive", revert(), Unknown, Holding, true),
        scene("revert, server deleted", revert(), Unknown, Holding, false),
    ]
}

fn task(source: &str, target: &str, target_is_new: bool) -> Task {
    Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new })
}

fn scene(name: &'static str, task: Task, server_is: Is, migration_is: Is, server: bool) -> Scene {
    let mut placement = Placement::default();
    for (number, node) in [(1, NODE), (2, OTHER_NODE)] {
        let provider = Provider::named(&format!("node-{number}")).with("VCPU", Inventory::of(16));
        valid(placement.add_provider(node, provider));
    }
    for (consumer, is) in [(SERVER, server_is), (MIGRATION, migration_is)] {
        let owned = Consumer::of("project", "user");
        match is {
            Is::Unknown => {}
            Is::Orphan => valid(placement.add_consumer(consumer, owned)),
            Is::Holding => valid(placement.add_consumer(consumer, owned.holding(NODE, "VCPU", 2))),
            Is::Claiming => valid(placement.add_consumer(consumer, owned.holding(OTHER_NODE, "VCPU", 3))),
        }
    }
    Scene { name, task, placement, server }
}

#[expect(clippy::expect_used, reason = "the scenes are written here")]
fn valid(added: Result<(), swaparoo_placement::Invalid>) {
    added.expect("the scene is valid in Placement");
}
