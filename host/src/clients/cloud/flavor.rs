//! The amounts that a server's flavor requires, as nova's scheduler asks Placement for them (nova, scheduler/utils.py:
//! `ResourceRequest`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::contract::ResourceAmount;

/// nova adds a processor for the emulator's threads if this extra spec is `isolate`.
const EMULATOR_THREADS: &str = "hw:emulator_threads_policy";
const MIB_IN_GIB: u64 = 1_024;

/// The amounts in ascending order of class, from nova's form of a server (compute API 2.47 or later); `None` if nova does
/// not show the flavor, or if it requests resources in groups.
pub(super) fn required_amounts(server: &Value) -> Option<Vec<ResourceAmount>> {
    let flavor = server.get("flavor")?;
    let specs = flavor.get("extra_specs")?.as_object()?;
    let mut amounts = basic_amounts(server, flavor)?;
    if specs.get(EMULATOR_THREADS).is_some_and(|policy| policy == "isolate") {
        amounts.remove("VCPU");
    }
    // `resources:CLASS` replaces the amount of a class; a suffix is the name of a group.
    for (key, value) in specs.iter().filter(|(key, _)| key.starts_with("resources")) {
        let class = key.strip_prefix("resources:")?;
        let amount = value.as_str()?.trim().parse().ok()?;
        amounts.insert(if class == "PCPU" { "VCPU" } else { class }.to_owned(), amount);
    }
    let amount = |(class, amount): (String, u64)| Some(ResourceAmount { class, amount: u32::try_from(amount).ok()? });
    amounts.into_iter().filter(|(_, amount)| *amount > 0).map(amount).collect()
}

fn basic_amounts(server: &Value, flavor: &Value) -> Option<BTreeMap<String, u64>> {
    let number = |key: &str| flavor.get(key).and_then(Value::as_u64);
    // nova shows no swap as an empty string, and a server without an image boots from a volume.
    let swap = flavor.get("swap").and_then(Value::as_u64).unwrap_or_default();
    let boots_from_volume = server.get("image").is_some_and(|image| image.as_str() == Some(""));
    let root = if boots_from_volume { 0 } else { number("disk")? };
    let disk = root + number("ephemeral")? + swap.div_ceil(MIB_IN_GIB);
    let amounts = [("VCPU", number("vcpus")?), ("MEMORY_MB", number("ram")?), ("DISK_GB", disk)];
    Some(amounts.into_iter().map(|(class, amount)| (class.to_owned(), amount)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The amounts of a flavor with these extra specs, with 2 processors, 2,048 MiB, 20 + 5 GiB and 1,025 MiB of swap.
    fn amounts(image: Value, extra_specs: Value) -> Option<String> {
        let flavor = json!({
            "vcpus": 2, "ram": 2_048, "disk": 20, "ephemeral": 5, "swap": 1_025, "extra_specs": extra_specs,
        });
        let amounts = required_amounts(&json!({ "image": image, "flavor": flavor }))?;
        let text: Vec<String> = amounts.iter().map(|of| format!("{} {}", of.amount, of.class)).collect();
        Some(text.join(" + "))
    }

    #[test]
    fn a_flavor_requires_what_nova_asks_placement_for() {
        let check = |image: Value, specs: Value, expected: Option<&str>| {
            assert_eq!(amounts(image.clone(), specs.clone()).as_deref(), expected, "{image} {specs}");
        };
        let image = || json!({ "id": "i" });
        check(image(), json!({}), Some("27 DISK_GB + 2048 MEMORY_MB + 2 VCPU"));
        check(json!(""), json!({}), Some("7 DISK_GB + 2048 MEMORY_MB + 2 VCPU"));
        check(image(), json!({ "hw:cpu_policy": "dedicated" }), Some("27 DISK_GB + 2048 MEMORY_MB + 2 VCPU"));
        check(image(), json!({ "resources:DISK_GB": "0" }), Some("2048 MEMORY_MB + 2 VCPU"));
        check(image(), json!({ "resources:PCPU": "4" }), Some("27 DISK_GB + 2048 MEMORY_MB + 4 VCPU"));
        check(image(), json!({ EMULATOR_THREADS: "isolate" }), Some("27 DISK_GB + 2048 MEMORY_MB"));
        check(image(), json!({ "resources1:VGPU": "1" }), None);
        check(image(), json!({ "resources:VCPU": "many" }), None);
        check(image(), Value::Null, None);
    }

    #[test]
    fn an_old_form_of_a_flavor_says_nothing() {
        assert_eq!(required_amounts(&json!({ "flavor": { "id": "1", "links": [] } })), None);
        assert_eq!(required_amounts(&json!({})), None);
    }
}
