//! The differences between policies. The rules of a move are written once, in `rules/`; at each point where nova 34,
//! `seed` and `standard` differ, they call the policy. The default methods here are `standard`; each file in
//! `policies/` contains only what its policy does differently.

use crate::ask::{self, HeldAllocations, Written, non_empty};
use crate::contract::{
    BuiltInReason, Description, Effect, Failure, Holding, MoveTask, Outcome, Refusal, ServerState, TaskKind, Undecided,
};
use crate::history::{History, Interrupt, RuleResult};
use crate::refusal::{Meaning, meaning};
use crate::rules::migration::{ENDED, Progress, refuse_beside_another};

/// What to do if the source holds something and the target should exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// Move the allocations to the target, then ask once more whether it exists.
    RestoreAndCheck,
    /// Move the allocations to the target.
    Restore,
    /// Delete the source's allocations, and those of the target.
    DeleteSource,
}

/// What to do after a write.
#[derive(Debug)]
pub enum WriteVerdict {
    /// The write is done.
    Done,
    /// Read again and decide again, at once.
    Again(Refusal),
    /// The same after a pause.
    Pause(Refusal),
    /// The target has an empty record: read again, and take the record over.
    TakeOver(Refusal),
    /// It is not known whether the write was done: read again to find out.
    ReadAgain,
    /// The task fails.
    Fail(Box<Failure>),
}

/// The decisions in which policies differ. The default methods are `standard`'s.
pub trait Policy: Sync {
    /// The name in `describe`, such as `standard`.
    fn name(&self) -> &'static str;

    /// True if a move of a consumer to itself is written. If false, the rules only read what it holds.
    fn writes_to_itself(&self) -> bool {
        false
    }

    /// True if the rules read a new target before the first write to it. If false, Placement shows by a conflict that
    /// the target holds something, which saves a request.
    fn reads_new_targets(&self) -> bool {
        false
    }

    /// The source holds, and the target should exist. `standard` asks nova, whatever the target holds: Placement forgets
    /// an existing server as soon as its allocations are moved away, and the scheduler also claims for a deleted one.
    fn target_should_exist(
        &self,
        history: &mut History<'_>,
        task: &MoveTask,
        source: HeldAllocations<'_>,
        target: &Holding,
    ) -> Result<Absent, Interrupt> {
        let seen = ask::find_server(history, &task.target)?;
        // The answer is newer than the reads, and a migration that begins later changes the generations of the write.
        if history.requires_rest() {
            refuse_beside_another(seen, &task.source)?;
        }
        match ask::state(seen) {
            ServerState::Gone => {
                history.explain(BuiltInReason::ServerIsGone);
                Ok(Absent::DeleteSource)
            }
            ServerState::Present => {
                history.explain(BuiltInReason::ServerIsPresent);
                // A deletion changes the generation of a target that holds something, so no check has to follow.
                Ok(if non_empty(target).is_some() { Absent::Restore } else { Absent::RestoreAndCheck })
            }
            ServerState::Deleting => {
                history.explain(BuiltInReason::ServerIsBeingDeleted);
                Ok(Absent::RestoreAndCheck)
            }
            ServerState::Unknown => {
                history.explain(BuiltInReason::ServerIsUnknown);
                let holdings = vec![source.to_holding(), target.clone()];
                Err(Failure::Undecided(Undecided { server: task.target.clone(), holdings }).into())
            }
        }
    }

    /// True if the rules ask nova for the server also where its allocations do not show that it exists, and where
    /// nothing is given to it.
    fn asks_in_every_row(&self) -> bool {
        true
    }

    /// True if the rules confirm what they read before they end with it: by a write that a newer state refuses, or by
    /// another read after a pause.
    fn confirms_reads(&self) -> bool {
        true
    }

    /// Neither holds anything.
    fn both_empty(&self, _task: &MoveTask) -> RuleResult {
        Ok(Outcome::NothingToMove)
    }

    /// The verdict on the result of a write.
    fn judge(&self, history: &mut History<'_>, write: &Effect, written: Written<'_>) -> WriteVerdict {
        judge(history, write, written)
    }

    /// The failure when the attempts are used up; `last` is the refusal of the last attempt.
    fn exhausted(&self, last: Refusal) -> Failure {
        Failure::AllocationMoveFailed(last)
    }

    /// For replace, if the server holds nothing of its node: true if the rules check whether the migration record
    /// already holds it.
    fn looks_at_migration(&self) -> bool {
        true
    }

    /// Rolls back a migration that failed before a compute service began, and returns the failure of the task.
    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Interrupt;

    /// True if the rules ask once more before the cast whether the server exists.
    fn looks_before_cast(&self) -> bool {
        true
    }

    /// True if the rules read the migration record when it is not known whether the cast was sent.
    fn looks_after_cast(&self) -> bool {
        true
    }

    /// True if the rules ask for the versions of compute services.
    fn asks_for_service_versions(&self) -> bool {
        true
    }

    /// The exception if nova does not know the compute service.
    fn no_such_service(&self) -> &'static str {
        "ServiceNotFound"
    }

    /// True if the migration ends when a claim could not be removed again.
    fn insists_on_removal(&self) -> bool {
        true
    }

    /// The answer to the contract's `describe`.
    fn describe(&self) -> Description {
        Description {
            name: self.name().into(),
            version: env!("CARGO_PKG_VERSION").into(),
            contract: crate::CONTRACT.into(),
            tasks: vec![
                TaskKind::Move,
                TaskKind::Replace,
                TaskKind::Revert,
                TaskKind::Migrate,
                TaskKind::LiveMigrate,
                TaskKind::Confirm,
                TaskKind::RevertResize,
                TaskKind::Abort,
                TaskKind::Release,
            ],
            settings_schema: None,
            ended_statuses: ENDED.map(String::from).to_vec(),
        }
    }
}

/// `standard`'s verdict: retry after conflicts, read again after a missing answer, fail otherwise.
fn judge(history: &mut History<'_>, write: &Effect, written: Written<'_>) -> WriteVerdict {
    match written {
        Written::Done => WriteVerdict::Done,
        Written::Lost(silence) => {
            history.explain(BuiltInReason::NoAnswer(silence.clone()));
            WriteVerdict::ReadAgain
        }
        // A proxy's own 4xx shows that it did not forward the request; any other status shows nothing.
        Written::Foreign(answer) => {
            history.explain(BuiltInReason::NotPlacement(answer.clone()));
            match answer.status {
                400..500 => WriteVerdict::Fail(Box::new(Failure::MalformedAnswer(answer.clone()))),
                _ => WriteVerdict::ReadAgain,
            }
        }
        Written::Unsent(silence) => {
            history.explain(BuiltInReason::NoAnswer(silence.clone()));
            WriteVerdict::Fail(Box::new(Failure::Unreachable(silence.clone())))
        }
        // Placement gives this answer to any exception, also to one after the commit.
        Written::Refused(refusal) if written.is_server_error() => {
            history.explain(BuiltInReason::ServerError(refusal.clone()));
            WriteVerdict::ReadAgain
        }
        Written::Refused(refusal) => match meaning(refusal) {
            Meaning::ConsumerConflict => WriteVerdict::Again(refusal.clone()),
            Meaning::EmptyRecord => WriteVerdict::TakeOver(refusal.clone()),
            Meaning::ProviderConflict => WriteVerdict::Pause(refusal.clone()),
            Meaning::Final => {
                history.explain(BuiltInReason::NotRetried(refusal.clone()));
                WriteVerdict::Fail(Box::new(match write {
                    Effect::DeleteAllocations(_) => Failure::AllocationDeleteFailed(refusal.clone()),
                    _ => Failure::Refused(refusal.clone()),
                }))
            }
        },
    }
}
