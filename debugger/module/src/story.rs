//! Stories that come with the page: a resize or a move in which something goes wrong, or well.

use serde::Serialize;
use swaparoo_contract::{MigrationType, RevertTask, Task};
use swaparoo_placement::{Consumer, Invalid};
use swaparoo_sim::Cloud;
use swaparoo_sim::scene::{ALTERNATE, DESTINATION, MIGRATION, SERVER, resize};
use tsify::Tsify;

use crate::change::Change;
use crate::known::Known;
use crate::opening::Opening;

/// A story as the page tells of it.
#[derive(Debug, Clone, Copy, Serialize, Tsify)]
pub struct Story {
    /// For addresses.
    pub id: &'static str,
    /// In some words.
    pub title: &'static str,
    /// What happens, in a sentence or two.
    pub tells: &'static str,
    /// Under whose rules it is worth seeing first.
    pub policy: &'static str,
}

/// All of them, in the order of telling.
pub const ALL: [Story; 7] = [
    Story {
        id: "bug-1848343",
        title: "Bug 1848343: the server is deleted meanwhile",
        tells: "A resize is under way and its migration record holds the server's allocations. While the scheduler looks \
                for a host the user deletes the server, and there is no host. What is given back, and to whom?",
        policy: "nova-34",
    },
    Story {
        id: "live-server",
        title: "No valid host for a running server",
        tells: "The same resize, and nobody deletes anything: the server runs on and should hold what it held. Placement \
                does not know it at that moment, which the seed's rule takes for a deletion.",
        policy: "seed",
    },
    Story {
        id: "lost-answer",
        title: "The answer to the swap is lost",
        tells: "Placement has given the allocations to the migration record, and the connection breaks before its answer \
                is read. Done or not? nova takes it for not done.",
        policy: "nova-34",
    },
    Story {
        id: "double-move",
        title: "Two who move the same allocations",
        tells: "A migration is taken back, and somebody else does the same a moment earlier, between this task's read \
                and its write.",
        policy: "nova-34",
    },
    Story {
        id: "conductor-killed",
        title: "The conductor is killed after the swap",
        tells: "The migration record holds what the server held when the conductor dies. Nobody is left to roll back, \
                unless the rules can do without it.",
        policy: "nova-34",
    },
    Story {
        id: "placement-away",
        title: "Placement is away at the rollback",
        tells: "There is no host, and when the allocations are to be given back Placement refuses connections for a \
                while.",
        policy: "nova-34",
    },
    Story {
        id: "resize",
        title: "A resize that goes well",
        tells: "The scheduler finds a host and claims it for the server; the migration record keeps the source until the \
                user confirms.",
        policy: "standard",
    },
];

/// Somebody else's server, so that hosts are not empty.
const NEIGHBOURS: [(&str, usize, u64); 3] = [
    ("07e40000-0000-4000-8000-000000000001", 0, 6),
    ("07e40000-0000-4000-8000-000000000002", 1, 11),
    ("07e40000-0000-4000-8000-000000000003", 2, 9),
];

/// Opens the story of that id.
///
/// # Errors
/// There is none.
pub fn named(id: &str) -> Result<Opening, String> {
    let known = || format!("no story is named {id:?}");
    let story = ALL.iter().find(|story| story.id == id).ok_or_else(known)?;
    let script = script(story.id);
    let (cloud, task) = stage(story.id).map_err(|error| error.to_string())?;
    Ok(Opening {
        cloud,
        task,
        recorded: Vec::new(),
        script,
        due: None,
        due_is_known: true,
        known: Known::everything(),
        is_record: false,
        end: None,
    })
}

fn script(id: &str) -> Vec<Change> {
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

fn stage(id: &str) -> Result<(Cloud, Task), Invalid> {
    let mut cloud = Cloud::with_a_server()?;
    neighbours(&mut cloud)?;
    // nova's API answers whether a server exists, whoever of nova is dead besides.
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

fn neighbours(cloud: &mut Cloud) -> Result<(), Invalid> {
    for (id, node, vcpu) in NEIGHBOURS {
        let Some(provider) = cloud.nodes.get(node).map(|node| node.provider.clone()) else { continue };
        let consumer = Consumer::of("neighbour", "neighbour");
        let held = consumer.holding(&provider, "VCPU", vcpu).holding(&provider, "MEMORY_MB", vcpu * 1_536);
        cloud.placement.add_consumer(id, held)?;
    }
    Ok(())
}
