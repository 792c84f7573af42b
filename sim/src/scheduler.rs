//! nova's scheduler: selects hosts for a server, and claims the first host that Placement grants.

use std::collections::BTreeMap;

use swaparoo_placement::{Provider, Resources};

use super::cloud::ComputeNode;
use super::{EffectFault, Reach, SimCloud};
use crate::contract::{
    Allocation, AllocationRequest, Effect, GetAllocations, Holding, Mapping, NewHolding, NovaError, PutAllocations,
    Reply, RequestSpec, ResourceAmount, ResourceRequest, SelectDestinations, Selection,
};

/// nova.conf, [scheduler]max_attempts: the host and two alternates.
const MOST: usize = 3;
/// The microversion that nova uses for claims.
const VERSION: &str = "1.36";
/// The microversion of a scheduler whose claims name no mappings.
const WITHOUT_MAPPINGS: &str = "1.28";
/// The trait of a provider whose resources several compute nodes share.
pub const SHARING: &str = "MISC_SHARES_VIA_AGGREGATE";

/// Whether a provider has this amount of a resource class free.
type Spares<'a> = dyn Fn(&str, &str, u64) -> bool + 'a;

impl SimCloud {
    /// nova's `select_destinations`. It claims for the server's UUID and does not check whether the server still
    /// exists.
    pub(super) fn select_destinations(&mut self, select: &SelectDestinations) -> Result<Vec<Selection>, NovaError> {
        let SelectDestinations { server, request_spec } = select;
        let candidates = if self.reach == Reach::Here { self.candidates(server, request_spec) } else { Vec::new() };
        let claimed = candidates.iter().position(|host| self.claim(server, request_spec, host));
        let taken = claimed.map(|first| candidates.into_iter().skip(first).take(MOST).collect());
        taken.ok_or_else(|| NovaError {
            error: "NoValidHost".into(),
            detail: "There are not enough hosts available.".into(),
        })
    }

    /// The hosts on which the server fits now, best first.
    fn candidates(&self, server: &str, spec: &RequestSpec) -> Vec<Selection> {
        let Some(flavor) = self.wanted_flavor(server) else { return Vec::new() };
        let spares = |provider: &str, class: &str, amount: u64| self.spares(provider, class, amount);
        let nodes = self.nodes.iter().filter(|node| node.up && passes(node, spec));
        let selections = nodes.filter_map(|node| {
            let mut request = self.request(node, flavor, &spec.requested_resources, &spares)?;
            if self.old_scheduler {
                (request.mappings, request.version) = (Vec::new(), WITHOUT_MAPPINGS.into());
            }
            Some(Selection {
                host: node.host.clone(),
                node: node.node.clone(),
                cell: Some(node.cell.clone()),
                allocation_request: Some(request),
                availability_zone: node.zone.clone().filter(|_| !self.old_scheduler),
            })
        });
        selections.collect()
    }

    /// The new flavor of a running migration, or the server's flavor.
    fn wanted_flavor(&self, server: &str) -> Option<&Resources> {
        let ours =
            |record: &crate::contract::MigrationRecord| record.server == server && record.status == "pre-migrating";
        let migration = self.migrations.values().find(|migration| ours(&migration.record));
        let own = self.servers.get(server).map(|server| &server.flavor);
        self.flavors.get(migration.map(|migration| &migration.new_flavor).or(own)?)
    }

    /// The allocations on a node of a server with this flavor and these ports; `None` if it does not fit.
    pub(super) fn request(
        &self,
        node: &ComputeNode,
        flavor: &Resources,
        ports: &[ResourceRequest],
        spares: &Spares<'_>,
    ) -> Option<AllocationRequest> {
        let mut held = self.by_provider(node, flavor)?;
        let mut mappings = Vec::new();
        for port in ports {
            let serves = |(_, provider): &(&String, &Provider)| {
                provider.parent.as_ref() == Some(&node.provider)
                    && port.required_traits.iter().all(|needed| provider.traits.contains(needed))
                    && port.resources.iter().all(|of| provider.inventories.contains_key(&of.class))
            };
            let (provider, _) = self.placement.providers().iter().find(serves)?;
            let resources = held.entry(provider.clone()).or_default();
            for of in &port.resources {
                *resources.entry(of.class.clone()).or_default() += u64::from(of.amount);
            }
            mappings.push(Mapping { requester: port.requester.clone(), providers: vec![provider.clone()] });
        }
        let fits = held.iter().all(|(provider, of)| of.iter().all(|(class, n)| spares(provider, class, *n)));
        if !mappings.is_empty() {
            mappings.insert(0, Mapping { requester: String::new(), providers: vec![node.provider.clone()] });
        }
        fits.then(|| AllocationRequest { allocations: allocations(held), mappings, version: VERSION.into() })
    }

    /// The flavor's resources of the node itself, and of providers that share theirs with all nodes.
    fn by_provider(&self, node: &ComputeNode, flavor: &Resources) -> Option<BTreeMap<String, Resources>> {
        let providers = self.placement.providers();
        let has = |provider: &Provider, class: &String| provider.inventories.contains_key(class);
        let mut held: BTreeMap<String, Resources> = BTreeMap::new();
        for (class, amount) in flavor {
            let is_own = providers.get(&node.provider).is_some_and(|provider| has(provider, class));
            let shares = |(_, other): &(&String, &Provider)| other.traits.contains(SHARING) && has(other, class);
            let provider = if is_own { &node.provider } else { providers.iter().find(shares)?.0 };
            held.entry(provider.clone()).or_default().insert(class.clone(), *amount);
        }
        Some(held)
    }

    fn spares(&self, provider: &str, class: &str, amount: u64) -> bool {
        let inventory = self.placement.providers().get(provider).and_then(|provider| provider.inventories.get(class));
        inventory
            .is_some_and(|of| of.total.saturating_sub(of.reserved) >= self.placement.used(provider, class) + amount)
    }

    /// nova's `claim_resources`: adds to the server's allocations; if the server has any, the claim has no mappings.
    fn claim(&mut self, server: &str, spec: &RequestSpec, host: &Selection) -> bool {
        let Some(request) = host.allocation_request.clone() else { return true };
        let get = Effect::GetAllocations(GetAllocations { consumer: server.into() });
        let Reply::Holding(now) = self.answer(&get, EffectFault::Answered) else { return false };
        let put = Effect::PutAllocations(put(server, spec, request, &now));
        self.answer(&put, EffectFault::Answered) == Reply::Written
    }
}

/// Whether the node passes nova's filters.
fn passes(node: &ComputeNode, spec: &RequestSpec) -> bool {
    let wanted = spec.requested_destination.as_ref();
    let is = |asked: Option<&String>, own: &str| asked.is_none_or(|asked| asked == own);
    let forced = |asked: &[String], own: &String| asked.is_empty() || asked.contains(own);
    !spec.ignore_hosts.contains(&node.host)
        && forced(&spec.force_hosts, &node.host)
        && forced(&spec.force_nodes, &node.node)
        && is(wanted.and_then(|wanted| wanted.host.as_ref()), &node.host)
        && is(wanted.and_then(|wanted| wanted.node.as_ref()), &node.node)
        && is(wanted.and_then(|wanted| wanted.cell.as_ref()), &node.cell)
}

fn put(server: &str, spec: &RequestSpec, request: AllocationRequest, now: &Holding) -> PutAllocations {
    let AllocationRequest { allocations, mut mappings, version } = request;
    let mut both = now.allocations.clone();
    let is_new = |new: &Allocation| now.allocations.iter().all(|kept| kept.provider != new.provider);
    both.extend(allocations.into_iter().filter(is_new));
    if now.owner.is_some() {
        mappings.clear();
    }
    let said = |id: &Option<String>| id.clone().unwrap_or_default();
    let holding = NewHolding {
        consumer: server.into(),
        project: said(&spec.project),
        user: said(&spec.user),
        generation: now.owner.as_ref().map(|owner| owner.generation),
        allocations: both,
    };
    PutAllocations { holding, mappings, version }
}

pub(super) fn allocations(held: BTreeMap<String, Resources>) -> Vec<Allocation> {
    held.into_iter().map(|(provider, of)| Allocation { provider, resources: amounts(of) }).collect()
}

pub(super) fn amounts(of: Resources) -> Vec<ResourceAmount> {
    let amount = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    of.into_iter().map(|(class, n)| ResourceAmount { class, amount: amount(n) }).collect()
}
