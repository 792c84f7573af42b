//! A policy: where rules differ. The rules of a move are written once, in `rules/`; at each point where nova 34, the
//! seed's change and our own rules part, they ask the policy. What is written here is `standard`; each file in
//! `policies/` shows only what its policy does otherwise.

use crate::ask::{self, Held, Written};
use crate::contract::{
    Description, Effect, Failure, MoveTask, Outcome, Reason, Refusal, ServerState, TaskKind, Undecided,
};
use crate::history::{Ending, History, Stop};
use crate::refusal::{Meaning, meaning};
use crate::rules::migration::Progress;

/// What to do about a source that holds while its target, which should exist, does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// Give it the allocations, then ask once more whether it exists.
    RestoreAndCheck,
    /// Give it the allocations.
    Restore,
    /// Delete the source's.
    DeleteSource,
}

/// What to do after a write.
#[derive(Debug)]
pub enum Verdict {
    /// It is done.
    Done,
    /// Read again and decide anew, at once.
    Again(Refusal),
    /// The same after a pause.
    Pause(Refusal),
    /// The target has an empty record; the same, and take the record over.
    TakeOver(Refusal),
    /// Nobody knows; read again to find out.
    ReadAgain,
    /// The task fails.
    Fail(Box<Failure>),
}

/// Where policies differ. The methods given here are `standard`'s.
pub trait Policy: Sync {
    /// The policy's name.
    fn name(&self) -> &'static str;

    /// May a consumer be moved to itself by a write? If not, what it holds decides.
    fn writes_to_itself(&self) -> bool {
        false
    }

    /// S holds, T does not, T is not new. nova is asked, since Placement forgets a live server, too, as soon as its
    /// allocations are moved away.
    fn target_is_empty(&self, history: &mut History<'_>, task: &MoveTask, source: Held<'_>) -> Result<Absent, Stop> {
        history.because(Reason::TargetIsEmpty);
        match ask::server(history, &task.target)? {
            ServerState::Gone => {
                history.because(Reason::ServerIsGone);
                Ok(Absent::DeleteSource)
            }
            ServerState::Present => {
                history.because(Reason::ServerIsPresent);
                Ok(Absent::RestoreAndCheck)
            }
            ServerState::Unknown => {
                history.because(Reason::ServerIsUnknown);
                let holdings = vec![source.to_holding(), ask::empty(&task.target)];
                Err(Failure::Undecided(Undecided { server: task.target.clone(), holdings }).into())
            }
        }
    }

    /// Neither holds anything.
    fn both_empty(&self, _task: &MoveTask) -> Ending {
        Ok(Outcome::NothingToMove)
    }

    /// What follows from what a write came to.
    fn judge(&self, history: &mut History<'_>, write: &Effect, written: Written<'_>) -> Verdict {
        judge(history, write, written)
    }

    /// The attempts are used up; `last` is what the last one was refused with.
    fn exhausted(&self, last: Refusal) -> Failure {
        Failure::AllocationMoveFailed(last)
    }

    /// Replace: the server holds nothing of its node. May the migration record hold it already?
    fn looks_at_migration(&self) -> bool {
        true
    }

    /// A migration has failed before a compute service has begun: what becomes of the allocations, and what it ends with.
    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Stop;

    /// Is the server asked about once more before the cast?
    fn looks_before_cast(&self) -> bool {
        true
    }

    /// Is the migration asked about when nobody knows whether the cast was sent?
    fn looks_after_cast(&self) -> bool {
        true
    }

    /// Are compute services asked how new they are?
    fn asks_for_service_versions(&self) -> bool {
        true
    }

    /// What is raised where nova has no such service.
    fn no_such_service(&self) -> &'static str {
        "ServiceNotFound"
    }

    /// Does a claim that could not be taken away again end the migration?
    fn insists_on_removal(&self) -> bool {
        true
    }

    /// What the policy says of itself.
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
        }
    }
}

/// `standard`'s verdict: conflicts are tried again, silence is looked into, anything else is final.
fn judge(history: &mut History<'_>, write: &Effect, written: Written<'_>) -> Verdict {
    match written {
        Written::Done => Verdict::Done,
        Written::Lost(silence) => {
            history.because(Reason::NoAnswer(silence.clone()));
            Verdict::ReadAgain
        }
        // A 4xx of a proxy's own says that it did not pass the request on; anything else says nothing.
        Written::Foreign(answer) => {
            history.because(Reason::NotPlacement(answer.clone()));
            match answer.status {
                400..500 => Verdict::Fail(Box::new(Failure::MalformedAnswer(answer.clone()))),
                _ => Verdict::ReadAgain,
            }
        }
        Written::Unsent(silence) => {
            history.because(Reason::NoAnswer(silence.clone()));
            Verdict::Fail(Box::new(Failure::Unreachable(silence.clone())))
        }
        Written::Refused(refusal) => match meaning(refusal) {
            Meaning::ConsumerConflict => Verdict::Again(refusal.clone()),
            Meaning::EmptyRecord => Verdict::TakeOver(refusal.clone()),
            Meaning::ProviderConflict => Verdict::Pause(refusal.clone()),
            Meaning::Final => {
                history.because(Reason::NotRetried(refusal.clone()));
                Verdict::Fail(Box::new(match write {
                    Effect::DeleteAllocations(_) => Failure::AllocationDeleteFailed(refusal.clone()),
                    _ => Failure::Refused(refusal.clone()),
                }))
            }
        },
    }
}
