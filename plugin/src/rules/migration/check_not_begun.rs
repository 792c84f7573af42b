//! A cast that was sent before an abort may arrive during it, and a compute service that receives it begins whatever the
//! record's status is. So an abort reads the record again after it has given the allocations back.

use super::cause;
use super::rollback::{ROUNDS, pause_after};
use crate::ask::{self, HeldAllocations, non_empty};
use crate::contract::{
    Allocation, BuiltInReason, Effect, Exchange, Failure, MigrationRecord, MigrationTask, NewHolding, NotRolledBack,
    Owner, PolicyFailure, PostAllocations, Refusal, Reply, StillInUse,
};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_migration};
use crate::policy::Policy;
use crate::rules::tries::{Tried, Tries};

/// No compute service has begun: the conductor's statuses, and the one for the compute service's queue.
pub const NOT_BEGUN: [&str; 3] = ["pre-migrating", "accepted", "queued"];
/// The migration has failed.
pub const FAILED: [&str; 3] = ["error", "failed", "cancelled"];

/// The number of reads of the migration record, and the pauses before them.
const LOOKS: u32 = 2;
const PAUSE_STEP_MS: u32 = 5_000;

/// Ok: no compute service has begun. If one has, the two consumers get again what they held before the abort.
pub fn check_not_begun(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &MigrationTask,
    aborted: &Failure,
) -> Result<(), Interrupt> {
    let mut last = None;
    for number in 1..=LOOKS {
        ask::pause(history, number * PAUSE_STEP_MS)?;
        let get = Effect::GetMigration(of_migration(&task.migration));
        last = nova::try_ask(history, get, nova::migration)?.ok().flatten();
        match last {
            Some(record) if FAILED.contains(&record.status.as_str()) || NOT_BEGUN.contains(&record.status.as_str()) => {
            }
            Some(record) => return Err(undo(policy, history, task, record)?),
            None => {}
        }
    }
    match last {
        Some(record) if FAILED.contains(&record.status.as_str()) => Ok(()),
        Some(_) => {
            let because = "the status of the migration record could not be saved".into();
            let (cause, migration) = (cause::error(aborted), task.migration.clone());
            Err(Failure::NotRolledBack(NotRolledBack { cause, migration, because }).into())
        }
        None => Err(may_have_begun("nova does not say whether a compute service has begun").into()),
    }
}

/// A compute service has begun: writes again what the server and the record held before the abort.
fn undo(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &MigrationTask,
    record: &MigrationRecord,
) -> Result<Interrupt, Interrupt> {
    history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
    let status = Some(record.status.clone());
    let still_in_use = Failure::StillInUse(StillInUse { consumer: task.migration.clone(), status });
    let Some(before) = before_the_abort(history.performed(), task) else { return Ok(still_in_use.into()) };
    for number in 1..=ROUNDS {
        match write_again(policy, history, task, before) {
            Ok(true) => return Ok(still_in_use.into()),
            Ok(false) => break,
            Err(Interrupt::Failed(_)) if number < ROUNDS => pause_after(history, number)?,
            Err(Interrupt::Failed(_)) => {}
            Err(interrupt) => return Err(interrupt),
        }
    }
    Ok(may_have_begun("a compute service has begun, and its allocations could not be written again").into())
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

/// False: the holdings are not those that the abort left, so another writer has changed them.
fn write_again(
    policy: &dyn Policy,
    history: &mut History<'_>,
    task: &MigrationTask,
    [server_held, record_held]: [&[Allocation]; 2],
) -> Result<bool, Interrupt> {
    let mut tries = Tries::default();
    while tries.next().is_some() {
        let [server, record] = ask::holdings(history, [&task.server, &task.migration])?;
        if server.allocations == server_held && record.allocations == record_held {
            return Ok(true);
        }
        let Some(server) = non_empty(server).filter(|server| server.allocations == record_held) else {
            return Ok(false);
        };
        if non_empty(record).is_some() {
            return Ok(false);
        }
        let write = both(server, server_held, &task.migration, record_held, tries.empty_record);
        let written = ask::write(history, &write)?;
        if tries.judge(policy, history, &task.migration, &write, written)? == Tried::Done {
            return Ok(true);
        }
    }
    let [server, record] = ask::holdings(history, [&task.server, &task.migration])?;
    Ok(server.allocations == server_held && record.allocations == record_held)
}

fn both(
    server: HeldAllocations<'_>,
    server_gets: &[Allocation],
    migration: &str,
    record_gets: &[Allocation],
    empty_record: Option<u32>,
) -> Effect {
    let Owner { project, user, generation } = server.owner;
    let entry = |consumer: &str, generation, allocations: &[Allocation]| NewHolding {
        consumer: consumer.into(),
        project: project.clone(),
        user: user.clone(),
        generation,
        allocations: allocations.to_vec(),
    };
    let server = entry(server.consumer, Some(*generation), server_gets);
    Effect::PostAllocations(PostAllocations { consumers: vec![server, entry(migration, empty_record, record_gets)] })
}

fn may_have_begun(text: &str) -> Failure {
    Failure::Other(PolicyFailure { code: "abort-not-checked".into(), text: text.into(), needs_operator: true })
}
