//! What a comparison found, as it is printed and in JSON. It contains no times, so that two runs give the same report.

use serde::Serialize;
use swaparoo::contract::TaskKind;
use swaparoo::describe::count;
use swaparoo::record::PolicyName;
use swaparoo::simulation::Component;
use swaparoo::simulation::check::{Comparison, Difference, Scene, Transcript, fault_count, most_faults};

use super::report::RecordedTask;
use super::table::row;
use crate::cli::stdout::say;

#[derive(Debug, Serialize)]
pub struct CompareReport {
    /// The policy under which the tasks run, and the one that was asked, too.
    pub policies: [PolicyName; 2],
    /// The most faults on a way.
    pub faults: u32,
    pub scenes: Vec<ComparedScene>,
}

#[derive(Debug, Serialize)]
pub struct ComparedScene {
    pub name: &'static str,
    pub about: &'static str,
    /// The kind of task for which one of the policies has no rules; then the scene was left out.
    pub without_rules_for: Option<&'static str>,
    pub states: usize,
    pub calls: usize,
    pub complete: bool,
    pub difference: Option<FoundDifference>,
}

#[derive(Debug, Serialize)]
pub struct FoundDifference {
    pub faults: u32,
    /// The number of steps to it.
    pub steps: usize,
    /// The transcript up to it, and what each policy does then.
    pub transcript: String,
    /// The file of its record.
    pub record: Option<String>,
    #[serde(skip)]
    pub task: Option<RecordedTask>,
    #[serde(skip)]
    then: [(Vec<String>, Vec<String>); 2],
}

impl CompareReport {
    /// Whether no state was found in which the policies differ, and all were visited.
    pub fn is_same(&self) -> bool {
        self.scenes.iter().all(|scene| scene.complete && scene.difference.is_none())
    }

    /// Prints it for a person: a table of the scenes, and the first difference.
    pub fn print(&self) {
        for PolicyName { name, version, digest, .. } in &self.policies {
            say!("{name} {version} (sha256 {digest})");
        }
        let [first, second] = &self.policies;
        say!("in the states that tasks under {} reach, {}\n", first.name, most_faults(self.faults));
        row("scene", &["states", "calls"], "result");
        for scene in &self.scenes {
            row(scene.name, &[scene.states, scene.calls], &scene.result());
        }
        let all = self.scenes.iter().filter_map(|scene| Some((scene, scene.difference.as_ref()?)));
        match all.min_by_key(|(_, found)| (found.faults, found.steps)) {
            Some((scene, found)) => found.print(scene, [&first.name, &second.name]),
            None if self.is_same() => say!("\nsame: the two take the same step in each of these states"),
            None => say!("\nnot complete: no difference in the states that were visited; raise --states"),
        }
    }
}

impl ComparedScene {
    pub fn of(first: &mut Component<'_>, scene: &Scene, result: Comparison) -> Self {
        let Comparison { states, calls, is_complete, difference } = result;
        let difference = difference.map(|difference| FoundDifference::of(first, scene, &difference));
        Self { states, calls, difference, ..Self::empty(scene, is_complete) }
    }

    /// A scene with a kind of task for which one of the policies has no rules.
    pub fn left_out(scene: &Scene, kind: TaskKind) -> Self {
        Self { without_rules_for: Some(kind.name()), ..Self::empty(scene, true) }
    }

    fn empty(Scene { name, about, .. }: &Scene, complete: bool) -> Self {
        Self { name, about, without_rules_for: None, states: 0, calls: 0, complete, difference: None }
    }

    fn result(&self) -> String {
        match (&self.difference, self.without_rules_for) {
            (_, Some(kind)) => format!("left out: one of the policies has no rules for {kind}"),
            (Some(found), _) => {
                format!("DIFFERENT after {}, with {}", count(found.steps, "step"), fault_count(found.faults))
            }
            (None, _) if self.complete => "same".to_owned(),
            (None, _) => "not complete: raise --states".to_owned(),
        }
    }
}

impl FoundDifference {
    fn of(first: &mut Component<'_>, scene: &Scene, difference: &Difference) -> Self {
        let Difference { actions, faults, call } = difference;
        let transcript = Transcript::of_way(first, scene, actions);
        let named = |texts: Vec<String>| texts.into_iter().map(|text| transcript.named(text)).collect();
        let then = [&call.first, &call.second].map(|step| {
            let (what, reasons) = call.words(step);
            (named(what), named(reasons))
        });
        let mut played = Transcript::to_the_end(first, scene, actions).tasks;
        played.retain(|task| task.task == call.task && task.history.starts_with(&call.history));
        Self {
            faults: *faults,
            steps: actions.len(),
            transcript: transcript.text_until("now"),
            record: None,
            task: played.pop().map(RecordedTask::of),
            then,
        }
    }

    fn print(&self, scene: &ComparedScene, names: [&str; 2]) {
        say!("\nthe first difference, in {}: {}", scene.name, scene.about);
        let (steps, faults) = (count(self.steps, "step"), fault_count(self.faults));
        say!("  after {steps}, with {faults} (! a fault, * what others do)\n");
        say!("{}", self.transcript.trim_end());
        for (name, (what, reasons)) in names.iter().zip(&self.then) {
            say!("\n  next, {name}");
            what.iter().for_each(|line| say!("      {line}"));
            reasons.iter().for_each(|reason| say!("      because: {reason}"));
        }
        if let Some(file) = &self.record {
            say!("\nrecord: {file}");
        }
    }
}
