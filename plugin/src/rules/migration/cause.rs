//! The cause of a rollback as a nova exception: the one that `MigrationTask.execute` would raise.

use crate::contract::{AllocationsFate, ConsumerId, Failure, MigrationFailed, NovaError, Refusal};
use crate::nova;
use crate::policies::KEY_ERROR;

/// nova's text for a refused swap.
const NOT_SWAPPED: &str = "Unable to replace instance claim on source";

/// A failed swap as the exception of nova's `replace_allocation_with_migration`. If nova's client only returns False,
/// nova raises the exception that the scheduler uses for "no space"; so does this function.
pub fn of_swap(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(_) | Failure::OutOfRetries(_) | Failure::Unreachable(_) => {
            nova::raise("NoValidHost", NOT_SWAPPED)
        }
        failure => of(failure),
    }
}

/// Turns any failure into a failure of the migration, with nova's name for it. A failure that an operator must check
/// stays unchanged.
pub fn of(failure: Failure) -> Failure {
    let refused = |error: &str, refusal: &Refusal| nova::raise(error, &refusal.detail);
    match &failure {
        Failure::AllocationMoveFailed(refusal) => refused("AllocationMoveFailed", refusal),
        Failure::AllocationDeleteFailed(refusal) => refused("AllocationDeleteFailed", refusal),
        Failure::AllocationRetrievalFailed(refusal) => refused("ConsumerAllocationRetrievalFailed", refusal),
        Failure::Refused(refusal) | Failure::OutOfRetries(refusal) => refused("AllocationUpdateFailed", refusal),
        Failure::OrphanInTheWay(orphan) => refused("AllocationUpdateFailed", &orphan.refusal),
        Failure::MalformedAnswer(answer) => nova::raise("JSONDecodeError", &answer.body),
        // nova's text of a KeyError is the name of the entry.
        Failure::Other(other) if other.code == KEY_ERROR => nova::raise("KeyError", "project_id"),
        Failure::Unreachable(silence) => nova::raise("ConnectFailure", &silence.detail),
        Failure::ComputeHostNotFound(find) => nova::raise("ComputeHostNotFound", &find.server),
        _ => failure,
    }
}

/// The cause as data, for reasons and for failures of the rollback itself.
pub fn error(failure: &Failure) -> NovaError {
    match failure {
        Failure::NoValidHost(failed)
        | Failure::MaxRetriesExceeded(failed)
        | Failure::NovaFailed(failed)
        | Failure::Abandoned(failed) => failed.cause.clone(),
        Failure::Unsettled(_) => NovaError { error: "Unsettled".into(), detail: NOT_SWAPPED.into() },
        _ => NovaError { error: "Failed".into(), detail: String::new() },
    }
}

/// Adds the migration record and the place of the allocations to the failure.
pub fn with(mut failure: Failure, id: Option<&ConsumerId>, fate: AllocationsFate) -> Failure {
    if let Failure::NoValidHost(failed)
    | Failure::MaxRetriesExceeded(failed)
    | Failure::NovaFailed(failed)
    | Failure::Abandoned(failed) = &mut failure
    {
        let MigrationFailed { migration, allocations, .. } = failed;
        (*migration, *allocations) = (id.cloned(), fate);
    }
    failure
}
