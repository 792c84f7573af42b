//! `standard`: the default. It is what the trait's own methods say: nova is asked before a lost target is brought back
//! or the last allocations are deleted; conflicts are decided anew; an unanswered write is looked into.

use crate::policy::Policy;

/// The default policy.
#[derive(Debug, Clone, Copy)]
pub struct Standard;

impl Policy for Standard {
    fn name(&self) -> &'static str {
        "standard"
    }
}
