//! What must hold at the end of every path.

use swaparoo::contract::{Exchange, Failure, Outcome, Task};
use swaparoo::words;

use super::scene::{SERVER, Scene};
use super::world::World;

/// What is wrong at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Nobody holds what should be held: it was not deleted by others, and the server is not known to be gone.
    Lost,
    /// Both hold it.
    HeldTwice,
    /// The task finished, and a server known to be gone holds something.
    Leaked,
    /// The outcome says what is not so.
    UntrueOutcome,
    /// A failure that says nothing of a write, and a write was done.
    HiddenWrite,
}

/// All that is wrong.
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

/// The path in words.
pub fn tell(scene: &Scene, history: &[Exchange], world: &World, end: &Result<Outcome, Failure>) -> String {
    let mut text = format!("{}\n", scene.name);
    for Exchange { effect, reply } in history {
        text.push_str(&format!("  {}\n    -> {}\n", words::effect(effect), words::reply(reply)));
    }
    let end = match end {
        Ok(outcome) => format!("finished: {}", words::outcome(outcome)),
        Err(failure) => format!("failed: {}", words::failure(failure, history)),
    };
    text.push_str(&format!("  {end}\n  in the end: {:?}\n", world.placement.holdings()));
    text
}

/// Whether the task gives a server something (its deletion makes that wrong).
fn server_gets(scene: &Scene) -> bool {
    scene.target() == SERVER && scene.source() != SERVER
}

/// Whether things are as the outcome says. What others did to a consumer afterwards is not the outcome's to know.
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
    }
}

/// Failures after which a write may well have been done, as they say themselves.
fn owns_up(failure: &Failure) -> bool {
    matches!(failure, Failure::Unsettled(_) | Failure::Leaked(_))
}
