//! `nova-34`: exactly what nova 34 does, including bug 1848343 (nova/scheduler/client/report.py, `move_allocations`).
//! Use it to compare policies and to replay incidents, not in production.

use crate::ask::{HeldAllocations, Written, non_empty};
use crate::contract::{BuiltInReason, Effect, Failure, ForeignAnswer, Holding, MoveTask, PolicyFailure, Refusal};
use crate::history::{History, Interrupt, RuleResult};
use crate::policy::{Absent, Policy, WriteVerdict};
use crate::reason::OwnReason;
use crate::refusal::{Meaning, meaning};
use crate::rules::migration::{Progress, rollback_as_nova};

/// The code of nova's `KeyError`: it builds its request from a project, which an empty answer does not contain.
pub const KEY_ERROR: &str = "key-error";

const RECREATE_TARGET: OwnReason =
    OwnReason { code: "recreate-target", text: "the target holds nothing: create it again without asking nova" };

/// The policy `nova-34`.
#[derive(Debug, Clone, Copy)]
pub struct Nova34;

impl Policy for Nova34 {
    fn name(&self) -> &'static str {
        "nova-34"
    }

    /// The request's dictionary then has only one key, and the target's entry wins: the write changes nothing.
    fn writes_to_itself(&self) -> bool {
        true
    }

    fn reads_new_targets(&self) -> bool {
        true
    }

    /// The leak: nova sends a missing generation as null, so Placement creates a deleted target again.
    fn target_should_exist(
        &self,
        history: &mut History<'_>,
        _: &MoveTask,
        _: HeldAllocations<'_>,
        target: &Holding,
    ) -> Result<Absent, Interrupt> {
        if non_empty(target).is_none() {
            history.explain(RECREATE_TARGET);
        }
        Ok(Absent::Restore)
    }

    fn confirms_reads(&self) -> bool {
        false
    }

    fn asks_in_every_row(&self) -> bool {
        false
    }

    /// nova reads the project from an answer that contains none.
    fn both_empty(&self, _: &MoveTask) -> RuleResult {
        Err(Failure::Other(PolicyFailure {
            code: KEY_ERROR.into(),
            text: "nova raises KeyError: \"project_id\", since neither consumer holds anything".into(),
            needs_operator: false,
        })
        .into())
    }

    /// A consumer conflict fails at once, a provider conflict is retried, and a missing answer counts as "not moved".
    fn judge(&self, history: &mut History<'_>, _: &Effect, written: Written<'_>) -> WriteVerdict {
        match written {
            Written::Done => WriteVerdict::Done,
            Written::Lost(silence) | Written::Unsent(silence) => {
                history.explain(BuiltInReason::NoAnswer(silence.clone()));
                WriteVerdict::Fail(Box::new(Failure::Unreachable(silence.clone())))
            }
            Written::Foreign(answer) => WriteVerdict::Fail(Box::new(Failure::MalformedAnswer(answer.clone()))),
            // nova reads the code first and raises KeyError if there is none (a 406 has no microversion's format).
            Written::Refused(Refusal { status, code, detail }) if code.is_empty() => {
                let answer = ForeignAnswer { status: *status, body: detail.clone() };
                WriteVerdict::Fail(Box::new(Failure::MalformedAnswer(answer)))
            }
            Written::Refused(refusal) => match meaning(refusal) {
                Meaning::ProviderConflict => WriteVerdict::Pause(refusal.clone()),
                Meaning::ConsumerConflict | Meaning::EmptyRecord => {
                    WriteVerdict::Fail(Box::new(Failure::AllocationMoveFailed(refusal.clone())))
                }
                Meaning::Final => {
                    history.explain(BuiltInReason::NotRetried(refusal.clone()));
                    WriteVerdict::Fail(Box::new(Failure::Refused(refusal.clone())))
                }
            },
        }
    }

    fn exhausted(&self, last: Refusal) -> Failure {
        Failure::OutOfRetries(last)
    }

    /// nova continues without a swap.
    fn looks_at_migration(&self) -> bool {
        false
    }

    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Interrupt {
        rollback_as_nova(self, history, server, progress, failure)
    }

    fn looks_before_cast(&self) -> bool {
        false
    }

    /// nova treats every exception as a failure, although the cast may have been sent.
    fn looks_after_cast(&self) -> bool {
        false
    }

    /// nova 34 supports no compute service that is this old.
    fn asks_for_service_versions(&self) -> bool {
        false
    }

    /// nova continues, and the next claim is doubled.
    fn insists_on_removal(&self) -> bool {
        false
    }
}
