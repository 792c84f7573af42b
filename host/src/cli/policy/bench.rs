//! `swaparoo policy bench`: what a policy uses of its limits, and the time of its decisions. Fuel, memory and sizes are the
//! same on every machine; times are not.

use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use swaparoo::contract::{Exchange, Task};
use swaparoo::engine::Policy;
use swaparoo::simulation::scenario::built_in;

use super::limits_table::{self, grouped};
use super::{Exit, one_run, task};
use crate::cli::policy_limits::PolicyLimitsArgs;
use crate::cli::stdout::{self, say};

/// How often a decision is repeated; the fastest one counts, since the others were disturbed.
const REPEATED: usize = 50;
/// The lengths of histories that are measured, besides the longest.
const LENGTHS: [usize; 7] = [0, 1, 2, 4, 8, 16, 32];

#[derive(Debug, Args)]
pub struct Bench {
    /// A component file, or standard, seed, nova-34
    #[arg(value_name = "NAME|FILE.wasm")]
    file: String,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One decision.
#[derive(Serialize)]
struct Decided {
    /// Exchanges in the history.
    history: usize,
    fuel: u64,
    memory_bytes: usize,
    microseconds: u128,
}

pub async fn run(Bench { file, limits, json }: &Bench) -> anyhow::Result<Exit> {
    let size = limits.loader()?.component(file)?.len();
    let policy = task::own_policy(file, limits).await?;
    let (scenario, task, history) = longest(&policy)?;
    let instantiation = fastest(|| policy.warm().map(drop))?;
    let mut lengths: Vec<usize> = LENGTHS.into_iter().filter(|length| *length < history.len()).collect();
    lengths.push(history.len());
    let decided = lengths.into_iter().map(|length| decide(&policy, task, history.get(..length).unwrap_or_default()));
    let decided = decided.collect::<anyhow::Result<Vec<_>>>()?;
    let used = policy.usage()?;
    if *json {
        stdout::json(&json!({
            "digest": policy.digest().to_string(), "limits": limits_table::object(size, used, policy.limits()),
            "scenario": scenario, "instantiation_microseconds": instantiation.as_micros(), "decisions": decided,
        }))?;
        return Ok(Exit::Finished);
    }
    let described = policy.description();
    say!("{} {} (sha256 {})", described.name, described.version, policy.digest());
    limits_table::print(size, used, policy.limits());
    say!("\n  a fresh instance: {} us", instantiation.as_micros());
    say!("  decisions in the scenario `{scenario}`, each by a fresh instance:");
    print(&decided, policy.limits().fuel);
    Ok(Exit::Finished)
}

/// The built-in scenario that has the longest history under the policy.
fn longest(policy: &Policy) -> anyhow::Result<(&'static str, &'static Task, Vec<Exchange>)> {
    let mut longest = None;
    for scenario in built_in().iter().filter(|scenario| policy.has_rules_for(&scenario.task)) {
        let history = one_run::run(policy, scenario)?.history;
        if longest.as_ref().is_none_or(|(_, _, found): &(_, _, Vec<Exchange>)| found.len() < history.len()) {
            longest = Some((scenario.name.as_str(), &scenario.task, history));
        }
    }
    longest.context("no built-in scenario has a task that the policy has rules for")
}

fn decide(policy: &Policy, task: &Task, history: &[Exchange]) -> anyhow::Result<Decided> {
    let decision = policy.next_step(task, history)?;
    let time = fastest(|| policy.next_step(task, history).map(drop))?;
    let (fuel, memory_bytes) = (decision.fuel_used, decision.memory_bytes);
    Ok(Decided { history: history.len(), fuel, memory_bytes, microseconds: time.as_micros() })
}

fn fastest<E>(work: impl Fn() -> Result<(), E>) -> Result<Duration, E> {
    let mut fastest = Duration::MAX;
    for _ in 0..REPEATED {
        let began = Instant::now();
        work()?;
        fastest = fastest.min(began.elapsed());
    }
    Ok(fastest)
}

fn print(decided: &[Decided], limit: u64) {
    say!("\n  exchanges          fuel  of the limit        memory        time");
    for Decided { history, fuel, memory_bytes, microseconds } in decided {
        let percent = fuel.saturating_mul(1_000).checked_div(limit).unwrap_or_default();
        let (fuel, memory) = (grouped(*fuel), grouped(u64::try_from(*memory_bytes).unwrap_or(u64::MAX)));
        say!("  {history:>9}  {fuel:>12}  {:>9}.{} %  {memory:>12}  {microseconds:>7} us", percent / 10, percent % 10);
    }
    if let Some(end) = fuel_ends(decided, limit) {
        say!("\n  at this rate, a history of about {end} exchanges uses all fuel of a call");
    }
}

/// At how many exchanges a call would use all its fuel, if each exchange costs what it costs on average here.
fn fuel_ends(decided: &[Decided], limit: u64) -> Option<u64> {
    let (first, last) = (decided.first()?, decided.last()?);
    let exchanges = u64::try_from(last.history.checked_sub(first.history)?).ok()?;
    let each = last.fuel.checked_sub(first.fuel)?.checked_div(exchanges)?;
    limit.checked_sub(first.fuel)?.checked_div(each)
}
