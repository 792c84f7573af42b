//! The loop: ask the policy, carry out what it asks for, append the exchanges, ask again. The policy decides everything
//! about a move and can do nothing; the world does everything and decides nothing.

use std::time::{Duration, Instant};

use crate::contract::{self, Exchange, Failed, Finished, Outcome, Step, Task, UnsupportedTask};
use crate::failure::Failure;
use crate::policy::{Decision, Policy};
use crate::world::Outside;
use crate::{authority, evidence};

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

/// Who follows a task: keeps a journal of it, counts, compares. It changes nothing about the task but can hold it up:
/// an effect is sent when [`asking`](Witness::asking) is done, and the policy is called again when
/// [`answered`](Witness::answered) is.
pub trait Witness: Send {
    /// The policy was asked and took this long, whether it decided or not.
    fn took(&mut self, _time: Duration) {}

    /// The policy has decided, on this history.
    fn decided(&mut self, _history: &[Exchange], _decision: &Decision) {}

    /// These effects are about to be sent.
    fn asking(&mut self, _effects: &[contract::Effect]) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// These replies have come.
    fn answered(&mut self, _exchanges: &[Exchange]) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// Nobody follows.
impl Witness for () {}

/// Drives `task` to its end under `policy`, from the beginning.
pub async fn drive(policy: &Policy, task: &Task, world: &impl Outside, witness: &mut impl Witness) -> Run {
    go_on(policy, task, Vec::new(), world, witness).await
}

/// Drives `task` to its end from where `history` stops.
pub async fn go_on(
    policy: &Policy,
    task: &Task,
    history: Vec<Exchange>,
    world: &impl Outside,
    witness: &mut impl Witness,
) -> Run {
    let mut run = Run { history, steps: Vec::new(), end: Ok(Outcome::NothingToMove) };
    if !policy.has_rules_for(task) {
        let unsupported = contract::Failure::UnsupportedTask(UnsupportedTask { task: task.kind() });
        return Run { end: Err(Failure::said(unsupported, &[])), ..run };
    }
    loop {
        let began = Instant::now();
        let decided = policy.next_step(task, &run.history);
        witness.took(began.elapsed());
        let decision = match decided {
            Ok(decision) => decision,
            Err(error) => return Run { end: Err(error.into()), ..run },
        };
        witness.decided(&run.history, &decision);
        run.steps.push(decision.step.clone());
        let effects = match decision.step {
            Step::Perform(perform) => perform.effects,
            Step::Finished(Finished { outcome, .. }) => {
                let believed = evidence::check(task, &run.history, &outcome);
                return Run { end: believed.map(|()| outcome).map_err(Failure::from), ..run };
            }
            Step::Failed(Failed { failure, .. }) => {
                return Run { end: Err(Failure::said(failure, &run.history)), ..run };
            }
        };
        if let Err(refused) = authority::check(task, &run.history, &effects) {
            return Run { end: Err(refused.into()), ..run };
        }
        witness.asking(&effects).await;
        let replies = world.carry_out(&effects).await;
        let asked = run.history.len();
        run.history.extend(effects.into_iter().zip(replies).map(|(effect, reply)| Exchange { effect, reply }));
        let exchanges = run.history.get(asked..).unwrap_or_default();
        witness.answered(exchanges).await;
    }
}
