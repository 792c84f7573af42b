//! Whether a server that exists should hold what it holds: by its compute node, its flavor and its migrations.

use std::collections::BTreeSet;

use super::amounts::Amounts;
use super::classify::{Context, Subject, node};
use super::{Finding, Why};
use crate::contract::{Allocation, MigrationType};
use crate::facts::KnownServer;

/// Classes that only compute nodes have; DISK_GB may also be of a shared provider without its trait.
const OF_COMPUTE_NODES: [&str; 3] = ["VCPU", "PCPU", "MEMORY_MB"];

impl Context<'_> {
    pub(super) fn existing(&self, subject: &Subject<'_>, server: &KnownServer) -> Option<Finding> {
        let mut running = subject.migrations.iter().filter(|one| !self.has_ended(one)).peekable();
        if running.peek().is_some() {
            // During a migration the server may hold allocations on both nodes. Its record is listed if it holds any.
            let stuck = running.find(|one| self.is_stuck(one, subject.server))?;
            let extra = self.extra(subject, server);
            return (!extra.is_empty()).then(|| Finding { extra, ..subject.finding(Why::StuckMigration).of(stuck) });
        }
        match &server.node {
            Some(_) => self.on_a_node(subject, server),
            None => self.without_node(subject, server),
        }
    }

    /// A server that is on no compute node holds nothing, unless it is being built or unshelved.
    fn without_node(&self, subject: &Subject<'_>, server: &KnownServer) -> Option<Finding> {
        let vm_state = server.vm_state.as_deref().filter(|state| ["shelved_offloaded", "error"].contains(state))?;
        if server.host.is_some() || server.task_state.is_some() {
            return None;
        }
        Some(Finding { detail: Some(vm_state.to_owned()), ..subject.finding(Why::NoHost) })
    }

    fn on_a_node(&self, subject: &Subject<'_>, server: &KnownServer) -> Option<Finding> {
        let extra = self.extra(subject, server);
        if extra.is_empty() {
            return self.wrong_amounts(subject, server);
        }
        // nova works on it; another audit finds what is left.
        if server.task_state.is_some() {
            return None;
        }
        let evacuation = subject.migrations.iter().find(|one| {
            let left = one.source.as_ref().is_none_or(|source| extra.iter().any(|root| root == source.as_str()));
            one.migration_type == MigrationType::Evacuation && left
        });
        let former = extra.iter().any(|root| !self.nodes.contains(root));
        let why = match evacuation {
            _ if former => Why::FormerNode,
            Some(_) => Why::Evacuated,
            None => Why::OtherNode,
        };
        let has_own = subject.server_held.iter().any(|one| Some(self.providers.root(&one.provider)) == node(server));
        let detail =
            (!has_own).then(|| format!("it holds nothing of its own compute node {}", node(server).unwrap_or("")));
        let extra_providers = self.held_of(&extra, subject);
        let finding = Finding { extra, extra_providers, detail, ..subject.finding(why) };
        Some(match evacuation {
            Some(evacuation) => finding.of(evacuation),
            None => finding,
        })
    }

    /// The root providers that the server should not use: compute nodes other than its own, also former ones. Shared
    /// providers and those of other services do not count.
    fn extra(&self, subject: &Subject<'_>, server: &KnownServer) -> Vec<String> {
        let own = node(server).unwrap_or_default();
        let is_extra = |one: &&Allocation| {
            let root = self.providers.root(&one.provider);
            root != own && (self.nodes.contains(root) || self.was_a_compute_node(one, root))
        };
        let roots: BTreeSet<_> =
            subject.server_held.iter().filter(is_extra).map(|one| self.providers.root(&one.provider)).collect();
        roots.into_iter().map(str::to_owned).collect()
    }

    /// The providers in the trees of these roots of which the server holds something.
    fn held_of(&self, roots: &[String], subject: &Subject<'_>) -> Vec<String> {
        let is_of = |one: &&Allocation| roots.iter().any(|root| root == self.providers.root(&one.provider));
        subject.server_held.iter().filter(is_of).map(|one| one.provider.clone()).collect()
    }

    fn was_a_compute_node(&self, allocation: &Allocation, root: &str) -> bool {
        let provider = &allocation.provider;
        let of_another = self.providers.is_sharing(provider) || self.providers.other_owner(provider).is_some();
        let is_of_nodes = |class: &str| OF_COMPUTE_NODES.contains(&class) || class.starts_with("CUSTOM_BAREMETAL");
        !of_another
            && self.providers.other_owner(root).is_none()
            && allocation.resources.iter().any(|resource| is_of_nodes(&resource.class))
    }

    fn wrong_amounts(&self, subject: &Subject<'_>, server: &KnownServer) -> Option<Finding> {
        // In other states, such as `resized` or while nova has a task, the flavor and the allocations may differ.
        let settled = ["active", "stopped", "paused", "suspended", "shelved", "rescued"];
        if server.task_state.is_some() || !server.vm_state.as_deref().is_some_and(|state| settled.contains(&state)) {
            return None;
        }
        let (held, needed) = (self.amounts(subject.server_held, server), Amounts::needed(server)?);
        let detail = Some(held.difference(&needed));
        (!held.agrees(&needed)).then(|| Finding { detail, ..subject.finding(Why::OtherAmounts) })
    }
}
