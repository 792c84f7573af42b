//! Deciding a recorded task again: does this policy take the same steps, and if not, where and how do they part?

use serde::{Deserialize, Serialize};

use crate::contract::{Effect, Exchange, Failed, Finished, Reason, Step};
use crate::failure::Failure;
use crate::policy::{CallError, Policy};
use crate::record::{End, Record};

/// What a replay shows.
#[derive(Debug, Clone)]
pub enum Replay {
    /// The same effects, and the same end.
    Same {
        /// The steps taken.
        steps: Vec<Step>,
    },
    /// The same up to this place in the history, and then another step.
    Parts {
        /// The steps taken up to there.
        steps: Vec<Step>,
        /// Place in the history, from 0.
        index: usize,
        /// What the record has from there on, as far as the policies part.
        recorded: Recorded,
        /// What this policy would do.
        would: Would,
        /// Why.
        reasons: Vec<Reason>,
    },
}

/// What the record has at the place where policies part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    /// This exchange.
    Exchange(Box<Exchange>),
    /// The end.
    End(End),
}

/// What a policy would do there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Would {
    /// Ask for this.
    Perform(Vec<Effect>),
    /// End so.
    End(End),
}

/// Decides the task in `record` again under `policy`.
///
/// # Errors
/// The policy broke a limit, or down.
pub fn replay(record: &Record, policy: &Policy) -> Result<Replay, CallError> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let step = policy.next_step(&record.task, record.history.get(..at).unwrap_or(&record.history))?.step;
        steps.push(step.clone());
        let (would, reasons) = match step {
            Step::Perform(perform) => {
                let there = record.history.get(at..at + perform.effects.len()).unwrap_or_default();
                if !there.is_empty() && there.iter().map(|exchange| &exchange.effect).eq(&perform.effects) {
                    at += there.len();
                    continue;
                }
                (Would::Perform(perform.effects), perform.reasons)
            }
            Step::Finished(Finished { outcome, reasons }) => (Would::End(End::finished(&outcome)), reasons),
            Step::Failed(Failed { failure, reasons }) => {
                let said = Failure::said(failure, &record.history);
                (Would::End(End::failed(&said)), reasons)
            }
        };
        return Ok(match (&would, record.history.get(at)) {
            (Would::End(end), None) if *end == record.end => Replay::Same { steps },
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

/// Within one step, the first effect that differs is what to show.
fn first_difference<'a>(at: usize, would: &Would, record: &'a Record, there: &'a Exchange) -> (usize, &'a Exchange) {
    let Would::Perform(effects) = would else { return (at, there) };
    let recorded = record.history.iter().enumerate().skip(at);
    let mut pairs = recorded.zip(effects).skip_while(|((_, exchange), effect)| exchange.effect == **effect);
    pairs.next().map_or((at, there), |((index, exchange), _)| (index, exchange))
}

impl End {
    /// The end with an outcome.
    #[must_use]
    pub fn finished(outcome: &crate::contract::Outcome) -> Self {
        Self::Finished(serde_json::to_value(outcome).unwrap_or_default())
    }

    /// The end without one.
    #[must_use]
    pub fn failed(failure: &Failure) -> Self {
        Self::Failed(serde_json::to_value(failure).unwrap_or_default())
    }

    /// The end of a run.
    #[must_use]
    pub fn of(end: &Result<crate::contract::Outcome, Failure>) -> Self {
        match end {
            Ok(outcome) => Self::finished(outcome),
            Err(failure) => Self::failed(failure),
        }
    }
}
