//! A policy, as the simulation calls it.

use crate::contract::{Exchange, Step, Task};

/// Decides the next step of a task. Every function of a task and its history is a policy.
pub trait Policy {
    /// The next step. `kept` exchanges at the beginning of `history` were the beginning in the call before, so a policy
    /// that converts its arguments need not convert these again.
    ///
    /// # Errors
    /// The policy trapped, exceeded a limit, or could not be called.
    fn next_step(&mut self, task: &Task, history: &[Exchange], kept: usize) -> Result<Step, String>;
}

impl<F: FnMut(&Task, &[Exchange]) -> Step> Policy for F {
    fn next_step(&mut self, task: &Task, history: &[Exchange], _kept: usize) -> Result<Step, String> {
        Ok(self(task, history))
    }
}
