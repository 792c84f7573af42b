//! What is wrong with a cloud in which nothing is under way any more.

use super::Cloud;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// A live server does not hold all that is its due.
    Lost,
    /// A live server holds something besides.
    HeldBeside,
    /// A migration record holds something.
    MigrationHolds,
    /// A deleted server holds something.
    DeletedHolds,
    /// More is held of a provider than it has.
    OverCapacity,
}

impl Wrong {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "a live server does not hold all that is its due",
            Self::HeldBeside => "a live server holds something besides its due",
            Self::MigrationHolds => "a migration record holds something",
            Self::DeletedHolds => "a deleted server holds something",
            Self::OverCapacity => "more is held of a provider than it has",
        }
    }
}

impl Cloud {
    /// All that is wrong, once every migration has ended: a live server holds what is its due, once, and nobody else
    /// holds anything.
    #[must_use]
    pub fn wrongs(&self) -> Vec<Wrong> {
        let mut wrongs = Vec::new();
        for (id, server) in &self.servers {
            let held = self.held(id);
            if !server.alive {
                wrongs.extend((!held.is_empty()).then_some(Wrong::DeletedHolds));
                continue;
            }
            let due = self.due(server);
            let lacks = due.iter().any(|(provider, due)| held.get(provider) != Some(due));
            wrongs.extend(lacks.then_some(Wrong::Lost));
            let beside = held.keys().any(|provider| !due.contains_key(provider));
            wrongs.extend(beside.then_some(Wrong::HeldBeside));
        }
        let holds = self.migrations.keys().any(|migration| !self.held(migration).is_empty());
        wrongs.extend(holds.then_some(Wrong::MigrationHolds));
        wrongs.extend(self.is_over_capacity().then_some(Wrong::OverCapacity));
        wrongs
    }

    /// Whether more is held of a provider than it has; Placement itself lets that happen only where there is less now.
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
