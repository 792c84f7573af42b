//! One decision on a typical history: natively, as a component on a fresh and on a reused instance, and in Rego by
//! regorus; and the time to load a policy. Everything is measured in one run, so that the ratios compare the same machine
//! under the same load.

mod fresh;
mod rego;

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use criterion::Criterion;
use serde_json::Value;
use swaparoo::engine::{BUILT_IN, Cache, Engine, Limits};
use swaparoo_plugin::policies::Standard;
use swaparoo_tests::native::Native;

use rego::{Bytecode, Rego, input, typical};

const GROUP: &str = "decision";

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    decide(&mut criterion)?;
    load(&mut criterion)?;
    criterion.final_summary();
    report()?;
    let (task, history) = typical();
    fresh::report(&task, &history)
}

fn decide(criterion: &mut Criterion) -> Result<()> {
    let (task, history) = typical();
    let engine = Engine::new(Limits::default(), Cache::off())?;
    let policy = engine.resolve("standard")?;
    let native = Native::new(&Standard, &task).after(&history);
    let mut rego = Rego::new()?;
    let value = input(&task, &history)?;
    let json = serde_json::json!({ "task": task, "history": history }).to_string();

    let expected: Value = serde_json::from_str(&native.step_as_json())?;
    let component = serde_json::to_value(&policy.next_step(&task, &history)?.step)?;
    let by_rego: Value = serde_json::from_str(&rego.step(value.clone())?)?;
    let bytecode = Bytecode::new()?;
    let mut machine = bytecode.machine();
    let by_machine: Value = serde_json::from_str(&machine.eval(value.clone())?.to_json_str()?)?;
    ensure!(by_machine == expected, "Rego's bytecode decides differently: {by_machine}\nexpected: {expected}");
    ensure!(component == expected, "the component decides differently: {component}");
    ensure!(by_rego == expected, "Rego decides differently: {by_rego}\nexpected: {expected}");

    let mut group = criterion.benchmark_group(GROUP);
    group.bench_function("native", |b| {
        b.iter(|| swaparoo_plugin::next_step(&Standard, black_box(&task), black_box(&history)));
    });
    let mut failed = Ok(());
    group.bench_function("reused", |b| {
        b.iter_custom(|calls| {
            fresh::reused(&policy, &task, &history, calls).unwrap_or_else(|error| {
                failed = Err(error);
                Duration::from_secs(1)
            })
        });
    });
    group.bench_function("fresh", |b| b.iter(|| policy.next_step(black_box(&task), black_box(&history))));
    group.bench_function("rego", |b| b.iter(|| rego.eval(black_box(&value).clone())));
    group.bench_function("rego-vm-reused", |b| b.iter(|| machine.eval(black_box(&value).clone())));
    group.bench_function("rego-vm-fresh", |b| b.iter(|| bytecode.machine().eval(black_box(&value).clone())));
    group.bench_function("rego-from-json", |b| {
        b.iter(|| rego.eval(regorus::Value::from_json_str(black_box(&json)).unwrap_or(regorus::Value::Undefined)));
    });
    group.finish();
    failed
}

fn load(criterion: &mut Criterion) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let cached = Engine::new(Limits::default(), Cache::at(folder.path()))?;
    let uncached = Engine::new(Limits::default(), Cache::off())?;
    cached.resolve("standard")?;
    let mut group = criterion.benchmark_group(GROUP);
    group.bench_function("load-cached", |b| b.iter(|| cached.resolve(black_box("standard"))));
    group.sample_size(10);
    group.bench_function("load-compiled", |b| b.iter(|| uncached.resolve(black_box("standard"))));
    group.finish();
    Ok(())
}

/// Prints the ratios of the medians that criterion has just written.
fn report() -> Result<()> {
    let Ok(rego) = median("rego") else { return Ok(()) }; // a filter excluded it
    println!("\n{:<18}{:>12}{:>14}   aim", "decision", "median", "x regorus");
    for (name, aim) in [
        ("native", ""),
        ("reused", "<= 0.25"),
        ("fresh", "<= 0.60"),
        ("rego", ""),
        ("rego-vm-reused", ""),
        ("rego-vm-fresh", ""),
        ("rego-from-json", ""),
    ] {
        let ns = median(name)?;
        println!("{name:<18}{:>9.2} us{:>14.3}   {aim}", ns / 1e3, ns / rego);
    }
    println!("\n{:<18}{:>9.3} ms   aim <= 1 ms", "load, cached", median("load-cached")? / 1e6);
    println!("{:<18}{:>9.3} ms", "load, compiled", median("load-compiled")? / 1e6);
    for policy in BUILT_IN {
        println!("{:<18}{:>8} bytes   aim <= 196608", policy.name, policy.component.len());
    }
    Ok(())
}

fn median(name: &str) -> Result<f64> {
    let target = std::env::var("CARGO_TARGET_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target").into());
    let file = Path::new(&target).join("criterion").join(GROUP).join(name).join("new/estimates.json");
    let text = std::fs::read_to_string(&file).with_context(|| format!("no estimates in {}", file.display()))?;
    let estimates: Value = serde_json::from_str(&text)?;
    estimates.pointer("/median/point_estimate").and_then(Value::as_f64).context("criterion's median")
}
