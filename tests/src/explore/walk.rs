//! One random path of the exploration.

use swaparoo::contract::Exchange;
use swaparoo_plugin::policy::Policy;

use super::scene::Scene;
use super::world::World;
use super::{fate, name};
use crate::chance::Chance;
use crate::native::Native;

/// Follows one path to its end; returns its history and the name of its end.
pub fn walk(policy: &'static dyn Policy, scene: &Scene, chance: &mut Chance) -> (Vec<Exchange>, String) {
    let mut world = World::of(scene);
    let (history, end) = Native::new(policy, &scene.task).play(|effect| {
        let fate = chance.mostly_the_first(&fate::of(effect, &world, scene));
        world.answer(effect, fate, scene)
    });
    (history, name(&end).to_owned())
}
