//! `swaparoo compare`: the first state in which two policies differ, as a transcript and as a record, and exit codes.

use serde_json::Value;

use super::program::{Program, Ran};

fn compare(words: &str) -> (Program, Ran) {
    let program = Program::migrating();
    let ran = program.run(&format!("compare {words}"));
    (program, ran)
}

#[test]
fn the_first_difference_is_a_transcript_and_a_record() {
    let (program, ran) = compare("nova-34 standard --scenes swap,give-back --record found");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for line in [
        "nova-34 0.1.0 (sha256 ",
        "in the states that tasks under nova-34 reach, with up to 1 fault",
        "DIFFERENT after ",
        "the first difference, in ",
        "\n  now\n",
        "\n  next, nova-34\n",
        "\n  next, standard\n",
        "record: found/",
    ] {
        assert!(ran.out.contains(line), "{line:?} is missing in {}", ran.out);
    }
    let record = "found/give-back.record.json";
    let replayed = program.run(&format!("replay {record}"));
    assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);
    let other = program.run(&format!("replay {record} --policy standard"));
    assert_eq!(other.code, 1, "{}{}", other.out, other.err);
}

#[test]
fn a_policy_is_the_same_as_itself() {
    let (_, ran) = compare("standard standard --scenes swap,confirm --faults 0");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with("\nsame: the two take the same step in each of these states\n"), "{}", ran.out);
}

#[test]
fn the_report_as_json_is_the_same_each_time() {
    let words = "nova-34 seed --scenes give-back --json";
    let (first, second) = (compare(words).1, compare(words).1);
    assert_eq!((first.code, &first.out), (1, &second.out));
    let report: Value = serde_json::from_str(&first.out).unwrap();
    assert_eq!((&report["policies"][0]["name"], &report["policies"][1]["name"]), (&"nova-34".into(), &"seed".into()));
    let scene = &report["scenes"][0];
    assert_eq!((&scene["name"], &scene["difference"]["faults"]), (&"give-back".into(), &0.into()), "{report}");
    assert_eq!(scene["difference"]["record"], Value::Null);
}

#[test]
fn a_search_that_reached_its_bound_is_not_the_same() {
    let (_, ran) = compare("standard standard --scenes swap --states 5");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("not complete: no difference in the states that were visited"), "{}", ran.out);
}

#[test]
fn a_scene_without_rules_is_left_out() {
    let file = std::path::Path::new(&std::env::var_os("SWAPAROO_POLICIES").unwrap()).join("standard-moves.wasm");
    let (_, ran) = compare(&format!("standard {} --scenes swap,migrate --faults 0", file.display()));
    assert!(ran.out.contains("left out: one of the policies has no rules for migrate"), "{}{}", ran.out, ran.err);
    assert_eq!(ran.code, 0, "the rules of moves are the same: {}", ran.out);
}

/// The release ends after the migration, and the record is of the task whose steps differ.
#[test]
fn of_two_tasks_side_by_side_the_record_is_of_the_one_that_differs() {
    let (program, ran) = compare("nova-34 standard --scenes release-beside-migration --faults 0 --record found");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("\n  task 2: release (migration M1, server S)\n"), "{}", ran.out);
    let file = "found/release-beside-migration.record.json";
    let record: Value = serde_json::from_slice(&std::fs::read(program.path(file)).unwrap()).unwrap();
    assert_eq!(record["task"]["kind"], "migrate", "{record}");
    let beside = record["beside"].as_array().unwrap();
    let exchanges = record["history"].as_array().unwrap().len();
    assert!(beside.iter().all(|one| one["actor"] == "task 2" && one["after"] == exchanges), "{record}");
    assert_eq!(beside.len(), 2, "{record}");
    assert_eq!(program.run(&format!("replay {file}")).code, 0);
    let other = program.run(&format!("replay {file} --policy standard"));
    assert_eq!(other.code, 1, "{}{}", other.out, other.err);
    assert!(other.out.contains("POST /allocations"), "{}", other.out);
}
