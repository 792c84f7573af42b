//! Tests of the engine with correct and with faulty components.

mod cached;
mod calls;
mod claims;
mod composed;
mod hostile;
mod proposals;
mod refused;
mod settings;
mod versions;
mod worlds;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use super::{BUILT_IN, Cache, Engine, Limits, Policy};
use crate::contract::{CONTRACT, Effect, Exchange, GetAllocations, Holding, MoveTask, Owner, Reply, Task, TaskKind};

/// One engine for all tests that do not need their own, to show that it survives all of them.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| engine(Cache::off()));

fn engine(cache: Cache) -> Engine {
    Engine::new(Limits { instances: 4, ..Limits::default() }, cache).unwrap()
}

/// A policy of that engine, compiled once for all tests: a built-in one, `standard-moves`, or one of `tests/hostile`.
pub(crate) fn policy(name: &str) -> Arc<Policy> {
    static LOADED: Mutex<BTreeMap<String, Arc<Policy>>> = Mutex::new(BTreeMap::new());
    let load = || match BUILT_IN.iter().find(|built_in| built_in.name == name) {
        Some(built_in) => ENGINE.load(name, built_in.component),
        None if name == "standard-moves" => ENGINE.load(name, &built(name)),
        None => ENGINE.load(name, &hostile(name)),
    };
    let mut loaded = LOADED.lock().unwrap();
    Arc::clone(loaded.entry(name.into()).or_insert_with(|| Arc::new(load().unwrap())))
}

/// `standard`, but with a description that names only rules for moves.
pub(crate) fn moves_only() -> Policy {
    let mut policy = ENGINE.load("standard", BUILT_IN[0].component).unwrap();
    policy.description.tasks = vec![TaskKind::Move];
    policy
}

/// The component with the version of its WIT package replaced by one of the same length.
pub(crate) fn of_version(component: &[u8], version: &str) -> Vec<u8> {
    renamed(component, &format!("@{CONTRACT}"), &format!("@{version}"))
}

/// The component with each occurrence of a name replaced by one of the same length.
fn renamed(component: &[u8], name: &str, other: &str) -> Vec<u8> {
    let mut renamed = component.to_vec();
    let places = component.windows(name.len()).enumerate().filter(|(_, there)| *there == name.as_bytes());
    for (at, _) in places {
        renamed[at..at + other.len()].copy_from_slice(other.as_bytes());
    }
    renamed
}

/// A component that the package in `tests/hostile` builds.
pub(crate) fn hostile(name: &str) -> Vec<u8> {
    built(&format!("hostile/{name}"))
}

/// A component of `cargo xtask build`.
fn built(name: &str) -> Vec<u8> {
    let file = Path::new(env!("SWAPAROO_POLICIES_FOLDER")).join(name).with_extension("wasm");
    std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; build it with `cargo xtask build`", file.display()))
}

/// A component from the text in `tests/hostile/wat`.
fn wat(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/hostile/wat");
    wat::parse_file(folder.join(name).with_extension("wat")).unwrap()
}

/// A move to a new target. The source's first digit selects how a misbehaving policy misbehaves.
fn task(digit: u8) -> Task {
    Task::Move(MoveTask { source: consumer(digit), target: consumer(9), target_is_new: true })
}

fn consumer(digit: u8) -> String {
    "d1111111-1111-4111-8111-111111111111".replacen('d', &digit.to_string(), 1)
}

/// The reads of both consumers of `task(1)`: the source holds something, the target holds nothing.
fn read_both() -> Vec<Exchange> {
    let allocation = serde_json::json!([{
        "provider": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "resources": [{ "class": "MEMORY_MB", "amount": 512 }, { "class": "VCPU", "amount": 2 }],
    }]);
    let owner = Owner { project: "p".repeat(32), user: "u".repeat(32), generation: 3 };
    let allocations = serde_json::from_value(allocation).unwrap();
    let read = |digit, owner, allocations| {
        let effect = Effect::GetAllocations(GetAllocations { consumer: consumer(digit) });
        Exchange::new(effect, Reply::Holding(Holding { consumer: consumer(digit), owner, allocations }))
    };
    vec![read(1, Some(owner), allocations), read(9, None, Vec::new())]
}

/// The warnings of this thread while `work` runs.
fn warnings<T>(work: impl FnOnce() -> T) -> (T, String) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(Written(written.clone()))).finish();
    let result = tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    (result, text)
}

struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for &Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
