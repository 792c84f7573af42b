//! The rules that the runners of a fleet follow. A test leaves one out, and the simulation must find what goes wrong then.

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// What an append checks.
    pub fence: Fence,
    /// Whether a task waits until it has locked its consumers.
    pub locks: bool,
    /// What a runner takes a COMMIT without an answer for.
    pub unanswered: Unanswered,
    /// Whose tasks a runner takes.
    pub takes: Takes,
    /// Whether a read waits for all commits before it (`wsrep_sync_wait`).
    pub waits_for_commits: bool,
    /// Whether a task moves its consumers past the generations that lost writes of earlier tasks name.
    pub passes_late_writes: bool,
}

/// What an append checks in its own transaction, beside the primary key of each entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// That the task has as many entries as its runner knows, and belongs to this runner under this epoch.
    OwnerAndCount,
    /// Only the number of entries.
    Count,
    /// Nothing: an entry gets the next free number.
    Nothing,
}

/// What a runner takes a COMMIT without an answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// Nothing: it looks for its entries.
    Unknown,
    /// It was not done: the same transaction is tried again, until it succeeds.
    NotDone,
    /// It was done.
    Done,
}

/// Whose open tasks a runner takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Those of every runner that is not alive, at each look: also of one that the table does not name.
    OfAllNotAlive,
    /// Those that a runner has when it is marked dead, and no others.
    OfMarkedOnce,
}

impl Protocol {
    /// All rules.
    pub const WHOLE: Self = Self {
        fence: Fence::OwnerAndCount,
        locks: true,
        unanswered: Unanswered::Unknown,
        takes: Takes::OfAllNotAlive,
        waits_for_commits: true,
        passes_late_writes: true,
    };
}
