//! The counterexamples of `standard` that are known. docs/check.md says what happens in each.
//!
//! A policy may have these too: the promotion check refuses only what is not among them.

use super::Counterexample;
use crate::Violation::{self, DeletedHolds, HeldBeside, Lost, MigrationHolds};

/// A counterexample of `standard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownCounterexample {
    /// The name of the scene.
    pub scene: &'static str,
    /// What is wrong.
    pub violation: Violation,
    /// The fewest faults that lead to it.
    pub faults: u32,
    /// The number of actions of the shortest way with so many faults.
    pub steps: usize,
}

/// All of them, a scene's in the order in which a search finds them.
pub const KNOWN: &[KnownCounterexample] = &[
    // The journal forgets the swap, and nova has no compute node for a server that was deleted meanwhile.
    known("swap", MigrationHolds, 1, 7),
    // The swap is done and forgotten, and then Placement cannot be reached: the end says that nothing was done.
    known("swap", Lost, 2, 4),
    // The deletion's own DELETE comes before the restore; the audit finds what the server still holds.
    known("give-back-local-delete", DeletedHolds, 0, 8),
    // A write of the swap arrives after the way back, and its generations fit again.
    known("replace-then-revert", Lost, 1, 13),
    known("replace-then-revert", MigrationHolds, 1, 13),
    // The first as in `swap`, the second as in `replace-then-revert`.
    known("replace-then-revert-deleted", MigrationHolds, 1, 7),
    known("replace-then-revert-deleted", Lost, 1, 13),
    // The journal forgets the cast, which is sent twice; or the record that was created, and another one is created.
    known("migrate", Lost, 1, 19),
    known("migrate", HeldBeside, 1, 19),
    known("migrate", MigrationHolds, 1, 21),
    // The same.
    known("migrate-deleted", Lost, 1, 19),
    known("migrate-deleted", HeldBeside, 1, 19),
    known("migrate-deleted", MigrationHolds, 1, 21),
    // The same. Also, the scheduler claims after the rollback has ended.
    known("late-scheduler", Lost, 1, 19),
    known("late-scheduler", HeldBeside, 1, 19),
    known("late-scheduler", MigrationHolds, 1, 21),
    // The same.
    known("migrate-on-one-host", Lost, 1, 19),
    known("migrate-on-one-host", MigrationHolds, 1, 21),
    // The journal forgets the cast.
    known("live-migrate", Lost, 1, 19),
    known("live-migrate", HeldBeside, 1, 19),
    // The scheduler's answer is lost, and what it has claimed for a server of which Placement knew nothing is not known.
    known("live-migrate-unaccounted", HeldBeside, 1, 18),
    // A lost claim for such a server arrives after the claim was undone.
    known("reschedule-unaccounted", HeldBeside, 1, 30),
    // The record says that the resize came to nothing, and the server's flavor is that after it: a person must look.
    known("release-arrived-on-one-host", MigrationHolds, 0, 5),
    // The same. Also, a read is of before the server's claim, and no flavor contradicts it.
    known("release-arrived-without-flavor", MigrationHolds, 0, 5),
    known("release-arrived-without-flavor", Lost, 1, 9),
    // The journal forgets that the server got its allocations again, and the deletion does not see them.
    known("release", DeletedHolds, 1, 17),
    // The journal forgets the cast.
    known("release-beside-migration", Lost, 1, 20),
    known("release-beside-migration", HeldBeside, 1, 20),
    // The cast arrives after the abort, and compute services do not look at the status.
    known("abort-cast-in-flight", Lost, 0, 14),
    known("abort-cast-in-flight", HeldBeside, 0, 14),
    known("abort-cast-in-flight", MigrationHolds, 0, 15),
    // It arrives during the abort, and nova says nothing about the record any more: a person must look.
    known("abort-cast-arrives", Lost, 1, 14),
    known("abort-cast-arrives", HeldBeside, 1, 14),
    // As in `abort-cast-in-flight`.
    known("migrate-then-abort", Lost, 0, 27),
    known("migrate-then-abort", HeldBeside, 0, 27),
    known("migrate-then-abort", MigrationHolds, 0, 28),
    // Nothing is changed while the new migration is running: the next audit releases the old record.
    known("abort-old-beside-migration", MigrationHolds, 0, 4),
    known("release-old-beside-migration", MigrationHolds, 0, 4),
];

const fn known(scene: &'static str, violation: Violation, faults: u32, steps: usize) -> KnownCounterexample {
    KnownCounterexample { scene, violation, faults, steps }
}

/// Whether `standard` has this counterexample of a scene, too, with as many faults or fewer.
#[must_use]
pub fn is_known(scene: &str, found: &Counterexample) -> bool {
    KNOWN.iter().any(|known| known.scene == scene && known.violation == found.violation && known.faults <= found.faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Property, scenes};

    #[test]
    fn each_is_in_a_scene_that_exists() {
        let scenes = scenes().unwrap();
        for known in KNOWN {
            assert!(scenes.iter().any(|scene| scene.name == known.scene), "{known:?}");
        }
    }

    #[test]
    fn only_the_same_with_as_many_faults_is_known() {
        let found = |violation, faults| {
            let (property, actions) = (Property::RightAtRest, Vec::new());
            Counterexample { property, violation, faults, actions, states: 1 }
        };
        assert!(is_known("swap", &found(MigrationHolds, 1)) && is_known("swap", &found(MigrationHolds, 2)));
        assert!(!is_known("swap", &found(MigrationHolds, 0)));
        assert!(!is_known("swap", &found(DeletedHolds, 1)));
        assert!(!is_known("give-back", &found(MigrationHolds, 1)));
    }
}
