//! What can be wrong at the end of a task: in the cloud, once nothing is in progress any more, and in what the policy
//! said and did.

use std::collections::BTreeMap;

use swaparoo_placement::Resources;

use super::SimCloud;
use crate::contract::{ConsumerId, ProviderId};

/// A violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Violation {
    /// A live server does not hold all its resources.
    Lost,
    /// A live server holds resources of a provider that it does not use.
    HeldBeside,
    /// A port of a live server is bound to another provider than the one that serves it.
    WrongPortProvider,
    /// nova shows a live server in another availability zone than its host.
    WrongZone,
    /// A migration record holds something.
    MigrationHolds,
    /// A deleted server holds something.
    DeletedHolds,
    /// The allocations of a provider exceed its inventory.
    OverCapacity,
    /// Both consumers of a move hold the same allocations.
    HeldTwice,
    /// The outcome is false.
    UntrueOutcome,
    /// A write was done, but the failure does not allow for one.
    HiddenWrite,
    /// A request that was under way when the task ended arrives later and makes it wrong: no rule could know it.
    Unknowable,
    /// A lost removal deleted restored allocations, or Placement has forgotten the consumer that a write created, and
    /// Placement was unavailable when they should be written again. A person must look, and finds that they are gone.
    /// nova's `heal_allocations` restores them.
    LostToHeal,
    /// A compute service began while a migration was aborted, and its allocations could not be written again: a person must
    /// look.
    BegunMeanwhile,
    /// The rules did not recognise their own history (`diverged`).
    Diverged,
    /// A host does not accept a step or the outcome.
    StepRefused,
    /// The task ended with a failure, although no fault occurred and no other actor acted.
    NotDone,
    /// The policy failed, came to no end, or continued wrongly after a restart.
    Broken,
    /// A consumer is in two running tasks of a fleet.
    TwoRunningTasks,
    /// A runner sends a write that its journal does not show as its own.
    UnrecordedWrite,
    /// A runner appends to a task that another one has taken, or the entries of a task have a gap.
    BrokenJournal,
    /// An idempotency key that was accepted names two tasks.
    TwoTasksOfOneKey,
    /// A task does not end although all faults are over.
    NeverEnds,
}

impl Violation {
    /// The violation in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "a live server does not hold all its resources",
            Self::HeldBeside => "a live server holds resources of a provider that it does not use",
            Self::WrongPortProvider => "a port of a live server is not bound to the provider that serves it",
            Self::WrongZone => "nova shows a live server in another availability zone than its host",
            Self::MigrationHolds => "a migration record holds something",
            Self::DeletedHolds => "a deleted server holds something",
            Self::OverCapacity => "the allocations of a provider exceed its inventory",
            Self::HeldTwice => "both consumers of a move hold the same allocations",
            Self::UntrueOutcome => "the outcome is false",
            Self::HiddenWrite => "a write was done, and the failure does not allow for one",
            Self::Unknowable => "a request arrives after the end of the task and makes it wrong",
            Self::LostToHeal => "a live server has lost its resources, which heal_allocations restores",
            Self::BegunMeanwhile => "a compute service began during an abort, and holds the wrong allocations",
            Self::Diverged => "the rules do not recognise their own history",
            Self::StepRefused => "a host does not accept a step or the outcome",
            Self::NotDone => "the task fails although nothing prevents it",
            Self::Broken => "the policy failed or came to no end",
            Self::TwoRunningTasks => "a consumer is in two running tasks",
            Self::UnrecordedWrite => "a write is sent that the journal does not show as its sender's",
            Self::BrokenJournal => "an entry is not its task's owner's, or the entries have a gap",
            Self::TwoTasksOfOneKey => "an idempotency key names two tasks",
            Self::NeverEnds => "a task does not end although all faults are over",
        }
    }
}

/// A violation with the consumer and the provider that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldingViolation {
    /// The violation: about what a consumer holds.
    pub violation: Violation,
    /// The consumer that holds it, or should hold it.
    pub consumer: ConsumerId,
    /// The provider.
    pub provider: ProviderId,
    /// What it holds of the provider, or should hold.
    pub resources: Resources,
}

impl SimCloud {
    /// All violations after every migration has ended: a live server must hold its resources once, and other consumers
    /// must hold nothing.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (id, server) in &self.servers {
            let mut found = self.violations_of_server(id, server.alive, &self.due(server));
            if server.alive && server.unaccounted {
                found = of(Violation::HeldBeside, id, self.held(id));
            }
            found.dedup_by_key(|one| one.violation);
            violations.extend(found.into_iter().map(|one| one.violation));
            let wrong_port = server.alive && server.bound != self.ports_due(server);
            violations.extend(wrong_port.then_some(Violation::WrongPortProvider));
            let zone = self.node(&server.host).map(|node| &node.zone);
            let wrong_zone = server.alive && zone.is_some_and(|zone| *zone != server.zone);
            violations.extend(wrong_zone.then_some(Violation::WrongZone));
        }
        let holds = self.migrations.keys().any(|migration| !self.held(migration).is_empty());
        violations.extend(holds.then_some(Violation::MigrationHolds));
        violations.extend(self.is_over_capacity().then_some(Violation::OverCapacity));
        violations
    }

    /// The violations of a server that exists, and must hold `due`, or does not exist, and must hold nothing. If what it
    /// must hold is not known, it may hold anything.
    #[must_use]
    pub fn violations_of_server(
        &self,
        id: &str,
        exists: bool,
        due: &BTreeMap<ProviderId, Resources>,
    ) -> Vec<HoldingViolation> {
        let held = self.held(id);
        if !exists {
            return of(Violation::DeletedHolds, id, held);
        }
        let lacks = due.iter().filter(|(provider, due)| held.get(*provider) != Some(due));
        let mut violations = of(Violation::Lost, id, lacks.map(|(provider, due)| (provider.clone(), due.clone())));
        let beside = held.into_iter().filter(|(provider, _)| !due.is_empty() && !due.contains_key(provider));
        violations.extend(of(Violation::HeldBeside, id, beside));
        violations
    }

    /// The violations of a migration record after its migration, when it must hold nothing.
    #[must_use]
    pub fn violations_of_migration(&self, id: &str) -> Vec<HoldingViolation> {
        of(Violation::MigrationHolds, id, self.held(id))
    }

    /// Whether the allocations of a provider exceed its inventory. Placement allows this only if the inventory was
    /// reduced.
    #[must_use]
    pub fn is_over_capacity(&self) -> bool {
        self.placement.providers().iter().any(|(id, provider)| {
            let over = |(class, of): (&String, &swaparoo_placement::Inventory)| {
                self.placement.used(id, class) > of.total.saturating_sub(of.reserved)
            };
            provider.inventories.iter().any(over)
        })
    }
}

fn of(
    violation: Violation,
    consumer: &str,
    all: impl IntoIterator<Item = (ProviderId, Resources)>,
) -> Vec<HoldingViolation> {
    let one = |(provider, resources)| HoldingViolation { violation, consumer: consumer.into(), provider, resources };
    all.into_iter().map(one).collect()
}
