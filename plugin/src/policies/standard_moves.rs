//! `standard-moves`: `standard`'s rules for moves, as a component of the world `move-policy`. It has no rules for whole
//! migrations, so that its component does not contain them.

use crate::contract::Failure;
use crate::history::{History, Interrupt};
use crate::policy::Policy;
use crate::rules::migration::Progress;

/// The rules of `standard` for the tasks `move`, `replace` and `revert`.
#[derive(Debug, Clone, Copy)]
pub struct StandardMoves;

impl Policy for StandardMoves {
    fn name(&self) -> &'static str {
        "standard-moves"
    }

    /// A move begins no migration, so there is none to roll back.
    fn roll_back(&self, _: &mut History<'_>, _: &str, _: &Progress, failure: Failure) -> Interrupt {
        failure.into()
    }
}
