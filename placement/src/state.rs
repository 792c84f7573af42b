//! The state of a Placement: custom resource classes, resource providers and consumers.

use std::collections::{BTreeMap, BTreeSet};

use crate::errors::ErrorResponse;
use crate::{Consumer, Provider};

/// Amounts by resource class.
pub type Resources = BTreeMap<String, u64>;

/// The classes of os-resource-classes 1.1, in the order of their ids.
const STANDARD_CLASSES: [&str; 21] = [
    "VCPU",
    "MEMORY_MB",
    "DISK_GB",
    "PCI_DEVICE",
    "SRIOV_NET_VF",
    "NUMA_SOCKET",
    "NUMA_CORE",
    "NUMA_THREAD",
    "NUMA_MEMORY_MB",
    "IPV4_ADDRESS",
    "VGPU",
    "VGPU_DISPLAY_HEAD",
    "NET_BW_EGR_KILOBIT_PER_SEC",
    "NET_BW_IGR_KILOBIT_PER_SEC",
    "PCPU",
    "MEM_ENCRYPTION_CONTEXT",
    "FPGA",
    "PGPU",
    "NET_PACKET_RATE_KILOPACKET_PER_SEC",
    "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
    "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
];

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ModelState {
    /// Only custom classes; the standard ones always exist.
    pub(crate) resource_classes: BTreeSet<String>,
    pub(crate) providers: BTreeMap<String, Provider>,
    pub(crate) consumers: BTreeMap<String, Consumer>,
}

impl ModelState {
    pub(crate) fn is_standard_class(name: &str) -> bool {
        STANDARD_CLASSES.contains(&name)
    }

    pub(crate) fn knows_class(&self, name: &str) -> bool {
        Self::is_standard_class(name) || self.resource_classes.contains(name)
    }

    /// The standard classes by id, then the custom ones.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &str> {
        STANDARD_CLASSES.into_iter().chain(self.resource_classes.iter().map(String::as_str))
    }

    pub(crate) fn class(&self, name: &str) -> Result<(), ErrorResponse> {
        if self.knows_class(name) { Ok(()) } else { Err(ErrorResponse::not_found(no_such_class(name))) }
    }

    pub(crate) fn provider(&self, uuid: &str) -> Result<&Provider, ErrorResponse> {
        self.providers.get(uuid).ok_or_else(|| ErrorResponse::not_found(no_such_provider(uuid)))
    }

    pub(crate) fn provider_mut(&mut self, uuid: &str) -> Result<&mut Provider, ErrorResponse> {
        self.providers.get_mut(uuid).ok_or_else(|| ErrorResponse::not_found(no_such_provider(uuid)))
    }

    /// The amount of one class of one provider that the consumers selected by `which` hold; `None` if none holds any.
    pub(crate) fn used(&self, provider: &str, class: &str, which: impl Fn(&str) -> bool) -> Option<u64> {
        let consumers = self.consumers.iter().filter(|(uuid, _)| which(uuid));
        let amounts = consumers.filter_map(|(_, consumer)| consumer.allocations.get(provider)?.get(class).copied());
        amounts.reduce(u64::saturating_add)
    }

    /// The classes of one provider that have allocations.
    pub(crate) fn classes_in_use(&self, provider: &str) -> BTreeSet<&str> {
        let held = self.consumers.values().filter_map(|consumer| consumer.allocations.get(provider));
        held.flat_map(|resources| resources.keys().map(String::as_str)).collect()
    }
}

pub(crate) fn no_such_class(name: &str) -> String {
    format!("No such resource class {name}.")
}

pub(crate) fn no_such_provider(uuid: &str) -> String {
    format!("No resource provider with uuid {uuid} found")
}
