//! The steps are the same, byte for byte, natively, as a component in wasmtime, and as the browser module in node, for
//! one in fourteen histories of the exploration, and at night one in seven: a call of a component takes a hundred times as
//! long as a native one.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;
use swaparoo::engine::{Cache, Engine, Limits, Policy};
use swaparoo::simulation::explorer::move_states;
use swaparoo_plugin::policies;
use swaparoo_tests::exploration::explore_all;
use swaparoo_tests::sample::{self, Pairs, size};

const POLICIES: [&str; 3] = ["standard", "seed", "nova-34"];
/// In CI, a second rare fault is tried in one of this many places.
const ONE_IN: usize = 96;
/// One in this many histories is compared.
fn one_in() -> usize {
    size(14, 7)
}

/// The component decides the explored histories of a move as the native policy does.
fn check(component: &Policy, name: &str) {
    let (mut nodes, starts) = (0_usize, move_states().unwrap());
    explore_all(policies::named(name).unwrap(), &starts, &Pairs::sampled(ONE_IN), &mut |start, node| {
        nodes += 1;
        if nodes % one_in() != 0 {
            return;
        }
        let decision = component.next_step(&start.task, node.history).unwrap();
        let step = serde_json::to_string(&decision.step).unwrap();
        let native = serde_json::to_string(node.step).unwrap();
        assert_eq!(step, native, "{name}, {}: {:#?}", start.name, node.history);
    });
    let (component, compared) = (&component.description().name, nodes / one_in());
    sample::say(&format!("as the component {component}, {name}: {compared} steps of {nodes} are the same"));
    assert!(nodes > 1_000, "{name}: only {nodes} histories were explored");
}

#[test]
fn component_and_native() {
    let engine = Engine::new(Limits::default(), Cache::off()).unwrap();
    for name in POLICIES {
        check(&engine.resolve(name).unwrap(), name);
    }
}

#[test]
fn component_of_the_world_move_policy_and_native() {
    let folder = std::env::var_os("SWAPAROO_POLICIES").expect("SWAPAROO_POLICIES is not set; run `cargo xtask test`");
    let engine = Engine::new(Limits::default(), Cache::off()).unwrap();
    check(&engine.load_file(&PathBuf::from(folder).join("standard-moves.wasm")).unwrap(), "standard");
}

#[test]
fn browser_module_and_native() {
    let module = std::env::var_os("SWAPAROO_BROWSER").expect("SWAPAROO_BROWSER is not set; run `cargo xtask test`");
    let folder = tempfile::tempdir().unwrap();
    let (asked, expected) = (folder.path().join("asked"), folder.path().join("expected"));
    write(&asked, &expected);

    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("browser/steps.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(module).stdin(File::open(&asked).unwrap()).stdout(Stdio::piped());
    let mut node = node.spawn().expect("node is needed to run the browser module");
    let steps = BufReader::new(node.stdout.take().unwrap()).lines();
    let mut expected = BufReader::new(File::open(&expected).unwrap()).lines();
    let mut compared = 0_usize;
    for step in steps {
        let expected = expected.next().expect("node answers no more than it was asked").unwrap();
        assert_eq!(step.unwrap(), expected, "history number {compared}");
        compared += 1;
    }
    assert!(node.wait().unwrap().success(), "node failed after {compared} steps");
    assert!(expected.next().is_none(), "node answered only {compared} histories");
    sample::say(&format!("as a browser module: {compared} steps are the same"));
}

/// The histories in the script's input form, in which each names what it keeps of the one before, and the native steps.
fn write(asked: &PathBuf, expected: &PathBuf) {
    let (mut asked, mut expected) =
        (BufWriter::new(File::create(asked).unwrap()), BufWriter::new(File::create(expected).unwrap()));
    for name in POLICIES {
        let (mut last, starts) = (None, move_states().unwrap());
        let (mut nodes, mut keep) = (0_usize, usize::MAX);
        explore_all(policies::named(name).unwrap(), &starts, &Pairs::sampled(ONE_IN), &mut |start, node| {
            nodes += 1;
            keep = keep.min(node.parent);
            if nodes % one_in() != 0 {
                return;
            }
            let mut line = json!({ "policy": name, "keep": keep, "push": node.history[keep..] });
            keep = usize::MAX;
            if last != Some(start.name) {
                last = Some(start.name);
                line["task"] = serde_json::to_value(&start.task).unwrap();
            }
            writeln!(asked, "{line}").unwrap();
            writeln!(expected, "{}", serde_json::to_string(node.step).unwrap()).unwrap();
        });
    }
    asked.flush().unwrap();
    expected.flush().unwrap();
}
