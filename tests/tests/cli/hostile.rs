//! Policies that misbehave, through the whole program: the task fails by name, Placement is as it was, and the record
//! tells the same when it is decided again.

use std::path::Path;

use serde_json::Value;

use super::program::{MIGRATION, Program, SERVER};

fn check(policy: &str, code: &str) {
    let program = Program::migrating();
    let before = std::fs::read(program.path("state.json")).unwrap();
    let folder = std::env::var("SWAPAROO_HOSTILE").expect("SWAPAROO_HOSTILE is not set; run `cargo xtask test`");
    let file = Path::new(&folder).join(policy).with_extension("wasm").display().to_string();
    let asked = format!("move --source {MIGRATION} --target {SERVER} --embedded state.json --json --record task.json");
    let ran = program.run(&format!("{asked} --policy {file}"));
    assert_eq!(ran.code, 1, "{policy}: {}{}", ran.out, ran.err);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(object["failure"]["code"], code, "{policy}: {}", object["failure"]);
    assert!(!object["failure"]["detail"].as_str().unwrap().contains('\n'), "{policy}: {}", object["failure"]);
    assert_eq!(std::fs::read(program.path("state.json")).unwrap(), before, "{policy} wrote to Placement");
    check_replay(&program, &file, code);
}

fn check_replay(program: &Program, file: &str, code: &str) {
    let same = program.run(&format!("replay task.json --policy {file}"));
    assert_eq!((same.code, same.err.as_str()), (0, ""), "{file}: {}", same.out);
    assert!(same.out.starts_with("same: hostile ("), "{}", same.out);
    assert!(same.out.ends_with(&format!("; failed: {code}\n")), "{}", same.out);
    let parts = program.run("replay task.json --policy standard");
    assert_eq!((parts.code, parts.err.as_str()), (1, ""), "{file}: {}", parts.out);
    assert!(parts.out.starts_with("parts at step 1, place "), "{}", parts.out);
    let unnamed = program.run("replay task.json");
    assert_eq!(unnamed.code, 2, "{}", unnamed.out);
    let line = unnamed.error();
    assert!(line.contains("task.json") && line.contains("hostile 0.1.0") && line.contains("by --policy"), "{line}");
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
    check("repeats_itself", "history-too-long");
}
