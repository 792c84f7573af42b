//! The tasks that are interrupted: the requests of each without kills, from which the moments of the kills follow, and
//! its correct ends.
//!
//! They are not scenarios of `sim/scenarios/`: a task is the body of a request to the service, with what the caller states
//! about the server, and not a task of the contract; the consumers are real ones that the rounds before have left; and what
//! happens is a kill at every moment of the list of requests, which a file cannot contain.

use serde_json::{Value, json};

/// A kind of task with its start.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    pub name: &'static str,
    pub kind: TaskKind,
    /// The VCPU of source and target at the beginning.
    pub begins: [u64; 2],
    pub change: ConcurrentChange,
    /// The caller's answers about the server, in order; the last one is repeated.
    pub server_states: &'static [&'static str],
    /// The requests at which it is killed, in order: `G`et, `P`ost, p`U`t, an`S`wer of the caller, and `~` for a pause.
    /// More reads that confirm an end may follow.
    pub requests: &'static str,
    /// The allowed ends with the allocations of source and target: `moved - 2`.
    pub ends: &'static [&'static str],
    /// The allowed ends if a write was not answered; empty if there is no difference.
    pub unanswered: &'static [&'static str],
}

/// The task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// A move to a target that is new.
    Swap,
    /// A move to a server; the caller states whether it exists.
    Move(&'static str),
    /// `replace`, on the source's node.
    Replace,
    /// The same, but the caller is asked for the node.
    ReplaceUnnamed,
    /// `revert`; the caller states whether the server exists, or is asked for it.
    Revert(Option<&'static str>),
}

/// Changes by other clients during the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConcurrentChange {
    /// Nothing.
    None,
    /// The source is written just after it was read, so the task's write has an old generation.
    Source,
    /// The node is written during the first write.
    Node,
}

const MOVED: &[&str] = &["moved - 2"];
const DELETED: &[&str] = &["source-deleted - -"];

impl Scenario {
    /// A scenario from a source with 2 VCPU to a target with nothing.
    const fn new(name: &'static str, kind: TaskKind, requests: &'static str, ends: &'static [&'static str]) -> Self {
        let (server_states, unanswered): (&[&str], &[&str]) = (&[], &[]);
        Self { name, kind, begins: [2, 0], change: ConcurrentChange::None, server_states, requests, ends, unanswered }
    }

    const fn begins(mut self, source: u64, target: u64) -> Self {
        self.begins = [source, target];
        self
    }

    const fn change(mut self, change: ConcurrentChange) -> Self {
        self.change = change;
        self
    }

    const fn server_states(mut self, server_states: &'static [&'static str]) -> Self {
        self.server_states = server_states;
        self
    }

    const fn unanswered(mut self, ends: &'static [&'static str]) -> Self {
        self.unanswered = ends;
        self
    }

    /// The body of the task's request.
    pub fn task(&self, from: &str, to: &str, node: &str) -> Value {
        match self.kind {
            TaskKind::Swap => json!({ "kind": "move", "source": from, "target": to, "target_is_new": true }),
            TaskKind::Move(server) => json!({ "kind": "move", "source": from, "target": to, "server": server }),
            TaskKind::Replace => json!({ "kind": "replace", "server": from, "migration": to, "source_node": node }),
            TaskKind::ReplaceUnnamed => json!({ "kind": "replace", "server": from, "migration": to }),
            TaskKind::Revert(state) => {
                json!({ "kind": "revert", "server": to, "migration": from, "server_state": state })
            }
        }
    }

    /// The allowed ends.
    pub fn may_end(&self, unanswered: bool) -> &'static [&'static str] {
        if unanswered && !self.unanswered.is_empty() { self.unanswered } else { self.ends }
    }
}

/// Under `standard` a kill does not change how a task ends. The exception is a server that is deleted during the task:
/// the kill decides whether this is noticed before or after it gets its allocations.
pub const STANDARD: &[Scenario] = &[
    Scenario::new("swap", TaskKind::Swap, "GP", MOVED),
    Scenario::new("swap of nothing", TaskKind::Swap, "GGG~GG", &["nothing-to-move - -"]).begins(0, 0),
    Scenario::new("swap made before", TaskKind::Swap, "GGGUGG", &["already-moved - 2"]).begins(0, 2),
    Scenario::new("move to a live server", TaskKind::Move("present"), "GGP", MOVED),
    Scenario::new("move to a deleted server", TaskKind::Move("gone"), "GGUG", DELETED),
    Scenario::new("move to a deleted server that holds", TaskKind::Move("gone"), "GGP", DELETED).begins(2, 3),
    Scenario::new("replace", TaskKind::Replace, "GP", MOVED),
    Scenario::new("replace of nothing", TaskKind::Replace, "GG", &["not-held - -"]).begins(0, 0),
    Scenario::new("replace made before", TaskKind::Replace, "GG", &["already-moved - 2"]).begins(0, 2),
    Scenario::new("replace, which node?", TaskKind::ReplaceUnnamed, "SGP", MOVED),
    Scenario::new("revert to a live server", TaskKind::Revert(Some("present")), "GGP", MOVED),
    Scenario::new("revert to a deleted server", TaskKind::Revert(Some("gone")), "GGUG", DELETED),
    Scenario::new("revert, state unknown", TaskKind::Revert(Some("unknown")), "GG", &["undecided 2 -"]),
    Scenario::new("revert, is it alive? yes", TaskKind::Revert(None), "GGSPS", MOVED).server_states(&["present"]),
    Scenario::new("revert, is it alive? no", TaskKind::Revert(None), "GGSUG", DELETED).server_states(&["gone"]),
    Scenario::new("revert, is it alive? not any more", TaskKind::Revert(None), "GGSPSGU", &["target-deleted - -"])
        .server_states(&["present", "gone"])
        .unanswered(&["target-deleted - -", "source-deleted - -"]),
    Scenario::new("swap, source changes", TaskKind::Swap, "GPGGP", MOVED).change(ConcurrentChange::Source),
    Scenario::new("swap, node changes", TaskKind::Swap, "GP~GGP", MOVED).change(ConcurrentChange::Node),
    Scenario::new("delete, source changes", TaskKind::Move("gone"), "GGUGGU", DELETED).change(ConcurrentChange::Source),
    Scenario::new("delete, node changes", TaskKind::Move("gone"), "GGU~GGU", DELETED).change(ConcurrentChange::Node),
];

const UNKNOWN_WHETHER_MOVED: &[&str] = &["unreachable 2 -", "unreachable - 2"];
const UNKNOWN_WHETHER_DELETED: &[&str] = &["unreachable 2 -", "unreachable - -"];

/// nova 34 asks no questions. If a write is not answered, it reports this and changes nothing more. If the source was
/// changed before it was read (again), there is no conflict.
pub const NOVA_34: &[Scenario] = &[
    Scenario::new("swap", TaskKind::Swap, "GGP", MOVED).unanswered(UNKNOWN_WHETHER_MOVED),
    Scenario::new("swap of nothing", TaskKind::Swap, "GG", &["other - -"]).begins(0, 0),
    Scenario::new("move to a server that holds", TaskKind::Move("gone"), "GGP", MOVED)
        .begins(2, 3)
        .unanswered(&["unreachable 2 3", "unreachable - 2"]),
    Scenario::new("replace", TaskKind::Replace, "GGGP", MOVED).unanswered(UNKNOWN_WHETHER_MOVED),
    Scenario::new("replace made before", TaskKind::Replace, "G", &["not-held - 2"]).begins(0, 2),
    Scenario::new("revert to a deleted server", TaskKind::Revert(Some("gone")), "GGP", MOVED)
        .unanswered(UNKNOWN_WHETHER_MOVED),
    Scenario::new("swap, source changes", TaskKind::Swap, "GGP", &["allocation-move-failed 2 -", "moved - 2"])
        .change(ConcurrentChange::Source)
        .unanswered(UNKNOWN_WHETHER_MOVED),
    Scenario::new("swap, node changes", TaskKind::Swap, "GGP~GGP", MOVED)
        .change(ConcurrentChange::Node)
        .unanswered(UNKNOWN_WHETHER_MOVED),
];

/// The rules of `seed` are nova's, except for a target that Placement does not know, and a refused delete.
pub const SEED: &[Scenario] = &[
    Scenario::new("swap", TaskKind::Swap, "GGP", MOVED).unanswered(UNKNOWN_WHETHER_MOVED),
    Scenario::new("swap of nothing", TaskKind::Swap, "GG", &["nothing-to-move - -"]).begins(0, 0),
    Scenario::new("revert to a live server", TaskKind::Revert(Some("present")), "GGU", DELETED)
        .unanswered(UNKNOWN_WHETHER_DELETED),
    Scenario::new("swap, node changes", TaskKind::Swap, "GGP~GGP", MOVED)
        .change(ConcurrentChange::Node)
        .unanswered(UNKNOWN_WHETHER_MOVED),
    Scenario::new(
        "delete, source changes",
        TaskKind::Revert(None),
        "GGU",
        &["allocation-delete-failed 2 -", "source-deleted - -"],
    )
    .change(ConcurrentChange::Source)
    .unanswered(UNKNOWN_WHETHER_DELETED),
    Scenario::new("delete, node changes", TaskKind::Revert(None), "GGU", &["allocation-delete-failed 2 -"])
        .change(ConcurrentChange::Node)
        .unanswered(UNKNOWN_WHETHER_DELETED),
];
