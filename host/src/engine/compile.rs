//! Compiles a component to machine code, in this process or in a worker.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::component::Component;

use super::{Limits, LoadError, config};
use crate::engine::worker::{self, WorkerError};

/// Compiles in this process. A panic of the compiler is reported as an error of the component.
pub fn here(wasm: &wasmtime::Engine, name: &str, bytes: &[u8]) -> Result<Component, LoadError> {
    match catch_unwind(AssertUnwindSafe(|| Component::from_binary(wasm, bytes))) {
        Ok(compiled) => compiled.map_err(|error| LoadError::Invalid { name: name.into(), why: one_line(&error) }),
        Err(panic) => {
            let source = WorkerError::Panicked { said: worker::message(panic.as_ref()) };
            Err(LoadError::NotCompiled { name: name.into(), source })
        }
    }
}

/// Compiles in a worker process: the compiled form, or the error. It uses only one thread, so that the other processors
/// stay free for tasks.
pub fn in_worker(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut config = config::compiling(&Limits::default());
    config.parallel_compilation(false);
    let engine = wasmtime::Engine::new(&config).map_err(|error| one_line(&error))?;
    engine.precompile_component(bytes).map_err(|error| one_line(&error))
}

/// wasmtime's error with its causes, in one line.
pub fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
