//! A call in a fresh instance, and one in a reused instance: in turns, so that both see the same machine under the same
//! load. First on one thread; then on as many threads as the service has for its tasks, with its metrics.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use swaparoo::contract::{Exchange, Task};
use swaparoo::engine::{Cache, CallError, Engine, Limits, Policy};
use swaparoo::http::metrics::Metrics;

const ROUNDS: usize = 500;
/// Calls in a row. A reused instance keeps each answer in its memory, so it is not used for many.
const CALLS: u32 = 40;
/// The largest ratio that is aimed at.
const AIM: f64 = 2.0;

/// Times of one call.
struct Round {
    fresh: Duration,
    reused: Duration,
    /// A fresh instance that is made and dropped, but not called.
    instance: Duration,
}

/// Measures and prints both ratios.
///
/// # Errors
/// A call failed.
pub fn report(task: &Task, history: &[Exchange]) -> Result<()> {
    println!("\n{:<18}{:>12}{:>12}{:>16}{:>16}   aim", "a call", "fresh", "reused", "instance alone", "fresh / reused");
    print("one thread", rounds(&standard()?, task, history)?);
    Metrics::install()?;
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    print(&format!("{threads} threads, metrics"), at_once(threads, &standard()?, task, history)?);
    Ok(())
}

fn standard() -> Result<Policy> {
    Ok(Engine::new(Limits::default(), Cache::off())?.resolve("standard")?)
}

fn at_once(threads: usize, policy: &Policy, task: &Task, history: &[Exchange]) -> Result<Vec<Round>> {
    let measured = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(|| rounds(policy, task, history))).collect();
        started
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
            .collect::<Result<Vec<_>>>()
    })?;
    Ok(measured.into_iter().flatten().collect())
}

fn rounds(policy: &Policy, task: &Task, history: &[Exchange]) -> Result<Vec<Round>> {
    (0..ROUNDS).map(|_| round(policy, task, history)).collect()
}

fn round(policy: &Policy, task: &Task, history: &[Exchange]) -> Result<Round> {
    Ok(Round {
        reused: reused(policy, task, history, CALLS.into())? / CALLS,
        fresh: one(|| policy.next_step(task, history))?,
        instance: one(|| policy.warm())?,
    })
}

/// The time of this many calls in reused instances, without the time to make these.
///
/// # Errors
/// A call failed.
pub fn reused(policy: &Policy, task: &Task, history: &[Exchange], calls: u64) -> Result<Duration> {
    let (mut took, mut left) = (Duration::ZERO, calls);
    while left > 0 {
        let some = left.min(CALLS.into());
        let mut warm = policy.warm()?;
        warm.next_step(task, history)?;
        let began = Instant::now();
        for _ in 0..some {
            warm.next_step(task, history)?;
        }
        took += began.elapsed();
        left -= some;
    }
    Ok(took)
}

/// The time of one call, of many in a row.
fn one<T>(call: impl Fn() -> Result<T, CallError>) -> Result<Duration> {
    let began = Instant::now();
    for _ in 0..CALLS {
        drop(black_box(call()?));
    }
    Ok(began.elapsed() / CALLS)
}

fn print(name: &str, rounds: Vec<Round>) {
    let median = |time: fn(&Round) -> Duration| {
        let mut times: Vec<_> = rounds.iter().map(|round| time(round).as_secs_f64() * 1e6).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let (fresh, reused, instance) =
        (median(|round| round.fresh), median(|round| round.reused), median(|round| round.instance));
    let ratio = fresh / reused;
    let verdict = if ratio <= AIM { "reached" } else { "missed" };
    println!("{name:<18}{fresh:>9.2} us{reused:>9.2} us{instance:>13.2} us{ratio:>16.2}   <= {AIM}: {verdict}");
}
