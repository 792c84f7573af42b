//! What a server needs by its flavor, and what a consumer holds.

use crate::contract::{Allocation, ResourceAmount};
use crate::facts::KnownServer;

/// The amounts of the three resources that a flavor always names; dedicated CPUs count as CPUs. `None`: not known, or
/// not the flavor's alone, such as memory that it also requests in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    cpus: Option<u64>,
    memory: Option<u64>,
    disk: Option<u64>,
}

impl Amounts {
    /// What the flavor of a server needs; `None` if it is not known. The disks of a server whose root disk is a volume are
    /// not compared: older versions of nova also allocated the size of its root disk.
    pub fn needed(server: &KnownServer) -> Option<Self> {
        let amounts = server.flavor.as_ref()?.amounts(server.volume_booted)?;
        let of = |class: &str| amounts.get(class).copied().flatten();
        let is_local = server.volume_booted == Some(false);
        let disk = is_local.then(|| of("DISK_GB")).flatten();
        Some(Self { cpus: of("VCPU"), memory: of("MEMORY_MB"), disk })
    }

    /// What these allocations have together.
    pub fn held<'a>(allocations: impl Iterator<Item = &'a Allocation>) -> Self {
        let (mut cpus, mut memory, mut disk) = (0, 0, 0);
        for ResourceAmount { class, amount } in allocations.flat_map(|allocation| &allocation.resources) {
            let sum = match class.as_str() {
                "VCPU" | "PCPU" => &mut cpus,
                "MEMORY_MB" => &mut memory,
                "DISK_GB" => &mut disk,
                _ => continue,
            };
            *sum += u64::from(*amount);
        }
        Self { cpus: Some(cpus), memory: Some(memory), disk: Some(disk) }
    }

    /// Whether all that both know is equal. Without a difference of one amount nothing is known to be wrong.
    pub fn agrees(&self, other: &Self) -> bool {
        self.pairs(other).into_iter().all(|(_, one, two)| one.zip(two).is_none_or(|(one, two)| one == two))
    }

    /// What differs in words, such as `4 CPUs instead of 2`.
    pub fn difference(&self, needed: &Self) -> String {
        let differing = self.pairs(needed).into_iter().filter_map(|(name, held, needed)| {
            let (held, needed) = (held?, needed?);
            (held != needed).then(|| format!("{held} {name} instead of {needed}"))
        });
        differing.collect::<Vec<_>>().join(", ")
    }

    fn pairs(&self, other: &Self) -> [(&'static str, Option<u64>, Option<u64>); 3] {
        [("CPUs", self.cpus, other.cpus), ("MEMORY_MB", self.memory, other.memory), ("DISK_GB", self.disk, other.disk)]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(extra_specs: serde_json::Value, volume_booted: Option<bool>) -> KnownServer {
        serde_json::from_value(json!({
            "uuid": "c0ffee00-0000-0000-0000-000000000001", "state": "present", "volume_booted": volume_booted,
            "flavor": {"vcpus": 2, "ram": 2048, "disk": 20, "ephemeral": 5, "swap": 512, "extra_specs": extra_specs},
        }))
        .unwrap()
    }

    fn held(amounts: &[(&str, u32)]) -> Amounts {
        let resources =
            amounts.iter().map(|(class, amount)| ResourceAmount { class: (*class).to_owned(), amount: *amount });
        Amounts::held([Allocation { provider: String::new(), resources: resources.collect() }].iter())
    }

    #[test]
    fn the_flavor_says_what_a_server_needs() {
        let right = [("VCPU", 2), ("MEMORY_MB", 2048), ("DISK_GB", 26), ("CUSTOM_GPU", 1)];
        let needed = Amounts::needed(&server(json!({}), Some(false))).unwrap();
        assert!(held(&right).agrees(&needed));
        assert!(held(&[("PCPU", 2), ("MEMORY_MB", 2048), ("DISK_GB", 26)]).agrees(&needed));
        let wrong = held(&[("VCPU", 4), ("MEMORY_MB", 2048), ("DISK_GB", 20)]);
        assert!(!wrong.agrees(&needed));
        assert_eq!(wrong.difference(&needed), "4 CPUs instead of 2, 20 DISK_GB instead of 26");
    }

    /// A false finding costs more than a missing one.
    #[test]
    fn what_the_flavor_alone_does_not_say_is_not_compared() {
        for (specs, volume, other) in [
            (json!({}), Some(true), [("VCPU", 2), ("MEMORY_MB", 2048)]),
            (json!({}), None, [("VCPU", 2), ("MEMORY_MB", 2048)]),
            (json!({"hw:emulator_threads_policy": "isolate"}), None, [("PCPU", 3), ("MEMORY_MB", 2048)]),
            (json!({"resources:VCPU": "0"}), None, [("CUSTOM_BAREMETAL", 1), ("MEMORY_MB", 2048)]),
            (json!({"resources:VCPU": "many"}), None, [("VCPU", 3), ("MEMORY_MB", 2048)]),
            (json!({"resources1:MEMORY_MB": "4"}), None, [("VCPU", 2), ("MEMORY_MB", 4)]),
        ] {
            let needed = Amounts::needed(&server(specs.clone(), volume)).unwrap();
            assert!(held(&other).agrees(&needed), "{specs}");
        }
        assert_eq!(Amounts::needed(&server(json!(null), Some(false))), None);
    }
}
