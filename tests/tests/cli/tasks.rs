//! Tasks on a model in a file.

use serde_json::Value;

use super::program::{MIGRATION, NODE, Program, SERVER};

fn back(server: &str) -> String {
    format!("revert --server-uuid {SERVER} --migration-uuid {MIGRATION} --server {server} --embedded state.json")
}

#[test]
fn a_server_gets_its_allocations_back() {
    let program = Program::migrating();
    let ran = program.run(&back("present"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(program.holders(), [SERVER]);
    for line in ["before", "steps", "after", "POST /allocations", "finished: "] {
        assert!(ran.out.contains(line), "{line:?} is missing in\n{}", ran.out);
    }
}

#[test]
fn a_deleted_server_gets_nothing() {
    let program = Program::migrating();
    let ran = program.run(&back("gone"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(program.holders().is_empty(), "{:?}", program.holders());
}

#[test]
fn the_leak_can_be_seen_under_novas_rules() {
    let program = Program::migrating();
    assert_eq!(program.run(&format!("{} --policy nova-34", back("gone"))).code, 0);
    assert_eq!(program.holders(), [SERVER]);
}

#[test]
fn a_person_must_look_if_the_servers_state_is_unknown() {
    let program = Program::migrating();
    let ran = program.run(&format!("{} --json", back("unknown")));
    assert_eq!(ran.code, 3);
    assert_eq!(program.holders(), [MIGRATION]);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(object["state"], "failed");
    assert_eq!(object["failure"]["code"], "undecided");
    assert_eq!(object["failure"]["data"]["holdings"][0]["consumer"], MIGRATION);
}

#[test]
fn one_json_object_has_all_documented_fields() {
    let program = Program::holding(SERVER);
    let swap = format!(
        "replace --server-uuid {SERVER} --migration-uuid {MIGRATION} --source-node {NODE} --embedded state.json --json"
    );
    let ran = program.run(&swap);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    let fields: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["id", "kind", "state", "outcome", "failure", "policy", "history"]);
    assert_eq!((&object["kind"], &object["state"]), (&"replace".into(), &"finished".into()));
    assert_eq!(object["outcome"]["kind"], "moved");
    assert_eq!(object["failure"], Value::Null);
    assert_eq!(object["policy"]["name"], "standard");
    assert_eq!(object["policy"]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(program.holders(), [MIGRATION]);
}

#[test]
fn a_record_is_decided_again() {
    let program = Program::migrating();
    assert_eq!(program.run(&format!("{} --record task.json", back("gone"))).code, 0);

    let same = program.run("replay task.json");
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(
        same.out.starts_with("same: standard") && same.out.ends_with("; finished: source-deleted\n"),
        "{}",
        same.out
    );

    let parts = program.run("replay task.json --policy nova-34 --steps");
    assert_eq!(parts.code, 1);
    for line in ["differs at step 2, index 2 of the history", "ask nova for server", "POST /allocations", "because: "] {
        assert!(parts.out.contains(line), "{line:?} is missing in\n{}", parts.out);
    }
}

#[test]
fn a_consumer_is_not_moved_to_itself() {
    let program = Program::migrating();
    let ran = program.run(&format!("move --source {MIGRATION} --target {MIGRATION} --embedded state.json"));
    let refused = format!("error: target: \"{MIGRATION}\" is also the source: name two different consumers\n");
    assert_eq!((ran.code, ran.err), (2, refused));
    assert_eq!(program.holders(), [MIGRATION]);
}

#[test]
fn the_demo_shows_the_difference_of_all_three() {
    let ran = Program::migrating().run("demo");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let verdicts: Vec<&str> = ran.out.lines().map(str::trim).filter(|line| line.starts_with("result ")).collect();
    let words: Vec<Vec<&str>> = verdicts.iter().map(|line| line.split_whitespace().skip(1).collect()).collect();
    assert_eq!(words, [["LEAK", "right", "right"], ["right", "LOST", "right"]], "{}", ran.out);
}

#[test]
fn a_closed_standard_output_loses_neither_the_task_nor_its_record() {
    let program = Program::migrating();
    let ran = program.run_unread(&format!("{} --record task.json", back("present")));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(program.holders(), [SERVER]);
    assert_eq!(program.run("replay task.json").code, 0);
}
