//! How often a policy may break down before it is asked no more: a call that is ended by its fuel takes milliseconds, a
//! task that does not end half a thousand calls, and there may be hundreds of records.

/// Often enough for a report to show what is wrong.
const BREAKDOWNS: u32 = 3;

/// What is left of it.
#[derive(Debug, Default)]
pub struct Patience {
    breakdowns: u32,
}

impl Patience {
    /// The policy has broken a limit, or down.
    pub fn lose(&mut self) {
        self.breakdowns += 1;
    }

    /// It is to be asked no more.
    pub fn is_lost(&self) -> bool {
        self.breakdowns >= BREAKDOWNS
    }
}
