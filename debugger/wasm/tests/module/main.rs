//! Tests of the module by its Rust functions, without a page.

#![cfg(feature = "full")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails by unwrap says where"
)]

mod futures;
mod pasted;
mod records;
mod stories;
mod verdicts;

use swaparoo_contract::{Exchange, Task};
use swaparoo_debugger::change::Change;
use swaparoo_debugger::course::Course;
use swaparoo_debugger::opening::{Opening, Source};
use swaparoo_debugger::rules::Rules;

const POLICIES: [&str; 3] = ["standard", "seed", "nova-34"];

fn rules(policy: &str) -> Rules {
    Rules::of(policy, None).unwrap()
}

fn story(id: &str) -> Opening {
    Opening::of(Source::Story { id: id.to_owned() }).unwrap()
}

fn record(task: Task, history: Vec<Exchange>) -> Opening {
    Opening::of(Source::Task { task, history, end: None }).unwrap()
}

fn play(opening: &Opening, policy: &str, changes: &[Change]) -> Course {
    swaparoo_debugger::play::play(opening, &rules(policy), changes, false).unwrap()
}

/// The record that the runner would write.
fn history(course: &Course) -> Vec<Exchange> {
    let exchange = |one: &swaparoo_debugger::course::ExchangeView| Exchange::new(one.effect.clone(), one.reply.clone());
    course.exchanges.iter().map(exchange).collect()
}

/// A course's end, and what is wrong then, or that this is unknown.
fn told(course: &Course) -> String {
    let mut kinds: Vec<_> = course.verdict.wrongs.iter().map(|wrong| wrong.kind).collect();
    kinds.dedup();
    let besides = Some(course.verdict.kind).filter(|kind| ["person", "unknown"].contains(kind));
    kinds.extend(besides);
    [vec![course.end.name.as_str()], kinds].concat().join(" ")
}
