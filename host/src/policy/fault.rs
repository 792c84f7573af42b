//! Why a call ended without an answer, told from what wasmtime says.

use wasmtime::{Error, Trap};

use super::instance::Exhausted;
use super::{CallError, Limits};

/// An error in a call: in the policy's own code, or in reading what it answered.
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

/// An error before the call: in the policy's start function, or none of the policy's doing.
pub fn on_start(error: &Error, limits: &Limits) -> CallError {
    bounded(error, limits)
        .unwrap_or_else(|| error.downcast_ref::<Trap>().map_or_else(|| of_host(error), |trap| trapped(*trap)))
}

/// An error that no policy can cause.
pub fn of_host(error: &Error) -> CallError {
    CallError::NotRun(format!("{error:#}"))
}

/// One of the limits, if that is what stopped it.
fn bounded(error: &Error, limits: &Limits) -> Option<CallError> {
    if let Some(Exhausted { wanted, limit, of }) = error.downcast_ref::<Exhausted>() {
        return Some(CallError::OutOfMemory { wanted: *wanted, limit: *limit, of });
    }
    match error.downcast_ref::<Trap>()? {
        Trap::OutOfFuel => Some(CallError::OutOfFuel { limit: limits.fuel }),
        Trap::StackOverflow => Some(CallError::StackOverflow { limit: limits.wasm_stack_bytes }),
        _ => None,
    }
}

fn trapped(trap: Trap) -> CallError {
    let said = trap.to_string();
    CallError::Trapped(said.strip_prefix("wasm trap: ").unwrap_or(&said).into())
}

/// wasmtime has no type for "the answer is too large", so its words have to tell; a hostile fixture holds them to it.
fn unreadable(error: &Error, limits: &Limits) -> CallError {
    let said = error.root_cause().to_string();
    if said.contains("fuel allocated for hostcalls has been exhausted") {
        return CallError::TooMuchOutput { limit: limits.output_bytes };
    }
    CallError::Nonsense(format!("it cannot be read: {}", said.strip_prefix("wasm trap: ").unwrap_or(&said)))
}
