//! A flavor, and the amounts that nova's scheduler asks Placement for because of it (nova, scheduler/utils.py:
//! `ResourceRequest`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::contract::ResourceAmount;

/// nova adds a processor for the emulator's threads if this extra spec is `isolate`.
const EMULATOR_THREADS: &str = "hw:emulator_threads_policy";
const MIB_IN_GIB: u64 = 1_024;

/// A flavor, as nova shows it in a server since 2.47; other fields of nova's are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownFlavor {
    /// The number of virtual CPUs.
    pub vcpus: u32,
    /// The memory in MiB.
    pub ram: u32,
    /// The root disk in GiB.
    #[serde(default)]
    pub disk: u32,
    /// The ephemeral disks in GiB.
    #[serde(default)]
    pub ephemeral: u32,
    /// The swap disk in MiB.
    #[serde(default)]
    pub swap: u32,
    /// `None` if nova does not show them to these credentials.
    #[serde(default)]
    pub extra_specs: Option<BTreeMap<String, String>>,
}

impl KnownFlavor {
    /// The amounts in ascending order of class; `None` if the flavor alone does not show them: nova does not show its
    /// extra specs, it requests resources in groups, or it is not known whether its root disk is a volume.
    #[must_use]
    pub fn required_amounts(&self, volume_booted: Option<bool>) -> Option<Vec<ResourceAmount>> {
        let specs = self.extra_specs.as_ref()?;
        let mut amounts = BTreeMap::from([
            ("VCPU", u64::from(self.vcpus)),
            ("MEMORY_MB", u64::from(self.ram)),
            ("DISK_GB", self.disk_gb(volume_booted)?),
        ]);
        if specs.get(EMULATOR_THREADS).is_some_and(|policy| policy == "isolate") {
            amounts.remove("VCPU");
        }
        // `resources:CLASS` replaces the amount of a class; a suffix is the name of a group.
        for (key, value) in specs.iter().filter(|(key, _)| key.starts_with("resources")) {
            let class = key.strip_prefix("resources:")?;
            amounts.insert(if class == "PCPU" { "VCPU" } else { class }, value.trim().parse().ok()?);
        }
        let amount = |(class, amount): (&str, u64)| {
            Some(ResourceAmount { class: class.to_owned(), amount: u32::try_from(amount).ok()? })
        };
        amounts.into_iter().filter(|(_, amount)| *amount > 0).map(amount).collect()
    }

    /// The size of all local disks in GiB; `None` if it is not known whether the root disk is one of them.
    #[must_use]
    pub fn disk_gb(&self, volume_booted: Option<bool>) -> Option<u64> {
        let root = match volume_booted {
            Some(true) => 0,
            None if self.disk > 0 => return None,
            _ => self.disk,
        };
        Some(u64::from(root) + u64::from(self.ephemeral) + u64::from(self.swap).div_ceil(MIB_IN_GIB))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The amounts of a flavor with these extra specs, with 2 processors, 2,048 MiB, 20 + 5 GiB and 1,025 MiB of swap.
    fn amounts(volume_booted: Option<bool>, extra_specs: &Value) -> Option<String> {
        let flavor = json!({
            "vcpus": 2, "ram": 2_048, "disk": 20, "ephemeral": 5, "swap": 1_025, "extra_specs": extra_specs,
        });
        let amounts = KnownFlavor::deserialize(flavor).unwrap().required_amounts(volume_booted)?;
        let text: Vec<String> = amounts.iter().map(|of| format!("{} {}", of.amount, of.class)).collect();
        Some(text.join(" + "))
    }

    #[test]
    fn a_flavor_requires_what_nova_asks_placement_for() {
        let check = |volume_booted: Option<bool>, specs: Value, expected: Option<&str>| {
            assert_eq!(amounts(volume_booted, &specs).as_deref(), expected, "{volume_booted:?} {specs}");
        };
        let image = Some(false);
        check(image, json!({}), Some("27 DISK_GB + 2048 MEMORY_MB + 2 VCPU"));
        check(Some(true), json!({}), Some("7 DISK_GB + 2048 MEMORY_MB + 2 VCPU"));
        check(None, json!({}), None);
        check(image, json!({ "hw:cpu_policy": "dedicated" }), Some("27 DISK_GB + 2048 MEMORY_MB + 2 VCPU"));
        check(image, json!({ "resources:DISK_GB": "0" }), Some("2048 MEMORY_MB + 2 VCPU"));
        check(image, json!({ "resources:PCPU": "4" }), Some("27 DISK_GB + 2048 MEMORY_MB + 4 VCPU"));
        check(image, json!({ EMULATOR_THREADS: "isolate" }), Some("27 DISK_GB + 2048 MEMORY_MB"));
        check(image, json!({ "resources1:VGPU": "1" }), None);
        check(image, json!({ "resources:VCPU": "many" }), None);
        check(image, Value::Null, None);
    }
}
