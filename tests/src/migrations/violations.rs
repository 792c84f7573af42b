//! The conditions that must hold in the final state after a task: delayed writes have arrived, and the compute services
//! have finished or failed their work.

use swaparoo::contract::{
    Effect, Exchange, MigrationTask, Outcome, Perform, ReleaseTask, Reply, ServerState, Step, Task,
};
use swaparoo::describe;
use swaparoo::simulation::fixture::SERVER;
use swaparoo::simulation::{EffectFault, MigrationEnd, Reach, SimCloud, Violation};
use swaparoo_plugin::policy::Policy;

use super::end::{Claim, End, claim};
use super::{Scene, World};
use crate::native::Native;
use crate::objection::objection;

/// A fault in the final state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The end says that everything is right, but this is wrong.
    Settled(Violation),
    /// `abort` and `release` do not repair it, although all services are available again.
    Unmended(Violation),
    /// A deleted server holds something, and the rules could not know it: see `nobody_could_know`.
    Unknowable,
    /// A lost removal deleted restored allocations, and Placement was unavailable when they should be written again. A
    /// person must look, and finds that they are gone. nova's `heal_allocations` restores them.
    ToHeal,
    /// The allocations on a provider exceeded its capacity at some point.
    OverCapacity,
    /// The rules did not recognise their own history (`diverged`).
    Diverged,
}

/// All faults.
pub fn faults(
    policy: &'static dyn Policy,
    scene: &Scene,
    history: &[Exchange],
    world: &World,
    end: &End,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    faults.extend(world.over.then_some(Fault::OverCapacity));
    if matches!(end, Err(swaparoo::contract::Failure::Diverged(_))) {
        faults.push(Fault::Diverged);
    }
    for ending in [MigrationEnd::Confirmed, MigrationEnd::Reverted] {
        let mut cloud = at_rest(world, ending);
        let violations = cloud.violations();
        if violations.is_empty() {
            continue;
        }
        if claim(end) == Claim::Settled {
            let known = |wrong: &Violation| *wrong == Violation::DeletedHolds && nobody_could_know(history, end);
            faults.extend(
                violations.into_iter().map(|of| if known(&of) { Fault::Unknowable } else { Fault::Settled(of) }),
            );
        } else {
            mend(policy, scene, &mut cloud);
            let to_heal =
                |wrong: &Violation| *wrong == Violation::Lost && holds_nothing(&cloud) && lost_a_removal(history);
            faults.extend(
                cloud.violations().into_iter().map(|of| if to_heal(&of) { Fault::ToHeal } else { Fault::Unmended(of) }),
            );
        }
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

/// Two cases that no order of reads and writes can prevent. In the first, nova says that the server exists before its
/// allocations are restored, and cannot be asked afterwards. In the second, a lost claim arrives after the cast was
/// sent and the server was deleted; a claim names no generation, so a later write cannot make it fail.
fn nobody_could_know(history: &[Exchange], end: &End) -> bool {
    let asked = history.iter().rev().filter_map(|exchange| match &exchange.reply {
        Reply::Server(answer) => Some(answer.state),
        _ => None,
    });
    let asked: Vec<ServerState> = asked.take(2).collect();
    let lost_claim = |exchange: &Exchange| {
        matches!((&exchange.effect, &exchange.reply), (Effect::PutAllocations(_), Reply::Lost(_)))
    };
    match end {
        Ok(Outcome::Started(_)) => history.iter().any(lost_claim),
        _ => asked == [ServerState::Unknown, ServerState::Present],
    }
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

/// The path as text.
pub fn tell(scene: &Scene, history: &[Exchange], world: &World, end: &End) -> String {
    let mut text = format!("{}\n", scene.name);
    for Exchange { effect, reply, .. } in history {
        text.push_str(&format!("  {}\n    -> {}\n", describe::effect(effect), describe::reply(reply)));
    }
    let end = match end {
        Ok(outcome) => format!("finished: {}", describe::outcome(outcome)),
        Err(failure) => format!("failed: {}", describe::failure(failure, history)),
    };
    let cloud = at_rest(world, MigrationEnd::Confirmed);
    let alive = cloud.alive(SERVER).is_some();
    text.push_str(&format!("  {end}\n  at rest: alive {alive}, {:?}\n", cloud.placement.holdings()));
    text.push_str(&format!("  migrations: {:?}\n", cloud.migrations));
    text
}

fn at_rest(world: &World, ending: MigrationEnd) -> SimCloud {
    let mut cloud = world.cloud.clone();
    cloud.deliver_late();
    cloud.finish(ending);
    cloud
}

/// All services are available again, and a person repairs the rest: starts tasks again that were not done, aborts
/// migrations that did not begin, and releases allocations that should not exist.
fn mend(policy: &'static dyn Policy, scene: &Scene, cloud: &mut SimCloud) {
    (cloud.conductor, cloud.reach) = (true, Reach::Here);
    if !matches!(scene.task, Task::Migrate(_) | Task::LiveMigrate(_)) {
        play(policy, &scene.task, cloud);
    }
    let migrations: Vec<String> = cloud.migrations.keys().cloned().collect();
    for migration in migrations {
        play(policy, &Task::Abort(MigrationTask { server: SERVER.into(), migration: migration.clone() }), cloud);
        play(policy, &Task::Release(ReleaseTask { consumer: migration, server: SERVER.into() }), cloud);
    }
    play(policy, &Task::Release(ReleaseTask { consumer: SERVER.into(), server: SERVER.into() }), cloud);
}

/// Runs a task in which every effect is answered.
fn play(policy: &'static dyn Policy, task: &Task, cloud: &mut SimCloud) {
    let (mut native, mut history) = (Native::new(policy, task), Vec::new());
    loop {
        let step = native.step();
        assert_eq!(objection(task, &history, &step), None, "{task:?} after {history:#?}");
        let Step::Perform(Perform { effects, .. }) = step else { return };
        let answer = |effect| {
            let reply = cloud.answer(&effect, EffectFault::Answered);
            Exchange::new(effect, reply)
        };
        let answered: Vec<Exchange> = effects.into_iter().map(answer).collect();
        native = native.after(&answered);
        history.extend(answered);
    }
}
