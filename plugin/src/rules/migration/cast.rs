//! The cast to the compute service. After it the compute service is responsible for the migration and for any cleanup.
//! So the cast is not sent for a deleted server, and if it is not known whether it was sent, the rules do not roll back
//! without a check.

use super::progress::Progress;
use super::supersede_lost_write::supersede_server_write;
use crate::ask;
use crate::contract::{
    Attempt, BuiltInReason, CastUnsettled, ConsumerId, Effect, Failure, FindServer, HostNode, Reply, Selection,
    ServerState, Started,
};
use crate::history::{History, Interrupt};
use crate::nova::{self, of_host, of_migration};
use crate::policy::Policy;

/// The number of reads of the migration record, and the pauses between them.
const LOOKS: u32 = 4;
const PAUSE_STEP_MS: u32 = 5_000;
/// Exceptions of oslo.messaging after which the message may have been delivered nevertheless.
const DELIVERED_OR_NOT: [&str; 3] = ["MessagingTimeout", "MessageDeliveryFailure", "MessageUndeliverable"];

/// A cast, before it is sent.
pub struct Cast<'a> {
    pub effect: Effect,
    pub migration: &'a str,
    /// The status of the record until a compute service begins.
    pub before: &'a str,
}

/// The destination's availability zone; asks nova if the scheduler did not give it. A policy that checks whether the
/// server still exists does so in the same step. An earlier lost write must not undo the claim later.
pub fn availability_zone(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    selection: &Selection,
    progress: &Progress,
) -> Result<Option<String>, Interrupt> {
    let zone = Effect::GetAvailabilityZone(of_host(&selection.host));
    let known = selection.availability_zone.clone();
    if !policy.looks_before_cast() {
        return match known {
            Some(zone) => Ok(Some(zone)),
            None => Ok(nova::ask(history, zone, self::zone)?.map(str::to_owned)),
        };
    }
    if let Some(claim) = &progress.claim
        && supersede_server_write(policy, history, server, claim)? == Some(false)
    {
        return Err(nova::raise("AllocationUpdateFailed", "a lost write arrived late and undid the claim").into());
    }
    let exists = Effect::FindServer(FindServer { server: server.into() });
    let (known, reply) = match known {
        Some(zone) => (Some(zone), history.perform(exists)?),
        None => {
            let [zone_reply, reply] = history.perform_all([zone, exists])?;
            (nova::answer(history, zone_reply, 2, self::zone)??.map(str::to_owned), reply)
        }
    };
    match reply {
        Reply::Server(answer) if answer.state == ServerState::Gone => {
            history.explain(BuiltInReason::ServerIsGone);
            Err(nova::raise("InstanceNotFound", server).into())
        }
        Reply::Server(_) => Ok(known),
        Reply::Abandoned(silence) | Reply::Unreachable(silence) => Err(nova::silent(silence).into()),
        _ => Err(history.unexpected_reply(1)),
    }
}

/// Sends the cast. Ok: a compute service has begun, or will begin.
pub fn cast(policy: &dyn Policy, history: &mut History<'_>, cast: Cast<'_>) -> Result<(), Interrupt> {
    let reply = history.perform(cast.effect.clone())?;
    let failure = match nova::answer(history, reply, 1, nova::done)? {
        Ok(()) => return Ok(()),
        Err(failure) => failure,
    };
    let sent_or_not = match &failure {
        // No conductor has fetched the cast, or it could not be asked.
        Failure::Abandoned(_) => !matches!(reply, Reply::Unreachable(_)),
        Failure::NovaFailed(failed) => DELIVERED_OR_NOT.contains(&failed.cause.error.as_str()),
        _ => false,
    };
    if sent_or_not && policy.looks_after_cast() {
        return look(history, cast.migration, cast.before);
    }
    Err(failure.into())
}

/// Reads the record's status: another one shows that a compute service has begun; the same one does not show that it
/// never will.
fn look(history: &mut History<'_>, migration: &str, before: &str) -> Result<(), Interrupt> {
    let cast_at = history.last();
    let mut status = None;
    for number in 1..=LOOKS {
        history.explain(BuiltInReason::CastUnanswered(Attempt { number, of: LOOKS }));
        let get = Effect::GetMigration(of_migration(migration));
        if let Ok(Some(record)) = nova::try_ask(history, get, nova::migration)? {
            if record.status != before {
                history.explain(BuiltInReason::ComputeHasBegun(record.clone()));
                return Ok(());
            }
            status = Some(record.status.clone());
        }
        if number < LOOKS {
            ask::pause(history, number * PAUSE_STEP_MS)?;
        }
    }
    Err(Failure::CastUnsettled(CastUnsettled { cast_at, migration: migration.into(), status }).into())
}

/// The outcome of a migration that has begun.
pub fn started(migration: ConsumerId, destination: HostNode, progress: &Progress) -> Started {
    Started { migration, destination, swapped: progress.held.is_some() }
}

fn zone(reply: &Reply) -> Option<Option<&str>> {
    match reply {
        Reply::AvailabilityZone(answer) => Some(answer.zone.as_deref()),
        _ => None,
    }
}
