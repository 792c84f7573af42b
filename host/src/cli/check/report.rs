//! What a check found, as it is printed and in JSON. It contains no times, so that two runs give the same report.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use swaparoo::contract::{Exchange, Task, TaskKind};
use swaparoo::failure::Failure;
use swaparoo::record::{self, Beside, End, PolicyName, Record};
use swaparoo::simulation::Component;
use swaparoo::simulation::check::{
    Counterexample, Outcome, PlayedTask, Scene, Transcript, is_known, unavoidable_after,
};
use swaparoo::simulation::explorer::PathEnd;

/// The id in the records of all simulated tasks: they need no other.
const RECORD_ID: &str = "c4ec0000-0000-4000-8000-000000000000";

#[derive(Debug, Serialize)]
pub struct CheckReport {
    pub policy: PolicyName,
    /// The most faults on a way.
    pub faults: u32,
    pub scenes: Vec<SceneReport>,
}

#[derive(Debug, Serialize)]
pub struct SceneReport {
    pub name: &'static str,
    pub about: &'static str,
    /// The kind of task for which the policy has no rules; then the scene was left out.
    pub without_rules_for: Option<&'static str>,
    pub states: usize,
    pub calls: usize,
    pub at_rest: usize,
    pub longest: usize,
    pub ends: BTreeMap<&'static str, usize>,
    pub complete: bool,
    pub counterexamples: Vec<FoundCounterexample>,
}

#[derive(Debug, Serialize)]
pub struct FoundCounterexample {
    pub property: &'static str,
    pub violation: &'static str,
    pub faults: u32,
    /// The number of steps to it.
    pub steps: usize,
    /// The number of steps after which every way without another fault ends wrong; null if that is not known.
    pub unavoidable_after: Option<usize>,
    /// The number of states in which the same is wrong.
    pub states: usize,
    /// Whether `standard` has it too, and docs/check.md describes it.
    pub known: bool,
    /// The files of its records.
    pub records: Vec<String>,
    pub transcript: String,
    #[serde(skip)]
    tasks: Vec<RecordedTask>,
}

/// A task of a counterexample, as in a record.
#[derive(Debug, Clone)]
pub struct RecordedTask {
    pub task: Task,
    pub history: Vec<Exchange>,
    pub end: End,
    pub beside: Vec<Beside>,
    pub unavoidable_after: Option<u64>,
}

impl CheckReport {
    pub fn of(policy: PolicyName, faults: u32) -> Self {
        Self { policy, faults, scenes: Vec::new() }
    }

    /// Whether all scenes were searched completely, and nothing was found.
    pub fn is_right(&self) -> bool {
        self.scenes.iter().all(SceneReport::is_right)
    }

    /// The counterexample with the fewest faults, and of these the shortest, with its scene.
    pub fn first(&self) -> Option<(&SceneReport, &FoundCounterexample)> {
        let all = self.scenes.iter().flat_map(|scene| scene.counterexamples.iter().map(move |found| (scene, found)));
        all.min_by_key(|(_, found)| (found.faults, found.steps))
    }
}

impl SceneReport {
    pub fn of(component: &mut Component<'_>, scene: &Scene, outcome: Outcome) -> Self {
        let Outcome { states, calls, at_rest, ends, longest, is_complete, counterexamples, .. } = outcome;
        let counterexamples = counterexamples.iter().map(|found| FoundCounterexample::of(component, scene, found));
        Self {
            states,
            calls,
            at_rest,
            longest,
            ends,
            counterexamples: counterexamples.collect(),
            ..Self::empty(scene, is_complete)
        }
    }

    /// Whether it was searched completely, and nothing was found.
    pub fn is_right(&self) -> bool {
        self.complete && self.counterexamples.is_empty()
    }

    /// The same, apart from what is known of `standard`.
    pub fn has_only_known(&self) -> bool {
        self.complete && self.counterexamples.iter().all(|found| found.known)
    }

    /// A scene with a kind of task for which the policy has no rules.
    pub fn left_out(scene: &Scene, kind: TaskKind) -> Self {
        Self { without_rules_for: Some(kind.name()), ..Self::empty(scene, true) }
    }

    /// The counterexamples with the names of their records, without an extension.
    pub fn named(&mut self) -> impl Iterator<Item = (String, &mut FoundCounterexample)> {
        let scene = self.name;
        let name = move |number: usize| if number == 1 { scene.to_owned() } else { format!("{scene}-{number}") };
        (1..).map(name).zip(&mut self.counterexamples)
    }

    fn empty(Scene { name, about, .. }: &Scene, complete: bool) -> Self {
        Self {
            name,
            about,
            without_rules_for: None,
            states: 0,
            calls: 0,
            at_rest: 0,
            longest: 0,
            ends: BTreeMap::new(),
            complete,
            counterexamples: Vec::new(),
        }
    }
}

impl FoundCounterexample {
    fn of(component: &mut Component<'_>, scene: &Scene, found: &Counterexample) -> Self {
        let repairs = component.repairs();
        let unavoidable_after = unavoidable_after(component, scene, found, repairs);
        let transcript = match unavoidable_after {
            Some(after) => Transcript::with_unavoidable(component, scene, found, after),
            None => Transcript::of(component, scene, found),
        };
        Self {
            property: found.property.name(),
            violation: found.violation.name(),
            faults: found.faults,
            steps: found.actions.len(),
            unavoidable_after,
            states: found.states,
            known: is_known(scene.name, found),
            records: Vec::new(),
            transcript: transcript.text(),
            tasks: transcript.tasks.into_iter().map(RecordedTask::of).collect(),
        }
    }

    /// The names of the records with their tasks: the task that ended last has the plain name.
    pub fn files(&self, name: &str) -> Vec<(String, RecordedTask)> {
        let last = self.tasks.len();
        let file = |number: usize| {
            if number == last { format!("{name}.record.json") } else { format!("{name}.task-{number}.record.json") }
        };
        (1..).map(file).zip(self.tasks.iter().cloned()).collect()
    }
}

impl RecordedTask {
    pub fn of(PlayedTask { task, history, end, beside, unavoidable_after, .. }: PlayedTask) -> Self {
        let end = match end {
            PathEnd::Ended(end) => End::of(&Failure::of_end(end, &history)),
            PathEnd::Broken(why) => End::failed(&json!({ "code": "policy-failed", "detail": why, "data": null })),
        };
        let unavoidable_after = unavoidable_after.map(|exchanges| exchanges as u64);
        Self { task, history: history.to_vec(), end, beside, unavoidable_after }
    }

    /// Writes it as a record to a new file in `folder`; returns the file's path.
    pub fn write(self, folder: &Path, file: &str, policy: &PolicyName) -> anyhow::Result<String> {
        let path = folder.join(file);
        let new = record::create_file(&path)?;
        let mut kept = Record::new(RECORD_ID.into(), self.task, policy.clone(), self.history, self.end);
        (kept.beside, kept.unavoidable_after) = (self.beside, self.unavoidable_after);
        new.write(&kept)?;
        Ok(path.display().to_string())
    }
}
