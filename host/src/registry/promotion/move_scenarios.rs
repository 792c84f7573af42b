//! The built-in scenarios of moves, as data: the allocations, the task, the injected fault, and the allowed ends. The
//! steps of the policy are not prescribed.

use swaparoo_placement::Fault;

use crate::contract::{MoveTask, ReplaceTask, RevertTask, Task};

/// The source's compute node.
pub const NODE: &str = "5a1d0000-0000-0000-0000-000000000001";
/// The destination's compute node.
pub const OTHER_NODE: &str = "5a1d0000-0000-0000-0000-000000000002";
/// The server of all scenarios.
pub const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
/// The server's migration record.
pub const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";

/// One scenario that a policy must pass.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name in reports, and for accepting a failure.
    pub name: &'static str,
    /// The task to run.
    pub task: Task,
    /// The server's state in Placement.
    pub server: ConsumerState,
    /// The migration record's state in Placement.
    pub migration: ConsumerState,
    /// What nova answers about the server.
    pub nova: ServerKnowledge,
    /// The injected fault.
    pub faults: FaultPlan,
    /// The allowed ends; one of them must match.
    pub allowed: &'static [AllowedEnd],
}

/// The state of a consumer in Placement at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsumerState {
    /// Placement does not know it.
    Unknown,
    /// Placement has a row for it without allocations, which no read shows.
    Orphan,
    /// It holds the allocations to be moved: of the source's node and of a shared disk pool.
    Holding,
    /// The same, but the inventory's bounds were lowered since, so Placement refuses to write these amounts.
    HoldingTooMuch,
    /// It holds a claim on the destination.
    Claiming,
}

/// What nova answers about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKnowledge {
    /// It exists.
    Present,
    /// It is deleted.
    Gone,
    /// It exists until the first write to Placement, and is deleted then.
    GoneAfterWrite,
    /// nova answers, but cannot say whether it exists.
    Unknown,
    /// nova does not answer.
    Silent,
}

/// The injected fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPlan {
    /// No fault.
    None,
    /// A fault at the first write.
    FirstWrite(WriteFault),
    /// A fault at every write.
    EveryWrite(WriteFault),
    /// Placement cannot be reached at all.
    Outage,
}

/// A fault of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteFault {
    /// Placement or the connection fails.
    Fault(Fault),
    /// Another client has just written to the source, so its generation has changed since it was read.
    SourceTouched,
}

/// One allowed end of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowedEnd {
    /// The end that the policy returns.
    pub says: ExpectedEnd,
    /// The allocations at the end.
    pub holds: ExpectedHoldings,
}

/// How a policy may end a task. Exceeding a limit, an effect on a consumer that the task does not name, and a history
/// or task for which the policy has no rule are never allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedEnd {
    /// One of these outcomes.
    Finished(&'static [&'static str]),
    /// Any outcome.
    FinishedAnyhow,
    /// One of these failures.
    Failed(&'static [&'static str]),
    /// Any failure that the policy returns.
    FailedAnyhow,
}

/// The allocations at the end. Consumers that the task does not name must be unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedHoldings {
    /// All consumers hold what they held at the beginning.
    AsBefore,
    /// The target holds exactly what the source held at the beginning, and the source holds nothing.
    Target,
    /// Neither the source nor the target holds anything.
    Nobody,
}

const MOVED: AllowedEnd = finished(&["moved"], ExpectedHoldings::Target);
const MOVED_OR_SEEN: AllowedEnd = finished(&["moved", "already-moved"], ExpectedHoldings::Target);
const WAS_MOVED: AllowedEnd = finished(&["already-moved"], ExpectedHoldings::AsBefore);
const MOVED_TO_ITSELF: AllowedEnd = finished(&["moved", "already-moved"], ExpectedHoldings::AsBefore);
const DELETED: AllowedEnd = finished(&["source-deleted", "target-deleted"], ExpectedHoldings::Nobody);
const NOT_HELD: AllowedEnd = finished(&["not-held"], ExpectedHoldings::AsBefore);
const NOTHING: AllowedEnd = finished(&["nothing-to-move"], ExpectedHoldings::AsBefore);
/// nova fails with a KeyError in this case, and changes nothing either.
const KEY_ERROR: AllowedEnd = failed(&["key-error"], ExpectedHoldings::AsBefore);
const FAILED: AllowedEnd = AllowedEnd { says: ExpectedEnd::FailedAnyhow, holds: ExpectedHoldings::AsBefore };
/// The two failures after which an unanswered write may have been done; see the contract.
const NO_ANSWER: &[&str] = &["unreachable", "unsettled"];
const SILENT_AS_BEFORE: AllowedEnd = failed(NO_ANSWER, ExpectedHoldings::AsBefore);
const SILENT_DONE: AllowedEnd = failed(NO_ANSWER, ExpectedHoldings::Target);
const SILENT_DELETED: AllowedEnd = failed(NO_ANSWER, ExpectedHoldings::Nobody);

/// All scenarios, by kind of task and then by the severity of the fault.
#[must_use]
pub fn move_scenarios() -> Vec<Scenario> {
    use ConsumerState::{Claiming, Holding, HoldingTooMuch, Orphan, Unknown};
    use FaultPlan::{EveryWrite, FirstWrite, Outage};
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
        back("back-to-a-deleted-server", [Unknown, Holding], &[DELETED]).nova(ServerKnowledge::Gone),
        back("back-to-a-server-deleted-meanwhile", [Unknown, Holding], &[DELETED])
            .nova(ServerKnowledge::GoneAfterWrite),
        back("back-to-a-server-that-nova-cannot-tell-of", [Unknown, Holding], &[FAILED]).nova(ServerKnowledge::Unknown),
        back("back-while-nova-is-silent", [Unknown, Holding], &[FAILED]).nova(ServerKnowledge::Silent),
        scenario("to-itself", moving(SERVER, SERVER, false), [Holding, Unknown], &[MOVED_TO_ITSELF]),
        replace("replace", NODE, [Holding, Unknown], &[MOVED]),
        replace("replace-made-before", NODE, [Unknown, Holding], &[WAS_MOVED, NOT_HELD]),
        replace("replace-of-nothing-on-the-node", OTHER_NODE, [Holding, Unknown], &[NOT_HELD]),
        revert("revert-to-a-server-that-holds", [Claiming, Holding], &[MOVED]),
        revert("revert-to-a-live-server-that-placement-forgot", [Unknown, Holding], &[MOVED]),
        revert("revert-to-a-deleted-server", [Unknown, Holding], &[DELETED]).nova(ServerKnowledge::Gone),
        revert("revert-to-a-server-that-nova-cannot-tell-of", [Unknown, Holding], &[FAILED])
            .nova(ServerKnowledge::Unknown),
        back("delete-done-and-unanswered", [Unknown, Holding], &[DELETED, SILENT_DELETED])
            .nova(ServerKnowledge::Gone)
            .faults(FirstWrite(WriteFault::Fault(Fault::LostAfterWrite))),
        swap("placement-is-out", [Holding, Unknown], &[FAILED]).faults(Outage),
        revert("placement-is-out-on-the-way-back", [Unknown, Holding], &[FAILED]).faults(Outage),
    ];
    let swapped = |name, allowed, faults| swap(name, [Holding, Unknown], allowed).faults(faults);
    let fault = WriteFault::Fault;
    all.extend([
        swapped("write-done-and-unanswered", &[MOVED_OR_SEEN, SILENT_DONE], FirstWrite(fault(Fault::LostAfterWrite))),
        swapped("write-lost", &[MOVED, SILENT_AS_BEFORE], FirstWrite(fault(Fault::LostBeforeWrite))),
        swapped("every-write-lost", &[SILENT_AS_BEFORE], EveryWrite(fault(Fault::LostBeforeWrite))),
        swapped("write-not-sent", &[MOVED, FAILED], FirstWrite(fault(Fault::Outage))),
        swapped("consumer-conflict", &[MOVED, FAILED], FirstWrite(WriteFault::SourceTouched)),
        swapped("consumer-conflict-without-end", &[FAILED], EveryWrite(WriteFault::SourceTouched)),
        swapped("consumer-raced-away", &[MOVED, FAILED], FirstWrite(fault(Fault::ConsumerRaced))),
        swapped("provider-conflict", &[MOVED, FAILED], FirstWrite(fault(Fault::ProviderConflict))),
        swapped("provider-conflict-without-end", &[FAILED], EveryWrite(fault(Fault::ProviderConflict))),
    ]);
    all
}

impl Scenario {
    /// The consumer that gives its allocations.
    #[must_use]
    pub fn source(&self) -> &str {
        self.task.parties().first().map_or("", |(_, consumer)| consumer)
    }

    /// The consumer that receives them.
    #[must_use]
    pub fn target(&self) -> &str {
        self.task.parties().last().map_or("", |(_, consumer)| consumer)
    }

    fn nova(self, nova: ServerKnowledge) -> Self {
        Self { nova, ..self }
    }

    fn faults(self, faults: FaultPlan) -> Self {
        Self { faults, ..self }
    }
}

/// A scenario without a fault, and with a server that exists.
fn scenario(name: &'static str, task: Task, is: [ConsumerState; 2], allowed: &'static [AllowedEnd]) -> Scenario {
    let [server, migration] = is;
    Scenario { name, task, server, migration, nova: ServerKnowledge::Present, faults: FaultPlan::None, allowed }
}

fn swap(name: &'static str, is: [ConsumerState; 2], allowed: &'static [AllowedEnd]) -> Scenario {
    scenario(name, moving(SERVER, MIGRATION, true), is, allowed)
}

fn back(name: &'static str, is: [ConsumerState; 2], allowed: &'static [AllowedEnd]) -> Scenario {
    scenario(name, moving(MIGRATION, SERVER, false), is, allowed)
}

fn replace(name: &'static str, node: &str, is: [ConsumerState; 2], allowed: &'static [AllowedEnd]) -> Scenario {
    let source_node = Some(node.to_owned());
    let task = Task::Replace(ReplaceTask { server: SERVER.into(), migration: MIGRATION.into(), source_node });
    scenario(name, task, is, allowed)
}

fn revert(name: &'static str, is: [ConsumerState; 2], allowed: &'static [AllowedEnd]) -> Scenario {
    let task = Task::Revert(RevertTask { server: SERVER.into(), migration: MIGRATION.into() });
    scenario(name, task, is, allowed)
}

fn moving(source: &str, target: &str, target_is_new: bool) -> Task {
    Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new })
}

const fn finished(outcomes: &'static [&'static str], holds: ExpectedHoldings) -> AllowedEnd {
    AllowedEnd { says: ExpectedEnd::Finished(outcomes), holds }
}

const fn failed(failures: &'static [&'static str], holds: ExpectedHoldings) -> AllowedEnd {
    AllowedEnd { says: ExpectedEnd::Failed(failures), holds }
}
