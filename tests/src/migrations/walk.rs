//! One path of the exploration, chosen by chance.

use swaparoo::contract::{Effect, Exchange, Failed, Finished, Perform, Step};
use swaparoo::rehearsal::Happening;
use swaparoo_plugin::policy::Policy;

use super::{RARE, Scene, name};
use crate::chance::Chance;
use crate::native::Native;

/// Goes to the end of one path; gives its history, and the name of its end.
pub fn walk(policy: &'static dyn Policy, scene: &Scene, chance: &mut Chance) -> (Vec<Exchange>, String) {
    let (mut native, mut cloud) = (Native::new(policy, &scene.task), scene.cloud.clone());
    let (mut rare, mut waited) = (0, false);
    let mut history = Vec::new();
    loop {
        let end = match native.step() {
            Step::Perform(Perform { effects, .. }) => {
                let mut answered = Vec::new();
                for effect in effects {
                    let happening = chance.mostly_the_first(&Happening::of(&effect, &cloud, rare < RARE, !waited));
                    waited |= matches!(effect, Effect::Pause(_)) && !cloud.is_whole();
                    rare += u32::from(happening.is_rare());
                    let reply = happening.meet(&mut cloud, &effect);
                    answered.push(Exchange { effect, reply });
                }
                native = native.after(&answered);
                history.extend(answered);
                continue;
            }
            Step::Finished(Finished { outcome, .. }) => Ok(outcome),
            Step::Failed(Failed { failure, .. }) => Err(failure),
        };
        return (history, name(&end).to_owned());
    }
}
