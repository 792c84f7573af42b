//! `standard`: the default. It uses the trait's default methods: it asks nova before it restores a missing target or
//! deletes the last allocations; after a conflict it decides again; after an unanswered write it reads the result.

use crate::contract::Failure;
use crate::history::{History, Interrupt};
use crate::policy::Policy;
use crate::rules::migration::{Progress, rollback};

/// The default policy.
#[derive(Debug, Clone, Copy)]
pub struct Standard;

impl Policy for Standard {
    fn name(&self) -> &'static str {
        "standard"
    }

    fn roll_back(&self, history: &mut History<'_>, server: &str, progress: &Progress, failure: Failure) -> Interrupt {
        rollback(self, history, server, progress, failure)
    }
}
