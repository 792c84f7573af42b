//! The course of a task without kills, and its correct ends.

use serde_json::{Value, json};

/// A kind of task with its start.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    pub name: &'static str,
    pub asked: Asked,
    /// The VCPU of source and target at the beginning.
    pub begins: [u64; 2],
    pub spoilt: Spoilt,
    /// The caller's answers about the server, in order; the last one is repeated.
    pub says: &'static [&'static str],
    /// The requests in order: `G`et, `P`ost, p`U`t, an`S`wer of the caller, and `~` for a pause.
    pub requests: &'static str,
    /// The allowed ends with the allocations of source and target: `moved - 2`.
    pub ends: &'static [&'static str],
    /// The allowed ends if a write was not answered; empty if there is no difference.
    pub unanswered: &'static [&'static str],
}

/// The task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
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
pub enum Spoilt {
    /// Nothing.
    No,
    /// The source is written just after it was read, so the task's write has an old generation.
    SourceChanges,
    /// The node is written during the first write.
    NodeChanges,
}

const MOVED: &[&str] = &["moved - 2"];
const DELETED: &[&str] = &["source-deleted - -"];

impl Story {
    /// A story from a source with 2 VCPU to a target with nothing.
    const fn new(name: &'static str, asked: Asked, requests: &'static str, ends: &'static [&'static str]) -> Self {
        let (says, unanswered): (&[&str], &[&str]) = (&[], &[]);
        Self { name, asked, begins: [2, 0], spoilt: Spoilt::No, says, requests, ends, unanswered }
    }

    const fn begins(mut self, source: u64, target: u64) -> Self {
        self.begins = [source, target];
        self
    }

    const fn spoilt(mut self, spoilt: Spoilt) -> Self {
        self.spoilt = spoilt;
        self
    }

    const fn says(mut self, says: &'static [&'static str]) -> Self {
        self.says = says;
        self
    }

    const fn unanswered(mut self, ends: &'static [&'static str]) -> Self {
        self.unanswered = ends;
        self
    }

    /// The body of the task's request.
    pub fn task(&self, from: &str, to: &str, node: &str) -> Value {
        match self.asked {
            Asked::Swap => json!({ "kind": "move", "source": from, "target": to, "target_is_new": true }),
            Asked::Move(server) => json!({ "kind": "move", "source": from, "target": to, "server": server }),
            Asked::Replace => json!({ "kind": "replace", "server": from, "migration": to, "source_node": node }),
            Asked::ReplaceUnnamed => json!({ "kind": "replace", "server": from, "migration": to }),
            Asked::Revert(state) => {
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
pub const STANDARD: &[Story] = &[
    Story::new("swap", Asked::Swap, "GGP", MOVED),
    Story::new("swap of nothing", Asked::Swap, "GG", &["nothing-to-move - -"]).begins(0, 0),
    Story::new("swap made before", Asked::Swap, "GG", &["already-moved - 2"]).begins(0, 2),
    Story::new("move to a live server", Asked::Move("present"), "GGP", MOVED),
    Story::new("move to a deleted server", Asked::Move("gone"), "GGU", DELETED),
    Story::new("move to a server that holds", Asked::Move("gone"), "GGP", MOVED).begins(2, 3),
    Story::new("replace", Asked::Replace, "GGGP", MOVED),
    Story::new("replace of nothing", Asked::Replace, "GG", &["not-held - -"]).begins(0, 0),
    Story::new("replace made before", Asked::Replace, "GG", &["already-moved - 2"]).begins(0, 2),
    Story::new("replace, which node?", Asked::ReplaceUnnamed, "SGGGP", MOVED),
    Story::new("revert to a live server", Asked::Revert(Some("present")), "GGP", MOVED),
    Story::new("revert to a deleted server", Asked::Revert(Some("gone")), "GGU", DELETED),
    Story::new("revert, nobody knows", Asked::Revert(Some("unknown")), "GG", &["undecided 2 -"]),
    Story::new("revert, is it alive? yes", Asked::Revert(None), "GGSPS", MOVED).says(&["present"]),
    Story::new("revert, is it alive? no", Asked::Revert(None), "GGSU", DELETED).says(&["gone"]),
    Story::new("revert, is it alive? not any more", Asked::Revert(None), "GGSPSGU", &["target-deleted - -"])
        .says(&["present", "gone"])
        .unanswered(&["target-deleted - -", "source-deleted - -"]),
    Story::new("swap, source changes", Asked::Swap, "GGPGGP", MOVED).spoilt(Spoilt::SourceChanges),
    Story::new("swap, node changes", Asked::Swap, "GGP~GGP", MOVED).spoilt(Spoilt::NodeChanges),
    Story::new("delete, source changes", Asked::Move("gone"), "GGUGGU", DELETED).spoilt(Spoilt::SourceChanges),
    Story::new("delete, node changes", Asked::Move("gone"), "GGU~GGU", DELETED).spoilt(Spoilt::NodeChanges),
];

const UNKNOWN_WHETHER_MOVED: &[&str] = &["unreachable 2 -", "unreachable - 2"];
const UNKNOWN_WHETHER_DELETED: &[&str] = &["unreachable 2 -", "unreachable - -"];

/// nova 34 asks no questions. If a write is not answered, it reports this and changes nothing more. If the source was
/// changed before it was read (again), there is no conflict.
pub const NOVA_34: &[Story] = &[
    Story::new("swap", Asked::Swap, "GGP", MOVED).unanswered(UNKNOWN_WHETHER_MOVED),
    Story::new("swap of nothing", Asked::Swap, "GG", &["key-error - -"]).begins(0, 0),
    Story::new("move to a server that holds", Asked::Move("gone"), "GGP", MOVED)
        .begins(2, 3)
        .unanswered(&["unreachable 2 3", "unreachable - 2"]),
    Story::new("replace", Asked::Replace, "GGGP", MOVED).unanswered(UNKNOWN_WHETHER_MOVED),
    Story::new("replace made before", Asked::Replace, "G", &["not-held - 2"]).begins(0, 2),
    Story::new("revert to a deleted server", Asked::Revert(Some("gone")), "GGP", MOVED)
        .unanswered(UNKNOWN_WHETHER_MOVED),
    Story::new("swap, source changes", Asked::Swap, "GGP", &["allocation-move-failed 2 -", "moved - 2"])
        .spoilt(Spoilt::SourceChanges)
        .unanswered(UNKNOWN_WHETHER_MOVED),
    Story::new("swap, node changes", Asked::Swap, "GGP~GGP", MOVED)
        .spoilt(Spoilt::NodeChanges)
        .unanswered(UNKNOWN_WHETHER_MOVED),
];

/// The rules of `seed` are nova's, except for a target that Placement does not know, and a refused delete.
pub const SEED: &[Story] = &[
    Story::new("swap", Asked::Swap, "GGP", MOVED).unanswered(UNKNOWN_WHETHER_MOVED),
    Story::new("swap of nothing", Asked::Swap, "GG", &["nothing-to-move - -"]).begins(0, 0),
    Story::new("revert to a live server", Asked::Revert(Some("present")), "GGU", DELETED)
        .unanswered(UNKNOWN_WHETHER_DELETED),
    Story::new("swap, node changes", Asked::Swap, "GGP~GGP", MOVED)
        .spoilt(Spoilt::NodeChanges)
        .unanswered(UNKNOWN_WHETHER_MOVED),
    Story::new(
        "delete, source changes",
        Asked::Revert(None),
        "GGU",
        &["allocation-delete-failed 2 -", "source-deleted - -"],
    )
    .spoilt(Spoilt::SourceChanges)
    .unanswered(UNKNOWN_WHETHER_DELETED),
    Story::new("delete, node changes", Asked::Revert(None), "GGU", &["allocation-delete-failed 2 -"])
        .spoilt(Spoilt::NodeChanges)
        .unanswered(UNKNOWN_WHETHER_DELETED),
];
