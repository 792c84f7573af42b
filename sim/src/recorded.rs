//! Reconstructs a cloud from the record of a task, as far as the record shows it: its state at the beginning, and the
//! changes by each exchange.

use std::collections::BTreeMap;

use swaparoo_placement::{Consumer, Inventory, Placement, Provider, Resources};

use super::cloud::SimMigration;
use super::compute::Cast;
use super::{ComputeNode, SimCloud, SimServer};
use crate::contract::{
    Allocation, Effect, Exchange, Holding, MigrationRecord, MigrationType, NewHolding, Reply, Selection, ServerState,
    Task,
};

/// A record does not show the inventories, so providers get more than any consumer holds.
pub const UNKNOWN_TOTAL: u64 = 1_000_000_000;
const CELL: &str = "ce110000-0000-4000-8000-000000000001";

impl SimCloud {
    /// The cloud before the first exchange: each consumer holds what the first read of it shows, unless it was written
    /// before that read.
    #[must_use]
    pub fn before(task: &Task, history: &[Exchange]) -> Self {
        let mut cloud = Self::of(Placement::default());
        let mut written: Vec<&str> = Vec::new();
        for (part, consumer) in task.parties() {
            cloud.party(part, consumer, task);
        }
        for Exchange { effect, reply, .. } in history {
            match (effect, reply) {
                (Effect::PostAllocations(post), _) => {
                    written.extend(post.consumers.iter().map(|entry| entry.consumer.as_str()));
                }
                (Effect::PutAllocations(put), _) => written.push(&put.holding.consumer),
                (Effect::DeleteAllocations(delete), _) => written.push(&delete.consumer),
                (_, Reply::Holding(holding)) if !written.contains(&holding.consumer.as_str()) => {
                    cloud.shows(holding);
                    written.push(&holding.consumer);
                }
                (_, Reply::Selections(answer)) => answer.selections.iter().for_each(|one| cloud.host(one)),
                _ => {}
            }
        }
        cloud
    }

    /// Applies an exchange: the changes by the effect, and the facts in the reply.
    pub fn see(&mut self, Exchange { effect, reply, .. }: &Exchange) {
        match (effect, reply) {
            (_, Reply::Holding(holding)) => self.shows(holding),
            (Effect::PostAllocations(post), Reply::Written) => {
                post.consumers.iter().for_each(|entry| self.was_written(entry));
            }
            (Effect::PutAllocations(put), Reply::Written) => self.was_written(&put.holding),
            (Effect::DeleteAllocations(delete), Reply::Written) => self.holds(&delete.consumer, None, &[]),
            (Effect::FindServer(find), Reply::Server(answer)) => match answer.state {
                ServerState::Gone => self.server(&find.server).alive = false,
                ServerState::Present | ServerState::Deleting => {
                    let server = self.server(&find.server);
                    (server.alive, server.recorded) = (true, answer.details.clone());
                }
                ServerState::Unknown => {}
            },
            (Effect::SaveMigration(save), Reply::Done) => {
                if let Some(migration) = self.migrations.get_mut(&save.migration) {
                    migration.record.status.clone_from(&save.status);
                }
            }
            (Effect::PrepResize(_) | Effect::LiveMigration(_), Reply::Done) => {
                if let Some(cast) = Cast::of(effect) {
                    self.begin(cast);
                }
            }
            (_, Reply::Migration(answer)) => answer.migration.iter().for_each(|record| self.record(record)),
            (Effect::SelectDestinations(select), Reply::Selections(answer)) => {
                answer.selections.iter().for_each(|one| self.host(one));
                if let Some(claim) = answer.selections.first().and_then(|first| first.allocation_request.as_ref()) {
                    self.claims(&select.server, &claim.allocations);
                }
            }
            _ => {}
        }
    }

    fn party(&mut self, part: &str, consumer: &str, task: &Task) {
        let server = match task {
            // The rules ask whether the target's server exists; if the target is new, the source is the server.
            Task::Move(of) if of.target_is_new => part == "source",
            Task::Move(_) => part == "target",
            _ => part == "server",
        };
        if server {
            self.server(consumer);
            return;
        }
        let owner = task.parties().into_iter().find(|(_, other)| *other != consumer);
        let migration_type = match task {
            Task::LiveMigrate(_) => MigrationType::LiveMigration,
            _ => MigrationType::Migration,
        };
        let server = owner.map(|(_, server)| server.to_owned()).unwrap_or_default();
        self.record(&MigrationRecord { migration: consumer.into(), server, migration_type, status: "unknown".into() });
    }

    fn server(&mut self, id: &str) -> &mut SimServer {
        self.servers.entry(id.to_owned()).or_insert_with(|| SimServer::on(""))
    }

    fn record(&mut self, record: &MigrationRecord) {
        let new = || SimMigration::new(record.clone(), "");
        self.migrations.entry(record.migration.clone()).or_insert_with(new).record = record.clone();
    }

    /// Adds a host that the scheduler has selected; the first provider in its claim is its root provider.
    fn host(&mut self, selection: &Selection) {
        let claim = selection.allocation_request.as_ref().and_then(|request| request.allocations.first());
        let Some(allocation) = claim.filter(|_| self.node(&selection.host).is_none()) else { return };
        self.nodes.push(ComputeNode {
            host: selection.host.clone(),
            node: selection.node.clone(),
            provider: allocation.provider.clone(),
            cell: selection.cell.clone().unwrap_or_else(|| CELL.into()),
            version: Some(66),
            up: true,
            zone: selection.availability_zone.clone(),
            fit: true,
        });
        self.provider(&allocation.provider, &selection.host);
    }

    fn shows(&mut self, holding: &Holding) {
        let owner = holding.owner.as_ref();
        let generation = owner.map(|owner| u64::from(owner.generation));
        let consumer = owner.map(|owner| Consumer::of(&owner.project, &owner.user));
        self.holds(&holding.consumer, consumer.zip(generation), &holding.allocations);
    }

    fn was_written(&mut self, new: &NewHolding) {
        let generation = new.generation.map_or(1, |generation| u64::from(generation) + 1);
        self.holds(&new.consumer, Some((Consumer::of(&new.project, &new.user), generation)), &new.allocations);
    }

    /// Adds the scheduler's claim to the server's allocations.
    fn claims(&mut self, server: &str, claim: &[Allocation]) {
        let known = self.placement.consumers().get(server).cloned();
        let generation = known.as_ref().map_or(1, |known| known.generation + 1);
        let mut held = known.unwrap_or_else(|| Consumer::of("project", "user"));
        held.allocations.extend(amounts(claim));
        self.set(server, Consumer { generation, ..held });
    }

    fn holds(&mut self, consumer: &str, of: Option<(Consumer, u64)>, allocations: &[Allocation]) {
        match of.filter(|_| !allocations.is_empty()) {
            Some((owner, generation)) => {
                self.set(consumer, Consumer { allocations: amounts(allocations), generation, ..owner });
            }
            None => {
                let path = format!("/allocations/{consumer}");
                self.placement.handle(&swaparoo_placement::Request::delete(&path));
            }
        }
    }

    fn set(&mut self, id: &str, consumer: Consumer) {
        for (provider, resources) in &consumer.allocations {
            self.provider(provider, "");
            let known = self.placement.providers().get(provider).cloned().unwrap_or_default();
            let lacks = resources.keys().filter(|class| !known.inventories.contains_key(*class)).cloned();
            let lacks: Vec<String> = lacks.collect();
            let grown = lacks.iter().fold(known, |known, class| known.with(class, Inventory::of(UNKNOWN_TOTAL)));
            let own = lacks.iter().filter(|class| class.starts_with("CUSTOM_"));
            own.for_each(|class| drop(self.placement.add_resource_class(class)));
            if !lacks.is_empty() {
                drop(self.placement.add_provider(provider, grown));
            }
        }
        drop(self.placement.add_consumer(id, consumer));
    }

    fn provider(&mut self, id: &str, name: &str) {
        if !self.placement.providers().contains_key(id) {
            let name = if name.is_empty() { id } else { name };
            drop(self.placement.add_provider(id, Provider::named(name)));
        }
    }
}

fn amounts(allocations: &[Allocation]) -> BTreeMap<String, Resources> {
    let resources = |allocation: &Allocation| {
        allocation.resources.iter().map(|of| (of.class.clone(), u64::from(of.amount))).collect()
    };
    allocations.iter().map(|allocation| (allocation.provider.clone(), resources(allocation))).collect()
}
