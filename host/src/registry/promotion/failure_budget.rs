//! How often calls of a policy may fail before it is not called any more. A call that uses all its fuel usually takes
//! milliseconds, and at most [`Limits::call_time`](crate::engine::Limits::call_time); a task that does not end needs 500
//! calls, and there may be hundreds of records.

/// Enough failed calls for a report to show what is wrong.
const BREAKDOWNS: u32 = 3;

/// Counts failed calls.
#[derive(Debug, Default)]
pub struct FailureBudget {
    breakdowns: u32,
}

impl FailureBudget {
    /// The policy has exceeded a limit or trapped.
    pub fn spend(&mut self) {
        self.breakdowns += 1;
    }

    /// Whether the policy must not be called any more.
    pub fn is_spent(&self) -> bool {
        self.breakdowns >= BREAKDOWNS
    }
}
