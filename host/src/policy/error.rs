//! What can go wrong with a policy, sorted by who must act: whoever chose the component, or whoever wrote its rules.

use std::path::PathBuf;

use crate::worker::WorkerError;

/// The engine cannot start: the machine does not give what it needs.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine cannot start (it reserves {instances} x 4 GiB of address space, no memory): {why}")]
pub struct EngineError {
    /// How many instances it was to serve at once.
    pub instances: u32,
    /// In wasmtime's words.
    pub why: String,
}

/// A component is not a policy that can run here.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Neither a built-in policy nor a file.
    #[error("no policy is named `{name}`: give standard, seed, nova-34 or the path of a component file (.wasm)")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The program was compiled before its policies were.
    #[error("the policy `{name}` is not in this program: build the program with `cargo xtask build`")]
    NotBuilt {
        /// The built-in policy.
        name: String,
    },
    /// The file cannot be read.
    #[error("the policy {} cannot be read; give standard, seed, nova-34 or the path of a component file", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        source: std::io::Error,
    },
    /// The file is larger than a policy may be.
    #[error(
        "{name} has more than {limit} bytes, the most that a policy may have: build it in release mode and strip it"
    )]
    TooLarge {
        /// The component.
        name: String,
        /// [`Limits::component_bytes`](super::Limits::component_bytes).
        limit: usize,
    },
    /// Not WebAssembly at all.
    #[error("{name} is not WebAssembly: give a component, a file that begins with the bytes 00 61 73 6d 0d 00 01 00")]
    NotWasm {
        /// The file.
        name: String,
    },
    /// A core module, which lacks the component around it.
    #[error("{name} is a core module, not a component: turn it into one with `wasm-tools component new`")]
    CoreModule {
        /// The file.
        name: String,
    },
    /// WebAssembly cut short, not valid, or using what policies have no use for.
    #[error(
        "{name} is not a component that can run here: {why}; see that the file is complete and keeps to a policy's \
         memory, number of modules and WebAssembly features"
    )]
    Invalid {
        /// The component.
        name: String,
        /// In wasmtime's words.
        why: String,
    },
    /// It cannot be compiled within the limits, or not now.
    #[error("{name} is not compiled")]
    NotCompiled {
        /// The component.
        name: String,
        /// Why not.
        source: WorkerError,
    },
    /// It wants something from the host.
    #[error(
        "{name} imports `{import}`, but a policy may import no function: build it for the world `swaparoo:policy/policy`, without WASI"
    )]
    Imports {
        /// The component.
        name: String,
        /// The first thing that it may not import.
        import: String,
    },
    /// It was built for another version of the contract.
    #[error(
        "{name} was built for the contract {found}, and this host speaks {wanted}: build it for {wanted}, or run a host that speaks {found}"
    )]
    OtherContract {
        /// The component.
        name: String,
        /// The contract's version, by the name of its export.
        found: String,
        /// The host's.
        wanted: &'static str,
    },
    /// It is a component of another world.
    #[error("{name} exports {found}, not `{wanted}`: build it for the world `swaparoo:policy/policy`")]
    OtherWorld {
        /// The component.
        name: String,
        /// What it exports instead, for people.
        found: String,
        /// The export of a policy.
        wanted: &'static str,
    },
    /// Its export has the contract's name and other functions or types.
    #[error("{name} does not keep the contract that its export names: {why}; build it against that version's wit/")]
    OtherTypes {
        /// The component.
        name: String,
        /// In wasmtime's words.
        why: String,
    },
    /// Its `describe` fails.
    #[error("{name} cannot describe itself, so it needs another build")]
    Describe {
        /// The component.
        name: String,
        /// Why.
        source: CallError,
    },
    /// Its `describe` says what cannot be.
    #[error("{name} describes itself wrongly: {what}")]
    Description {
        /// The component.
        name: String,
        /// What is wrong, with the value.
        what: String,
    },
}

/// A call did not end with a step. The task that it was made for fails by it; nothing else does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The rules stopped by a fault of their own.
    #[error("the policy trapped: {0}")]
    Trapped(String),
    /// The rules did not come to an end.
    #[error("the policy used up its {limit} units of fuel without an answer")]
    OutOfFuel {
        /// [`Limits::fuel`](super::Limits::fuel).
        limit: u64,
    },
    /// The rules wanted more memory than they may have.
    #[error("the policy wanted {wanted} {of}; it may have {limit}")]
    OutOfMemory {
        /// How much it asked for in all.
        wanted: usize,
        /// How much it may have.
        limit: usize,
        /// Of what.
        of: &'static str,
    },
    /// The rules called themselves too deep.
    #[error("the policy's calls went deeper than its {limit} bytes of stack")]
    StackOverflow {
        /// [`Limits::wasm_stack_bytes`](super::Limits::wasm_stack_bytes).
        limit: usize,
    },
    /// The answer is larger than the host takes.
    #[error("the policy's answer takes more than {limit} bytes")]
    TooMuchOutput {
        /// [`Limits::output_bytes`](super::Limits::output_bytes).
        limit: usize,
    },
    /// An answer that means nothing.
    #[error("the policy's answer makes no sense: {0}")]
    Nonsense(String),
    /// The task has gone on for too long.
    #[error("the task's history has {length} exchanges; a policy is called with at most {limit}")]
    HistoryTooLong {
        /// How long it is.
        length: usize,
        /// [`Limits::exchanges`](super::Limits::exchanges).
        limit: usize,
    },
    /// The policy was not run: the machine did not give what an instance needs.
    #[error("the policy could not be run: {0}")]
    NotRun(String),
}

impl CallError {
    /// The failure's code in a task's record. Codes are only ever added.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trapped(_) => "policy-trapped",
            Self::OutOfFuel { .. } => "policy-out-of-fuel",
            Self::OutOfMemory { .. } => "policy-out-of-memory",
            Self::StackOverflow { .. } => "policy-stack-overflow",
            Self::TooMuchOutput { .. } => "policy-output-too-large",
            Self::Nonsense(_) => "policy-nonsense",
            Self::HistoryTooLong { .. } => "history-too-long",
            Self::NotRun(_) => "policy-not-run",
        }
    }
}
