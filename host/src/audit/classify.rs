//! Whether a consumer should hold what it holds: a pure function of what Placement and nova show.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::amounts::Amounts;
use super::holdings::Providers;
use super::nova::ServerSeen;
use super::{Finding, Why, time};
use crate::contract::{Allocation, CAME_TO_NOTHING, ServerState};
use crate::facts::{KnownMigration, KnownServer};

/// After this time nova works on no server any more, even if it still shows a task for it.
const TASK_IS_STUCK: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What is the same for all consumers.
pub struct Context<'a> {
    pub nodes: &'a BTreeSet<String>,
    pub providers: &'a Providers,
    /// The statuses of migrations that have ended, as the policy's description has them.
    pub ended: &'a [String],
    /// A migration that has not changed for this long, and whose server has no task, does not go on.
    pub stuck_after: Duration,
    pub now: SystemTime,
}

/// A consumer, and all that is known of it.
pub struct Subject<'a> {
    pub consumer: &'a str,
    pub held: &'a [Allocation],
    /// The migration record, if the consumer is one.
    pub record: Option<&'a KnownMigration>,
    /// The server: the consumer itself, or that of the record.
    pub server_id: &'a str,
    pub server: &'a ServerSeen,
    /// What the server holds.
    pub server_held: &'a [Allocation],
    /// All migrations of the server.
    pub migrations: &'a [KnownMigration],
}

impl Context<'_> {
    /// The finding, if the consumer should not hold what it holds.
    pub fn classify(&self, subject: &Subject<'_>) -> Option<Finding> {
        if subject.held.is_empty() {
            return None;
        }
        match subject.record {
            Some(record) => self.record(subject, record),
            None => self.server(subject),
        }
    }

    fn record(&self, subject: &Subject<'_>, record: &KnownMigration) -> Option<Finding> {
        let finding = |why| Some(subject.finding(why).of(record));
        if !self.has_ended(record) {
            return if self.is_stuck(record, subject.server) { finding(Why::StuckMigration) } else { None };
        }
        let another = |one: &&KnownMigration| one.uuid != record.uuid && !self.has_ended(one);
        match subject.server {
            ServerSeen::Gone { .. } => finding(Why::MigrationOfDeletedServer),
            ServerSeen::NotNamed => finding(Why::ServerUnknown),
            ServerSeen::Row(server) => match server.state {
                ServerState::Gone => finding(Why::MigrationOfDeletedServer),
                ServerState::Unknown | ServerState::Deleting => finding(Why::ServerUnknown),
                ServerState::Present if subject.migrations.iter().find(another).is_some() => {
                    finding(Why::BesideAMigration)
                }
                ServerState::Present => Some(self.ended_migration(subject, record, server)),
            },
        }
    }

    /// The migration has ended, and its record holds allocations, and the server exists.
    fn ended_migration(&self, subject: &Subject<'_>, record: &KnownMigration, server: &KnownServer) -> Finding {
        let finding = |why| subject.finding(why).of(record);
        let Some(node) = &server.node else { return finding(Why::NeitherHoldsTheNode) };
        let holds = |held: &[Allocation]| held.iter().any(|one| self.providers.root(&one.provider) == node.as_str());
        match (holds(subject.server_held), holds(subject.held)) {
            (true, false) => finding(Why::EndedMigration),
            (true, true) => self.both(subject, record, server).of(record),
            (false, true) if succeeded(record) => finding(Why::ContradictsNova),
            (false, true) => self.only_the_record(subject, server).of(record),
            (false, false) => finding(Why::NeitherHoldsTheNode),
        }
    }

    /// The migration came to nothing, and its record alone holds allocations of the server's node. The rules of `release`
    /// give them back unless the flavor contradicts.
    fn only_the_record(&self, subject: &Subject<'_>, server: &KnownServer) -> Finding {
        let held = self.amounts(subject.held, server);
        let other = Amounts::needed(server).filter(|needed| !held.agrees(needed));
        match other {
            None => subject.finding(Why::ServerLostIt),
            Some(needed) => {
                let detail = Some(held.difference(&needed));
                Finding { detail, ..subject.finding(Why::RecordNotItsFlavor) }
            }
        }
    }

    /// Both hold allocations of the server's node, as after a resize on the same host: the migration's status and the
    /// flavor say which are right, as in the rules of `release`.
    fn both(&self, subject: &Subject<'_>, record: &KnownMigration, server: &KnownServer) -> Finding {
        let [of_record, own] = [subject.held, subject.server_held].map(|held| self.amounts(held, server));
        let needed = Amounts::needed(server);
        let fits = |held: &Amounts| needed.as_ref().map(|needed| held.agrees(needed));
        match (succeeded(record), fits(&of_record), fits(&own)) {
            _ if own.agrees(&of_record) => subject.finding(Why::EndedMigration),
            (true, _, Some(true) | None) => subject.finding(Why::EndedMigration),
            (false, Some(true), _) => subject.finding(Why::ServerLostIt),
            _ => {
                let both = [("the server", own), ("the record", of_record)];
                let differs = needed.and_then(|needed| {
                    let (whose, held) = both.iter().find(|(_, held)| !held.agrees(&needed))?;
                    Some(format!("{whose} holds {}", held.difference(&needed)))
                });
                Finding { detail: differs, ..subject.finding(Why::BothHoldTheNode) }
            }
        }
    }

    /// The finding for a server, or for a consumer that nova does not know.
    fn server(&self, subject: &Subject<'_>) -> Option<Finding> {
        let finding = |why| Some(subject.finding(why));
        match subject.server {
            ServerSeen::Gone { had: true } => finding(Why::DeletedServer),
            ServerSeen::Gone { had: false } => finding(Why::UnknownToNova),
            ServerSeen::NotNamed if subject.migrations.is_empty() => finding(Why::UnknownToNova),
            ServerSeen::NotNamed => None,
            ServerSeen::Row(server) => match server.state {
                ServerState::Gone => finding(Why::DeletedServer),
                // nova deletes its allocations with it.
                ServerState::Deleting | ServerState::Unknown => None,
                ServerState::Present => self.existing(subject, server),
            },
        }
    }

    /// What a consumer holds of the server's node and of shared providers.
    pub(super) fn amounts(&self, held: &[Allocation], server: &KnownServer) -> Amounts {
        let own = node(server).unwrap_or_default();
        Amounts::held(held.iter().filter(|one| {
            let root = self.providers.root(&one.provider);
            root == own || !self.nodes.contains(root)
        }))
    }

    pub(super) fn has_ended(&self, migration: &KnownMigration) -> bool {
        self.ended.contains(&migration.status)
    }

    /// Whether a migration has not ended and does not go on any more.
    pub(super) fn is_stuck(&self, migration: &KnownMigration, server: &ServerSeen) -> bool {
        let row = server.present();
        let vm_state = row.and_then(|server| server.vm_state.as_deref());
        // It waits for its user to confirm the resize.
        if migration.status == "finished" && row.is_some() && vm_state.is_none_or(|state| state == "resized") {
            return false;
        }
        let has_task = row.is_some_and(|server| server.task_state.is_some());
        let limit = if has_task { TASK_IS_STUCK.max(self.stuck_after) } else { self.stuck_after };
        let age = migration.updated_at.as_deref().and_then(|changed| time::since(changed, self.now));
        age.is_some_and(|age| age >= limit)
    }
}

impl Subject<'_> {
    pub(super) fn finding(&self, why: Why) -> Finding {
        Finding {
            consumer: self.consumer.to_owned(),
            server: self.server_id.to_owned(),
            allocations: self.held.to_vec(),
            why,
            migration: None,
            status: None,
            since: None,
            node: self.server.present().and_then(|server| server.node.as_ref()).map(ToString::to_string),
            extra: Vec::new(),
            extra_providers: Vec::new(),
            detail: None,
            repairable: why.is_repairable(),
            needs_a_person: why.needs_a_person(),
            owner: None,
            words: String::new(),
            way_out: None,
        }
    }
}

/// Whether a migration that has ended has succeeded, as the rules see it.
fn succeeded(record: &KnownMigration) -> bool {
    !CAME_TO_NOTHING.contains(&record.status.as_str())
}

pub(super) fn node(server: &KnownServer) -> Option<&str> {
    server.node.as_ref().map(|node| node.as_str())
}

impl Finding {
    /// The same, with the migration that it is about.
    pub(super) fn of(self, migration: &KnownMigration) -> Self {
        Self {
            migration: Some(migration.uuid.to_string()),
            status: Some(migration.status.clone()),
            since: migration.updated_at.clone(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    /// The finding for the record of an ended migration that holds what the server should hold on its node.
    fn why(status: &str) -> Why {
        let [node, server, record] = [1, 2, 3].map(|number| format!("c0ffee00-0000-0000-0000-00000000000{number}"));
        let known = json!({ "uuid": server, "state": "present", "node": node });
        let migration = json!({ "uuid": record, "server": server, "type": "resize", "status": status });
        let migration: KnownMigration = from_value(migration).unwrap();
        let context = Context {
            nodes: &BTreeSet::from([node.clone()]),
            providers: &Providers::default(),
            ended: &[status.to_owned()],
            stuck_after: Duration::from_secs(1),
            now: SystemTime::now(),
        };
        let subject = Subject {
            consumer: &record,
            held: &[Allocation { provider: node, resources: Vec::new() }],
            record: Some(&migration),
            server_id: &server,
            server: &ServerSeen::Row(Box::new(from_value(known).unwrap())),
            server_held: &[],
            migrations: std::slice::from_ref(&migration),
        };
        context.classify(&subject).unwrap().why
    }

    /// As in the rules: they give nothing back for a status that only the policy knows.
    #[test]
    fn a_migration_that_did_not_come_to_nothing_has_succeeded() {
        for status in CAME_TO_NOTHING {
            assert_eq!(why(status), Why::ServerLostIt, "{status}");
        }
        for status in ["completed", "confirmed", "done", "superseded"] {
            assert_eq!(why(status), Why::ContradictsNova, "{status}");
        }
    }
}
