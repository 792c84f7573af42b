//! Prints the report of a check for a person: a table of the scenes, and the first counterexample.

use swaparoo::describe::count;
use swaparoo::simulation::check::{Property, fault_count, most_faults};

use super::report::{CheckReport, FoundCounterexample, SceneReport};
use super::table::row;
use crate::cli::stdout::say;

/// Prints it.
pub fn report(report: &CheckReport) {
    let policy = &report.policy;
    say!("{} {} (sha256 {}), {}", policy.name, policy.version, policy.digest, most_faults(report.faults));
    say!("");
    row("scene", &["states", "calls", "at rest", "longest"], "result");
    for scene in &report.scenes {
        let numbers = [scene.states, scene.calls, scene.at_rest, scene.longest].map(|number| number.to_string());
        row(scene.name, &numbers, &result(scene));
    }
    match report.first() {
        Some((scene, found)) => first(scene, found),
        None if report.is_right() => say!("\nright: no counterexample"),
        None => say!("\nnot complete: no counterexample in the states that were visited; raise --states"),
    }
}

fn first(scene: &SceneReport, found: &FoundCounterexample) {
    let FoundCounterexample { property, violation, transcript, .. } = found;
    say!("\nthe first counterexample, in {}: {}", scene.name, scene.about);
    say!("  {property}: {violation}");
    for meant in Property::ALL.into_iter().filter(|of| of.name() == *property) {
        say!("  it must hold that {}", meant.meaning());
    }
    let (steps, faults) = (count(found.steps, "step"), fault_count(found.faults));
    say!("  after {steps}, with {faults} (! a fault, * what others do)\n");
    say!("{}", transcript.trim_end());
    for file in &found.records {
        say!("\nrecord: {file}");
    }
}

fn result(scene: &SceneReport) -> String {
    if let Some(kind) = scene.without_rules_for {
        return format!("left out: the policy has no rules for {kind}");
    }
    let bound = if scene.complete { "" } else { ", not complete: raise --states" };
    if scene.counterexamples.is_empty() {
        return format!("{}{bound}", if scene.complete { "right" } else { "nothing found" });
    }
    let wrong =
        scene.counterexamples.iter().map(|found| format!("{} ({})", found.violation, fault_count(found.faults)));
    format!("WRONG: {}{bound}", wrong.collect::<Vec<_>>().join("; "))
}
