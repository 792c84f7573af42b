//! `standard`: the default. It is what the trait's own methods say: nova is asked before a lost target is brought back
//! or the last allocations are deleted; conflicts are decided anew; an unanswered write is looked into.

use crate::contract::Failure;
use crate::history::{History, Stop};
use crate::policy::Policy;
use crate::rules::migration::{Progress, rollback};

/// The default policy.
#[derive(Debug, Clone, Copy)]
pub struct Standard;

impl Policy for Standard {
    fn name(&self) -> &'static str {
        "standard"
    }

    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Stop {
        rollback(self, history, server, progress, failure)
    }
}
