//! What must hold in the final state after a task of a migration: delayed writes have arrived, and the compute services
//! have finished or failed their work.

use swaparoo_core::describe::needs_a_person;
use swaparoo_core::task::TaskEnd;

use super::property::{ACCEPTED, ENDS, EndedPath, NOT_DIVERGED, Property, one};
use super::repair::repair;
use super::{PathEnd, PathWorld, Policy};
use crate::contract::{Effect, Exchange, Failure, MigrationFailed, Outcome, Reply, Task};
use crate::{MigrationEnd, SimCloud, Violation};

/// All of them.
pub const ALL: [Property; 6] = [
    ENDS,
    ACCEPTED,
    NOT_DIVERGED,
    Property { name: "capacity", check: capacity },
    Property { name: "settled", check: settled },
    Property { name: "repairable", check: repairable },
];

const ENDINGS: [MigrationEnd; 2] = [MigrationEnd::Confirmed, MigrationEnd::Reverted];

/// The expected state after a true end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Everything is as it should be.
    Settled,
    /// A person must look, and can use `abort` and `release`; or the task was not done, and can be started again.
    Repairable,
}

/// The allocations on a provider never exceed its capacity.
fn capacity(_: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    one(path.world.over_capacity, Violation::OverCapacity)
}

/// If the end says that everything is right, it is.
fn settled(_: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    if claim(path.end) != Claim::Settled {
        return Vec::new();
    }
    let under_way = path.world.cloud.has_late() && beyond_the_end(path);
    let mut found = Vec::new();
    for ending in ENDINGS {
        let violations = at_rest(&path.world, ending).violations();
        let prevented = if under_way { without_late(&path.world, ending).violations() } else { violations.clone() };
        let unknowable = |of: &Violation| !prevented.contains(of);
        found.extend(violations.into_iter().map(|of| if unknowable(&of) { Violation::Unknowable } else { of }));
    }
    found
}

/// After any other end, `abort` and `release` repair everything, once all services are available again.
fn repairable(policy: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    if claim(path.end) == Claim::Settled {
        return Vec::new();
    }
    let mut found = Vec::new();
    for mut cloud in finals(path).into_iter().filter(|cloud| !cloud.violations().is_empty()) {
        let again = (!matches!(path.start.task, Task::Migrate(_) | Task::LiveMigrate(_))).then_some(&path.start.task);
        found.extend(repair(policy, again, &mut cloud));
        let beyond = path.world.forgotten || lost_a_removal(path.history);
        let to_heal = |of: Violation| of == Violation::Lost && holds_nothing(&cloud) && beyond;
        let begun = |of: Violation| begun_meanwhile(path) && [Violation::Lost, Violation::HeldBeside].contains(&of);
        let named = |of: Violation| match of {
            of if to_heal(of) => Violation::LostToHeal,
            of if begun(of) => Violation::BegunMeanwhile,
            of => of,
        };
        found.extend(cloud.violations().into_iter().map(named));
    }
    found
}

/// The cloud in which the delayed requests of a path have arrived and no migration is in progress any more.
pub(super) fn at_rest(world: &PathWorld<'_>, ending: MigrationEnd) -> SimCloud {
    let mut cloud = world.cloud.clone();
    cloud.deliver_late();
    cloud.finish(ending);
    cloud
}

/// The same if the delayed requests never arrive.
fn without_late(world: &PathWorld<'_>, ending: MigrationEnd) -> SimCloud {
    let mut cloud = world.cloud.clone();
    cloud.drop_late();
    cloud.finish(ending);
    cloud
}

fn finals(path: &EndedPath<'_>) -> [SimCloud; 2] {
    ENDINGS.map(|ending| at_rest(&path.world, ending))
}

/// The state that an end means.
pub(crate) fn claim(end: &PathEnd) -> Claim {
    match end {
        PathEnd::Ended(TaskEnd::Finished(_)) => Claim::Settled,
        // It ended before its migration.
        PathEnd::Ended(TaskEnd::Failed(
            Failure::NovaFailed(MigrationFailed { migration: None, .. })
            | Failure::MaxRetriesExceeded(MigrationFailed { migration: None, .. })
            | Failure::Abandoned(MigrationFailed { migration: None, .. }),
        )) => Claim::Repairable,
        PathEnd::Ended(TaskEnd::Failed(
            Failure::NoValidHost(_)
            | Failure::MaxRetriesExceeded(_)
            | Failure::NovaFailed(_)
            | Failure::Abandoned(_)
            | Failure::StillInUse(_)
            | Failure::ComputeHostNotFound(_),
        )) => Claim::Settled,
        PathEnd::Ended(_) | PathEnd::Broken(_) => Claim::Repairable,
    }
}

/// What no rule can know, because it happens after the end of the task:
/// - a lost claim arrives after the cast was sent and the server was deleted: a claim names no generation, so a later
///   write cannot make it fail;
/// - a cast that was sent before an abort arrives after it: a compute service does not look at the record's status.
fn beyond_the_end(path: &EndedPath<'_>) -> bool {
    match path.end {
        PathEnd::Ended(TaskEnd::Finished(Outcome::Started(_))) => path.history.iter().any(is_lost_claim),
        PathEnd::Ended(TaskEnd::Finished(Outcome::Aborted(_))) => path.start.cloud.has_late(),
        _ => false,
    }
}

/// A cast that was under way at the start has arrived, and the end says that a person must look: the abort could not find
/// out that a compute service has begun, or could not give the two consumers again what they held.
fn begun_meanwhile(path: &EndedPath<'_>) -> bool {
    path.start.cloud.has_late() && path.failure().is_some_and(needs_a_person)
}

fn is_lost_claim(exchange: &Exchange) -> bool {
    matches!((&exchange.effect, &exchange.reply), (Effect::PutAllocations(_), Reply::Lost(_)))
}

fn holds_nothing(cloud: &SimCloud) -> bool {
    cloud.placement.holdings().is_empty()
}

fn lost_a_removal(history: &[Exchange]) -> bool {
    let lost = |exchange: &Exchange| {
        matches!((&exchange.effect, &exchange.reply), (Effect::DeleteAllocations(_), Reply::Lost(_)))
    };
    history.iter().any(lost)
}
