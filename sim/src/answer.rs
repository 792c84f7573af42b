//! Answers effects: those to Placement by its model, those to nova by the state of the simulated cloud.

use super::cloud::{SimMigration, SimServer};
use super::compute::Cast;
use super::placement::{Late, silence};
use super::scheduler::amounts;
use super::{EffectFault, SimCloud};
use crate::contract::{
    AvailabilityZoneAnswer, CellAnswer, CheckDestination, ComputeNodeAnswer, CreateMigration, DestinationCheck, Effect,
    FindMigration, MigrationAnswer, MigrationRecord, NovaError, Paused, PortRequests, ProjectAndUser, Reply,
    Selections, ServerAnswer, ServerDetails, ServerMigration, ServerState, ServiceAnswer,
};
use crate::placement_codec;

impl SimCloud {
    /// The reply to an effect with this fate. A pause ends immediately.
    pub fn answer(&mut self, effect: &Effect, fault: EffectFault) -> Reply {
        if let Some(request) = placement_codec::request(effect) {
            return self.ask_placement(&request, effect, fault);
        }
        if matches!(effect, Effect::Pause(_)) {
            // A replica catches up.
            self.catch_up();
            return Reply::Paused(Paused { ms: 0 });
        }
        let asks_api = matches!(effect, Effect::FindServer(_) | Effect::FindComputeNode(_));
        if asks_api && fault == EffectFault::Unreachable {
            return Reply::Unreachable(silence("connection refused"));
        }
        if !self.conductor {
            return if self.api && asks_api { self.answer_question(effect) } else { silent(effect) };
        }
        match fault {
            EffectFault::Raised(error) => raised(error, ""),
            EffectFault::DoneAndRaised(error) => {
                self.execute(effect);
                raised(error, "")
            }
            EffectFault::DoneAndSilent => {
                self.execute(effect);
                silent(effect)
            }
            EffectFault::NotDoneAndSilent => silent(effect),
            EffectFault::NotListed => Reply::Migration(MigrationAnswer { migration: None }),
            EffectFault::Late => {
                self.late.extend(Cast::of(effect).map(Late::Cast));
                silent(effect)
            }
            EffectFault::Answered
            | EffectFault::Unreachable
            | EffectFault::Placement(_)
            | EffectFault::Refused
            | EffectFault::Forbidden
            | EffectFault::BadGateway
            | EffectFault::Stale
            | EffectFault::ServerError
            | EffectFault::DoneAndServerError
            | EffectFault::DoneAndForgotten
            | EffectFault::ForgottenAndBadGateway => self.execute(effect),
        }
    }

    fn execute(&mut self, effect: &Effect) -> Reply {
        match effect {
            Effect::CreateMigration(create) => self.create_migration(create),
            Effect::SaveMigration(save) => match self.migrations.get_mut(&save.migration) {
                Some(migration) => {
                    migration.record.status.clone_from(&save.status);
                    Reply::Done
                }
                None => raised("MigrationNotFound", &save.migration),
            },
            Effect::SelectDestinations(select) => match self.select_destinations(select) {
                Ok(selections) => Reply::Selections(Selections { selections }),
                Err(error) => Reply::NovaError(error),
            },
            Effect::PrepResize(_) | Effect::LiveMigration(_) => {
                if let Some(cast) = Cast::of(effect) {
                    self.begin(cast);
                }
                Reply::Done
            }
            question => self.answer_question(question),
        }
    }

    /// nova's answers to questions, which change nothing.
    fn answer_question(&self, question: &Effect) -> Reply {
        match question {
            Effect::FindServer(find) => {
                let alive = self.alive(&find.server);
                let state = if alive.is_some() { ServerState::Present } else { ServerState::Gone };
                let details = alive.and_then(|server| self.details(&find.server, server));
                Reply::Server(ServerAnswer { state, details })
            }
            Effect::FindComputeNode(find) => {
                let host = self.alive(&find.server).map(|server| server.host.as_str());
                self.compute_node(host)
            }
            Effect::FindHostNode(of) => self.compute_node(Some(&of.host)),
            Effect::GetPortRequests(of) => {
                let requests = self.alive(&of.server).map(|server| server.ports.clone()).unwrap_or_default();
                Reply::PortRequests(PortRequests { requests })
            }
            // nova keeps the cell mapping of a deleted server until the server is archived.
            Effect::FindCell(of) => {
                let node = self.servers.get(&of.server).and_then(|server| self.node(&server.host));
                Reply::Cell(CellAnswer { cell: node.map(|node| node.cell.clone()) })
            }
            Effect::FindMigration(find) => self.find_migration(find),
            Effect::GetMigration(of) => {
                let migration = self.migrations.get(&of.migration).map(|migration| migration.record.clone());
                Reply::Migration(MigrationAnswer { migration })
            }
            Effect::EnsureProjectAndUser(of) => match self.servers.get(&of.server).cloned() {
                Some(server) => Reply::ProjectAndUser(ProjectAndUser { project: server.project, user: server.user }),
                None => raised("InstanceNotFound", &of.server),
            },
            Effect::FindService(of) => {
                Reply::Service(ServiceAnswer { version: self.node(&of.host).and_then(|node| node.version) })
            }
            Effect::GetComputeRpcVersion => Reply::RpcVersion(self.rpc),
            Effect::GetAvailabilityZone(of) => {
                let zone = self.node(&of.host).and_then(|node| node.zone.clone());
                Reply::AvailabilityZone(AvailabilityZoneAnswer { zone })
            }
            Effect::CheckServiceUp(of) => match self.node(&of.host) {
                Some(node) if node.up => Reply::Done,
                _ => raised("ComputeServiceUnavailable", &of.host),
            },
            Effect::CheckDestination(check) => self.check_destination(check),
            _ => Reply::Done,
        }
    }

    /// What nova shows of a server that is not deleted; `None` if this cloud does not know its flavor.
    fn details(&self, id: &str, server: &SimServer) -> Option<ServerDetails> {
        let Some(flavor) = self.flavors.get(&server.flavor) else { return server.recorded.clone() };
        let of_it = self.migrations.values().map(|migration| &migration.record).filter(|record| record.server == id);
        let shown = |record: &MigrationRecord| {
            let (migration, status) = (record.migration.clone(), record.status.clone());
            ServerMigration { migration, status }
        };
        Some(ServerDetails {
            host: Some(server.host.clone()),
            node: self.node(&server.host).map(|node| node.node.clone()),
            vm_state: None,
            task_state: None,
            flavor: self.shows_flavors.then(|| amounts(flavor.clone())),
            migrations: Some(of_it.map(shown).collect()),
        })
    }

    fn compute_node(&self, host: Option<&str>) -> Reply {
        let node = host.and_then(|host| self.node(host)).map(|node| node.provider.clone());
        Reply::ComputeNode(ComputeNodeAnswer { node })
    }

    fn find_migration(&self, find: &FindMigration) -> Reply {
        let fits = |record: &&MigrationRecord| {
            record.server == find.server && record.migration_type == find.migration_type && record.status == find.status
        };
        let migration = self.migrations.values().map(|migration| &migration.record).find(fits).cloned();
        Reply::Migration(MigrationAnswer { migration })
    }

    fn create_migration(&mut self, create: &CreateMigration) -> Reply {
        let record = MigrationRecord {
            migration: self.next_migration(),
            server: create.server.clone(),
            migration_type: create.migration_type,
            status: "pre-migrating".into(),
        };
        let migration = SimMigration::new(record.clone(), &create.new_flavor);
        self.migrations.insert(record.migration.clone(), migration);
        Reply::Migration(MigrationAnswer { migration: Some(record) })
    }

    fn check_destination(&self, check: &CheckDestination) -> Reply {
        let asks_compute = check.check == DestinationCheck::CanLiveMigrate;
        match self.node(&check.destination.host) {
            _ if asks_compute && self.alive(&check.server).is_none() => raised("InstanceNotFound", &check.server),
            Some(node) if node.fit || !asks_compute => Reply::Done,
            _ => raised("MigrationPreCheckError", &check.destination.host),
        }
    }
}

/// The reply when no conductor answers. Whether a server exists is then unknown, and the host itself answers so.
fn silent(effect: &Effect) -> Reply {
    match effect {
        Effect::FindServer(_) => Reply::Server(ServerAnswer { state: ServerState::Unknown, details: None }),
        _ => Reply::Abandoned(silence("the conductor has fallen silent")),
    }
}

pub(super) fn raised(error: &str, detail: &str) -> Reply {
    Reply::NovaError(NovaError { error: error.into(), detail: detail.into() })
}
