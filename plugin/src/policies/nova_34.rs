//! `nova-34`: what nova 34 does, bug 1848343 and all (nova/scheduler/client/report.py, `move_allocations`). It is for
//! comparison and for replaying incidents, not for use.

use crate::ask::{Held, Written};
use crate::contract::{Effect, Failure, ForeignAnswer, KeyError, MoveTask, Reason, Refusal};
use crate::history::{Ending, History, Stop};
use crate::policy::{Absent, Policy, Verdict};
use crate::refusal::{Meaning, meaning};
use crate::rules::migration::{Progress, rollback_as_nova};

/// nova 34's rules.
#[derive(Debug, Clone, Copy)]
pub struct Nova34;

impl Policy for Nova34 {
    fn name(&self) -> &'static str {
        "nova-34"
    }

    /// The request's dictionary has one key then, and the target's entry wins: a write that changes nothing.
    fn writes_to_itself(&self) -> bool {
        true
    }

    /// The leak: a target that is gone is created again, since a missing generation is sent as null.
    fn target_is_empty(&self, history: &mut History<'_>, _: &MoveTask, _: Held<'_>) -> Result<Absent, Stop> {
        history.because(Reason::RecreateTarget);
        Ok(Absent::Restore)
    }

    /// It reads the project out of an answer that has none.
    fn both_empty(&self, _: &MoveTask) -> Ending {
        Err(Failure::KeyError(KeyError { key: "project_id".into() }).into())
    }

    /// A consumer's conflict fails at once, a provider's is tried again, and silence counts as "not moved".
    fn judge(&self, history: &mut History<'_>, _: &Effect, written: Written<'_>) -> Verdict {
        match written {
            Written::Done => Verdict::Done,
            Written::Lost(silence) | Written::Unsent(silence) => {
                history.because(Reason::NoAnswer(silence.clone()));
                Verdict::Fail(Box::new(Failure::Unreachable(silence.clone())))
            }
            Written::Foreign(answer) => Verdict::Fail(Box::new(Failure::MalformedAnswer(answer.clone()))),
            // It reads the code first, and raises KeyError where there is none (406: of no microversion's form).
            Written::Refused(Refusal { status, code, detail }) if code.is_empty() => {
                let answer = ForeignAnswer { status: *status, body: detail.clone() };
                Verdict::Fail(Box::new(Failure::MalformedAnswer(answer)))
            }
            Written::Refused(refusal) => match meaning(refusal) {
                Meaning::ProviderConflict => Verdict::Pause(refusal.clone()),
                Meaning::ConsumerConflict | Meaning::EmptyRecord => {
                    Verdict::Fail(Box::new(Failure::AllocationMoveFailed(refusal.clone())))
                }
                Meaning::Final => {
                    history.because(Reason::NotRetried(refusal.clone()));
                    Verdict::Fail(Box::new(Failure::Refused(refusal.clone())))
                }
            },
        }
    }

    fn exhausted(&self, last: Refusal) -> Failure {
        Failure::OutOfRetries(last)
    }

    /// It goes on without a swap.
    fn looks_at_migration(&self) -> bool {
        false
    }

    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Stop {
        rollback_as_nova(self, history, server, progress, failure)
    }

    fn looks_before_cast(&self) -> bool {
        false
    }

    /// An exception is an exception, although the cast may have left.
    fn looks_after_cast(&self) -> bool {
        false
    }

    /// No compute service is that old any more.
    fn asks_for_service_versions(&self) -> bool {
        false
    }

    /// It goes on, and the next claim is doubled.
    fn insists_on_removal(&self) -> bool {
        false
    }
}
