//! The violations in a cloud in which nothing is in progress any more.

use super::SimCloud;

/// A violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Violation {
    /// A live server does not hold all its resources.
    Lost,
    /// A live server holds resources of a provider that it does not use.
    HeldBeside,
    /// A migration record holds something.
    MigrationHolds,
    /// A deleted server holds something.
    DeletedHolds,
    /// The allocations of a provider exceed its inventory.
    OverCapacity,
}

impl Violation {
    /// The violation in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "a live server does not hold all its resources",
            Self::HeldBeside => "a live server holds resources of a provider that it does not use",
            Self::MigrationHolds => "a migration record holds something",
            Self::DeletedHolds => "a deleted server holds something",
            Self::OverCapacity => "the allocations of a provider exceed its inventory",
        }
    }
}

impl SimCloud {
    /// All violations after every migration has ended: a live server must hold its resources once, and other consumers
    /// must hold nothing.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (id, server) in &self.servers {
            let held = self.held(id);
            if !server.alive {
                violations.extend((!held.is_empty()).then_some(Violation::DeletedHolds));
                continue;
            }
            let due = self.due(server);
            let lacks = due.iter().any(|(provider, due)| held.get(provider) != Some(due));
            violations.extend(lacks.then_some(Violation::Lost));
            let beside = held.keys().any(|provider| !due.contains_key(provider));
            violations.extend(beside.then_some(Violation::HeldBeside));
        }
        let holds = self.migrations.keys().any(|migration| !self.held(migration).is_empty());
        violations.extend(holds.then_some(Violation::MigrationHolds));
        violations.extend(self.is_over_capacity().then_some(Violation::OverCapacity));
        violations
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
