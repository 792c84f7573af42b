//! `swaparoo conform`: records of the program and of a search, and one that was changed by hand. `service/conform.rs` has
//! those of a service on the real Placement.

use serde_json::Value;

use super::program::{MIGRATION, Program, SERVER};

fn back(more: &str) -> String {
    format!("revert --server-uuid {SERVER} --migration-uuid {MIGRATION} --server present {more} --record task.json")
}

/// A program in whose folder is a record of a way back in memory.
fn recorded() -> Program {
    let program = Program::migrating();
    let ran = program.run(&back("--embedded state.json"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    program
}

#[test]
fn a_record_is_a_path_of_the_model() {
    let program = recorded();
    let ran = program.run("conform task.json");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.starts_with("task.json: a path of the model, "), "{}", ran.out);
    assert!(ran.out.ends_with("1 of 1 record is a path of the model\n"), "{}", ran.out);
}

#[test]
fn a_changed_amount_is_shown_with_what_the_model_answers() {
    let program = recorded();
    let mut record: Value = serde_json::from_slice(&std::fs::read(program.path("task.json")).unwrap()).unwrap();
    let history = record["history"].as_array_mut().unwrap();
    let write = history.iter().position(|exchange| exchange["effect"]["kind"] == "post-allocations").unwrap();
    // The write is refused, although its generations fit.
    history[write]["reply"] = serde_json::json!({
        "kind": "refused", "status": 400, "code": "placement.undefined_code", "detail": "no"
    });
    program.write("changed.json", record.to_string());
    let ran = program.run("conform task.json changed.json");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for line in [
        &format!("changed.json: no path of the model: nothing explains the reply at index {write} of the history"),
        "    the model: answered normally\n        -> done",
        "1 of 2 records is a path of the model",
    ] {
        assert!(ran.out.contains(line), "{line:?} is missing in {}", ran.out);
    }
    let report: Value = serde_json::from_str(&program.run("conform changed.json --json").out).unwrap();
    let [record] = report["records"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&record["conforms"], &record["departure"]["index"]), (&false.into(), &write.into()));
}

#[test]
fn the_counterexamples_of_a_search_are_paths() {
    let program = Program::migrating();
    assert_eq!(program.run("check nova-34 --scenes swap,give-back --record found").code, 1);
    let ran = program.run("conform found");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_folder_without_records_and_a_file_that_is_none_are_bad_input() {
    let program = Program::migrating();
    std::fs::create_dir(program.path("empty")).unwrap();
    let ran = program.run("conform empty");
    assert_eq!((ran.code, ran.error()), (2, "error: the folder empty has no file *.json"));
    let ran = program.run("conform state.json");
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.error().contains("state.json"), "{}", ran.error());
}
