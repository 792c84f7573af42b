//! The built-in scenarios of moves, as data: who holds what and what is asked, what goes wrong on the way, and how it may end. How a
//! policy gets there is its own affair: no step is prescribed.

use swaparoo_placement::Fault;

use crate::contract::{MoveTask, ReplaceTask, RevertTask, Task};

/// The source's compute node.
pub const NODE: &str = "5a1d0000-0000-0000-0000-000000000001";
/// The destination's.
pub const OTHER_NODE: &str = "5a1d0000-0000-0000-0000-000000000002";
/// A server.
pub const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
/// Its migration record.
pub const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";

/// One case that a policy must get right.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// By which it is reported, and accepted as failed.
    pub name: &'static str,
    /// What is asked.
    pub task: Task,
    /// What the server is to Placement.
    pub server: Is,
    /// What the migration record is to Placement.
    pub migration: Is,
    /// What nova knows of the server.
    pub nova: Nova,
    /// What goes wrong.
    pub trouble: Trouble,
    /// How it may end; one of these must hold.
    pub allowed: &'static [Allowed],
}

/// What a consumer is to Placement at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// Not known.
    Unknown,
    /// A record that holds nothing and that no read shows.
    Orphan,
    /// It holds what is to be moved: of the source's node and of a shared disk pool.
    Holding,
    /// The same, of an inventory whose bounds have been lowered since: Placement writes that for nobody any more.
    HoldingTooMuch,
    /// It holds a claim of its own on the destination.
    Claiming,
}

/// What nova knows of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nova {
    /// It exists.
    Present,
    /// It is gone.
    Gone,
    /// It exists until something has been written to Placement, and is gone then.
    GoneAfterWrite,
    /// Nobody can tell.
    Unknown,
    /// nova does not answer.
    Silent,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// This, with the first write.
    FirstWrite(Mishap),
    /// This, with every write.
    EveryWrite(Mishap),
    /// Placement is not there at all.
    Outage,
}

/// What happens to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Placement, or the way to it, fails.
    Fault(Fault),
    /// Somebody else has just written to the source: its generation is another than was read.
    SourceTouched,
}

/// One way in which a scenario may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// What the policy says.
    pub says: Says,
    /// Who holds what then.
    pub holds: Holds,
}

/// How a policy may end a task. A limit broken, a consumer touched that the task does not name, and a history or task
/// that the policy has no rule for are never among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// One of these outcomes.
    Finished(&'static [&'static str]),
    /// Any outcome.
    FinishedAnyhow,
    /// One of these failures.
    Failed(&'static [&'static str]),
    /// Any failure of the policy's own.
    FailedAnyhow,
}

/// Who holds what at the end. Whoever the task does not name holds what they held, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Everybody what they held at the beginning.
    AsBefore,
    /// The target what the source held at the beginning, and nothing else; the source nothing.
    Target,
    /// Neither anything.
    Nobody,
}

const MOVED: Allowed = finished(&["moved"], Holds::Target);
const MOVED_OR_SEEN: Allowed = finished(&["moved", "already-moved"], Holds::Target);
const WAS_MOVED: Allowed = finished(&["already-moved"], Holds::AsBefore);
const MOVED_TO_ITSELF: Allowed = finished(&["moved", "already-moved"], Holds::AsBefore);
const DELETED: Allowed = finished(&["source-deleted", "target-deleted"], Holds::Nobody);
const NOT_HELD: Allowed = finished(&["not-held"], Holds::AsBefore);
const NOTHING: Allowed = finished(&["nothing-to-move"], Holds::AsBefore);
/// nova's own word for it; nothing is changed by it either.
const KEY_ERROR: Allowed = failed(&["key-error"], Holds::AsBefore);
const FAILED: Allowed = Allowed { says: Says::FailedAnyhow, holds: Holds::AsBefore };
/// The two failures that do not say that an unanswered write was not done; see the contract.
const NO_ANSWER: &[&str] = &["unreachable", "unsettled"];
const SILENT_AS_BEFORE: Allowed = failed(NO_ANSWER, Holds::AsBefore);
const SILENT_DONE: Allowed = failed(NO_ANSWER, Holds::Target);
const SILENT_DELETED: Allowed = failed(NO_ANSWER, Holds::Nobody);

/// All of them, by kind of task and then by how much goes wrong.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    use Is::{Claiming, Holding, HoldingTooMuch, Orphan, Unknown};
    use Trouble::{EveryWrite, FirstWrite, Outage};
    let mut all = vec![
        swap("swap", [Holding, Unknown], &[MOVED]),
        swap("swap-made-before", [Unknown, Holding], &[WAS_MOVED]),
        swap("swap-of-nothing", [Unknown, Unknown], &[NOTHING, KEY_ERROR]),
        swap("swap-to-a-target-that-holds", [Holding, Claiming], &[MOVED, FAILED]),
        swap("swap-to-an-empty-record", [Holding, Orphan], &[MOVED, FAILED]),
        swap("swap-refused-for-its-amount", [HoldingTooMuch, Unknown], &[FAILED]),
        back("back-to-a-server-that-holds", [Claiming, Holding], &[MOVED]),
        back("back-to-a-live-server-that-placement-forgot", [Unknown, Holding], &[MOVED]),
        back("back-made-before", [Holding, Unknown], &[WAS_MOVED]),
        back("back-to-a-deleted-server", [Unknown, Holding], &[DELETED]).nova(Nova::Gone),
        back("back-to-a-server-deleted-meanwhile", [Unknown, Holding], &[DELETED]).nova(Nova::GoneAfterWrite),
        back("back-to-a-server-that-nova-cannot-tell-of", [Unknown, Holding], &[FAILED]).nova(Nova::Unknown),
        back("back-while-nova-is-silent", [Unknown, Holding], &[FAILED]).nova(Nova::Silent),
        scenario("to-itself", moving(SERVER, SERVER, false), [Holding, Unknown], &[MOVED_TO_ITSELF]),
        replace("replace", NODE, [Holding, Unknown], &[MOVED]),
        replace("replace-made-before", NODE, [Unknown, Holding], &[WAS_MOVED, NOT_HELD]),
        replace("replace-of-nothing-on-the-node", OTHER_NODE, [Holding, Unknown], &[NOT_HELD]),
        revert("revert-to-a-server-that-holds", [Claiming, Holding], &[MOVED]),
        revert("revert-to-a-live-server-that-placement-forgot", [Unknown, Holding], &[MOVED]),
        revert("revert-to-a-deleted-server", [Unknown, Holding], &[DELETED]).nova(Nova::Gone),
        revert("revert-to-a-server-that-nova-cannot-tell-of", [Unknown, Holding], &[FAILED]).nova(Nova::Unknown),
        back("delete-done-and-unanswered", [Unknown, Holding], &[DELETED, SILENT_DELETED])
            .nova(Nova::Gone)
            .trouble(FirstWrite(Mishap::Fault(Fault::LostAfterWrite))),
        swap("placement-is-out", [Holding, Unknown], &[FAILED]).trouble(Outage),
        revert("placement-is-out-on-the-way-back", [Unknown, Holding], &[FAILED]).trouble(Outage),
    ];
    let swapped = |name, allowed, trouble| swap(name, [Holding, Unknown], allowed).trouble(trouble);
    let fault = Mishap::Fault;
    all.extend([
        swapped("write-done-and-unanswered", &[MOVED_OR_SEEN, SILENT_DONE], FirstWrite(fault(Fault::LostAfterWrite))),
        swapped("write-lost", &[MOVED, SILENT_AS_BEFORE], FirstWrite(fault(Fault::LostBeforeWrite))),
        swapped("every-write-lost", &[SILENT_AS_BEFORE], EveryWrite(fault(Fault::LostBeforeWrite))),
        swapped("write-not-sent", &[MOVED, FAILED], FirstWrite(fault(Fault::Outage))),
        swapped("consumer-conflict", &[MOVED, FAILED], FirstWrite(Mishap::SourceTouched)),
        swapped("consumer-conflict-without-end", &[FAILED], EveryWrite(Mishap::SourceTouched)),
        swapped("consumer-raced-away", &[MOVED, FAILED], FirstWrite(fault(Fault::ConsumerRaced))),
        swapped("provider-conflict", &[MOVED, FAILED], FirstWrite(fault(Fault::ProviderConflict))),
        swapped("provider-conflict-without-end", &[FAILED], EveryWrite(fault(Fault::ProviderConflict))),
    ]);
    all
}

impl Scenario {
    /// Who gives.
    #[must_use]
    pub fn source(&self) -> &str {
        self.task.parties().first().map_or("", |(_, consumer)| consumer)
    }

    /// Who gets.
    #[must_use]
    pub fn target(&self) -> &str {
        self.task.parties().last().map_or("", |(_, consumer)| consumer)
    }

    fn nova(self, nova: Nova) -> Self {
        Self { nova, ..self }
    }

    fn trouble(self, trouble: Trouble) -> Self {
        Self { trouble, ..self }
    }
}

/// Without trouble, and with a server that exists.
fn scenario(name: &'static str, task: Task, is: [Is; 2], allowed: &'static [Allowed]) -> Scenario {
    let [server, migration] = is;
    Scenario { name, task, server, migration, nova: Nova::Present, trouble: Trouble::None, allowed }
}

fn swap(name: &'static str, is: [Is; 2], allowed: &'static [Allowed]) -> Scenario {
    scenario(name, moving(SERVER, MIGRATION, true), is, allowed)
}

fn back(name: &'static str, is: [Is; 2], allowed: &'static [Allowed]) -> Scenario {
    scenario(name, moving(MIGRATION, SERVER, false), is, allowed)
}

fn replace(name: &'static str, node: &str, is: [Is; 2], allowed: &'static [Allowed]) -> Scenario {
    let source_node = Some(node.to_owned());
    let task = Task::Replace(ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node });
    scenario(name, task, is, allowed)
}

fn revert(name: &'static str, is: [Is; 2], allowed: &'static [Allowed]) -> Scenario {
    let task = Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() });
    scenario(name, task, is, allowed)
}

fn moving(source: &str, target: &str, target_is_new: bool) -> Task {
    Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new })
}

const fn finished(outcomes: &'static [&'static str], holds: Holds) -> Allowed {
    Allowed { says: Says::Finished(outcomes), holds }
}

const fn failed(failures: &'static [&'static str], holds: Holds) -> Allowed {
    Allowed { says: Says::Failed(failures), holds }
}
