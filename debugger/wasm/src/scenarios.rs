//! The page's built-in scenarios: a resize or a move in which something goes wrong, or nothing does.

use serde::Serialize;
use swaparoo_contract::{MigrationType, RevertTask, Task};
use swaparoo_placement::{Consumer, Invalid};
use swaparoo_sim::SimCloud;
use swaparoo_sim::fixture::{ALTERNATE, DESTINATION, MIGRATION, SERVER, resize};
use tsify::Tsify;

use crate::change::Change;
use crate::known_facts::KnownFacts;
use crate::opened_task::OpenedTask;

/// A scenario as the page lists it.
#[derive(Debug, Clone, Copy, Serialize, Tsify)]
pub struct ScenarioView {
    /// Its id in links.
    pub id: &'static str,
    /// The title.
    pub title: &'static str,
    /// What happens, in a sentence or two.
    pub text: &'static str,
    /// The policy to show it with first.
    pub policy: &'static str,
}

/// All scenarios, in the order of the page.
pub const ALL: [ScenarioView; 7] = [
    ScenarioView {
        id: "bug-1848343",
        title: "Bug 1848343: the server is deleted during its migration",
        text: "A resize is running and its migration record holds the server's allocations. While the scheduler looks \
                for a host, the user deletes the server, and no host is found. Who gets the allocations?",
        policy: "nova-34",
    },
    ScenarioView {
        id: "live-server",
        title: "No valid host for a running server",
        text: "The same resize, but the server is not deleted and should keep its allocations. Placement does not know \
                it at that moment, so the rule of seed concludes that it was deleted.",
        policy: "seed",
    },
    ScenarioView {
        id: "lost-answer",
        title: "The answer to the swap is lost",
        text: "Placement has given the allocations to the migration record, but the connection breaks before its answer \
                is read. nova concludes that the write was not done.",
        policy: "nova-34",
    },
    ScenarioView {
        id: "double-move",
        title: "Two tasks move the same allocations",
        text: "A migration is rolled back, but another client does the same just before, between this task's read and \
                its write.",
        policy: "nova-34",
    },
    ScenarioView {
        id: "conductor-killed",
        title: "The conductor is killed after the swap",
        text: "The migration record holds the server's allocations when the conductor dies. Only rules that do not need \
                the conductor can roll back.",
        policy: "nova-34",
    },
    ScenarioView {
        id: "placement-away",
        title: "Placement is unavailable at the rollback",
        text: "No host is found, and Placement refuses connections for a while when the allocations should be restored.",
        policy: "nova-34",
    },
    ScenarioView {
        id: "resize",
        title: "A successful resize",
        text: "The scheduler finds a host and claims it for the server; the migration record keeps the source until the \
                user confirms.",
        policy: "standard",
    },
];

/// A server of another user, so that hosts are not empty.
const NEIGHBOURS: [(&str, usize, u64); 3] = [
    ("07e40000-0000-4000-8000-000000000001", 0, 6),
    ("07e40000-0000-4000-8000-000000000002", 1, 11),
    ("07e40000-0000-4000-8000-000000000003", 2, 9),
];

/// Opens the scenario with that id.
///
/// # Errors
/// No scenario has this id.
pub fn named(id: &str) -> Result<OpenedTask, String> {
    let known = || format!("no story is named {id:?}");
    let scenario = ALL.iter().find(|scenario| scenario.id == id).ok_or_else(known)?;
    let scenario_changes = scenario_changes(scenario.id);
    let (cloud, task) = cloud_and_task(scenario.id).map_err(|error| error.to_string())?;
    Ok(OpenedTask {
        cloud,
        task,
        recorded: Vec::new(),
        scenario_changes,
        due: None,
        due_is_known: true,
        known: KnownFacts::everything(),
        is_record: false,
        end: None,
    })
}

fn scenario_changes(id: &str) -> Vec<Change> {
    match id {
        "bug-1848343" => vec![Change::at("select-destinations", 1, "server-deleted")],
        "lost-answer" => vec![Change::at("post-allocations", 1, "lost-done")],
        "double-move" => vec![Change::at("post-allocations", 1, "another-move")],
        "conductor-killed" => vec![Change::at("ensure-project-and-user", 1, "conductor-dies-before")],
        "placement-away" => {
            vec![Change::at("select-destinations", 1, "placement-away"), Change::at("pause", 2, "placement-here")]
        }
        _ => Vec::new(),
    }
}

fn cloud_and_task(id: &str) -> Result<(SimCloud, Task), Invalid> {
    let mut cloud = SimCloud::with_a_server()?;
    neighbours(&mut cloud)?;
    // nova's API still answers whether a server exists when another nova service is dead.
    cloud.api = true;
    if id == "double-move" {
        let cloud = cloud.with_a_migration(MigrationType::Resize, "error").swapped(false)?;
        return Ok((cloud, Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() })));
    }
    let full = !["resize", "conductor-killed"].contains(&id);
    for host in [DESTINATION, ALTERNATE] {
        if let Some(node) = cloud.node_mut(host) {
            node.up = !full;
        }
    }
    Ok((cloud, Task::Migrate(resize())))
}

fn neighbours(cloud: &mut SimCloud) -> Result<(), Invalid> {
    for (id, node, vcpu) in NEIGHBOURS {
        let Some(provider) = cloud.nodes.get(node).map(|node| node.provider.clone()) else { continue };
        let consumer = Consumer::of("neighbour", "neighbour");
        let held = consumer.holding(&provider, "VCPU", vcpu).holding(&provider, "MEMORY_MB", vcpu * 1_536);
        cloud.placement.add_consumer(id, held)?;
    }
    Ok(())
}
