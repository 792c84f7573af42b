//! One path of the exploration, chosen by chance.

use swaparoo::contract::{Exchange, Failed, Finished, Perform, Step};
use swaparoo_plugin::policy::Policy;

use super::scene::Scene;
use super::world::World;
use super::{fate, name};
use crate::chance::Chance;
use crate::native::Native;

/// Goes to the end of one path; gives its history, and the name of its end.
pub fn walk(policy: &'static dyn Policy, scene: &Scene, chance: &mut Chance) -> (Vec<Exchange>, String) {
    let (mut native, mut world) = (Native::new(policy, &scene.task), World::of(scene));
    let mut history = Vec::new();
    loop {
        let end = match native.step() {
            Step::Perform(Perform { effects, .. }) => {
                let mut answered = Vec::new();
                for effect in effects {
                    let fate = chance.mostly_the_first(&fate::of(&effect, &world, scene));
                    let reply = world.answer(&effect, fate, scene);
                    answered.push(Exchange { effect, reply });
                }
                native = native.after(&answered);
                history.extend(answered);
                continue;
            }
            Step::Finished(Finished { outcome, .. }) => Ok(outcome),
            Step::Failed(Failed { failure, .. }) => Err(failure),
        };
        return (history, name(&end));
    }
}
