//! From a component's bytes to machine code, in this process or in a worker.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::component::Component;

use super::{Limits, LoadError, config};
use crate::worker::{self, WorkerError};

/// Compiles it here. A panic of the compiler is the component's fault.
pub fn here(wasm: &wasmtime::Engine, name: &str, bytes: &[u8]) -> Result<Component, LoadError> {
    match catch_unwind(AssertUnwindSafe(|| Component::from_binary(wasm, bytes))) {
        Ok(compiled) => compiled.map_err(|error| LoadError::Invalid { name: name.into(), why: one_line(&error) }),
        Err(panic) => {
            let source = WorkerError::Panicked { said: worker::message(panic.as_ref()) };
            Err(LoadError::NotCompiled { name: name.into(), source })
        }
    }
}

/// What a worker process does with a component: its compiled form, or why it has none. One thread does it all, so that
/// the processors' others are left to tasks.
pub fn in_worker(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut config = config::compiling(&Limits::default());
    config.parallel_compilation(false);
    let engine = wasmtime::Engine::new(&config).map_err(|error| one_line(&error))?;
    engine.precompile_component(bytes).map_err(|error| one_line(&error))
}

/// wasmtime's words, its chain of causes in one line.
pub fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
