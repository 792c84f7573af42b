//! What nova's answer about a server says for a repair: whether nova or a migration is changing the server, and which
//! amounts are its due. A fact that the answer does not have says nothing.

use super::release::ENDED;
use crate::ask::Seen;
use crate::contract::{Allocation, Failure, ResourceAmount, ServerDetails, StillInUse};
use crate::history::Interrupt;

/// The trait of a compute node's root provider (os-traits; nova sets it on each).
const COMPUTE_NODE: &str = "COMPUTE_NODE";
/// The trait of a provider whose resources several compute nodes share.
const SHARING: &str = "MISC_SHARES_VIA_AGGREGATE";

/// To whom a provider belongs that is not the root provider of the server's node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// It is another compute node.
    AnotherNode,
    /// Several compute nodes share it.
    Shared,
    /// It is a nested provider, of this node or of another one.
    Unclear,
}

impl Belongs {
    /// By the provider's traits.
    pub fn by(traits: &[String]) -> Self {
        let has = |wanted: &str| traits.iter().any(|known| known == wanted);
        match () {
            () if has(COMPUTE_NODE) => Self::AnotherNode,
            () if has(SHARING) => Self::Shared,
            () => Self::Unclear,
        }
    }
}

/// What else nova shows of the server.
pub fn details(seen: Seen<'_>) -> Option<&ServerDetails> {
    seen?.details.as_ref()
}

/// Fails if the answer names a migration of the server that has not ended, other than this one.
#[inline(never)]
pub fn refuse_beside_another(seen: Seen<'_>, migration: &str) -> Result<(), Interrupt> {
    let all = details(seen).and_then(|details| details.migrations.as_deref()).unwrap_or_default();
    let unfinished = |status: &str| !ENDED.contains(&status);
    match all.iter().find(|other| other.migration != migration && unfinished(&other.status)) {
        Some(other) => Err(in_use(&other.migration, Some(&other.status))),
        None => Ok(()),
    }
}

/// The same, and fails also if nova is doing something else with the server.
pub fn refuse_if_busy(seen: Seen<'_>, server: &str, migration: &str) -> Result<(), Interrupt> {
    refuse_beside_another(seen, migration)?;
    match details(seen) {
        Some(ServerDetails { task_state: Some(_), .. }) => Err(in_use(server, None)),
        _ => Ok(()),
    }
}

/// The failure of a task that must not change anything now.
pub fn in_use(consumer: &str, status: Option<&String>) -> Interrupt {
    Failure::StillInUse(StillInUse { consumer: consumer.into(), status: status.cloned() }).into()
}

/// Whether these allocations are what the server's flavor requires; none if that is not known.
#[inline(never)]
pub fn fits(flavor: Option<&[ResourceAmount]>, allocations: &[Allocation]) -> Option<bool> {
    let flavor = flavor.filter(|flavor| !flavor.is_empty())?;
    Some(flavor.iter().all(|due| amount(allocations, &due.class) == u64::from(due.amount)))
}

/// The amount of a class on all providers. A dedicated processor is a processor.
fn amount(allocations: &[Allocation], class: &str) -> u64 {
    let is_it = |held: &&ResourceAmount| held.class == class || class == "VCPU" && held.class == "PCPU";
    let all = allocations.iter().flat_map(|allocation| &allocation.resources).filter(is_it);
    all.map(|held| u64::from(held.amount)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ServerAnswer, ServerMigration, ServerState};

    fn amounts(of: &[(&str, u32)]) -> Vec<ResourceAmount> {
        of.iter().map(|(class, amount)| ResourceAmount { class: (*class).into(), amount: *amount }).collect()
    }

    fn on(provider: &str, of: &[(&str, u32)]) -> Allocation {
        Allocation { provider: provider.into(), resources: amounts(of) }
    }

    fn server(task_state: Option<&str>, migrations: Option<&[(&str, &str)]>) -> ServerAnswer {
        let record =
            |(id, status): &(&str, &str)| ServerMigration { migration: (*id).into(), status: (*status).into() };
        let migrations = migrations.map(|all| all.iter().map(record).collect());
        let task_state = task_state.map(Into::into);
        let details = ServerDetails { host: None, node: None, vm_state: None, task_state, flavor: None, migrations };
        ServerAnswer { state: ServerState::Present, details: Some(details) }
    }

    fn used(end: Result<(), Interrupt>) -> Option<(String, Option<String>)> {
        match end {
            Ok(()) => None,
            Err(Interrupt::Failed(failure)) => match *failure {
                Failure::StillInUse(used) => Some((used.consumer, used.status)),
                other => panic!("{other:?}"),
            },
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unfinished_migration_other_than_the_own_one_is_named() {
        let both = server(None, Some(&[("m", "error"), ("n", "finished")]));
        assert_eq!(used(refuse_beside_another(Some(&both), "m")), Some(("n".into(), Some("finished".into()))));
        assert_eq!(used(refuse_beside_another(Some(&both), "n")), None);
        assert_eq!(used(refuse_beside_another(Some(&server(None, None)), "m")), None);
        assert_eq!(used(refuse_beside_another(None, "m")), None);
    }

    #[test]
    fn a_server_with_a_task_state_is_busy() {
        assert_eq!(
            used(refuse_if_busy(Some(&server(Some("rebuilding"), Some(&[]))), "s", "m")),
            Some(("s".into(), None))
        );
        assert_eq!(used(refuse_if_busy(Some(&server(None, Some(&[]))), "s", "m")), None);
    }

    #[test]
    fn allocations_fit_a_flavor_by_their_sums() {
        let flavor = amounts(&[("VCPU", 2), ("DISK_GB", 20)]);
        let fits = |held: &[Allocation]| fits(Some(&flavor), held);
        assert_eq!(fits(&[on("n", &[("VCPU", 2)]), on("disks", &[("DISK_GB", 20)])]), Some(true));
        assert_eq!(fits(&[on("n", &[("PCPU", 2), ("DISK_GB", 20), ("VGPU", 1)])]), Some(true));
        assert_eq!(fits(&[on("n", &[("VCPU", 4), ("DISK_GB", 20)])]), Some(false));
        assert_eq!(fits(&[on("n", &[("VCPU", 2)])]), Some(false));
        assert_eq!(super::fits(None, &[on("n", &[("VCPU", 2)])]), None);
        assert_eq!(super::fits(Some(&[]), &[on("n", &[("VCPU", 2)])]), None);
    }
}
