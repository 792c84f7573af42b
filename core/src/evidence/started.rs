//! Checks that a compute service continues the migration: the cast shows it, or a later read of nova's record.

use super::holdings::HistoryHoldings;
use super::same_consumer;
use crate::contract::{Effect, Exchange, HostNode, LiveMigrateTask, MigrateTask, Reply, Started, Task};

/// Checks that the cast of `started` was sent, and whether the record holds what the server held.
pub fn check(task: &Task, history: &[Exchange], held: &HistoryHoldings<'_>, started: &Started) -> Result<(), String> {
    let Started { migration, destination, swapped } = started;
    if let Task::LiveMigrate(LiveMigrateTask { migration: named, .. }) = task {
        same_consumer(migration, named)?;
    }
    let sent = history.iter().position(|exchange| is_cast(task, &exchange.effect, migration, destination));
    let Some((cast, since)) = sent.and_then(|at| history.get(at..)?.split_first()) else {
        return Err(format!("no cast of migration {migration:?} to that destination was sent"));
    };
    if cast.reply != Reply::Done && !has_begun(task, since, migration) {
        return Err(format!(
            "neither the cast of migration {migration} nor nova's record of it shows that it has begun"
        ));
    }
    if *swapped {
        return held.is_holding(migration);
    }
    let last = held.last(migration).unwrap_or_default();
    if !last.is_empty() && held.given(migration).any(|given| !given.is_empty()) {
        return Err(format!(
            "it says that migration {migration} holds no allocations of the server, but a write gave it some"
        ));
    }
    Ok(())
}

fn is_cast(task: &Task, effect: &Effect, migration: &str, destination: &HostNode) -> bool {
    match (task, effect) {
        (Task::Migrate(MigrateTask { server, .. }), Effect::PrepResize(cast)) => {
            cast.server == *server && cast.migration == migration && cast.destination == *destination
        }
        (Task::LiveMigrate(LiveMigrateTask { server, .. }), Effect::LiveMigration(cast)) => {
            cast.server == *server && cast.migration == migration && cast.destination == *destination
        }
        _ => false,
    }
}

/// If it is not known whether the cast was sent: the record's status changes when a compute service begins.
fn has_begun(task: &Task, since: &[Exchange], migration: &str) -> bool {
    let before = if matches!(task, Task::LiveMigrate(_)) { "accepted" } else { "pre-migrating" };
    since.iter().any(|exchange| match (&exchange.effect, &exchange.reply) {
        (Effect::GetMigration(of), Reply::Migration(answer)) if of.migration == migration => {
            answer.migration.as_ref().is_some_and(|record| record.status != before)
        }
        _ => false,
    })
}
