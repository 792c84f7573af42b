//! The cast by which a compute service begins. After it the migration is the compute service's: whatever goes wrong is its
//! to clean up. So it is not sent for a server that is gone, and not rolled back blindly when nobody knows whether it was.

use super::outrun::get_beyond;
use super::progress::Progress;
use crate::ask;
use crate::contract::{
    Attempt, CastUnsettled, ConsumerId, Effect, Failure, FindServer, HostNode, Reason, Reply, Selection, ServerState,
    Started,
};
use crate::history::{History, Stop};
use crate::nova::{self, of_host, of_migration};
use crate::policy::Policy;

/// Looks at what became of the migration, and the pauses between them.
const LOOKS: u32 = 4;
const PAUSE_STEP_MS: u32 = 5_000;
/// oslo.messaging's exceptions after which a message may have been delivered all the same.
const DELIVERED_OR_NOT: [&str; 3] = ["MessagingTimeout", "MessageDeliveryFailure", "MessageUndeliverable"];

/// A cast to be sent.
pub struct Cast<'a> {
    pub effect: Effect,
    pub migration: &'a str,
    /// The status that the record has as long as no compute service has begun.
    pub before: &'a str,
}

/// The destination's availability zone; asked where the scheduler did not say. Where the policy looks whether the server is
/// still there, it does so in the same step: these do not wait for each other. What was lost must not undo the claim later.
pub fn availability_zone(
    policy: &dyn Policy,
    history: &mut History<'_>,
    server: &str,
    selection: &Selection,
    progress: &Progress,
) -> Result<Option<String>, Stop> {
    let zone = Effect::GetAvailabilityZone(of_host(&selection.host));
    let known = selection.availability_zone.clone();
    if !policy.looks_before_cast() {
        return match known {
            Some(zone) => Ok(Some(zone)),
            None => Ok(nova::ask(history, zone, self::zone)?.map(str::to_owned)),
        };
    }
    if let Some(claim) = &progress.claim
        && get_beyond(policy, history, server, claim)? == Some(false)
    {
        return Err(nova::raise("AllocationUpdateFailed", "a write that was lost has undone the claim").into());
    }
    let exists = Effect::FindServer(FindServer { server: server.into() });
    let (known, reply) = match known {
        Some(zone) => (Some(zone), history.perform(exists.clone())?),
        None => {
            let [zone_reply, reply] = history.perform_all([zone.clone(), exists.clone()])?;
            (nova::answer(history, zone_reply, &zone, 2, self::zone)??.map(str::to_owned), reply)
        }
    };
    match reply {
        Reply::Server(answer) if answer.state == ServerState::Gone => {
            history.because(Reason::ServerIsGone);
            Err(nova::raise("InstanceNotFound", server).into())
        }
        Reply::Server(_) => Ok(known),
        Reply::Abandoned(silence) | Reply::Unreachable(silence) => Err(nova::silent(silence).into()),
        _ => Err(history.misfit(exists, 1)),
    }
}

/// Sends it. Ok: a compute service has begun, or will.
pub fn cast(policy: &dyn Policy, history: &mut History<'_>, cast: Cast<'_>) -> Result<(), Stop> {
    let failure = match nova::tell(history, cast.effect, nova::done)? {
        Ok(()) => return Ok(()),
        Err(failure) => failure,
    };
    let sent_or_not = match &failure {
        Failure::Abandoned(_) => true,
        Failure::NovaFailed(failed) => DELIVERED_OR_NOT.contains(&failed.cause.error.as_str()),
        _ => false,
    };
    if sent_or_not && policy.looks_after_cast() {
        return look(history, cast.migration, cast.before);
    }
    Err(failure.into())
}

/// The record's status tells once a compute service has begun; as long as it has not, it still may.
fn look(history: &mut History<'_>, migration: &str, before: &str) -> Result<(), Stop> {
    let cast_at = history.last();
    let mut status = None;
    for number in 1..=LOOKS {
        history.because(Reason::CastUnanswered(Attempt { number, of: LOOKS }));
        let get = Effect::GetMigration(of_migration(migration));
        if let Ok(Some(record)) = nova::tell(history, get, nova::migration)? {
            if record.status != before {
                history.because(Reason::ComputeHasBegun(record.clone()));
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
