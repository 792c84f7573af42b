//! A migration that a compute service goes on with: the cast shows it, or what nova says of its record afterwards.

use super::holdings::Holdings;
use super::same_consumer;
use crate::contract::{Effect, Exchange, HostNode, LiveMigrateTask, MigrateTask, Reply, Started, Task};

/// Whether the cast was sent that `started` speaks of, and whether the record holds what the server held.
pub fn check(task: &Task, history: &[Exchange], held: &Holdings<'_>, started: &Started) -> Result<(), String> {
    let Started { migration, destination, swapped } = started;
    if let Task::LiveMigrate(LiveMigrateTask { migration: named, .. }) = task {
        same_consumer(migration, named)?;
    }
    let sent = history.iter().position(|exchange| is_cast(task, &exchange.effect, migration, destination));
    let Some((cast, since)) = sent.and_then(|at| history.get(at..)?.split_first()) else {
        return Err(format!("no compute service was told to begin with migration {migration:?} at that destination"));
    };
    if cast.reply != Reply::Done && !has_begun(task, since, migration) {
        return Err(format!(
            "neither the cast of migration {migration} nor nova's record of it says that it has begun"
        ));
    }
    if *swapped {
        return held.is_holding(migration);
    }
    let last = held.last(migration).unwrap_or_default();
    if !last.is_empty() && held.given(migration).any(|given| !given.is_empty()) {
        return Err(format!(
            "it says that migration {migration} holds nothing of the server's, and a write gave it that"
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

/// Nobody knows whether the cast was sent; once a compute service has begun, the record's status is another one.
fn has_begun(task: &Task, since: &[Exchange], migration: &str) -> bool {
    let before = if matches!(task, Task::LiveMigrate(_)) { "accepted" } else { "pre-migrating" };
    since.iter().any(|exchange| match (&exchange.effect, &exchange.reply) {
        (Effect::GetMigration(of), Reply::Migration(answer)) if of.migration == migration => {
            answer.migration.as_ref().is_some_and(|record| record.status != before)
        }
        _ => false,
    })
}
