//! What is wrong at the end of a run, for which consumer, and since when.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_contract::{Outcome, Task};
use swaparoo_placement::Resources;
use swaparoo_sim::{HoldingViolation, MigrationEnd, Reach, SimCloud, Violation};
use tsify::Tsify;

use crate::snapshot::Snapshot;

/// A fault in the final state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct ViolationView {
    /// `leak`: the consumer holds what it should not. `loss`: the server does not hold what it should.
    pub kind: &'static str,
    /// The consumer that holds it, or should hold it.
    pub consumer: String,
    /// The provider's UUID.
    pub provider: String,
    /// The amounts, by resource class.
    #[tsify(type = "Record<string, number>")]
    pub resources: Resources,
    /// A sentence for display.
    pub text: String,
    /// The exchange that caused it; none if the fault is that nothing more was done.
    pub since: Option<usize>,
}

/// A cloud without pending work, and what its servers should hold.
pub struct FinalState<'a> {
    /// The cloud's final state.
    pub cloud: SimCloud,
    /// Whether the migration continues after this task: its record holds allocations, or the server is being moved.
    pub under_way: bool,
    due: Option<&'a BTreeMap<String, Resources>>,
}

impl<'a> FinalState<'a> {
    /// Runs `cloud` to its final state after the task's end. `due` is what the server should hold, if the cloud does
    /// not know its flavor.
    #[must_use]
    pub fn of(
        cloud: &SimCloud,
        task: &Task,
        outcome: Option<&Outcome>,
        due: Option<&'a BTreeMap<String, Resources>>,
    ) -> Self {
        let started = matches!(outcome, Some(Outcome::Started(_)));
        let mut state = cloud.clone();
        state.reach = Reach::Here;
        state.deliver_late();
        if started {
            state.finish(MigrationEnd::Confirmed);
        }
        // After a swap, in the middle of a migration, the record holds the allocations and the server does not. Where
        // the server has started is not in a record, since the scheduler decided it.
        let swapped = is_swap(task) && matches!(outcome, Some(Outcome::Moved(_) | Outcome::AlreadyMoved(_)));
        Self { cloud: state, under_way: swapped || (started && due.is_some()), due }
    }

    /// What is wrong with a server, if it exists or does not exist.
    #[must_use]
    pub fn of_server(&self, id: &str, exists: bool) -> Vec<ViolationView> {
        let server = self.cloud.servers.get(id).filter(|_| !self.under_way);
        let due = match server.filter(|_| exists) {
            Some(server) => self.due.cloned().unwrap_or_else(|| self.cloud.due(server)),
            None if exists => return Vec::new(),
            None => BTreeMap::new(),
        };
        self.cloud.violations_of_server(id, exists, &due).into_iter().map(ViolationView::of).collect()
    }

    /// What is wrong with a migration record.
    #[must_use]
    pub fn of_migration(&self, id: &str) -> Vec<ViolationView> {
        let found = self.cloud.violations_of_migration(id).into_iter().filter(|_| !self.under_way);
        found.map(ViolationView::of).collect()
    }
}

/// Sets since which exchange each fault exists. `snapshots` has the state before the first exchange, and after each.
pub fn set_since(violations: &mut [ViolationView], snapshots: &[Snapshot]) {
    for violation in violations {
        let so = |snapshot: &Snapshot| is_present(violation, snapshot);
        let steady = snapshots.iter().rev().take_while(|snapshot| so(snapshot)).count();
        // The snapshot before the first exchange was not caused by an exchange.
        violation.since = (steady > 0).then(|| (snapshots.len() - steady).checked_sub(1)).flatten();
    }
}

fn is_present(violation: &ViolationView, snapshot: &Snapshot) -> bool {
    let held = |consumer: &str| snapshot.held(consumer, &violation.provider).is_some();
    let consumer = snapshot.consumer(&violation.consumer);
    match (violation.kind, consumer.map(|consumer| consumer.role)) {
        ("loss", _) => !snapshot.consumers.iter().any(|one| one.role != "other" && held(&one.id)),
        // A record may hold allocations until the task ends.
        (_, Some("migration")) => false,
        _ => held(&violation.consumer) && consumer.is_none_or(|consumer| !consumer.alive),
    }
}

fn is_swap(task: &Task) -> bool {
    matches!(task, Task::Replace(_)) || matches!(task, Task::Move(of) if of.target_is_new)
}

impl ViolationView {
    fn of(found: HoldingViolation) -> Self {
        let HoldingViolation { violation, consumer, provider, resources } = found;
        let (kind, who, what) = match violation {
            Violation::Lost => ("loss", "the running server", "does not hold its"),
            Violation::HeldBeside => ("leak", "the server, beyond its own,", "holds"),
            Violation::MigrationHolds => ("leak", "the migration record", "holds"),
            _ => ("leak", "the deleted server", "holds"),
        };
        let text = format!("{who} {consumer} {what} {} of {provider}", amounts(&resources));
        Self { kind, consumer, provider, resources, text, since: None }
    }
}

fn amounts(resources: &Resources) -> String {
    resources.iter().map(|(class, amount)| format!("{amount} {class}")).collect::<Vec<_>>().join(" + ")
}
