//! What an exchange says by itself.

use crate::{Effect, Exchange, Reply};

impl Exchange {
    /// An exchange without times.
    #[must_use]
    pub fn new(effect: Effect, reply: Reply) -> Self {
        Self { effect, reply, asked_at: 0, answered_at: 0 }
    }
}

/// Whether the host did not measure this time; serde passes a reference.
pub fn is_unmeasured(time: &u64) -> bool {
    *time == 0
}
