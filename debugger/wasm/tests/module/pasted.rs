//! Pasted answers of Placement in both forms, and invalid ones.

use std::collections::BTreeMap;

use swaparoo_contract::{Holding, MoveTask, Task};
use swaparoo_debugger::opened_task::{OpenedTask, Source};
use swaparoo_debugger::pasted::read;

use super::{play, summary};

const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";
const ANSWER: &str = r#"{"allocations": {"5a1d0000-0000-0000-0000-000000000001": {"generation": 7, "resources": {"VCPU": 2, "MEMORY_MB": 2048}}},
    "project_id": "p", "user_id": "u", "consumer_generation": 3}"#;
const PRINTED: &str = r#"[{"resource_provider": "5a1d0000-0000-0000-0000-000000000001", "generation": 7, "resources": {"VCPU": 2, "MEMORY_MB": 2048},
    "project_id": "p", "user_id": "u"}]"#;

fn generation(holding: &Holding) -> Option<u32> {
    holding.owner.as_ref().map(|owner| owner.generation)
}

#[test]
fn both_forms_are_the_same_holding() {
    let (answer, printed) = (read(SERVER, ANSWER).unwrap(), read(SERVER, PRINTED).unwrap());
    assert_eq!(answer.allocations, printed.allocations);
    assert_eq!((answer.consumer.as_str(), answer.allocations[0].resources.len()), (SERVER, 2));
    // The command line does not print it.
    assert_eq!((generation(&answer), generation(&printed)), (Some(3), Some(1)));
}

#[test]
fn nothing_is_a_consumer_that_holds_nothing() {
    for text in ["", " \n", "[]", r#"{"allocations": {}}"#] {
        let holding = read(SERVER, text).unwrap();
        assert_eq!((holding.allocations.len(), generation(&holding)), (0, None), "{text:?}");
    }
}

#[test]
fn what_is_neither_is_told() {
    let begins = format!("what is pasted for {SERVER} is neither the answer of GET /allocations/");
    for text in ["<html>", "7", r#"{"errors": []}"#, r#"[{"uuid": "x"}]"#, &ANSWER[..40], &ANSWER.replace('2', "-2")] {
        let error = read(SERVER, text).unwrap_err();
        assert!(error.starts_with(&begins), "{text}: {error}");
    }
    let odd = read(SERVER, &ANSWER.replace("5a1d0000-0000", "5a1d0000")).unwrap_err();
    assert!(
        odd.ends_with(r#"names the resource provider "5a1d0000-0000-0000-000000000001", which is not a UUID"#),
        "{odd}"
    );
    assert!(read(SERVER, "{\n  ]").unwrap_err().contains("line 2 column 3"));
}

fn opened(server: &str, answers: &[(&str, &str)]) -> OpenedTask {
    let task = Task::Move(MoveTask { source: MIGRATION.into(), target: SERVER.into(), target_is_new: false });
    let answers = answers.iter().map(|(consumer, text)| ((*consumer).to_owned(), (*text).to_owned()));
    OpenedTask::of(Source::Pasted { task, answers: BTreeMap::from_iter(answers), server: server.into() }).unwrap()
}

#[test]
fn a_leaked_allocation_is_tried_on() {
    let ends = |server: &str, policy: &str| summary(&play(&opened(server, &[(MIGRATION, ANSWER)]), policy, &[]));
    assert_eq!(ends("present", "standard"), "moved");
    assert_eq!(ends("gone", "standard"), "source-deleted");
    assert_eq!(ends("gone", "nova-34"), "moved leak");
    assert_eq!(ends("unknown", "standard"), "undecided person");
}
