//! The attempts at a write: their number, the pauses between them, and the failure when they are used up.

use crate::ask::{self, Written};
use crate::contract::{Attempt, BuiltInReason, Conflict, Effect, Failure, Orphan, OrphanRecord, Refusal};
use crate::history::{History, Interrupt};
use crate::policy::{Policy, WriteVerdict};

/// The total number of writes, as in nova (its `retries` decorator makes four calls).
const ATTEMPTS: u32 = 4;
/// nova waits up to 0, 2, 4 and 6 seconds before its calls.
const PAUSE_STEP_MS: u32 = 2_000;
/// Placement creates a consumer's record at this generation, before anything is written to it.
const EMPTY_RECORD: u32 = 0;

/// The attempts made so far.
#[derive(Debug, Default)]
pub struct Tries {
    number: u32,
    refused: Option<Failure>,
    /// The generation at which to take over the target's empty record, if a refusal showed that one exists.
    pub empty_record: Option<u32>,
}

/// The result of an attempt that does not end the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// The write is done.
    Done,
    /// The write is not done; try again.
    Again,
    /// It is not known whether the write is done.
    Lost,
}

impl Tries {
    /// The next attempt, if one is left.
    pub fn next(&mut self) -> Option<Attempt> {
        self.number += 1;
        (self.number <= ATTEMPTS).then(|| self.attempt())
    }

    /// The policy's verdict on the write; pauses if the verdict requires it. If an empty record blocks the write, it is
    /// the record of `target`.
    pub fn judge(
        &mut self,
        policy: &dyn Policy,
        history: &mut History<'_>,
        target: &str,
        write: &Effect,
        written: Written<'_>,
    ) -> Result<Tried, Interrupt> {
        let attempt = self.attempt();
        let conflict = |refusal: &Refusal| Conflict { attempt, refusal: refusal.clone() };
        match policy.judge(history, write, written) {
            WriteVerdict::Done => return Ok(Tried::Done),
            WriteVerdict::Fail(failure) => return Err(failure.into()),
            WriteVerdict::ReadAgain => {
                history.explain(BuiltInReason::WriteWasLost(attempt));
                self.pause(history)?;
                return Ok(Tried::Lost);
            }
            WriteVerdict::Pause(refusal) => {
                history.explain(BuiltInReason::ProviderConflict(conflict(&refusal)));
                self.refused = Some(policy.exhausted(refusal));
                self.pause(history)?;
            }
            WriteVerdict::Again(refusal) => {
                history.explain(BuiltInReason::ConsumerConflict(conflict(&refusal)));
                // If there was an empty record, it has changed or does not exist any more.
                self.empty_record = None;
                self.refused = Some(policy.exhausted(refusal));
            }
            WriteVerdict::TakeOver(refusal) => {
                history.explain(BuiltInReason::OrphanTarget(OrphanRecord { generation: EMPTY_RECORD }));
                self.empty_record = Some(EMPTY_RECORD);
                self.refused = Some(Failure::OrphanInTheWay(Orphan { consumer: target.into(), refusal }));
            }
        }
        Ok(Tried::Again)
    }

    /// The failure after the last attempt; none if every attempt was lost.
    pub fn used_up(self, history: &mut History<'_>) -> Option<Failure> {
        history.explain(BuiltInReason::AttemptsUsedUp(Attempt { number: ATTEMPTS, of: ATTEMPTS }));
        self.refused
    }

    fn attempt(&self) -> Attempt {
        Attempt { number: self.number, of: ATTEMPTS }
    }

    /// Waits before the next attempt; does not wait after the last.
    fn pause(&self, history: &mut History<'_>) -> Result<(), Interrupt> {
        match self.number {
            ATTEMPTS.. => Ok(()),
            number => ask::pause(history, number * PAUSE_STEP_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tried, Tries};
    use crate::ask::Written;
    use crate::contract::{DeleteAllocations, Effect, Pause, Refusal};
    use crate::history::{History, Interrupt};
    use crate::policies;

    /// The pauses of `judge` after each attempt if every write is refused with `detail`.
    fn pauses(detail: &str) -> Vec<Option<Vec<Effect>>> {
        let refusal = Refusal { status: 409, code: "placement.concurrent_update".into(), detail: detail.into() };
        let [consumer, project, user] = ["consumer", "project", "user"].map(String::from);
        let write = Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation: 1 });
        let standard = policies::named("standard").unwrap();
        let (mut tries, mut waited) = (Tries::default(), Vec::new());
        while tries.next().is_some() {
            let mut history = History::of(&[]);
            match tries.judge(standard, &mut history, "target", &write, Written::Refused(&refusal)) {
                Ok(Tried::Again) => waited.push(None),
                Err(Interrupt::Perform(effects)) => waited.push(Some(effects)),
                other => panic!("{other:?}"),
            }
        }
        waited
    }

    #[test]
    fn four_attempts_with_novas_pauses_between_them() {
        let up_to = |up_to_ms| Some(vec![Effect::Pause(Pause { up_to_ms })]);
        let provider = "Another thread concurrently updated the resource provider data.";
        assert_eq!(pauses(provider), [up_to(2_000), up_to(4_000), up_to(6_000), None]);
    }

    #[test]
    fn a_consumers_conflict_is_decided_anew_at_once() {
        assert_eq!(pauses("consumer generation conflict - expected 2 but got 1"), [None, None, None, None]);
    }
}
