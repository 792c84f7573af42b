//! Prints the report of a check for a person: a table of the scenes, and the first counterexample.

use swaparoo::simulation::check::Property;

use super::report::{CheckReport, FoundCounterexample, SceneReport};
use crate::cli::stdout::say;

const NAME: usize = 28;
const NUMBER: usize = 9;

/// Prints it.
pub fn report(report: &CheckReport) {
    let policy = &report.policy;
    say!("{} {} (sha256 {}), with up to {}", policy.name, policy.version, policy.digest, faults(report.faults));
    say!("");
    row("scene", ["states", "calls", "at rest", "longest"].map(str::to_owned), "result");
    for scene in &report.scenes {
        let numbers = [scene.states, scene.calls, scene.at_rest, scene.longest].map(|number| number.to_string());
        row(scene.name, numbers, &result(scene));
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
    say!("  after {} and {} steps (! a fault, * what others do)\n", faults(found.faults), found.steps);
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
    let wrong = scene.counterexamples.iter().map(|found| format!("{} ({})", found.violation, faults(found.faults)));
    format!("WRONG: {}{bound}", wrong.collect::<Vec<_>>().join("; "))
}

fn faults(number: u32) -> String {
    match number {
        0 => "no fault".to_owned(),
        1 => "1 fault".to_owned(),
        more => format!("{more} faults"),
    }
}

fn row(name: &str, numbers: [String; 4], result: &str) {
    let numbers: String = numbers.iter().map(|number| format!("{number:>NUMBER$}")).collect();
    say!("{name:<NAME$}{numbers}   {result}");
}
