//! The beginning of a run: a cloud, a task on it, and the exchanges that are already known.

use std::collections::BTreeMap;

use serde::Deserialize;
#[cfg(feature = "full")]
use swaparoo_contract::{Effect, GetAllocations, Reply};
use swaparoo_contract::{Exchange, Outcome, Task};
#[cfg(feature = "full")]
use swaparoo_core::record::End;
use swaparoo_placement::Resources;
use swaparoo_sim::SimCloud;
use tsify::Tsify;

use crate::change::Change;
#[cfg(feature = "full")]
use crate::known_facts::FactState;
use crate::known_facts::KnownFacts;
#[cfg(feature = "full")]
use crate::pasted;
use crate::run_view::EndView;
use crate::scenarios;

/// What is open on the page.
#[derive(Debug, Clone, Deserialize, Tsify)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A built-in scenario, by its id. Links and files name it by the word on the page.
    #[serde(rename = "story")]
    Scenario {
        /// Its id.
        id: String,
    },
    /// A task that ran on a service or with the program, with its history so far.
    #[cfg(feature = "full")]
    Task {
        /// The task in the contract's form.
        #[tsify(type = "Task")]
        task: Task,
        /// Its exchanges.
        #[tsify(type = "Exchange[]")]
        history: Vec<Exchange>,
        /// How it ended, in the form of a record; none for a task that is still running.
        #[serde(default)]
        #[tsify(optional, type = "RecordFile[\"end\"]")]
        end: Option<End>,
    },
    /// Pasted answers of Placement, and a task to try on them.
    #[cfg(feature = "full")]
    Pasted {
        /// The task to try.
        #[tsify(type = "Task")]
        task: Task,
        /// The pasted answers, by consumer.
        #[tsify(type = "Record<string, string>")]
        answers: BTreeMap<String, String>,
        /// nova's answer about the server: `present`, `gone` or `unknown`.
        server: String,
    },
}

/// A cloud, a task on it, and the exchanges that are already known.
#[derive(Debug, Clone)]
pub struct OpenedTask {
    /// The cloud at the beginning.
    pub cloud: SimCloud,
    /// The task.
    pub task: Task,
    /// The recorded exchanges; used as long as the rules make the same requests.
    pub recorded: Vec<Exchange>,
    /// The faults and events of the scenario.
    pub scenario_changes: Vec<Change>,
    /// What the server should hold at the end, if the cloud does not know its flavor.
    pub due: Option<BTreeMap<String, Resources>>,
    /// Whether `due` was read.
    pub due_is_known: bool,
    /// What is known at the beginning.
    pub known: KnownFacts,
    /// Whether the task is a recorded one; then `recorded` is its history, even if it is empty.
    pub is_record: bool,
    /// How the recorded task ended, if it has.
    pub end: Option<(EndView, Option<Outcome>)>,
}

impl OpenedTask {
    /// Opens a source.
    ///
    /// # Errors
    /// The scenario does not exist, or a pasted text is not an answer of Placement.
    pub fn of(source: Source) -> Result<Self, String> {
        match source {
            Source::Scenario { id } => scenarios::named(&id),
            #[cfg(feature = "full")]
            Source::Task { task, history, end } => {
                let (cloud, known) = (SimCloud::before(&task, &history), KnownFacts::before(&history));
                let end = end.map(|end| EndView::recorded(&end));
                Ok(Self { is_record: true, end, ..Self::read(cloud, known, task, history) })
            }
            #[cfg(feature = "full")]
            Source::Pasted { task, answers, server } => {
                let read = |(consumer, text): (&String, &String)| {
                    let holding = pasted::read(consumer, text)?;
                    let effect = Effect::GetAllocations(GetAllocations { consumer: consumer.clone() });
                    Ok(Exchange::new(effect, Reply::Holding(holding)))
                };
                let shown = answers.iter().map(read).collect::<Result<Vec<_>, String>>()?;
                let mut cloud = SimCloud::before(&task, &shown);
                cloud.servers.values_mut().for_each(|one| one.alive = server != "gone");
                cloud.conductor = server != "unknown";
                let mut known = KnownFacts::before(&shown);
                let state = if cloud.conductor { FactState::Known } else { FactState::NotKnown };
                cloud.servers.keys().for_each(|id| known.exists(id, state));
                // An empty field means no allocations, as the page says.
                task.parties().into_iter().for_each(|(_, consumer)| known.holds(consumer));
                Ok(Self::read(cloud, known, task, Vec::new()))
            }
        }
    }

    #[cfg(feature = "full")]
    fn read(cloud: SimCloud, known: KnownFacts, task: Task, recorded: Vec<Exchange>) -> Self {
        let initial_holders = initial_holders(&task);
        let due = initial_holders.iter().map(|id| cloud.held(id)).find(|held| !held.is_empty());
        let due_is_known = due.is_some() || initial_holders.iter().all(|id| known.holding(id).is_known());
        let due = Some(due.unwrap_or_default());
        Self {
            cloud,
            task,
            recorded,
            scenario_changes: Vec::new(),
            due,
            due_is_known,
            known,
            is_record: false,
            end: None,
        }
    }
}

#[cfg(feature = "full")]
/// The consumers that may hold, at the beginning, what the server should hold at the end. The first one with
/// allocations counts.
fn initial_holders(task: &Task) -> Vec<&str> {
    let parties = task.parties().into_iter().map(|(_, consumer)| consumer);
    match task {
        // Its consumers start with the record, whose allocations will be dropped.
        Task::Confirm(task) => vec![&task.server],
        // This task itself finds out whether the server should hold anything.
        Task::Release(_) => Vec::new(),
        _ => parties.collect(),
    }
}
