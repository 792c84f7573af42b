//! Who is stopped, and until when.

use futures_util::FutureExt;

use super::*;
use crate::contract::{DeleteAllocations, Effect, MoveTask, Task};

const SERVER: &str = "c0ffee00-0000-4000-8000-000000000001";

fn conditions(seconds: u64) -> Conditions {
    Conditions { kind: None, consumer: Some(SERVER.parse().unwrap()), rule: None, effect: None, seconds }
}

/// The move of this consumer is about to delete something.
async fn pass(breakpoints: &Breakpoints, id: &str, source: &str) {
    let task = Task::Move(MoveTask { source: source.into(), target: "t".into(), target_is_new: true });
    let (consumer, project, user) = (source.to_owned(), String::new(), String::new());
    let effects = [Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation: 1 })];
    let write = Write { id, task: &task, rules: &["a-rule".to_owned()], effects: &effects };
    if let Some(stop) = breakpoints.stop(&write).await {
        breakpoints.wait(stop).await;
    }
}

#[tokio::test]
async fn one_task_is_stopped_once_until_its_breakpoint_is_removed() {
    let breakpoints = Breakpoints::open(Journal::off()).await.unwrap();
    let set = breakpoints.set(conditions(60), "me".into()).await.unwrap();
    let mut first = Box::pin(pass(&breakpoints, "first", SERVER));
    assert_eq!((&mut first).now_or_never(), None);
    assert!(
        matches!(breakpoints.stopping("first"), Some(WaitingFor::Breakpoint { breakpoint, .. }) if breakpoint == set.id)
    );
    assert_eq!(pass(&breakpoints, "second", SERVER).now_or_never(), Some(()), "it has stopped a task already");
    assert!(breakpoints.remove(&set.id).await.unwrap());
    first.await;
    assert!(breakpoints.all().is_empty() && !breakpoints.remove(&set.id).await.unwrap());
}

#[tokio::test]
async fn all_conditions_must_be_met() {
    let breakpoints = Breakpoints::open(Journal::off()).await.unwrap();
    for (rule, effect) in [(Some("a-rule"), Some("post-allocations")), (Some("another-rule"), None)] {
        let (rule, effect) = (rule.map(str::to_owned), effect.map(str::to_owned));
        breakpoints.set(Conditions { rule, effect, ..conditions(60) }, "me".into()).await.unwrap();
    }
    assert_eq!(pass(&breakpoints, "task", SERVER).now_or_never(), Some(()));
    let [rule, effect] = ["a-rule", "delete-allocations"].map(|name| Some(name.to_owned()));
    breakpoints.set(Conditions { rule, effect, ..conditions(60) }, "me".into()).await.unwrap();
    assert_eq!(pass(&breakpoints, "other", "another server").now_or_never(), Some(()));
    assert_eq!(pass(&breakpoints, "task", SERVER).now_or_never(), None);
}

#[tokio::test]
async fn after_a_restart_the_same_breakpoint_stops_a_task() {
    let journal = Journal::off();
    let breakpoints = Breakpoints::open(journal.clone()).await.unwrap();
    let first = breakpoints.set(conditions(60), "me".into()).await.unwrap();
    assert_eq!(pass(&breakpoints, "task", SERVER).now_or_never(), None);
    for _ in 0..8 {
        breakpoints.set(conditions(300), "me".into()).await.unwrap();
    }
    let again = Breakpoints::open(journal).await.unwrap();
    let mut waits = Box::pin(pass(&again, "task", SERVER));
    assert_eq!((&mut waits).now_or_never(), None);
    assert_eq!(again.all().iter().filter(|one| one.stopped.is_some()).count(), 1);
    assert!(again.remove(&first.id).await.unwrap());
    waits.await;
}

#[tokio::test]
async fn what_no_write_can_have_is_refused() {
    let breakpoints = Breakpoints::open(Journal::off()).await.unwrap();
    let (rules, effects) = (["", "Rule", "x\ny", &"x".repeat(65)], ["", "get-allocations", "delete-allocatoins"]);
    for rule in rules.map(str::to_owned) {
        let refused = breakpoints.set(Conditions { rule: Some(rule), ..conditions(60) }, "me".into()).await;
        assert!(matches!(refused, Err(BreakpointError::Rule(_))), "{refused:?}");
    }
    for effect in effects.map(str::to_owned) {
        let refused = breakpoints.set(Conditions { effect: Some(effect), ..conditions(60) }, "me".into()).await;
        let says = refused.unwrap_err().to_string();
        assert!(says.ends_with("a write has one of post-allocations, put-allocations, delete-allocations"), "{says}");
    }
}

#[tokio::test]
async fn what_is_over_is_removed_from_the_journal() {
    let journal = Journal::off();
    let over = Some(StoppedTask { task: "task".into(), effects: Vec::new(), until: now() - 1 });
    let unused = now() - 25 * 3_600 * 1_000;
    for (id, set_at, stopped) in [("over", now(), over), ("unused", unused, None), ("current", now(), None)] {
        let one = Breakpoint { id: id.into(), conditions: conditions(60), set_by: "me".into(), set_at, stopped };
        let value = Some(serde_json::to_string(&one).unwrap());
        journal.set(&[(&format!("{SETTING}{id}"), value)]).await.unwrap();
    }
    let breakpoints = Breakpoints::open(journal.clone()).await.unwrap();
    assert_eq!(breakpoints.all().iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["current"]);
    let kept: Vec<_> = journal.settings().await.unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept, ["breakpoint/current"]);
}
