//! A cast that was sent before an abort may arrive during it, and a compute service that receives it begins whatever the
//! record's status is. So an abort reads the record again after it has given the allocations back.

use super::rollback::{ROUNDS, pause_after};
use crate::ask::{self, Written, non_empty};
use crate::contract::{
    Allocation, BuiltInReason, Effect, Exchange, Failure, Holding, MigrationRecord, MigrationTask, Refusal, Reply,
    StillInUse,
};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_migration};

/// No compute service has begun: the conductor's statuses, and the one for the compute service's queue.
pub const NOT_BEGUN: [&str; 3] = ["pre-migrating", "accepted", "queued"];
/// The migration has failed.
pub const FAILED: [&str; 3] = ["error", "failed", "cancelled"];

/// The number of reads of the migration record, and the pauses before them.
const LOOKS: u32 = 2;
const PAUSE_STEP_MS: u32 = 5_000;

/// Ok: no compute service has begun. If one has, the two consumers get again what they held before the abort.
pub fn check_not_begun(history: &mut History<'_>, task: &MigrationTask) -> Result<(), Interrupt> {
    let mut last = None;
    for number in 1..=LOOKS {
        ask::pause(history, number * PAUSE_STEP_MS)?;
        let get = Effect::GetMigration(of_migration(&task.migration));
        last = nova::try_ask(history, get, nova::migration)?.ok().flatten();
        match last {
            Some(record) if is_one_of(record, &FAILED) || is_one_of(record, &NOT_BEGUN) => {}
            Some(record) => return Err(undo(history, task, record)?),
            None => {}
        }
    }
    match last {
        Some(record) if is_one_of(record, &FAILED) => Ok(()),
        // Its status could not be saved, or nova does not answer.
        _ => Err(not_checked()),
    }
}

/// True if the record has one of these statuses.
#[inline(never)]
pub fn is_one_of(record: &MigrationRecord, statuses: &[&str]) -> bool {
    statuses.contains(&record.status.as_str())
}

/// A compute service has begun: writes again what the server and the record held before the abort.
fn undo(history: &mut History<'_>, task: &MigrationTask, record: &MigrationRecord) -> Result<Interrupt, Interrupt> {
    history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
    let status = Some(record.status.clone());
    let still_in_use = Failure::StillInUse(StillInUse { consumer: task.migration.clone(), status });
    let Some(before) = before_the_abort(history.performed(), task) else { return Ok(still_in_use.into()) };
    for number in 1..=ROUNDS {
        match write_again(history, task, before) {
            Ok(Some(true)) => return Ok(still_in_use.into()),
            Ok(Some(false)) => break,
            Ok(None) | Err(Interrupt::Failed(_)) => {}
            Err(interrupt) => return Err(interrupt),
        }
        if number < ROUNDS {
            pause_after(history, number)?;
        }
    }
    Ok(not_checked())
}

/// What the server and the record held, in this order, before the abort gave the record's allocations to the server.
fn before_the_abort<'a>(performed: &'a [Exchange], task: &MigrationTask) -> Option<[&'a [Allocation]; 2]> {
    let gave = |exchange: &Exchange| match (&exchange.effect, &exchange.reply) {
        // This one was not done.
        (_, Reply::Refused(Refusal { status: ..500, .. })) => false,
        (Effect::PostAllocations(post), _) => {
            post.consumers.iter().any(|entry| entry.consumer == task.server && !entry.allocations.is_empty())
        }
        _ => false,
    };
    let earlier = performed.get(..performed.iter().position(gave)?)?;
    let held = |consumer: &str| {
        earlier.iter().rev().find_map(|exchange| match &exchange.reply {
            Reply::Holding(holding) if holding.consumer == consumer => Some(holding.allocations.as_slice()),
            _ => None,
        })
    };
    Some([held(&task.server)?, held(&task.migration)?])
}

/// Whether the two hold that again; none if another attempt may help. False: the holdings are not those that the abort
/// left, so another writer has changed them.
fn write_again(
    history: &mut History<'_>,
    task: &MigrationTask,
    [server_held, record_held]: [&[Allocation]; 2],
) -> Result<Option<bool>, Interrupt> {
    let [server, record] = ask::holdings(history, [&task.server, &task.migration])?;
    if is_so(server, server_held) && is_so(record, record_held) {
        return Ok(Some(true));
    }
    let left_by_abort = is_so(server, record_held) && is_so(record, &[]);
    let Some(server) = non_empty(server).filter(|_| left_by_abort) else { return Ok(Some(false)) };
    let write = ask::give_both(server, server_held, &task.migration, None, record_held);
    Ok(matches!(ask::write(history, &write)?, Written::Done).then_some(true))
}

#[inline(never)]
fn is_so(read: &Holding, held: &[Allocation]) -> bool {
    read.allocations == held
}

fn not_checked() -> Interrupt {
    Interrupt::needs_operator("abort-not-checked", "a compute service may have begun with other allocations")
}
