//! The guarantees of all kinds of journal. Damaged files and databases have modules of their own.

mod damage;
pub mod databases;
mod faults;
mod header;
mod names;
mod several;
mod unsure_answers;
mod upgrade;
mod watched;

use tempfile::TempDir;

use super::*;
use crate::contract::{CONTRACT, MoveTask, Task};
use crate::record::{End, PolicyName};

const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

fn entry(task: &str, number: u32, at: u64, event: Event) -> Entry {
    Entry { task: task.to_owned(), number, at, event }
}

fn opened(task: &str, at: u64, key: Option<&str>) -> Entry {
    let policy = PolicyName { name: "standard".into(), version: "0.1.0".into(), digest: "d".into() };
    let task_value = Task::Move(MoveTask { source: A.into(), target: B.into(), target_is_new: true });
    let opened = Opened {
        contract: CONTRACT.into(),
        task: task_value,
        settings: None,
        server: None,
        policy,
        key: key.map(str::to_owned),
        request_id: "req-1".into(),
    };
    entry(task, 0, at, Event::Opened(Box::new(opened)))
}

fn ended(task: &str, number: u32, at: u64) -> Entry {
    entry(task, number, at, Event::Ended(End::Finished("moved".into())))
}

/// One journal on disk, one in memory, and one in each kind of database.
async fn all(folder: &TempDir) -> Vec<Journal> {
    let mut all = vec![Journal::open(&folder.path().join("journal.db")).await.unwrap(), Journal::off()];
    all.extend(databases::journals().await);
    all
}

#[tokio::test]
async fn appended_entries_are_read_in_order() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        let entries = vec![opened("one", 10, Some("key")), entry("one", 1, 11, Event::Asked(vec![]))];
        journal.append(entries.clone()).await.unwrap();
        journal.append(vec![opened("two", 12, None), ended("two", 1, 13)]).await.unwrap();
        assert_eq!(journal.entries("one").await.unwrap(), entries);
        let open: Vec<_> = journal.open_tasks().await.unwrap().into_iter().map(|task| task.id).collect();
        assert_eq!(open, ["one"]);
        let page = TaskQuery { limit: 10, ..TaskQuery::default() };
        let all: Vec<_> = journal.tasks(&page).await.unwrap().into_iter().map(|task| (task.id, task.state)).collect();
        assert_eq!(all, [("two".to_owned(), State::Finished), ("one".to_owned(), State::Open)]);
        let by_key = journal.task_of_key("key").await.unwrap().unwrap();
        assert_eq!((by_key.id.as_str(), by_key.entries, by_key.created_at, by_key.updated_at), ("one", 2, 10, 11));
        assert_eq!(journal.task("three").await.unwrap(), None);
    }
}

#[tokio::test]
async fn pages_are_selected_by_state_consumer_and_marker() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        for number in 0..5 {
            journal.append(vec![opened(&format!("task {number}"), number, None)]).await.unwrap();
        }
        let ids = async |page: TaskQuery| {
            let tasks = journal.tasks(&page).await.unwrap();
            tasks.into_iter().map(|task| task.id).collect::<Vec<_>>()
        };
        let first = journal.tasks(&TaskQuery { limit: 2, ..TaskQuery::default() }).await.unwrap();
        let before = first.last().map(|task| task.number);
        assert_eq!(ids(TaskQuery { limit: 2, before, ..TaskQuery::default() }).await, ["task 2", "task 1"]);
        assert_eq!(ids(TaskQuery { limit: 1, consumer: Some(A.into()), ..TaskQuery::default() }).await, ["task 4"]);
        assert!(ids(TaskQuery { limit: 9, consumer: Some("nobody".into()), ..TaskQuery::default() }).await.is_empty());
        assert!(ids(TaskQuery { limit: 9, states: vec![State::Parked], ..TaskQuery::default() }).await.is_empty());
    }
}

#[tokio::test]
async fn pages_are_selected_by_outcome() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        let moved = || End::Finished(serde_json::json!({ "kind": "moved", "transfer": {} }));
        let leaked = || End::Failed(serde_json::json!({ "code": "leaked", "detail": "moved", "data": null }));
        for (number, end) in [moved(), leaked(), moved()].into_iter().enumerate() {
            let task = format!("task {number}");
            journal.append(vec![opened(&task, 1, None), entry(&task, 1, 2, Event::Ended(end))]).await.unwrap();
        }
        journal.append(vec![opened("open", 1, None)]).await.unwrap();
        let ids = async |outcome: &str, states: &[State], limit: u32| {
            let page =
                TaskQuery { outcome: Some(outcome.into()), states: states.to_vec(), limit, ..TaskQuery::default() };
            let tasks = journal.tasks(&page).await.unwrap();
            tasks.into_iter().map(|task| task.id).collect::<Vec<_>>()
        };
        assert_eq!(ids("moved", &[], 9).await, ["task 2", "task 0"]);
        assert_eq!(ids("moved", &[], 1).await, ["task 2"]);
        assert_eq!(ids("leaked", &[State::Failed], 9).await, ["task 1"]);
        assert!(ids("moved", &[State::Failed, State::Open], 9).await.is_empty());
        assert!(ids("finished", &[], 9).await.is_empty());
    }
}

#[tokio::test]
async fn a_batch_with_an_entry_out_of_order_is_refused() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        journal.append(vec![opened("one", 1, Some("key"))]).await.unwrap();
        for wrong in [
            vec![ended("one", 2, 2)],            // left out 1
            vec![ended("one", 0, 2)],            // again 0
            vec![ended("nobody", 0, 2)],         // never opened
            vec![opened("two", 2, Some("key"))], // another's key
        ] {
            journal.append(wrong.clone()).await.expect_err(&format!("{wrong:?}"));
        }
        assert_eq!(journal.entries("one").await.unwrap().len(), 1);
        journal.append(vec![ended("one", 1, 2)]).await.unwrap();
    }
}

#[tokio::test]
async fn many_tasks_at_once_are_all_kept() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        let appends = (0..200).map(|task| {
            let (journal, task) = (journal.clone(), format!("task {task}"));
            async move {
                journal.append(vec![opened(&task, 1, None)]).await?;
                journal.append(vec![ended(&task, 1, 2)]).await
            }
        });
        for result in futures_util::future::join_all(appends).await {
            result.unwrap();
        }
        assert!(journal.open_tasks().await.unwrap().is_empty());
        assert_eq!(journal.tasks(&TaskQuery { limit: 1000, ..TaskQuery::default() }).await.unwrap().len(), 200);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_changes_no_order() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        journal.append(vec![opened("first", 1_000, None)]).await.unwrap();
        journal.append(vec![opened("second", 10, None), ended("first", 1, 10)]).await.unwrap();
        let tasks = journal.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap();
        let listed: Vec<_> = tasks.iter().map(|task| (task.id.as_str(), task.updated_at)).collect();
        assert_eq!(listed, [("second", 10), ("first", 1_000)]);
    }
}

#[tokio::test]
async fn ended_tasks_are_forgotten_by_age_and_count_and_open_ones_never() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        journal.append(vec![opened("open", 1, None)]).await.unwrap();
        for number in 1..=4_u64 {
            let task = format!("task {number}");
            journal.append(vec![opened(&task, number * 10, None), ended(&task, 1, number * 10)]).await.unwrap();
        }
        let ids = async || {
            let tasks = journal.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap();
            tasks.into_iter().map(|task| task.id).collect::<Vec<_>>()
        };
        assert_eq!(journal.prune(&Prune { ended_before: 20, keep: 100 }).await.unwrap(), 1);
        assert_eq!(ids().await, ["task 4", "task 3", "task 2", "open"]);
        assert_eq!(journal.prune(&Prune { ended_before: 0, keep: 2 }).await.unwrap(), 1);
        assert_eq!(ids().await, ["task 4", "task 3", "open"]);
        assert!(journal.entries("task 2").await.unwrap().is_empty());
        assert_eq!(journal.prune(&Prune { ended_before: 0, keep: 0 }).await.unwrap(), 2);
        assert_eq!(ids().await, ["open"]);
    }
}

#[tokio::test]
async fn any_number_of_old_tasks_is_deleted() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        let tasks = (0..2_500_u64).map(|number| format!("task {number}"));
        journal.append(tasks.flat_map(|task| [opened(&task, 1, None), ended(&task, 1, 2)]).collect()).await.unwrap();
        assert_eq!(journal.prune(&Prune { ended_before: 0, keep: 7 }).await.unwrap(), 2_493);
        assert_eq!(journal.tasks(&TaskQuery { limit: 9, ..TaskQuery::default() }).await.unwrap().len(), 7);
    }
}

#[tokio::test]
async fn a_policy_stored_again_keeps_its_signature_unless_it_has_a_new_one() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        for (brings, kept) in [(None, None), (Some("s"), Some("s")), (None, Some("s")), (Some("t"), Some("t"))] {
            let (name, version, signature) = ("mine".into(), "1".into(), brings.map(str::to_owned));
            let policy = PolicyMeta { digest: "d".into(), name, version, signature, added_at: 5 };
            journal.store_policy(&StoredPolicy { meta: policy, component: vec![1] }).await.unwrap();
            let found = journal.policy("d").await.unwrap().unwrap();
            assert_eq!(found.meta.signature.as_deref(), kept, "it brings {brings:?}");
        }
    }
}

#[tokio::test]
async fn settings_and_policies_are_changed_and_removed() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        journal.set(&[("active", Some("d".into())), ("shadow", Some("e".into()))]).await.unwrap();
        journal.set(&[("active", Some("f".into())), ("shadow", None)]).await.unwrap();
        assert_eq!(journal.setting("active").await.unwrap().as_deref(), Some("f"));
        assert_eq!(journal.setting("shadow").await.unwrap(), None);
        let (name, version) = ("ü '".into(), "1".into());
        let meta = PolicyMeta { digest: "d".into(), name, version, signature: None, added_at: 5 };
        let component: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        journal.store_policy(&StoredPolicy { meta: meta.clone(), component: component.clone() }).await.unwrap();
        assert_eq!(journal.policies().await.unwrap(), [meta]);
        assert_eq!(journal.policy("d").await.unwrap().unwrap().component, component);
        assert_eq!(
            (journal.forget_policy("d").await.unwrap(), journal.forget_policy("d").await.unwrap()),
            (true, false)
        );
        journal.ready().await.unwrap();
    }
}

#[tokio::test]
async fn entries_of_any_size_and_text_are_kept() {
    let folder = TempDir::new().unwrap();
    for journal in all(&folder).await {
        let texts = ["\u{0}\u{1f600} ' \" \\ ? $1 %", &"x".repeat(3 << 20)];
        let mut entries = vec![opened("one", 1, Some(" Key "))];
        entries.extend((1..).zip(texts).map(|(number, text)| entry("one", number, 2, Event::Parked(text.to_owned()))));
        journal.append(entries.clone()).await.unwrap();
        assert!(journal.entries("one").await.unwrap() == entries);
        for other in ["key", " key ", " Key", "Key "] {
            assert_eq!(journal.task_of_key(other).await.unwrap(), None, "{other:?} is another key");
        }
        assert_eq!(journal.task_of_key(" Key ").await.unwrap().unwrap().state, State::Parked);
    }
}

#[tokio::test]
async fn policies_and_settings_are_durable() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("journal.db");
    let kept =
        PolicyMeta { digest: "d".into(), name: "mine".into(), version: "1".into(), signature: None, added_at: 5 };
    let policy = StoredPolicy { meta: kept.clone(), component: vec![1, 2, 3] };
    let journal = Journal::open(&file).await.unwrap();
    journal.store_policy(&policy).await.unwrap();
    let signed = PolicyMeta { signature: Some("s".into()), ..kept };
    journal.store_policy(&StoredPolicy { meta: signed.clone(), ..policy }).await.unwrap();
    journal.set(&[("active", Some("d".into())), ("shadow", Some("e".into()))]).await.unwrap();
    journal.set(&[("shadow", None)]).await.unwrap();
    journal.close().await;
    drop(journal);

    let journal = Journal::open(&file).await.unwrap();
    assert_eq!(journal.policies().await.unwrap(), [signed]);
    assert_eq!(journal.policy("d").await.unwrap().unwrap().component, [1, 2, 3]);
    assert_eq!(journal.setting("active").await.unwrap().as_deref(), Some("d"));
    assert_eq!(journal.setting("shadow").await.unwrap(), None);
}
