//! The page's built-in scenarios, which are those of `sim/scenarios/stories.json`: a resize or a move in which something
//! goes wrong, or nothing does.

use serde::Serialize;
use swaparoo_contract::{MigrationType, RevertTask, Task};
use swaparoo_placement::Invalid;
use swaparoo_sim::SimCloud;
use swaparoo_sim::fixture::{MIGRATION, SERVER, resize};
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

/// The beginning of a scenario, and its faults and events.
struct Start {
    /// The hosts that are full.
    full: &'static [&'static str],
    /// The status of the migration that the task rolls back; none if the task is a resize.
    reverts: Option<&'static str>,
    /// Each with the effect's kind and number.
    events: &'static [(&'static str, usize, &'static str)],
}

// `ALL` and `STARTS`: see `build.rs`.
include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// Opens the scenario with that id.
///
/// # Errors
/// No scenario has this id.
pub fn named(id: &str) -> Result<OpenedTask, String> {
    let found = ALL.iter().zip(&STARTS).find(|(scenario, _)| scenario.id == id);
    let (_, start) = found.ok_or_else(|| format!("no story is named {id:?}"))?;
    let (cloud, task) = start.cloud_and_task().map_err(|error| error.to_string())?;
    let change = |(effect, nth, what): &(&str, usize, &str)| Change::at(effect, *nth, what);
    Ok(OpenedTask {
        cloud,
        task,
        recorded: Vec::new(),
        scenario_changes: start.events.iter().map(change).collect(),
        due: None,
        due_is_known: true,
        known: KnownFacts::everything(),
        is_record: false,
        end: None,
    })
}

impl Start {
    fn cloud_and_task(&self) -> Result<(SimCloud, Task), Invalid> {
        let mut cloud = SimCloud::with_a_server()?.with_neighbours()?;
        // nova's API still answers whether a server exists when another nova service is dead.
        cloud.api = true;
        for node in &mut cloud.nodes {
            node.up = !self.full.contains(&node.host.as_str());
        }
        let Some(status) = self.reverts else { return Ok((cloud, Task::Migrate(resize()))) };
        let cloud = cloud.with_a_migration(MigrationType::Resize, status).swapped(false)?;
        Ok((cloud, Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() })))
    }
}
