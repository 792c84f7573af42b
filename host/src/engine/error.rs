//! The errors of a policy, sorted by who must act: the person who chose the component, or the author of its rules.

use std::path::PathBuf;
use std::time::Duration;

use crate::contract::Version;
use crate::engine::worker::WorkerError;

/// The engine cannot start, because the machine does not provide the resources that it needs.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine cannot start (it reserves {instances} x 4 GiB of address space, no memory): {why}")]
pub struct EngineError {
    /// The configured number of instances at the same time.
    pub instances: u32,
    /// wasmtime's error.
    pub why: String,
}

/// A component is not a policy that can run here.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The name is neither a built-in policy nor a file.
    #[error("no policy is named `{name}`: give standard, seed, nova-34 or the path of a component file (.wasm)")]
    Unknown {
        /// The name that was given.
        name: String,
    },
    /// The program was compiled without its policies.
    #[error("the policy `{name}` is not in this program: build the program with `cargo xtask build`")]
    NotBuilt {
        /// The name of the built-in policy.
        name: String,
    },
    /// The file cannot be read.
    #[error("the policy {} cannot be read; give standard, seed, nova-34 or the path of a component file", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is larger than the limit.
    #[error(
        "{name} has more than {limit} bytes, the most that a policy may have: build it in release mode and strip it, or raise \
         policies.limits.component_bytes"
    )]
    TooLarge {
        /// The component's name, as it was given.
        name: String,
        /// [`Limits::component_bytes`](super::Limits::component_bytes).
        limit: usize,
    },
    /// The file is not WebAssembly.
    #[error("{name} is not WebAssembly: give a component, a file that begins with the bytes 00 61 73 6d 0d 00 01 00")]
    NotWasm {
        /// The file's name, as it was given.
        name: String,
    },
    /// The file is a core module, not a component.
    #[error("{name} is a core module, not a component: turn it into one with `wasm-tools component new`")]
    CoreModule {
        /// The file's name, as it was given.
        name: String,
    },
    /// WebAssembly that is incomplete, invalid, or uses features that policies may not use.
    #[error("{name} is not a component that can run here: {why}; {}", advice(why))]
    Invalid {
        /// The component's name, as it was given.
        name: String,
        /// wasmtime's error.
        why: String,
    },
    /// It cannot be compiled within the limits, or the workers are busy.
    #[error("{name} is not compiled")]
    NotCompiled {
        /// The component's name, as it was given.
        name: String,
        /// The error of the worker.
        source: WorkerError,
    },
    /// It imports something from the host.
    #[error(
        "{name} imports `{import}`, but a policy may import no function: build it for the world \
         `swaparoo:policy/migration-policy` or `swaparoo:policy/move-policy`, without WASI; \
         `swaparoo policy compose` makes a policy of an overlay"
    )]
    Imports {
        /// The component's name, as it was given.
        name: String,
        /// The first forbidden import.
        import: String,
    },
    /// It was built for another version of the contract.
    #[error(
        "{name} was built for the contract {found}, but this host has {wanted}: build it for {wanted}, or use a host with {found}"
    )]
    OtherContract {
        /// The component's name, as it was given.
        name: String,
        /// The contract's version in the name of its export.
        found: String,
        /// The host's version of the contract.
        wanted: Version,
    },
    /// It is a component of another WIT world.
    #[error(
        "{name} exports {found}, not {wanted}: build it for the world `swaparoo:policy/migration-policy` or \
         `swaparoo:policy/move-policy`"
    )]
    OtherWorld {
        /// The component's name, as it was given.
        name: String,
        /// Its exports, for people.
        found: String,
        /// The exports of which a policy must have one, for people.
        wanted: String,
    },
    /// Its export has the contract's name, but other functions or types.
    #[error("{name} does not match the contract that its export names: {why}; build it against that version's wit/")]
    OtherTypes {
        /// The component's name, as it was given.
        name: String,
        /// wasmtime's error.
        why: String,
    },
    /// The call of its `describe` failed.
    #[error("{name} failed in `describe`; correct the component")]
    Describe {
        /// The component's name, as it was given.
        name: String,
        /// The error of the call.
        source: CallError,
    },
    /// It has the name of a built-in policy, but it is another component.
    #[error(
        "{name} describes itself as `{reserved}`, which is the name of a policy of this program: give it another name"
    )]
    Reserved {
        /// The component's name, as it was given.
        name: String,
        /// The name in its description.
        reserved: &'static str,
    },
    /// Its `describe` returned an invalid value.
    #[error("{name} has an invalid description: {what}")]
    Description {
        /// The component's name, as it was given.
        name: String,
        /// What is wrong, including the value.
        what: String,
    },
}

/// What the author can do about wasmtime's error.
fn advice(why: &str) -> &'static str {
    if why.contains("memory has a minimum byte size") {
        return "a policy's memory is limited, and many C compilers reserve a stack of 16 MiB in it: link with \
                `-z stack-size=65536` (clang and zig cc: `-Wl,-z,stack-size=65536`; rustc: \
                `-C link-arg=-zstack-size=65536`)";
    }
    "check that the file is complete and within a policy's limits of memory, number of modules and WebAssembly features"
}

/// A call did not end with a step. It fails its task, but nothing else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The rules trapped.
    #[error("the policy trapped: {0}")]
    Trapped(String),
    /// The rules used up their fuel.
    #[error("the policy used up its {limit} units of fuel without an answer")]
    OutOfFuel {
        /// [`Limits::fuel`](super::Limits::fuel).
        limit: u64,
    },
    /// The rules took too long, although they had fuel left.
    #[error("the policy has run longer than {limit:?} (processor time) without an answer")]
    OutOfTime {
        /// [`Limits::call_time`](super::Limits::call_time).
        limit: Duration,
    },
    /// The rules asked for more memory than allowed.
    #[error("the policy asked for {wanted} {of}; the maximum is {limit}")]
    OutOfMemory {
        /// The total that they asked for.
        wanted: usize,
        /// The maximum.
        limit: usize,
        /// The unit: `bytes of memory` or `table elements`.
        of: &'static str,
    },
    /// The rules' calls were nested too deep.
    #[error("the policy's calls needed more than its {limit} bytes of stack")]
    StackOverflow {
        /// [`Limits::wasm_stack_bytes`](super::Limits::wasm_stack_bytes).
        limit: usize,
    },
    /// The answer is larger than the host accepts.
    #[error("the policy's answer takes more than {limit} bytes")]
    TooMuchOutput {
        /// [`Limits::output_bytes`](super::Limits::output_bytes).
        limit: usize,
    },
    /// The answer is invalid.
    #[error("the policy's answer is invalid: {0}")]
    Nonsense(String),
    /// The task's history is too long.
    #[error("the task's history has {length} exchanges; a policy is called with at most {limit}")]
    HistoryTooLong {
        /// The number of exchanges.
        length: usize,
        /// [`Limits::exchanges`](super::Limits::exchanges).
        limit: usize,
    },
    /// The policy was not run, because the machine did not provide the resources for an instance.
    #[error("the policy could not be run: {0}")]
    NotRun(String),
}

impl CallError {
    /// The failure's code in a task's record. Codes are only added, never changed or removed.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trapped(_) => "policy-trapped",
            Self::OutOfFuel { .. } => "policy-out-of-fuel",
            Self::OutOfTime { .. } => "policy-out-of-time",
            Self::OutOfMemory { .. } => "policy-out-of-memory",
            Self::StackOverflow { .. } => "policy-stack-overflow",
            Self::TooMuchOutput { .. } => "policy-output-too-large",
            Self::Nonsense(_) => "policy-nonsense",
            Self::HistoryTooLong { .. } => "history-too-long",
            Self::NotRun(_) => "policy-not-run",
        }
    }
}
