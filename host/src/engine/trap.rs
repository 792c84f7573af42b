//! Classifies wasmtime's errors: why a call ended without an answer.

use wasmtime::{Error, Trap};

use super::instance::Exhausted;
use super::{CallError, Limits};

/// An error in a call: in the policy's code, or while reading its answer.
pub fn in_call(error: &Error, limits: &Limits) -> CallError {
    bounded(error, limits).unwrap_or_else(|| match error.downcast_ref::<Trap>() {
        Some(
            Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer,
        )
        | None => unreadable(error, limits),
        Some(trap) => trapped(*trap),
    })
}

/// An error before the call: in the policy's start function, or not caused by the policy.
pub fn on_start(error: &Error, limits: &Limits) -> CallError {
    bounded(error, limits)
        .unwrap_or_else(|| error.downcast_ref::<Trap>().map_or_else(|| of_host(error), |trap| trapped(*trap)))
}

/// An error that a policy cannot cause.
pub fn of_host(error: &Error) -> CallError {
    CallError::NotRun(format!("{error:#}"))
}

/// The limit that was exceeded, if one was.
fn bounded(error: &Error, limits: &Limits) -> Option<CallError> {
    if let Some(Exhausted { wanted, limit, of }) = error.downcast_ref::<Exhausted>() {
        return Some(CallError::OutOfMemory { wanted: *wanted, limit: *limit, of });
    }
    match error.downcast_ref::<Trap>()? {
        Trap::OutOfFuel => Some(CallError::OutOfFuel { limit: limits.fuel }),
        Trap::Interrupt => Some(CallError::OutOfTime { limit: limits.call_time }),
        Trap::StackOverflow => Some(CallError::StackOverflow { limit: limits.wasm_stack_bytes }),
        _ => None,
    }
}

fn trapped(trap: Trap) -> CallError {
    let said = trap.to_string();
    CallError::Trapped(said.strip_prefix("wasm trap: ").unwrap_or(&said).into())
}

/// wasmtime has no error type for an answer that is too large, so the text is compared; a test with a hostile policy
/// notices if wasmtime changes it.
fn unreadable(error: &Error, limits: &Limits) -> CallError {
    let said = error.root_cause().to_string();
    if said.contains("fuel allocated for hostcalls has been exhausted") {
        return CallError::TooMuchOutput { limit: limits.output_bytes };
    }
    CallError::Nonsense(format!("it cannot be read: {}", said.strip_prefix("wasm trap: ").unwrap_or(&said)))
}
