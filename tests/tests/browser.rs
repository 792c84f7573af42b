//! The browser module's functions in both of its builds: their results, their exceptions, and their typings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use swaparoo_plugin::contract::{RevertTask, Task};
use swaparoo_plugin::policies;

const BUILDS: [&str; 2] = ["nodejs", "web"];
const CONTRACT: [&str; 4] = [
    include_str!("../../wit/allocations.wit"),
    include_str!("../../wit/log.wit"),
    include_str!("../../wit/moves.wit"),
    include_str!("../../wit/migrations.wit"),
];

/// The folder with both builds.
fn folder() -> PathBuf {
    let nodejs = std::env::var_os("SWAPAROO_BROWSER").expect("SWAPAROO_BROWSER is not set; run `cargo xtask test`");
    Path::new(&nodejs).parent().unwrap().to_owned()
}

/// The module's description of itself, in each build.
fn surfaces() -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/surface.mjs");
    let ran = Command::new("node").arg(script).arg(folder()).output().expect("node is needed to run the module");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn both_builds_know_the_policies_and_decide_alike() {
    let task = Task::Revert(RevertTask {
        server: "c0ffee00-0000-0000-0000-000000000001".into(),
        migration: "c0ffee00-0000-0000-0000-000000000002".into(),
    });
    let surfaces = surfaces();
    for build in BUILDS {
        let surface = &surfaces[build];
        let names: Vec<_> = policies::ALL.iter().map(|policy| policy.name()).collect();
        assert_eq!(surface["policies"], json!(names), "{build}");
        let described: Vec<_> = policies::ALL.iter().map(|policy| policy.describe()).collect();
        assert_eq!(surface["describe"], json!(described), "{build}");
        let steps: Vec<_> =
            policies::ALL.iter().map(|policy| swaparoo_plugin::next_step(*policy, &task, &[])).collect();
        assert_eq!(surface["first_step"], json!(steps), "{build}");
    }
}

#[test]
fn values_with_a_wrong_form_throw() {
    let no_policy = r#"no policy is named "standrad"; there are standard, seed and nova-34"#;
    let surfaces = surfaces();
    for build in BUILDS {
        let throws = &surfaces[build]["throws"];
        for (case, begins, names) in [
            ("describe_unknown", no_policy, ""),
            ("unknown", no_policy, ""),
            ("task", "task does not match the contract: ", "`migration`"),
            ("kind", "task does not match the contract: ", "`resize`"),
            ("history", "history does not match the contract: ", "`up_to_ms`"),
            ("no_history", "history does not match the contract: ", "expected a sequence"),
        ] {
            let thrown = &throws[case];
            assert_eq!(thrown["isError"], true, "{build}: {case}: {thrown}");
            let message = thrown["message"].as_str().unwrap();
            assert!(message.starts_with(begins) && message.contains(names), "{build}: {case}: {message}");
        }
        assert_eq!(throws.as_object().unwrap().len(), 6, "{build}: a case is not checked");
    }
}

#[test]
fn the_typings_have_every_type_of_the_contract_and_no_other_name() {
    for build in BUILDS {
        let typings = std::fs::read_to_string(folder().join(build).join("browser.d.ts")).unwrap();
        let declared = declared(&typings);
        for name in contract() {
            assert!(declared.contains(&name), "{build}: {name} is in the contract and not in the typings");
        }
        // For the web, wasm-bindgen also declares types for loading the module.
        let ours = typings.split("export type InitInput").next().unwrap();
        let mut strangers: Vec<_> = used(ours).difference(&declared).cloned().collect();
        // TypeScript's own, for an object with any fields.
        strangers.retain(|name| name != "Record");
        assert!(strangers.is_empty(), "{build}: no declaration of {strangers:?}");
        for function in [
            "export function policies(): string[];",
            "export function describe(policy: string): Description;",
            "export function nextStep(policy: string, task: Task, history: Exchange[]): Step;",
        ] {
            assert!(typings.lines().any(|line| line == function), "{build}: {function} is missing");
        }
        // A missing value is null in the contract's JSON.
        assert!(ours.contains("owner: Owner | null;") && !ours.contains("undefined"), "{build}");
    }
}

/// The contract's type names in TypeScript's spelling.
fn contract() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in CONTRACT.iter().flat_map(|text| text.lines()) {
        let mut words = line.split([' ', ';', '{']).filter(|word| !word.is_empty());
        if let (Some("record" | "variant" | "enum" | "type"), Some(name)) = (words.next(), words.next()) {
            names.insert(name.split('-').map(capital).collect());
        }
    }
    assert!(names.contains("PostAllocations") && names.contains("ConsumerId"), "{names:?}");
    names
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

fn declared(typings: &str) -> BTreeSet<String> {
    let names = typings.lines().filter_map(|line| {
        let declared = line.strip_prefix("export type ").or_else(|| line.strip_prefix("export interface "))?;
        declared.split([' ', '=', '{']).next()
    });
    names.map(str::to_owned).collect()
}

/// All capitalised names outside comments and quotes, which are types.
fn used(typings: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for line in typings.lines().filter(|line| !line.trim_start().starts_with(['*', '/'])) {
        for code in line.split('"').step_by(2) {
            let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
            used.extend(words.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())).map(str::to_owned));
        }
    }
    used
}
