//! Where a course begins: a cloud, a task on it, and what is already known of how it goes.

use std::collections::BTreeMap;

use serde::Deserialize;
#[cfg(feature = "full")]
use swaparoo_contract::{Effect, GetAllocations, Reply};
use swaparoo_contract::{Exchange, Outcome, Task};
#[cfg(feature = "full")]
use swaparoo_core::record::End;
use swaparoo_placement::Resources;
use swaparoo_sim::Cloud;
use tsify::Tsify;

use crate::change::Change;
use crate::course::EndView;
#[cfg(feature = "full")]
use crate::known::Fact;
use crate::known::Known;
#[cfg(feature = "full")]
use crate::pasted;
use crate::story;

/// What the page has opened.
#[derive(Debug, Clone, Deserialize, Tsify)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A built-in story, by its id.
    Story {
        /// Its id.
        id: String,
    },
    /// A task that was run somewhere, as far as it has come.
    #[cfg(feature = "full")]
    Task {
        /// What was asked.
        #[tsify(type = "Task")]
        task: Task,
        /// What happened.
        #[tsify(type = "Exchange[]")]
        history: Vec<Exchange>,
        /// How it ended, as a record has it; none of a task that is still at work.
        #[serde(default)]
        #[tsify(optional, type = "RecordFile[\"end\"]")]
        end: Option<End>,
    },
    /// What Placement says now, and a task to try on it.
    #[cfg(feature = "full")]
    Pasted {
        /// What is to be tried.
        #[tsify(type = "Task")]
        task: Task,
        /// By consumer, the answers as they were pasted.
        #[tsify(type = "Record<string, string>")]
        answers: BTreeMap<String, String>,
        /// `present`, `gone` or `unknown`: what nova says of the server.
        server: String,
    },
}

/// A cloud, a task on it, and what is known of how it goes.
#[derive(Debug, Clone)]
pub struct Opening {
    /// In the beginning.
    pub cloud: Cloud,
    /// What is asked.
    pub task: Task,
    /// What was recorded; holds as long as the same is asked.
    pub recorded: Vec<Exchange>,
    /// What happens in the story.
    pub script: Vec<Change>,
    /// What the server should hold in the end, where the cloud does not know its flavor.
    pub due: Option<BTreeMap<String, Resources>>,
    /// Whether that was read.
    pub due_is_known: bool,
    /// What is known in the beginning.
    pub known: Known,
    /// It was run somewhere: `recorded` is what happened, even if that is nothing.
    pub is_record: bool,
    /// How it ended there, if it did.
    pub end: Option<(EndView, Option<Outcome>)>,
}

impl Opening {
    /// Opens it.
    ///
    /// # Errors
    /// There is no such story, or what was pasted is no answer of Placement's; the error says which.
    pub fn of(source: Source) -> Result<Self, String> {
        match source {
            Source::Story { id } => story::named(&id),
            #[cfg(feature = "full")]
            Source::Task { task, history, end } => {
                let (cloud, known) = (Cloud::before(&task, &history), Known::before(&history));
                let end = end.map(|end| EndView::recorded(&end));
                Ok(Self { is_record: true, end, ..Self::read(cloud, known, task, history) })
            }
            #[cfg(feature = "full")]
            Source::Pasted { task, answers, server } => {
                let read = |(consumer, text): (&String, &String)| {
                    let holding = pasted::read(consumer, text)?;
                    let effect = Effect::GetAllocations(GetAllocations { consumer: consumer.clone() });
                    Ok(Exchange { effect, reply: Reply::Holding(holding) })
                };
                let shown = answers.iter().map(read).collect::<Result<Vec<_>, String>>()?;
                let mut cloud = Cloud::before(&task, &shown);
                cloud.servers.values_mut().for_each(|one| one.alive = server != "gone");
                cloud.conductor = server != "unknown";
                let mut known = Known::before(&shown);
                let told = if cloud.conductor { Fact::Known } else { Fact::NotKnown };
                cloud.servers.keys().for_each(|id| known.exists(id, told));
                // What is left empty holds nothing: the page says so where it is pasted.
                task.parties().into_iter().for_each(|(_, consumer)| known.holds(consumer));
                Ok(Self::read(cloud, known, task, Vec::new()))
            }
        }
    }

    #[cfg(feature = "full")]
    fn read(cloud: Cloud, known: Known, task: Task, recorded: Vec<Exchange>) -> Self {
        let givers = givers(&task);
        let due = givers.iter().map(|id| cloud.held(id)).find(|held| !held.is_empty());
        let due_is_known = due.is_some() || givers.iter().all(|id| known.holding(id).is_known());
        let due = Some(due.unwrap_or_default());
        Self { cloud, task, recorded, script: Vec::new(), due, due_is_known, known, is_record: false, end: None }
    }
}

#[cfg(feature = "full")]
/// Who holds, in the beginning, what the server should hold in the end: the first of them that holds anything.
fn givers(task: &Task) -> Vec<&str> {
    let parties = task.parties().into_iter().map(|(_, consumer)| consumer);
    match task {
        // Its parties begin with the record, whose allocations are to be dropped.
        Task::Confirm(task) => vec![&task.server],
        // Whether the server should hold anything is what it finds out.
        Task::Release(_) => Vec::new(),
        _ => parties.collect(),
    }
}
