//! What is wrong at the end of a course, for which consumer, and since when.

use std::collections::BTreeMap;

use serde::Serialize;
use swaparoo_contract::{Outcome, Task};
use swaparoo_placement::Resources;
use swaparoo_sim::{HoldingViolation, MigrationEnd, Reach, SimCloud, Violation};
use tsify::Tsify;

use crate::moment::Moment;

/// A fault in the final state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct Wrong {
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
    pub words: String,
    /// The exchange that caused it; none if the fault is that nothing more was done.
    pub since: Option<usize>,
}

/// A cloud without pending work, and what its servers should hold.
pub struct Rest<'a> {
    /// The cloud's final state.
    pub cloud: SimCloud,
    /// Whether the migration continues after this task: its record holds allocations, or the server is being moved.
    pub under_way: bool,
    due: Option<&'a BTreeMap<String, Resources>>,
}

impl<'a> Rest<'a> {
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
        let mut rest = cloud.clone();
        rest.reach = Reach::Here;
        rest.deliver_late();
        if started {
            rest.finish(MigrationEnd::Confirmed);
        }
        // After a swap, in the middle of a migration, the record holds the allocations and the server does not. Where
        // the server has started is not in a record, since the scheduler decided it.
        let swapped = is_swap(task) && matches!(outcome, Some(Outcome::Moved(_) | Outcome::AlreadyMoved(_)));
        Self { cloud: rest, under_way: swapped || (started && due.is_some()), due }
    }

    /// What is wrong with a server, if it exists or does not exist.
    #[must_use]
    pub fn of_server(&self, id: &str, exists: bool) -> Vec<Wrong> {
        let server = self.cloud.servers.get(id).filter(|_| !self.under_way);
        let due = match server.filter(|_| exists) {
            Some(server) => self.due.cloned().unwrap_or_else(|| self.cloud.due(server)),
            None if exists => return Vec::new(),
            None => BTreeMap::new(),
        };
        self.cloud.violations_of_server(id, exists, &due).into_iter().map(Wrong::of).collect()
    }

    /// What is wrong with a migration record.
    #[must_use]
    pub fn of_migration(&self, id: &str) -> Vec<Wrong> {
        let found = self.cloud.violations_of_migration(id).into_iter().filter(|_| !self.under_way);
        found.map(Wrong::of).collect()
    }
}

/// Sets since which exchange each fault exists. `moments` has the state before the first exchange, and after each.
pub fn date(wrongs: &mut [Wrong], moments: &[Moment]) {
    for wrong in wrongs {
        let so = |moment: &Moment| is_so(wrong, moment);
        let steady = moments.iter().rev().take_while(|moment| so(moment)).count();
        // The moment before the first exchange was not caused by an exchange.
        wrong.since = (steady > 0).then(|| (moments.len() - steady).checked_sub(1)).flatten();
    }
}

fn is_so(wrong: &Wrong, moment: &Moment) -> bool {
    let held = |consumer: &str| moment.held(consumer, &wrong.provider).is_some();
    let consumer = moment.consumer(&wrong.consumer);
    match (wrong.kind, consumer.map(|consumer| consumer.role)) {
        ("loss", _) => !moment.consumers.iter().any(|one| one.role != "other" && held(&one.consumer)),
        // A record may hold allocations until the task ends.
        (_, Some("migration")) => false,
        _ => held(&wrong.consumer) && consumer.is_none_or(|consumer| !consumer.alive),
    }
}

fn is_swap(task: &Task) -> bool {
    matches!(task, Task::Replace(_)) || matches!(task, Task::Move(of) if of.target_is_new)
}

impl Wrong {
    fn of(found: HoldingViolation) -> Self {
        let HoldingViolation { violation, consumer, provider, resources } = found;
        let (kind, who, what) = match violation {
            Violation::Lost => ("loss", "the running server", "does not hold its"),
            Violation::HeldBeside => ("leak", "the server, beyond its own,", "holds"),
            Violation::MigrationHolds => ("leak", "the migration record", "holds"),
            _ => ("leak", "the deleted server", "holds"),
        };
        let words = format!("{who} {consumer} {what} {} of {provider}", amounts(&resources));
        Self { kind, consumer, provider, resources, words, since: None }
    }
}

fn amounts(resources: &Resources) -> String {
    resources.iter().map(|(class, amount)| format!("{amount} {class}")).collect::<Vec<_>>().join(" + ")
}
