//! Scenarios as data, in the files of `sim/scenarios/`: a cloud, a task, what happens meanwhile, and the allowed ends.
//! The steps of a policy are not prescribed. The promotion check and the demo play them.

mod cloud;
mod event;
mod run;
mod task;

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use cloud::{ConsumerState, DISKS, ScenarioCloud};
pub use event::ScenarioEvent;
pub use run::ScenarioRun;

use crate::contract::Task;
use crate::{MigrationEnd, SimCloud};

/// The built-in files, each with its scenarios by kind of task and then by the severity of the fault.
const FILES: [&str; 2] = [include_str!("../../scenarios/moves.json"), include_str!("../../scenarios/migrations.json")];

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
}

/// A scenario as its file has it. `{server}`, `{migration}`, `{source}` and `{destination}` stand for the ids of the
/// server, its migration record and the providers of two hosts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    name: String,
    /// The fields of the task that are not those of [`task::usual`].
    task: Map<String, Value>,
    #[serde(default)]
    cloud: ScenarioCloud,
    #[serde(default)]
    events: Vec<ScenarioEvent>,
    #[serde(default)]
    ending: Ending,
    allowed: Vec<AllowedEnd>,
}

/// How the compute services finish a migration that has started.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ending {
    #[default]
    Confirmed,
    Reverted,
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
    #[error("the scenarios are not in their form")]
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
        FILES.into_iter().flat_map(read).collect()
    });
    &ALL
}

/// Reads the scenarios of a file.
///
/// # Errors
/// The file is not in its form, or a scenario in it is not possible.
pub fn read(file: &str) -> Result<Vec<Scenario>, ScenarioError> {
    let files: Vec<ScenarioFile> = serde_json::from_str(file)?;
    files.into_iter().map(Scenario::of).collect()
}

impl Scenario {
    fn of(file: ScenarioFile) -> Result<Self, ScenarioError> {
        let ScenarioFile { name, task, cloud, events, ending, allowed } = file;
        let cloud = match cloud.build() {
            Ok(cloud) => cloud,
            Err(invalid) => return Err(ScenarioError::Cloud { name, invalid }),
        };
        let task = match task::of(task, &cloud) {
            Ok(task) => task,
            Err(source) => return Err(ScenarioError::Task { name, source }),
        };
        if let Some(event) = events.iter().find(|event| !event.is_possible()) {
            return Err(ScenarioError::Event { name, what: event.what.clone() });
        }
        let ending = match ending {
            Ending::Confirmed => MigrationEnd::Confirmed,
            Ending::Reverted => MigrationEnd::Reverted,
        };
        Ok(Self { name, task, cloud, events, ending, allowed })
    }
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
