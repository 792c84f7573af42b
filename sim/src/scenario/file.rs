//! A scenario as its file has it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{AllowedEnd, RequestEvent, Scenario, ScenarioCloud, ScenarioError, ScenarioEvent, task};
use crate::MigrationEnd;
use crate::contract::ServerState;

/// The policies that `ends` of one text is about.
const POLICIES: [&str; 3] = ["standard", "seed", "nova-34"];

/// A scenario as its file has it; see the fields of [`Scenario`]. `{server}`, `{migration}`, `{source}` and
/// `{destination}` stand for the ids of the server, its migration record and the providers of two hosts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    name: String,
    /// The fields of the task that are not those of [`task::usual`].
    task: Map<String, Value>,
    #[serde(default)]
    cloud: ScenarioCloud,
    #[serde(default)]
    events: Vec<ScenarioEvent>,
    #[serde(default)]
    ending: Ending,
    #[serde(default)]
    allowed: Vec<AllowedEnd>,
    #[serde(default)]
    ends: Ends,
    #[serde(default)]
    page: Option<PageEntry>,
    #[serde(default)]
    history: Vec<Value>,
    #[serde(default)]
    server_states: Vec<ServerState>,
    #[serde(default)]
    requests: Vec<RequestEvent>,
}

/// How the debugger's page lists a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageEntry {
    /// The title.
    pub title: String,
    /// What happens, in a sentence or two.
    pub text: String,
    /// The policy to show it with first.
    pub policy: String,
}

/// How the compute services finish a migration that has started.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ending {
    #[default]
    Confirmed,
    Reverted,
}

/// The end under each built-in policy.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Ends {
    /// The same under all of them.
    Same(String),
    /// By the policy's name.
    Each(BTreeMap<String, String>),
}

impl Default for Ends {
    fn default() -> Self {
        Self::Each(BTreeMap::new())
    }
}

impl Ends {
    fn by_policy(self) -> BTreeMap<String, String> {
        match self {
            Self::Same(end) => POLICIES.map(|policy| (policy.to_owned(), end.clone())).into(),
            Self::Each(ends) => ends,
        }
    }
}

impl ScenarioFile {
    /// The scenario; fails if it is not possible.
    pub fn scenario(self) -> Result<Scenario, ScenarioError> {
        let Self { name, cloud: given, events, ending, allowed, ends, page, server_states, requests, .. } = self;
        let cloud = match given.build() {
            Ok(cloud) => cloud,
            Err(invalid) => return Err(ScenarioError::Cloud { name, invalid }),
        };
        let task = match task::of(self.task, &cloud) {
            Ok(task) => task,
            Err(source) => return Err(ScenarioError::Task { name, source }),
        };
        let history = match task::history(&self.history, &cloud) {
            Ok(history) => history,
            Err(source) => return Err(ScenarioError::History { name, source }),
        };
        if let Some(event) = events.iter().find(|event| !event.is_possible()) {
            return Err(ScenarioError::Event { name, what: event.what.clone() });
        }
        let ending = match ending {
            Ending::Confirmed => MigrationEnd::Confirmed,
            Ending::Reverted => MigrationEnd::Reverted,
        };
        let (holds, inventory, ends) = (given.holds, given.inventory, ends.by_policy());
        #[rustfmt::skip]
        let scenario = Scenario {
            name, task, cloud, events, ending, allowed, ends, page, holds, inventory, history, server_states, requests,
        };
        Ok(scenario)
    }
}
