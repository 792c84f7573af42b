//! What must hold at the end of every path of a move.

use swaparoo_core::task::TaskEnd;

use super::move_states::NODE;
use super::property::{ACCEPTED, ENDS, EndedPath, NOT_DIVERGED, Property, one};
use super::{PathEnd, Policy};
use crate::Violation;
use crate::contract::{Failure, Outcome, Task};
use crate::fixture::SERVER;

/// All of them.
pub const ALL: [Property; 8] = [
    ENDS,
    ACCEPTED,
    NOT_DIVERGED,
    Property { name: "kept", check: kept },
    Property { name: "held once", check: held_once },
    Property { name: "no leak", check: no_leak },
    Property { name: "true outcome", check: true_outcome },
    Property { name: "no hidden write", check: no_hidden_write },
];

/// The allocations are not lost, unless other clients deleted them or the server is gone. If Placement has forgotten a
/// consumer, its allocations exist, but no read shows them; the end then says that a person must look.
fn kept(_: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    let by_others = path.world.source_deleted || path.world.target_deleted;
    let gone = !path.world.server_exists();
    let reported = path.world.forgotten && matches!(path.failure(), Some(Failure::Unsettled(_)));
    let lost = at_stake(path) && !by_others && !gone && !reported && both_hold(path) == [false, false];
    one(lost, Violation::Lost)
}

/// Not both consumers hold them.
fn held_once(_: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    one(path.start.source() != path.start.target() && both_hold(path) == [true, true], Violation::HeldTwice)
}

/// After a task that has finished, a server that is known to be gone holds nothing.
fn no_leak(_: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    let known_gone = path.world.known_gone || path.start.cloud.alive(SERVER).is_none();
    let leaked = known_gone && server_gets(path) && outcome(path).is_some() && path.world.holds(SERVER);
    one(leaked, Violation::DeletedHolds)
}

fn true_outcome(_: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    one(outcome(path).is_some_and(|outcome| !is_so(path, outcome)), Violation::UntrueOutcome)
}

/// A failure after a write that was done allows for it.
fn no_hidden_write(_: &mut dyn Policy, path: &EndedPath<'_>) -> Vec<Violation> {
    let owns_up = |failure: &Failure| match failure {
        Failure::Unsettled(_) | Failure::Leaked(_) => true,
        Failure::Other(other) => other.needs_operator,
        _ => false,
    };
    let hidden = path.world.cloud.writes_done > 0 && path.failure().is_some_and(|failure| !owns_up(failure));
    one(hidden, Violation::HiddenWrite)
}

fn outcome<'a>(path: &EndedPath<'a>) -> Option<&'a Outcome> {
    match path.end {
        PathEnd::Ended(TaskEnd::Finished(outcome)) => Some(outcome),
        _ => None,
    }
}

/// Whether the source held allocations at the beginning. At any time one of the two consumers holds them, or none does.
fn at_stake(path: &EndedPath<'_>) -> bool {
    path.start.cloud.placement.holdings().contains_key(path.start.source())
}

/// Whether the source and the target have these allocations.
fn both_hold(path: &EndedPath<'_>) -> [bool; 2] {
    [path.start.source(), path.start.target()].map(|consumer| holds_the_stake(path, consumer))
}

fn holds_the_stake(path: &EndedPath<'_>, consumer: &str) -> bool {
    path.world.cloud.placement.holdings().get(consumer).is_some_and(|held| held.contains_key(NODE))
}

/// Whether the task gives a server allocations, which is wrong if the server is deleted.
fn server_gets(path: &EndedPath<'_>) -> bool {
    path.start.target() == SERVER && path.start.source() != SERVER
}

/// Whether the outcome is true. Later changes of a consumer by other clients do not count.
fn is_so(path: &EndedPath<'_>, outcome: &Outcome) -> bool {
    let (start, world) = (path.start, &path.world);
    let [source, target] = [start.source(), start.target()].map(|consumer| world.holds(consumer));
    match outcome {
        Outcome::Moved(_) if world.target_deleted => !source || source == target,
        Outcome::Moved(_) | Outcome::AlreadyMoved(_) if start.source() == start.target() => target,
        Outcome::Moved(_) => !source && holds_the_stake(path, start.target()),
        Outcome::AlreadyMoved(_) => !source && (target || world.target_deleted),
        Outcome::SourceDeleted(_) => !source,
        Outcome::TargetDeleted(_) => !source && !target,
        Outcome::NothingToMove => !source && !target,
        Outcome::NotHeld(not_held) => {
            let held = world.cloud.placement.holdings();
            let holds_node = held.get(start.source()).is_some_and(|held| held.contains_key(&not_held.node));
            !holds_node && matches!(start.task, Task::Replace(_))
        }
        // A move cannot end with these.
        Outcome::Started(_)
        | Outcome::Released(_)
        | Outcome::Reduced(_)
        | Outcome::NothingHeld(_)
        | Outcome::Aborted(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::move_states::OTHER_NODE;
    use super::super::{InitialState, PathWorld, move_states};
    use super::*;
    use crate::contract::{
        Allocation, Exchange, NotHeld, Refusal, Removal, ResourceAmount, Silence, Step, Transfer, Unsettled,
    };
    use crate::fixture::MIGRATION;
    use swaparoo_placement::{Consumer, Request};

    /// The allocations of the two consumers at the end.
    #[derive(Clone, Copy)]
    enum Holds {
        Nothing,
        Stake,
        Claim,
    }
    use Holds::{Claim, Nothing, Stake};

    fn start(name: &str) -> InitialState {
        move_states().unwrap().into_iter().find(|start| start.name == name).unwrap()
    }

    /// The world of the start with these allocations of source and target.
    fn world(start: &InitialState, source: Holds, target: Holds) -> PathWorld<'_> {
        let mut world = PathWorld::new(start);
        for (consumer, holds) in [(start.source(), source), (start.target(), target)] {
            world.cloud.placement.handle(&Request::delete(&format!("/allocations/{consumer}")));
            let node = match holds {
                Nothing => continue,
                Stake => NODE,
                Claim => OTHER_NODE,
            };
            let holding = Consumer::of("project", "user").holding(node, "VCPU", 2);
            world.cloud.placement.add_consumer(consumer, holding).unwrap();
        }
        world
    }

    fn check(name: &str, holds: [Holds; 2], end: Result<Outcome, Failure>, expected: &[Violation]) {
        after(name, holds, |_| {}, end, expected);
    }

    fn after(
        name: &str,
        [source, target]: [Holds; 2],
        happened: impl FnOnce(&mut PathWorld<'_>),
        end: Result<Outcome, Failure>,
        expected: &[Violation],
    ) {
        let start = start(name);
        let mut world = world(&start, source, target);
        happened(&mut world);
        let end = PathEnd::Ended(end.map_or_else(TaskEnd::Failed, TaskEnd::Finished));
        let path = EndedPath::new(world, &[], &end);
        let mut no_policy = |_: &Task, _: &[Exchange]| -> Step { panic!("not called") };
        let found: Vec<_> = ALL.iter().flat_map(|property| property.violations(&mut no_policy, &path)).collect();
        assert_eq!(found, expected, "{name}: {end:?}");
    }

    fn allocations() -> Vec<Allocation> {
        let resources = vec![ResourceAmount { class: "VCPU".into(), amount: 2 }];
        vec![Allocation { provider: NODE.into(), resources }]
    }

    fn transfer() -> Transfer {
        Transfer { source: SERVER.into(), target: MIGRATION.into(), allocations: allocations() }
    }

    fn removal() -> Removal {
        Removal { consumer: SERVER.into(), allocations: allocations() }
    }

    fn refused() -> Failure {
        Failure::Refused(Refusal { status: 409, code: String::new(), detail: String::new() })
    }

    #[test]
    fn what_is_held_twice_is_wrong_however_it_ended() {
        let unsettled = Failure::Unsettled(Unsettled { write_at: 2, holdings: Vec::new() });
        check("swap", [Stake, Stake], Err(unsettled), &[Violation::HeldTwice]);
        check("swap", [Stake, Stake], Err(refused()), &[Violation::HeldTwice]);
        let both = &[Violation::HeldTwice, Violation::UntrueOutcome];
        check("swap", [Stake, Stake], Ok(Outcome::Moved(transfer())), both);
        check("swap", [Stake, Claim], Err(refused()), &[]);
        check("a consumer to itself", [Stake, Stake], Ok(Outcome::AlreadyMoved(transfer())), &[]);
    }

    #[test]
    fn an_outcome_that_is_not_so_is_untrue() {
        let untrue = &[Violation::UntrueOutcome];
        check("swap", [Nothing, Stake], Ok(Outcome::Moved(transfer())), &[]);
        check("swap", [Stake, Nothing], Ok(Outcome::Moved(transfer())), untrue);
        let lost = &[Violation::Lost, Violation::UntrueOutcome];
        check("swap", [Nothing, Claim], Ok(Outcome::Moved(transfer())), lost);
        check("swap", [Stake, Claim], Ok(Outcome::AlreadyMoved(transfer())), untrue);
        check("swap of nothing", [Nothing, Nothing], Ok(Outcome::NothingToMove), &[]);
        check("swap of nothing", [Nothing, Claim], Ok(Outcome::NothingToMove), untrue);
        check("swap of nothing", [Stake, Nothing], Ok(Outcome::NothingToMove), untrue);
        let deleted = "way back, server deleted";
        check(deleted, [Nothing, Nothing], Ok(Outcome::SourceDeleted(removal())), &[]);
        check(deleted, [Stake, Nothing], Ok(Outcome::SourceDeleted(removal())), untrue);
        check(deleted, [Stake, Nothing], Ok(Outcome::TargetDeleted(removal())), untrue);
        let leaked = &[Violation::DeletedHolds, Violation::UntrueOutcome];
        check(deleted, [Nothing, Stake], Ok(Outcome::TargetDeleted(removal())), leaked);
    }

    #[test]
    fn a_server_that_holds_of_the_node_is_not_said_not_to() {
        let not_held = |node: &str| Ok(Outcome::NotHeld(NotHeld { server: SERVER.into(), node: node.into() }));
        check("replace, nothing of its node", [Stake, Nothing], not_held(OTHER_NODE), &[]);
        check("replace", [Stake, Nothing], not_held(NODE), &[Violation::UntrueOutcome]);
        check("swap", [Stake, Nothing], not_held(OTHER_NODE), &[Violation::UntrueOutcome]);
    }

    #[test]
    fn what_a_live_server_had_is_lost_unless_others_deleted_it() {
        let deleted = || Ok(Outcome::SourceDeleted(removal()));
        check("way back, server alive", [Nothing, Nothing], deleted(), &[Violation::Lost]);
        check("way back, server deleted", [Nothing, Nothing], deleted(), &[]);
        let by_others = |world: &mut PathWorld<'_>| world.source_deleted = true;
        after("swap", [Nothing, Nothing], by_others, Err(refused()), &[]);
    }

    #[test]
    fn a_server_known_to_be_gone_that_holds_is_a_leak() {
        let moved = || Ok(Outcome::Moved(transfer()));
        check("way back, server deleted", [Nothing, Stake], moved(), &[Violation::DeletedHolds]);
        check("way back, server alive", [Nothing, Stake], moved(), &[]);
        let gone = |world: &mut PathWorld<'_>| {
            world.cloud.servers.get_mut(SERVER).unwrap().alive = false;
            world.known_gone = true;
        };
        after("way back, server alive", [Nothing, Stake], gone, moved(), &[Violation::DeletedHolds]);
        // It is a leak whichever client wrote it: the scheduler also claims for a deleted server.
        let deleted = || Ok(Outcome::SourceDeleted(removal()));
        check("way back, server deleted", [Nothing, Claim], deleted(), &[Violation::DeletedHolds]);
    }

    #[test]
    fn a_failure_owns_up_to_a_write_that_was_done() {
        let wrote = |world: &mut PathWorld<'_>| world.cloud.writes_done = 1;
        let silent = || Err(Failure::Unreachable(Silence { detail: String::new() }));
        after("swap", [Nothing, Stake], wrote, silent(), &[Violation::HiddenWrite]);
        check("swap", [Stake, Nothing], silent(), &[]);
        after("swap", [Nothing, Stake], wrote, Err(Failure::Leaked(removal())), &[]);
    }
}
