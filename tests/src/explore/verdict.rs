//! The conditions that must hold at the end of every path.

use swaparoo::contract::{Exchange, Failure, Outcome, Task};
use swaparoo::describe;

use super::scene::{SERVER, Scene};
use super::world::World;

/// A fault at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// The allocations are lost, although other clients did not delete them and the server is not known to be gone.
    Lost,
    /// Both consumers hold them.
    HeldTwice,
    /// The task finished, and a server that is known to be gone holds something.
    Leaked,
    /// The outcome is false.
    UntrueOutcome,
    /// A write was done, but the failure does not allow for one.
    HiddenWrite,
}

/// All faults.
pub fn wrongs(scene: &Scene, world: &World, end: &Result<Outcome, Failure>) -> Vec<Wrong> {
    let (source, target) = (scene.source(), scene.target());
    let mut wrongs = Vec::new();
    let held = [source, target].map(|consumer| world.holds_the_stake(consumer));
    let by_others = world.source_deleted || world.target_deleted;
    let gone = !world.server && server_gets(scene);
    if scene.at_stake() && !by_others && !gone && held == [false, false] {
        wrongs.push(Wrong::Lost);
    }
    if source != target && held == [true, true] {
        wrongs.push(Wrong::HeldTwice);
    }
    let known_gone = world.known_gone || !scene.server;
    if known_gone && server_gets(scene) && end.is_ok() && !world.target_claimed && world.holds(SERVER) {
        wrongs.push(Wrong::Leaked);
    }
    match end {
        Ok(outcome) if !is_so(scene, world, outcome) => wrongs.push(Wrong::UntrueOutcome),
        Err(failure) if world.done > 0 && !owns_up(failure) => wrongs.push(Wrong::HiddenWrite),
        _ => {}
    }
    wrongs
}

/// The path as text.
pub fn tell(scene: &Scene, history: &[Exchange], world: &World, end: &Result<Outcome, Failure>) -> String {
    let mut text = format!("{}\n", scene.name);
    for Exchange { effect, reply, .. } in history {
        text.push_str(&format!("  {}\n    -> {}\n", describe::effect(effect), describe::reply(reply)));
    }
    let end = match end {
        Ok(outcome) => format!("finished: {}", describe::outcome(outcome)),
        Err(failure) => format!("failed: {}", describe::failure(failure, history)),
    };
    text.push_str(&format!("  {end}\n  at the end: {:?}\n", world.placement.holdings()));
    text
}

/// Whether the task gives a server allocations, which is wrong if the server is deleted.
fn server_gets(scene: &Scene) -> bool {
    scene.target() == SERVER && scene.source() != SERVER
}

/// Whether the outcome is true. Later changes of a consumer by other clients do not count.
fn is_so(scene: &Scene, world: &World, outcome: &Outcome) -> bool {
    let [source, target] = [scene.source(), scene.target()].map(|consumer| world.holds(consumer));
    match outcome {
        Outcome::Moved(_) if world.target_deleted => !source || source == target,
        Outcome::Moved(_) | Outcome::AlreadyMoved(_) if scene.source() == scene.target() => target,
        Outcome::Moved(_) => !source && world.holds_the_stake(scene.target()),
        Outcome::AlreadyMoved(_) => !source && (target || world.target_deleted),
        Outcome::SourceDeleted(_) => !source,
        Outcome::TargetDeleted(_) => !source && (!target || world.target_claimed),
        Outcome::NothingToMove => !source && !target,
        Outcome::NotHeld(not_held) => {
            let held = world.placement.holdings();
            let holds_node = held.get(scene.source()).is_some_and(|held| held.contains_key(&not_held.node));
            !holds_node && matches!(scene.task, Task::Replace(_))
        }
        // A move cannot end with these.
        Outcome::Started(_) | Outcome::Released(_) | Outcome::NothingHeld(_) | Outcome::Aborted(_) => false,
    }
}

/// Failures that state that a write may have been done.
fn owns_up(failure: &Failure) -> bool {
    matches!(failure, Failure::Unsettled(_) | Failure::Leaked(_))
}

#[cfg(test)]
mod tests {
    use super::{Wrong, wrongs};
    use crate::explore::scene::{MIGRATION, NODE, OTHER_NODE, SERVER, Scene, scenes};
    use crate::explore::world::World;
    use swaparoo::contract::{
        Allocation, Failure, NotHeld, Outcome, Refusal, Removal, ResourceAmount, Silence, Transfer, Unsettled,
    };
    use swaparoo_placement::{Consumer, Request};

    /// The allocations of the two consumers at the end.
    #[derive(Clone, Copy)]
    enum Holds {
        Nothing,
        Stake,
        Claim,
    }
    use Holds::{Claim, Nothing, Stake};

    fn scene(name: &str) -> Scene {
        scenes().into_iter().find(|scene| scene.name == name).unwrap()
    }

    /// The scene's world with these allocations of source and target.
    fn world(scene: &Scene, source: Holds, target: Holds) -> World {
        let mut world = World::of(scene);
        for (consumer, holds) in [(scene.source(), source), (scene.target(), target)] {
            world.placement.handle(&Request::delete(&format!("/allocations/{consumer}")));
            let node = match holds {
                Nothing => continue,
                Stake => NODE,
                Claim => OTHER_NODE,
            };
            let holding = Consumer::of("project", "user").holding(node, "VCPU", 2);
            world.placement.add_consumer(consumer, holding).unwrap();
        }
        world
    }

    fn check(scene_name: &str, holds: [Holds; 2], end: Result<Outcome, Failure>, expected: &[Wrong]) {
        after(scene_name, holds, |_| {}, end, expected);
    }

    fn after(
        scene_name: &str,
        [source, target]: [Holds; 2],
        happened: impl FnOnce(&mut World),
        end: Result<Outcome, Failure>,
        expected: &[Wrong],
    ) {
        let scene = scene(scene_name);
        let mut world = world(&scene, source, target);
        happened(&mut world);
        assert_eq!(wrongs(&scene, &world, &end), expected, "{scene_name}: {end:?}");
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
        check("swap", [Stake, Stake], Err(unsettled), &[Wrong::HeldTwice]);
        check("swap", [Stake, Stake], Err(refused()), &[Wrong::HeldTwice]);
        check("swap", [Stake, Stake], Ok(Outcome::Moved(transfer())), &[Wrong::HeldTwice, Wrong::UntrueOutcome]);
        check("swap", [Stake, Claim], Err(refused()), &[]);
        check("a consumer to itself", [Stake, Stake], Ok(Outcome::AlreadyMoved(transfer())), &[]);
    }

    #[test]
    fn an_outcome_that_is_not_so_is_untrue() {
        let untrue = &[Wrong::UntrueOutcome];
        check("swap", [Nothing, Stake], Ok(Outcome::Moved(transfer())), &[]);
        check("swap", [Stake, Nothing], Ok(Outcome::Moved(transfer())), untrue);
        check("swap", [Nothing, Claim], Ok(Outcome::Moved(transfer())), &[Wrong::Lost, Wrong::UntrueOutcome]);
        check("swap", [Stake, Claim], Ok(Outcome::AlreadyMoved(transfer())), untrue);
        check("swap of nothing", [Nothing, Nothing], Ok(Outcome::NothingToMove), &[]);
        check("swap of nothing", [Nothing, Claim], Ok(Outcome::NothingToMove), untrue);
        check("swap of nothing", [Stake, Nothing], Ok(Outcome::NothingToMove), untrue);
        let deleted = "way back, server deleted";
        check(deleted, [Nothing, Nothing], Ok(Outcome::SourceDeleted(removal())), &[]);
        check(deleted, [Stake, Nothing], Ok(Outcome::SourceDeleted(removal())), untrue);
        check(deleted, [Stake, Nothing], Ok(Outcome::TargetDeleted(removal())), untrue);
        check(deleted, [Nothing, Stake], Ok(Outcome::TargetDeleted(removal())), &[Wrong::Leaked, Wrong::UntrueOutcome]);
    }

    #[test]
    fn a_server_that_holds_of_the_node_is_not_said_not_to() {
        let not_held = |node: &str| Ok(Outcome::NotHeld(NotHeld { server: SERVER.into(), node: node.into() }));
        check("replace, nothing of its node", [Stake, Nothing], not_held(OTHER_NODE), &[]);
        check("replace", [Stake, Nothing], not_held(NODE), &[Wrong::UntrueOutcome]);
        check("swap", [Stake, Nothing], not_held(OTHER_NODE), &[Wrong::UntrueOutcome]);
    }

    #[test]
    fn what_a_live_server_had_is_lost_unless_others_deleted_it() {
        check("way back, server alive", [Nothing, Nothing], Ok(Outcome::SourceDeleted(removal())), &[Wrong::Lost]);
        check("way back, server deleted", [Nothing, Nothing], Ok(Outcome::SourceDeleted(removal())), &[]);
        let by_others = |world: &mut World| world.source_deleted = true;
        after("swap", [Nothing, Nothing], by_others, Err(refused()), &[]);
    }

    #[test]
    fn a_server_known_to_be_gone_that_holds_is_a_leak() {
        let moved = || Ok(Outcome::Moved(transfer()));
        check("way back, server deleted", [Nothing, Stake], moved(), &[Wrong::Leaked]);
        check("way back, server alive", [Nothing, Stake], moved(), &[]);
        let told = |world: &mut World| (world.server, world.known_gone) = (false, true);
        after("way back, server alive", [Nothing, Stake], told, moved(), &[Wrong::Leaked]);
        let claimed = |world: &mut World| (world.server, world.known_gone, world.target_claimed) = (false, true, true);
        after("way back, server alive", [Nothing, Stake], claimed, moved(), &[]);
    }

    #[test]
    fn a_failure_owns_up_to_a_write_that_was_done() {
        let wrote = |world: &mut World| world.done = 1;
        let silent = || Err(Failure::Unreachable(Silence { detail: String::new() }));
        after("swap", [Nothing, Stake], wrote, silent(), &[Wrong::HiddenWrite]);
        check("swap", [Stake, Nothing], silent(), &[]);
        after("swap", [Nothing, Stake], wrote, Err(Failure::Leaked(removal())), &[]);
    }
}
