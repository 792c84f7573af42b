//! Maps errors of the runner, registry, journal and workers to HTTP errors.

use std::error::Error;
use std::time::Duration;

use crate::engine::LoadError;
use crate::engine::worker::WorkerError;
use crate::http::{ApiError, Code};
use crate::journal::JournalError;
use crate::registry::{Distrust, RegistryError};
use crate::runner::{PushError, ReplyError, ResumeError, SubmitError};

/// Retry-After for conditions that pass quickly.
const SOON: Duration = Duration::from_secs(1);
/// Retry-After when the journal is full: old tasks must be pruned first.
const LATER: Duration = Duration::from_secs(60);

/// Retry-After when all policy workers are busy, or one was killed or had too little of the processor. After this time the requests that wait now have
/// been served or have timed out.
const TURN: Duration = Duration::from_secs(10);

/// Detail of the error for an unsigned policy.
const UNSIGNED: &str =
    "policies must be signed here: sign with `swaparoo policy sign` and send the result as x-swaparoo-signature";

/// The error with all its causes: the client sees no other description of it.
fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        Self::new(Code::JournalUnavailable, with_causes(&error)).retry_after(SOON)
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        let detail = with_causes(&error);
        match error {
            SubmitError::TooMany(_) | SubmitError::TooMuch { .. } => {
                Self::new(Code::TooManyTasks, detail).retry_after(SOON)
            }
            SubmitError::TooLarge { .. } => Self::new(Code::RequestTooLarge, detail),
            SubmitError::JournalFull { .. } => Self::new(Code::JournalFull, detail).retry_after(LATER),
            SubmitError::Starting(_) => Self::new(Code::Starting, detail).retry_after(SOON),
            SubmitError::Stopping => Self::new(Code::Stopping, detail).retry_after(SOON),
            SubmitError::KeyReused { .. } => Self::new(Code::KeyReused, detail),
            SubmitError::Journal(error) => error.into(),
        }
    }
}

impl From<ReplyError> for ApiError {
    fn from(error: ReplyError) -> Self {
        let detail = with_causes(&error);
        match error {
            ReplyError::Starting(_) => Self::new(Code::Starting, detail).retry_after(SOON),
            ReplyError::NoTask(_) => Self::new(Code::NotFound, detail),
            ReplyError::NotAsked { .. } | ReplyError::AsksNothing(_) => Self::new(Code::NotWaiting, detail),
            ReplyError::OtherKind { .. } | ReplyError::Otherwise { .. } => Self::new(Code::ReplyMismatch, detail),
            ReplyError::Invalid { .. } => Self::new(Code::InvalidValue, detail),
            ReplyError::TooLate { .. } => Self::new(Code::ReplyTooLate, detail),
            ReplyError::Taken { .. } => Self::new(Code::Conflict, detail).retry_after(SOON),
            ReplyError::Journal(error) => error.into(),
        }
    }
}

impl From<ResumeError> for ApiError {
    fn from(error: ResumeError) -> Self {
        let detail = with_causes(&error);
        match error {
            ResumeError::NoTask(_) => Self::new(Code::NotFound, detail),
            ResumeError::NotUnderstood { .. } | ResumeError::Parts { .. } => Self::new(Code::Conflict, detail),
            ResumeError::NotTried(_) => Self::new(Code::PoliciesBusy, detail).retry_after(TURN),
            ResumeError::NotParked(_) => Self::new(Code::NotParked, detail),
            ResumeError::Submit(error) => error.into(),
            ResumeError::Registry(error) => error.into(),
            ResumeError::Journal(error) => error.into(),
        }
    }
}

impl From<PushError> for ApiError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::NoRoom(error) => error.into(),
            PushError::Registry(error) => error.into(),
        }
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        let detail = with_causes(&error);
        match error {
            RegistryError::Unknown(_) => Self::new(Code::PolicyUnknown, detail),
            RegistryError::InUse { .. } | RegistryError::RolesChanged => Self::new(Code::Conflict, detail),
            RegistryError::NotADigest(_) => Self::new(Code::BadRequest, detail),
            RegistryError::NotOffered { .. } => Self::new(Code::InvalidValue, detail),
            RegistryError::Invalid(LoadError::NotCompiled { source, .. })
            | RegistryError::Bootstrap(LoadError::NotCompiled { source, .. }) => {
                of_worker(&source, Code::PolicyInvalid, detail)
            }
            RegistryError::Invalid(_) | RegistryError::Bootstrap(_) => Self::new(Code::PolicyInvalid, detail),
            RegistryError::OtherBytes { .. } => Self::new(Code::Internal, detail),
            RegistryError::Distrusted(Distrust::Unsigned) => Self::new(Code::SignatureMissing, UNSIGNED),
            RegistryError::Distrusted(Distrust::BuiltIn(_)) => Self::new(Code::SignatureMissing, detail),
            RegistryError::Older { .. } => Self::new(Code::PolicyOlder, detail),
            RegistryError::Distrusted(Distrust::Wrong(_))
            | RegistryError::RoleDistrusted { .. }
            | RegistryError::BootstrapDistrusted { .. } => Self::new(Code::SignatureWrong, detail),
            RegistryError::NoPrevious | RegistryError::NoPreviousFor(_) => Self::new(Code::NoPreviousPolicy, detail),
            RegistryError::Journal(error) => error.into(),
            RegistryError::Interrupted => Self::new(Code::Stopping, detail).retry_after(SOON),
        }
    }
}

/// A policy that the gate cannot check within its own limits is refused, because it has not shown that it is correct.
pub(super) fn not_judged(error: WorkerError) -> ApiError {
    let detail = format!("the policy cannot be judged: {}", with_causes(&error));
    of_worker(&error, Code::PromotionRefused, detail)
}

/// If the worker failed for a reason other than this component, a retry may succeed. Time by the clock is such a reason: a
/// component that computes without an end uses up its processor time first, unless the machine is busy.
fn of_worker(error: &WorkerError, of_the_work: Code, detail: String) -> ApiError {
    match error {
        WorkerError::Busy | WorkerError::Ended { .. } | WorkerError::Hindered { .. } | WorkerError::Time { .. } => {
            ApiError::new(Code::PoliciesBusy, detail).retry_after(TURN)
        }
        WorkerError::Stopping => ApiError::new(Code::Stopping, detail).retry_after(SOON),
        error if error.is_of_the_work() => ApiError::new(of_the_work, detail),
        _ => ApiError::new(Code::Internal, detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_not_a_fault_of_the_component() {
        let limit = Duration::from_secs(45);
        for (error, pushed, judged) in [
            (WorkerError::Time { limit }, Code::PoliciesBusy, Code::PoliciesBusy),
            (WorkerError::Hindered { said: String::new() }, Code::PoliciesBusy, Code::PoliciesBusy),
            (WorkerError::ProcessorTime { limit }, Code::PolicyInvalid, Code::PromotionRefused),
        ] {
            let code = of_worker(&error, Code::PolicyInvalid, error.to_string()).code;
            assert_eq!((code, not_judged(error).code), (pushed, judged));
        }
    }
}
