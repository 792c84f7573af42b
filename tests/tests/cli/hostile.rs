//! Policies that misbehave, through the whole program: the task fails by name, and Placement is as it was.

use std::path::Path;

use serde_json::Value;

use super::program::{MIGRATION, Program, SERVER};

fn check(policy: &str, code: &str) {
    let program = Program::migrating();
    let before = std::fs::read(program.path("state.json")).unwrap();
    let folder = std::env::var("SWAPAROO_HOSTILE").expect("SWAPAROO_HOSTILE is not set; run `cargo xtask test`");
    let file = Path::new(&folder).join(policy).with_extension("wasm");
    let asked = format!("move --source {MIGRATION} --target {SERVER} --embedded state.json --json");
    let ran = program.run(&format!("{asked} --policy {}", file.display()));
    assert_eq!(ran.code, 1, "{policy}: {}{}", ran.out, ran.err);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(object["failure"]["code"], code, "{policy}: {}", object["failure"]);
    assert!(!object["failure"]["detail"].as_str().unwrap().contains('\n'), "{policy}: {}", object["failure"]);
    assert_eq!(std::fs::read(program.path("state.json")).unwrap(), before, "{policy} wrote to Placement");
}

#[test]
fn each_fails_its_own_task_by_name() {
    check("loops", "policy-out-of-fuel");
    check("panics", "policy-trapped");
    check("grows", "policy-out-of-memory");
    check("recurses", "policy-stack-overflow");
    check("floods", "policy-output-too-large");
    check("means_nothing", "policy-nonsense");
    check("meddles", "out-of-bounds");
}
