//! Which of the two has what is the server's: the record of an ended migration, or the server itself. Where the server is
//! decides; on one host, where both hold something of the node, the status of the migration and the server's flavor do.
//!
//! | record holds of the node | server holds of the node | rule |
//! |---|---|---|
//! | no | yes | the record's are dropped |
//! | yes | no | given back, if the migration came to nothing and the flavor does not contradict |
//! | yes | yes | given back if the migration came to nothing and the flavor requires what the record holds (or is not known, and both hold the same); dropped if the migration did not come to nothing and the flavor does not contradict |
//! | no | no | a person must look |

use super::check_not_begun::is_one_of;
use super::server_facts::fits;
use crate::contract::{Allocation, CAME_TO_NOTHING, Holding, MigrationRecord, ServerDetails};

/// What to do with the allocations of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The server gets them.
    GiveBack,
    /// They are deleted.
    Drop,
    /// The facts contradict each other, or do not suffice.
    Unclear,
}

/// The verdict on what the record and the server hold. The record is not empty, and its migration has ended.
#[inline(never)]
pub fn verdict(
    migration: &MigrationRecord,
    details: Option<&ServerDetails>,
    node: &str,
    [record, server]: [&Holding; 2],
) -> Verdict {
    let came_to_nothing = is_one_of(migration, &CAME_TO_NOTHING);
    let flavor = details.and_then(|details| details.flavor.as_deref());
    let fit = |holding: &Holding| fits(flavor, &holding.allocations);
    match (holds(&record.allocations, node), holds(&server.allocations, node)) {
        (false, true) => Verdict::Drop,
        // An out-of-date read may not show the server's claim on its own host, so the flavor is asked here, too.
        (true, false) if came_to_nothing && fit(record) != Some(false) => Verdict::GiveBack,
        // A read that is out of date may show the server what the record holds, so the flavor is asked first.
        (true, true) if came_to_nothing => match fit(record) {
            Some(true) => Verdict::GiveBack,
            None if record.allocations == server.allocations => Verdict::GiveBack,
            _ => Verdict::Unclear,
        },
        (true, true) if fit(server) != Some(false) => Verdict::Drop,
        _ => Verdict::Unclear,
    }
}

/// True if the allocations have something of the node.
pub fn holds(allocations: &[Allocation], node: &str) -> bool {
    allocations.iter().any(|allocation| allocation.provider == node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{MigrationType, ResourceAmount};

    /// The verdict for VCPU that the record and the server hold on nodes, on a server that is on n1.
    fn check(status: &str, flavor: Option<u32>, record: (&str, u32), server: Option<(&str, u32)>, expected: Verdict) {
        let amounts = |amount| vec![ResourceAmount { class: "VCPU".into(), amount }];
        let holding = |held: Option<(&str, u32)>| Holding {
            consumer: String::new(),
            owner: None,
            allocations: held
                .into_iter()
                .map(|(node, amount)| Allocation { provider: node.into(), resources: amounts(amount) })
                .collect(),
        };
        let migration = MigrationRecord {
            migration: "m".into(),
            server: "s".into(),
            migration_type: MigrationType::Resize,
            status: status.into(),
        };
        let flavor = flavor.map(amounts);
        let details =
            ServerDetails { host: None, node: None, vm_state: None, task_state: None, flavor, migrations: None };
        let is = verdict(&migration, Some(&details), "n1", [&holding(Some(record)), &holding(server)]);
        assert_eq!(is, expected, "{status}, flavor {details:?}, record {record:?}, server {server:?}");
    }

    #[test]
    fn where_the_server_is_decides() {
        use Verdict::{Drop, GiveBack, Unclear};
        for flavor in [None, Some(2)] {
            check("error", flavor, ("n1", 2), Some(("n2", 4)), GiveBack);
            check("reverted", flavor, ("n1", 2), None, GiveBack);
            check("confirmed", flavor, ("n1", 2), Some(("n2", 4)), Unclear);
            check("done", flavor, ("n1", 2), None, Unclear);
            check("error", Some(4), ("n1", 2), None, Unclear);
            check("error", flavor, ("n2", 2), Some(("n1", 4)), Drop);
            check("confirmed", flavor, ("n2", 2), Some(("n1", 4)), Drop);
            check("error", flavor, ("n2", 2), Some(("n3", 4)), Unclear);
        }
    }

    #[test]
    fn on_one_host_the_status_and_the_flavor_decide() {
        use Verdict::{Drop, GiveBack, Unclear};
        let both = |status, flavor, expected| check(status, flavor, ("n1", 2), Some(("n1", 4)), expected);
        for status in ["error", "failed", "cancelled", "reverted"] {
            both(status, Some(2), GiveBack);
            both(status, Some(4), Unclear);
            both(status, None, Unclear);
        }
        for status in ["completed", "confirmed"] {
            both(status, Some(4), Drop);
            both(status, Some(2), Unclear);
            both(status, None, Drop);
        }
        both("error", Some(8), Unclear);
        both("confirmed", Some(8), Unclear);
        check("error", None, ("n1", 2), Some(("n1", 2)), GiveBack);
        check("confirmed", None, ("n1", 2), Some(("n1", 2)), Drop);
        check("error", Some(4), ("n1", 2), Some(("n1", 2)), Unclear);
        check("confirmed", Some(4), ("n1", 2), Some(("n1", 2)), Unclear);
    }
}
