//! `swaparoo check`: a table of scenes, the first counterexample as a transcript and as a record, and exit codes.

use serde_json::Value;

use super::program::{Program, Ran};

fn check(words: &str) -> (Program, Ran) {
    let program = Program::migrating();
    let ran = program.run(&format!("check {words}"));
    (program, ran)
}

#[test]
fn a_right_policy_has_exit_code_0() {
    let (_, ran) = check("standard --faults 0 --scenes swap,confirm");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("standard 0.1.0 (sha256 "), "{}", ran.out);
    for line in ["\nswap  ", "\nconfirm  ", "\nright: no counterexample"] {
        assert!(ran.out.contains(line), "{line:?} is missing in {}", ran.out);
    }
    assert!(!ran.out.contains("give-back"), "only the named scenes: {}", ran.out);
}

#[test]
fn a_counterexample_is_a_transcript_and_a_record() {
    let (program, ran) = check("nova-34 --scenes give-back --record found");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for line in [
        "WRONG: a deleted server holds something (no fault)",
        "the first counterexample, in give-back",
        "    * nova: DELETE of the server's allocations\n    ---- from here on every way without another fault ends \
         wrong\n      POST /allocations M1 gets nothing",
        "server S does not exist and holds 2048 MEMORY_MB + 2 VCPU on source",
        "record: found/give-back.record.json",
    ] {
        assert!(ran.out.contains(line), "{line:?} is missing in {}", ran.out);
    }
    let record = std::fs::read(program.path("found/give-back.record.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["beside"].as_array().unwrap().len(), 3, "{record}");
    assert_eq!(record["beside"][2]["after"], 2, "{record}");
    assert_eq!(record["unavoidable_after"], 2, "{record}");
    let replayed = program.run("replay found/give-back.record.json");
    assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);
    assert_eq!(program.run("replay found/give-back.record.json --policy standard").code, 1);
}

#[test]
fn the_report_as_json_is_the_same_each_time() {
    let words = "nova-34 --scenes swap,give-back --faults 1 --json";
    let (first, second) = (check(words).1, check(words).1);
    assert_eq!((first.code, &first.out), (1, &second.out));
    let report: Value = serde_json::from_str(&first.out).unwrap();
    assert_eq!(report["policy"]["name"], "nova-34");
    let [swap, give_back] = report["scenes"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&swap["name"], &swap["complete"]), (&"swap".into(), &true.into()));
    assert_eq!(give_back["counterexamples"][0]["property"], "right-at-rest");
    assert_eq!(give_back["counterexamples"][0]["faults"], 0);
    assert_eq!(give_back["counterexamples"][0]["unavoidable_after"], 5);
}

#[test]
fn a_search_that_reached_its_bound_is_not_right() {
    let (_, ran) = check("standard --scenes swap --states 5");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("not complete: raise --states"), "{}", ran.out);
}

#[test]
fn an_unknown_scene_is_an_error_that_names_the_scenes() {
    let (_, ran) = check("standard --scenes swap,evacuate");
    assert_eq!(ran.code, 2);
    assert!(ran.error().contains("no scene is named `evacuate`; there are swap, give-back, "), "{}", ran.error());
}

/// The release has ended before the migration's swap, after which the wrong end cannot be avoided.
#[test]
fn of_two_tasks_side_by_side_the_running_one_notes_from_where_its_end_is_wrong() {
    let (program, ran) = check("nova-34 --scenes release-beside-migration --record found");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let place =
        "    ---- from here on every way without another fault ends wrong\n      task 1: save migration M1 as error";
    assert!(ran.out.contains(place), "{}", ran.out);
    let record = |name: &str| -> Value {
        let file = std::fs::read(program.path(&format!("found/release-beside-migration{name}.record.json"))).unwrap();
        serde_json::from_slice(&file).unwrap()
    };
    let (release, migrate) = (record(".task-1"), record(""));
    let noted = |record: &Value| {
        let exchanges = record["history"].as_array().unwrap().len();
        (record["task"]["kind"].clone(), exchanges, record["unavoidable_after"].clone())
    };
    assert_eq!(noted(&release), ("release".into(), 2, Value::Null), "{release}");
    assert_eq!(noted(&migrate), ("migrate".into(), 9, 8.into()), "{migrate}");
    let beside = migrate["beside"].as_array().unwrap();
    assert!(beside.len() == 2 && beside.iter().all(|one| one["actor"] == "task 2" && one["after"] == 7), "{migrate}");
}
