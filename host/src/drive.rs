//! The loop: ask the policy, carry out what it asks for, append the exchanges, ask again. The policy decides everything
//! about a move and can do nothing; the world does everything and decides nothing.

use crate::contract::{self, Exchange, Failed, Finished, Outcome, Step, Task, UnsupportedTask};
use crate::failure::Failure;
use crate::policy::{Authority, Policy};
use crate::world::World;

/// A task that has ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// Everything that was asked of the outside, and what came back.
    pub history: Vec<Exchange>,
    /// The steps in order, the last one with the end in it unless the host ended the task.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: Result<Outcome, Failure>,
}

/// Drives `task` to its end under `policy`. `watch` sees each step before it is carried out.
pub async fn drive(policy: &Policy, task: &Task, world: &World, mut watch: impl FnMut(&Step)) -> Run {
    let authority = Authority::of(task);
    let mut run = Run { history: Vec::new(), steps: Vec::new(), end: Ok(Outcome::NothingToMove) };
    if !policy.has_rules_for(task) {
        let unsupported = contract::Failure::UnsupportedTask(UnsupportedTask { task: task.kind() });
        return Run { end: Err(Failure::said(unsupported, &[])), ..run };
    }
    loop {
        let step = match policy.next_step(task, &run.history) {
            Ok(decision) => decision.step,
            Err(error) => return Run { end: Err(error.into()), ..run },
        };
        watch(&step);
        run.steps.push(step.clone());
        let effects = match step {
            Step::Perform(perform) => perform.effects,
            Step::Finished(Finished { outcome, .. }) => return Run { end: Ok(outcome), ..run },
            Step::Failed(Failed { failure, .. }) => {
                return Run { end: Err(Failure::said(failure, &run.history)), ..run };
            }
        };
        if let Err(refused) = effects.iter().try_for_each(|effect| authority.check(effect)) {
            return Run { end: Err(refused.into()), ..run };
        }
        let replies = world.perform_all(&effects).await;
        run.history.extend(effects.into_iter().zip(replies).map(|(effect, reply)| Exchange { effect, reply }));
    }
}
