//! Tests of a whole runner, in this process.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::questions::Reader;
use super::submit::Submission;
use super::task_view::TaskView;
use super::upstream::{Connected, Upstream};
use super::{Dependencies, Runner};
use crate::clients::placement::{Embedded, Placement};
use crate::contract::{ComputeNodeAnswer, Effect, Exchange, MoveTask, ReplaceTask, Reply, Task, TaskKind, Version};
use crate::engine::worker::Isolation;
use crate::engine::{Cache, Digest, Engine, Limits, Loader};
use crate::journal::Journal;
use crate::registry::{PolicyRegistry, Traps, Trust};

/// A policy of a contract that lacks a kind of task, an effect, a reply and a field of the present one.
const ONE_LESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contract/one-less/policy.wasm");
const PATIENCE: Duration = Duration::from_secs(20);

/// A runner of a host of 1.1, for which policies of 1.0 are older ones.
async fn newer(journal: &Journal) -> Runner {
    let engine = Engine::new(Limits { instances: 4, ..Limits::default() }, Cache::off()).unwrap();
    let engine = engine.of_contract(Version { major: 1, minor: 1, patch: 0 });
    let loader = Loader::new(Arc::new(engine), Isolation::InProcess);
    let registry = PolicyRegistry::open(loader, journal.clone(), ONE_LESS, Trust::default(), Traps(3)).await.unwrap();
    let placement = Placement::Embedded(Embedded::new(swaparoo_placement::Placement::default()));
    let dependencies = Dependencies {
        journal: journal.clone(),
        registry: Arc::new(registry),
        upstream: Arc::new(Upstream::new(Ok(Connected { placement, nova: None }))),
        threads: Handle::current(),
        open: 8,
        open_bytes: 1 << 20,
        journal_bytes: 1 << 30,
        caller_patience: PATIENCE,
    };
    Runner::start(dependencies).await.unwrap()
}

fn uuid(digit: char) -> String {
    format!("{digit}1111111-1111-4111-8111-111111111111")
}

/// The task after it has ended or waits for its caller.
async fn settled(runner: &Runner, id: &str) -> TaskView {
    runner.wait_settled(id, PATIENCE).await;
    runner.task(id, Reader::Caller).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_task_goes_on_under_its_policy_of_an_older_version() {
    let journal = Journal::off();
    let runner = newer(&journal).await;
    let older = runner.registry().active(TaskKind::Replace);
    assert_eq!((older.description().name.as_str(), older.description().contract.as_str()), ("one-less", "1.0.0"));
    let task = Task::Replace(ReplaceTask { server: uuid('1'), migration: uuid('9'), source_node: None });
    let submission = Submission { task, server: None, key: None, request_id: String::new() };
    let (id, _) = runner.submit(submission).await.unwrap();
    let waits = settled(&runner, &id).await;
    assert_eq!((waits.state, waits.history.len()), ("waiting", 0), "it asks its caller for the node: {waits:?}");
    assert_eq!(runner.stop(PATIENCE).await, 0);
    drop(runner);

    // After the restart a policy of the newer version is there, too, and decides.
    let runner = newer(&journal).await;
    let component = crate::engine::tests::hostile("meddles");
    let component = crate::engine::tests::of_version(&component, "1.1.0");
    let beside = runner.registry().add(component, None).await.unwrap();
    let move_task = Task::Move(MoveTask { source: uuid('2'), target: uuid('8'), target_is_new: true });
    assert!(beside.next_step(&move_task, &[]).unwrap().fuel_used > 0);
    assert!(beside.description().tasks.contains(&TaskKind::Revert));

    let node = Some("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa".to_owned());
    runner.reply(&id, 0, Reply::ComputeNode(ComputeNodeAnswer { node })).await.unwrap();
    let ended = settled(&runner, &id).await;
    assert_eq!(ended.state, "finished", "{ended:?}");
    assert_eq!(ended.policy.digest, older.digest().to_string());
    assert!(ended.policy.digest != Digest::to_string(&beside.digest()));
    let [Exchange { effect: Effect::FindComputeNode(_), .. }, ..] = &*ended.history else { panic!("{ended:?}") };
    let record = runner.record(&id).await.unwrap().unwrap();
    let replayed = crate::replay::replay(&record, &older).unwrap();
    assert!(matches!(replayed, crate::replay::Replay::Same { .. }), "{replayed:?}");
}
