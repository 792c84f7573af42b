//! Decides a recorded task again: does this policy take the same steps, and if not, where and how do they differ?

use serde::{Deserialize, Serialize};

use crate::contract::{self, Effect, Exchange, Failed, Finished, Perform, Reason, Step, UnsupportedTask};
use crate::engine::{CallError, Policy};
use crate::failure::Failure;
use crate::record::{End, Record};
use crate::task::accept;

/// The result of a replay.
#[derive(Debug, Clone)]
pub enum Replay {
    /// The same effects, and the same end.
    Same {
        /// The steps taken.
        steps: Vec<Step>,
    },
    /// The same up to a position in the history, then another step.
    Parts {
        /// The steps of this policy, up to and including the one that differs.
        steps: Vec<Step>,
        /// The position in the history, from 0.
        index: usize,
        /// What the record contains at this position.
        recorded: Recorded,
        /// What this policy would do.
        would: Would,
        /// The policy's reasons for its step.
        reasons: Vec<Reason>,
    },
}

/// What the record contains at the position where the steps differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    /// An exchange.
    Exchange(Box<Exchange>),
    /// The end of the task.
    End(End),
}

/// What a policy would do at that position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Would {
    /// Request these effects.
    Perform(Vec<Effect>),
    /// End the task.
    End(End),
}

/// Decides the task in `record` again under `policy`. As in a run, the task ends with a failure if the policy exceeds a
/// limit, traps, requests an effect outside the task, or returns an outcome that the history does not show.
///
/// # Errors
/// [`CallError::NotRun`] if the policy could not be run on this machine.
pub fn replay(record: &Record, policy: &Policy) -> Result<Replay, CallError> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let (would, reasons) = decide(record, at, policy, &mut steps)?;
        if let Would::Perform(effects) = &would {
            let there = record.history.get(at..at + effects.len()).unwrap_or_default();
            if !there.is_empty() && there.iter().map(|exchange| &exchange.effect).eq(effects) {
                at += there.len();
                continue;
            }
        }
        return Ok(match (&would, record.history.get(at)) {
            (Would::End(end), None) if end.is(&record.end) => Replay::Same { steps },
            (_, None) => {
                Replay::Parts { steps, index: at, recorded: Recorded::End(record.end.clone()), would, reasons }
            }
            (_, Some(there)) => {
                let (index, there) = first_difference(at, &would, record, there);
                Replay::Parts { steps, index, recorded: Recorded::Exchange(Box::new(there.clone())), would, reasons }
            }
        });
    }
}

/// What the policy would do after `at` exchanges of the history. If it returns a step, the step is added to `steps`.
fn decide(
    record: &Record,
    at: usize,
    policy: &Policy,
    steps: &mut Vec<Step>,
) -> Result<(Would, Vec<Reason>), CallError> {
    let failed = |failure: &Failure| Would::End(End::failed(failure));
    if !policy.has_rules_for(&record.task) {
        let unsupported = contract::Failure::UnsupportedTask(UnsupportedTask { task: record.task.kind() });
        return Ok((failed(&Failure::of_policy(unsupported, &[])), Vec::new()));
    }
    let history = record.history.get(..at).unwrap_or(&record.history);
    let step = match policy.next_step(&record.task, history) {
        Ok(decision) => decision.step,
        Err(error @ CallError::NotRun(_)) => return Err(error),
        Err(error) => return Ok((failed(&error.into()), Vec::new())),
    };
    steps.push(step.clone());
    let (Step::Perform(Perform { reasons, .. })
    | Step::Finished(Finished { reasons, .. })
    | Step::Failed(Failed { reasons, .. })) = &step;
    let reasons = reasons.clone();
    let would = match accept(&record.task, history, step) {
        Ok(effects) => Would::Perform(effects),
        Err(end) => Would::End(End::of(&Failure::of_end(end, &record.history))),
    };
    Ok((would, reasons))
}

/// Within one step, the result shows the first effect that differs.
fn first_difference<'a>(at: usize, would: &Would, record: &'a Record, there: &'a Exchange) -> (usize, &'a Exchange) {
    let Would::Perform(effects) = would else { return (at, there) };
    let recorded = record.history.iter().enumerate().skip(at);
    let mut pairs = recorded.zip(effects).skip_while(|((_, exchange), effect)| exchange.effect == **effect);
    pairs.next().map_or((at, there), |((index, exchange), _)| (index, exchange))
}
