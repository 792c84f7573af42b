//! A flavor, and the amounts that nova's scheduler asks Placement for because of it (nova, scheduler/utils.py:
//! `ResourceRequest`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::contract::ResourceAmount;

/// nova adds a processor for the emulator's threads if this extra spec is `isolate`.
const EMULATOR_THREADS: &str = "hw:emulator_threads_policy";
const MIB_IN_GIB: u64 = 1_024;
/// The beginning of an extra spec that replaces an amount.
const OVERRIDE: &str = "resources:";

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

/// The amounts by class; `None` for one that the flavor alone does not show. Dedicated CPUs count as VCPU.
pub type AmountsByClass = BTreeMap<String, Option<u64>>;

impl KnownFlavor {
    /// The amounts in ascending order of class; `None` if the flavor alone does not show them: nova does not show its
    /// extra specs, it requests resources in groups, or it is not known whether its root disk is a volume.
    #[must_use]
    pub fn required_amounts(&self, volume_booted: Option<bool>) -> Option<Vec<ResourceAmount>> {
        let mut amounts = self.amounts(volume_booted)?;
        if self.has_emulator_threads() {
            // The other amounts are known.
            amounts.remove("VCPU");
        }
        let known: Option<BTreeMap<String, u64>> =
            amounts.into_iter().map(|(class, amount)| Some((class, amount?))).collect();
        let amount = |(class, amount)| Some(ResourceAmount { class, amount: u32::try_from(amount).ok()? });
        known?.into_iter().filter(|(_, amount)| *amount > 0).map(amount).collect()
    }

    /// The amount of each class that nova's scheduler asks for, also of classes of which it asks for none; `None` if nova
    /// does not show the extra specs.
    #[must_use]
    pub fn amounts(&self, volume_booted: Option<bool>) -> Option<AmountsByClass> {
        let mut amounts = AmountsByClass::from([
            ("VCPU".to_owned(), Some(self.vcpus.into())),
            ("MEMORY_MB".to_owned(), Some(self.ram.into())),
            ("DISK_GB".to_owned(), self.disk_gb(volume_booted)),
        ]);
        let specs = self.extra_specs.as_ref()?;
        amounts.extend(overrides(specs));
        for (key, _) in specs.iter().filter(|(key, _)| key.starts_with("resources") && !key.starts_with(OVERRIDE)) {
            amounts.insert(counted(key.rsplit_once(':')?.1), None);
        }
        if self.has_emulator_threads() {
            amounts.insert("VCPU".to_owned(), None);
        }
        Some(amounts)
    }

    /// Whether nova may add a CPU for the emulator's threads.
    fn has_emulator_threads(&self) -> bool {
        let policy = self.extra_specs.as_ref().and_then(|specs| specs.get(EMULATOR_THREADS));
        policy.is_some_and(|policy| policy == "isolate")
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

/// `resources:CLASS` replaces the amount of a class; a suffix of `resources` would be the name of a group.
fn overrides(specs: &BTreeMap<String, String>) -> AmountsByClass {
    let mut amounts = AmountsByClass::new();
    for (class, value) in specs.iter().filter_map(|(key, value)| Some((key.strip_prefix(OVERRIDE)?, value))) {
        let amount = value.trim().parse::<u64>().ok();
        let sum = amounts.entry(counted(class)).or_insert(Some(0));
        *sum = sum.zip(amount).and_then(|(sum, amount)| sum.checked_add(amount));
    }
    amounts
}

/// The class as which an amount counts.
fn counted(class: &str) -> String {
    if class == "PCPU" { "VCPU" } else { class }.to_owned()
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
        let both = json!({ "resources:PCPU": "4", "resources:VCPU": "2" });
        check(image, both, Some("27 DISK_GB + 2048 MEMORY_MB + 6 VCPU"));
        check(image, json!({ EMULATOR_THREADS: "share" }), Some("27 DISK_GB + 2048 MEMORY_MB + 2 VCPU"));
        check(image, json!({ "resources1:VGPU": "1" }), None);
        check(image, json!({ "resources:VCPU": "many" }), None);
        check(image, Value::Null, None);
    }
}
