//! What was built for a released version of the contract: this host runs it, and it passes what it passed when it was kept.

use std::path::{Path, PathBuf};
use std::process::Command;

use swaparoo::engine::{Cache, Engine, Limits, Policy};
use swaparoo::registry::promotion::conformance;
use swaparoo_tests::sample;

/// A released contract: its folder in `tests/contract`, and how many scenarios its policies passed.
const KEPT: [(&str, usize); 1] = [("1.0.0", 33)];

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contract").join(version)
}

/// It is described as what it is, and passes all that it passed, and more if there are more scenarios.
fn check(policy: &Policy, version: &str, passed: usize, name: &str) {
    let description = policy.description();
    assert_eq!((description.name.as_str(), description.contract.as_str()), (name, version));
    assert_eq!(policy.world().name(), "move-policy");
    let list = std::fs::read_to_string(folder(version).join("passed.txt")).unwrap();
    assert_eq!(list.lines().count(), passed);
    let report = conformance(policy);
    let missing: Vec<&str> = list.lines().filter(|name| !report.passed.iter().any(|one| one == name)).collect();
    assert!(
        missing.is_empty(),
        "{name}: {missing:?} {:?}",
        report.failed.iter().filter(|one| one.offered).collect::<Vec<_>>()
    );
}

fn engine(limits: Limits) -> Engine {
    Engine::new(Limits { instances: 4, ..limits }, Cache::off()).unwrap()
}

/// The program's output, which must succeed.
fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn every_kept_component_passes_what_it_passed() {
    let engine = engine(Limits::default());
    for (version, passed) in KEPT {
        let rust = std::fs::read(folder(version).join("rust.wasm")).unwrap();
        let javascript = output(Command::new("gzip").arg("-dc").arg(folder(version).join("javascript.wasm.gz")));
        for (name, component) in [("rust", rust), ("javascript", javascript)] {
            check(&engine.load(name, &component).unwrap(), version, passed, name);
        }
    }
}

/// Its component is too large to be kept, so its sources are built. It needs the limits that its author raises.
#[test]
fn the_kept_sources_in_python_pass_what_they_passed() {
    if !sample::nightly() {
        return sample::say("no kept policy in Python, since its compilation takes a minute");
    }
    let tools = PathBuf::from(std::env::var_os("SWAPAROO_SCAFFOLD").expect("SWAPAROO_SCAFFOLD is not set"));
    let most = 24 << 20;
    let limits = Limits { component_bytes: most, memory_bytes: most, table_elements: 8_192, ..Limits::default() };
    let engine = engine(limits);
    for (version, passed) in KEPT {
        let made = tempfile::tempdir().unwrap();
        let component = made.path().join("policy.wasm");
        let build = ["--world", "move-policy", "componentize", "--stub-wasi", "policy", "--output"];
        let mut builder = Command::new(tools.join("python/bin/componentize-py"));
        builder.arg("--wit-path").arg(folder(version).join("wit")).args(build).arg(&component);
        output(builder.current_dir(folder(version).join("python")));
        check(&engine.load_file(&component).unwrap(), version, passed, "python");
    }
}
