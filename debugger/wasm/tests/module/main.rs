//! Tests of the module by its Rust functions, without a page.

#![cfg(feature = "full")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails by unwrap says where"
)]

mod explorations;
mod pasted;
mod records;
mod scenarios;
mod verdicts;

use swaparoo_contract::{Exchange, Task};
use swaparoo_debugger::change::Change;
use swaparoo_debugger::opened_task::{OpenedTask, Source};
use swaparoo_debugger::rules::Rules;
use swaparoo_debugger::run_view::RunView;

const POLICIES: [&str; 3] = ["standard", "seed", "nova-34"];

fn rules(policy: &str) -> Rules {
    Rules::of(policy, None).unwrap()
}

fn scenario(id: &str) -> OpenedTask {
    OpenedTask::of(Source::Scenario { id: id.to_owned() }).unwrap()
}

fn record(task: Task, history: Vec<Exchange>) -> OpenedTask {
    OpenedTask::of(Source::Task { task, history, end: None }).unwrap()
}

fn play(opened: &OpenedTask, policy: &str, changes: &[Change]) -> RunView {
    swaparoo_debugger::play::play(opened, &rules(policy), changes, false).unwrap()
}

/// The record that the runner would write.
fn history(run: &RunView) -> Vec<Exchange> {
    let exchange =
        |one: &swaparoo_debugger::run_view::ExchangeView| Exchange::new(one.effect.clone(), one.reply.clone());
    run.exchanges.iter().map(exchange).collect()
}

/// A run's end, and what is wrong then, or that this is unknown.
fn summary(run: &RunView) -> String {
    let mut kinds: Vec<_> = run.verdict.violations.iter().map(|violation| violation.kind).collect();
    kinds.dedup();
    let besides = Some(run.verdict.kind).filter(|kind| ["person", "unknown"].contains(kind));
    kinds.extend(besides);
    [vec![run.end.name.as_str()], kinds].concat().join(" ")
}
