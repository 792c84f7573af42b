//! One random path of the exploration.

use swaparoo::contract::{Effect, Exchange};
use swaparoo::simulation::SimEvent;
use swaparoo_plugin::policy::Policy;

use super::{RARE, Scene, name};
use crate::chance::Chance;
use crate::native::Native;

/// Follows one path to its end; returns its history and the name of its end.
pub fn walk(policy: &'static dyn Policy, scene: &Scene, chance: &mut Chance) -> (Vec<Exchange>, String) {
    let mut cloud = scene.cloud.clone();
    let (mut rare, mut waited) = (0, false);
    let (history, end) = Native::new(policy, &scene.task).play(|effect| {
        let event = chance.mostly_the_first(&SimEvent::of(effect, &cloud, rare < RARE, !waited));
        waited |= matches!(effect, Effect::Pause(_)) && !cloud.is_whole();
        rare += u32::from(event.is_rare());
        event.meet(&mut cloud, effect)
    });
    (history, name(&end).to_owned())
}
