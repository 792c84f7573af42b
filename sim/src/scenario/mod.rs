//! Scenarios as data, in the files of `sim/scenarios/`: a cloud, a task, what happens meanwhile, and the allowed ends.
//! The steps of a policy are not prescribed. `moves.json` and `migrations.json` are the built-in ones: the promotion
//! check and the demo play them. `stories.json` has those of the debugger's page. The files in `real_placement/` are for
//! tests with the real Placement, which have faults of HTTP requests and an end for each policy.

mod cloud;
mod event;
mod file;
mod request_event;
mod run;
mod task;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use swaparoo_placement::Inventory;

pub use cloud::{ConsumerState, DISKS, ScenarioCloud};
pub use event::ScenarioEvent;
pub use file::PageEntry;
pub use request_event::RequestEvent;
pub use run::ScenarioRun;

use file::ScenarioFile;

use crate::contract::{Exchange, ServerState, Task};
use crate::{MigrationEnd, SimCloud};

/// The built-in files, each with its scenarios by kind of task and then by the severity of the fault.
const BUILT_IN: [&str; 2] =
    [include_str!("../../scenarios/moves.json"), include_str!("../../scenarios/migrations.json")];

/// The scenarios of the debugger's page, in its order.
pub const STORIES: &str = include_str!("../../scenarios/stories.json");

/// One scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name in reports, and for accepting a failure.
    pub name: String,
    /// The task to run.
    pub task: Task,
    /// The cloud at the beginning.
    pub cloud: SimCloud,
    /// What happens meanwhile.
    pub events: Vec<ScenarioEvent>,
    /// How the compute services finish a migration that has started.
    pub ending: MigrationEnd,
    /// The allowed ends; one of them must match.
    pub allowed: Vec<AllowedEnd>,
    /// The end under each built-in policy, if the test that plays the file compares it.
    pub ends: BTreeMap<String, String>,
    /// How the debugger's page lists it.
    pub page: Option<PageEntry>,
    /// The states of the server and its migration record in Placement, for a test that makes them in a real one.
    pub holds: Option<[ConsumerState; 2]>,
    /// The source's inventory of VCPU after the consumers were written.
    pub inventory: Option<Inventory>,
    /// The exchanges after which the task goes on.
    pub history: Vec<Exchange>,
    /// nova's answers about the server in turn, the last one repeatedly, if the simulated nova does not answer.
    pub server_states: Vec<ServerState>,
    /// What happens to requests to a real Placement.
    pub requests: Vec<RequestEvent>,
}

/// One allowed end of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedEnd {
    /// The end that the policy returns.
    pub end: ExpectedEnd,
    /// The allocations at the end.
    pub holds: ExpectedHoldings,
}

/// How a policy may end a task. Exceeding a limit, an effect on a consumer that the task does not name, and a history
/// or task for which the policy has no rule are never allowed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedEnd {
    /// One of these outcomes.
    Finished(Vec<String>),
    /// Any outcome.
    FinishedAnyhow,
    /// One of these failures.
    Failed(Vec<String>),
    /// Any failure that the policy returns.
    FailedAnyhow,
}

/// The allocations at the end. Consumers that the task does not name must be unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedHoldings {
    /// All consumers hold what they held at the beginning.
    AsBefore,
    /// The target holds exactly what the source held at the beginning, and the source holds nothing.
    Target,
    /// Neither the source nor the target holds anything.
    Neither,
    /// When every migration has ended, a live server holds its resources once, and other consumers hold nothing.
    Settled,
}

/// Why a file of scenarios cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file has another form.
    #[error("the scenarios are not in their form, which docs/authoring.md describes")]
    Form(#[from] serde_json::Error),
    /// The task is not a task of the contract.
    #[error("the scenario {name} has no valid task")]
    Task {
        /// The scenario.
        name: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The model of Placement refuses the allocations.
    #[error("the scenario {name} cannot be in Placement: {invalid}")]
    Cloud {
        /// The scenario.
        name: String,
        /// What is wrong.
        invalid: swaparoo_placement::Invalid,
    },
    /// The history is not one of the contract.
    #[error("the scenario {name} has no valid history")]
    History {
        /// The scenario.
        name: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// No effect can have this event.
    #[error("the scenario {name} has the event {what}, which cannot happen there")]
    Event {
        /// The scenario.
        name: String,
        /// The code of the event.
        what: String,
    },
}

/// The built-in scenarios.
#[must_use]
pub fn built_in() -> &'static [Scenario] {
    static ALL: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
        let read = |file| read(file).expect("the built-in scenarios are possible");
        BUILT_IN.into_iter().flat_map(read).collect()
    });
    &ALL
}

/// Reads the scenarios of a file.
///
/// # Errors
/// The file is not in its form, or a scenario in it is not possible.
pub fn read(file: &str) -> Result<Vec<Scenario>, ScenarioError> {
    let files: Vec<ScenarioFile> = serde_json::from_str(file)?;
    files.into_iter().map(ScenarioFile::scenario).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_built_in_scenario_is_possible_and_has_its_own_name() {
        let all = built_in();
        assert_eq!(all.iter().map(|scenario| &scenario.name).collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all.len(), 62);
        // The simulation sends no requests, and its nova answers by the state of the cloud.
        let simulated =
            |one: &Scenario| one.requests.is_empty() && one.server_states.is_empty() && one.history.is_empty();
        assert!(all.iter().all(|one| simulated(one) && !one.allowed.is_empty()));
    }

    #[test]
    fn the_stories_have_an_entry_on_the_page_and_an_end_under_each_policy() {
        for story in read(STORIES).unwrap() {
            assert!(story.page.is_some() && story.ends.len() == 3, "{}", story.name);
        }
    }

    #[test]
    fn what_cannot_happen_or_be_is_an_error() {
        let read = |more: &str| read(&format!(r#"[{{"name": "one", "allowed": [], {more}}}]"#)).unwrap_err();
        let move_task = r#""task": {"kind": "move"}"#;
        let event = read(&format!(r#"{move_task}, "events": [{{"effect": "write", "what": "flood"}}]"#));
        assert_eq!(event.to_string(), "the scenario one has the event flood, which cannot happen there");
        let event = read(&format!(r#"{move_task}, "events": [{{"effect": "pause", "what": "raises-NoValidHost"}}]"#));
        assert!(matches!(event, ScenarioError::Event { .. }), "{event}");
        assert!(matches!(read(r#""task": {"kind": "swap"}"#), ScenarioError::Task { .. }));
        assert!(matches!(read(&format!(r#"{move_task}, "clouds": {{}}"#)), ScenarioError::Form(_)));
    }
}
