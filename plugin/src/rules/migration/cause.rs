//! Why a migration is rolled back, in nova's words: what `MigrationTask.execute` would raise.

use crate::contract::{AllocationsFate, ConsumerId, Failure, MigrationFailed, NovaError, Refusal};
use crate::nova;

/// The reason that nova gives when a swap is refused.
const NOT_SWAPPED: &str = "Unable to replace instance claim on source";

/// A failed swap as the exception of nova's `replace_allocation_with_migration`. Where nova's client says only "no", the
/// scheduler's word for "no space" is mimicked, as nova does.
pub fn of_swap(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(_) | Failure::OutOfRetries(_) | Failure::Unreachable(_) => {
            nova::raise("NoValidHost", NOT_SWAPPED)
        }
        failure => of(failure),
    }
}

/// Any failure as one of a migration, with the name that nova has for it. What a person must look at stays what it is.
pub fn of(failure: Failure) -> Failure {
    let refused = |error: &str, refusal: &Refusal| nova::raise(error, &refusal.detail);
    match &failure {
        Failure::AllocationMoveFailed(refusal) => refused("AllocationMoveFailed", refusal),
        Failure::AllocationDeleteFailed(refusal) => refused("AllocationDeleteFailed", refusal),
        Failure::AllocationRetrievalFailed(refusal) => refused("ConsumerAllocationRetrievalFailed", refusal),
        Failure::Refused(refusal) | Failure::OutOfRetries(refusal) => refused("AllocationUpdateFailed", refusal),
        Failure::OrphanInTheWay(orphan) => refused("AllocationUpdateFailed", &orphan.refusal),
        Failure::MalformedAnswer(answer) => nova::raise("JSONDecodeError", &answer.body),
        Failure::KeyError(error) => nova::raise("KeyError", &error.key),
        Failure::Unreachable(silence) => nova::raise("ConnectFailure", &silence.detail),
        Failure::ComputeHostNotFound(find) => nova::raise("ComputeHostNotFound", &find.server),
        _ => failure,
    }
}

/// The cause as data, for reasons and for failures of the rollback's own.
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

/// The same failure, once it is known who has the allocations.
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
