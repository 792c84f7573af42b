//! What failures say.

use serde::{Deserialize, Serialize};

use super::{
    AllocationsFate, ComponentType, ConsumerId, Effect, FindComputeNode, ForeignAnswer, Holding, Lift, Lower,
    NovaError, Refusal, Removal, Silence, TaskKind,
};

/// Why there is no outcome. Placement is as the last reads say, unless a case says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Failure {
    /// Someone else kept changing one of the consumers, or a provider, until the attempts ran out (or, in a policy
    /// that does not try again, at once). nova's `AllocationMoveFailed`.
    #[component(name = "allocation-move-failed")]
    AllocationMoveFailed(Refusal),
    /// A generation-checked delete was refused. nova's `AllocationDeleteFailed`.
    #[component(name = "allocation-delete-failed")]
    AllocationDeleteFailed(Refusal),
    /// A read was refused. nova's `ConsumerAllocationRetrievalFailed`.
    #[component(name = "allocation-retrieval-failed")]
    AllocationRetrievalFailed(Refusal),
    /// Provider conflicts until nova's retries ran out; nova's client returns False.
    #[component(name = "out-of-retries")]
    OutOfRetries(Refusal),
    /// Placement refused the write for a reason that another try does not cure: capacity, inventory constraints,
    /// a bad request, a policy, an error of its own.
    #[component(name = "refused")]
    Refused(Refusal),
    /// The answer was not Placement's: nova raises `JSONDecodeError` or `KeyError` here.
    #[component(name = "malformed-answer")]
    MalformedAnswer(ForeignAnswer),
    /// nova's `KeyError`: it builds its request from a project that an empty answer does not have.
    #[component(name = "key-error")]
    KeyError(KeyError),
    /// Placement could not be asked. nova's client returns None. In `nova-34` and `seed` the write itself may have
    /// been done; in `standard` nothing has been written.
    #[component(name = "unreachable")]
    Unreachable(Silence),
    /// Nobody could tell whether the server exists, so nothing was touched. A person must look.
    #[component(name = "undecided")]
    Undecided(Undecided),
    /// A write's fate could not be found out. A person must look.
    #[component(name = "unsettled")]
    Unsettled(Unsettled),
    /// The target was gone by the time that it had been given the allocations, and they could not be taken away
    /// again: a server that does not exist holds them. A person must look.
    #[component(name = "leaked")]
    Leaked(Removal),
    /// An empty consumer record stands in the way and could not be taken over.
    #[component(name = "orphan-in-the-way")]
    OrphanInTheWay(Orphan),
    /// nova has no compute node for the server. nova's `ComputeHostNotFound`.
    #[component(name = "compute-host-not-found")]
    ComputeHostNotFound(FindComputeNode),
    /// The policy has no rule for this kind of task.
    #[component(name = "unsupported-task")]
    UnsupportedTask(UnsupportedTask),
    /// nova's `NoValidHost`; rolled back.
    #[component(name = "no-valid-host")]
    NoValidHost(MigrationFailed),
    /// nova's `MaxRetriesExceeded`; rolled back.
    #[component(name = "max-retries-exceeded")]
    MaxRetriesExceeded(MigrationFailed),
    /// Another exception of nova's, or an answer that the rules cannot go on with; rolled back.
    #[component(name = "nova-failed")]
    NovaFailed(MigrationFailed),
    /// Whoever asked for the task fell silent; rolled back.
    #[component(name = "abandoned")]
    Abandoned(MigrationFailed),
    /// The migration failed and could not be rolled back: its record holds, or may hold, what the server had. A
    /// person must look.
    #[component(name = "not-rolled-back")]
    NotRolledBack(NotRolledBack),
    /// Nobody knows whether the cast was sent, so nothing was rolled back: a compute service may be about to begin.
    /// A person must look; `abort` rolls back once it is known not to.
    #[component(name = "cast-unsettled")]
    CastUnsettled(CastUnsettled),
    /// It is in use after all: nothing was touched.
    #[component(name = "still-in-use")]
    StillInUse(StillInUse),
    /// The history is not one that these rules can have made.
    #[component(name = "diverged")]
    Diverged(Diverged),
}

/// The contract's `key-error`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct KeyError {
    /// `key`.
    pub key: String,
}

/// The contract's `undecided`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Undecided {
    /// `server`.
    pub server: ConsumerId,
    /// Who held what when last read: the source first.
    pub holdings: Vec<Holding>,
}

/// The contract's `unsettled`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Unsettled {
    /// Place in the history, from 0, of the write whose fate is not known.
    #[component(name = "write-at")]
    pub write_at: u32,
    /// Who held what when last read; empty when it could not be read.
    pub holdings: Vec<Holding>,
}

/// The contract's `orphan`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Orphan {
    /// `consumer`.
    pub consumer: ConsumerId,
    /// `refusal`.
    pub refusal: Refusal,
}

/// The contract's `unsupported-task`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct UnsupportedTask {
    /// `task`.
    pub task: TaskKind,
}

/// The contract's `diverged`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct Diverged {
    /// Place in the history, from 0, of the exchange that does not fit.
    pub index: u32,
    /// What the rules ask there. None: they had ended before. The same effect as recorded: the reply is of a kind
    /// that does not answer it.
    pub asked: Option<Effect>,
}

/// A migration that did not begin.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct MigrationFailed {
    /// What went wrong, in nova's words.
    pub cause: NovaError,
    /// Its record, if it has come to one.
    pub migration: Option<ConsumerId>,
    /// What became of the server's allocations.
    pub allocations: AllocationsFate,
}

/// A rollback that did not come to an end.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct NotRolledBack {
    /// Why it had to be rolled back.
    pub cause: NovaError,
    /// Its record.
    pub migration: ConsumerId,
    /// Why it could not be.
    pub because: String,
}

/// A cast whose fate is not known.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct CastUnsettled {
    /// Place in the history, from 0, of the cast.
    #[component(name = "cast-at")]
    pub cast_at: u32,
    /// The migration's record.
    pub migration: ConsumerId,
    /// nova's last word of its status; none when it could not be asked.
    pub status: Option<String>,
}

/// Why nothing was released.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct StillInUse {
    /// Who holds.
    pub consumer: ConsumerId,
    /// The migration's status; none where a server holds what is its own.
    pub status: Option<String>,
}
