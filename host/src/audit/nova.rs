//! What nova knows: from its lists, or from a file.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Progress, Stage};
use crate::canonical::Canonical;
use crate::clients::cloud::{Cloud, Doubt, ListedNode, ListedServer, Migrations};
use crate::contract::ServerState;
use crate::describe::count;
use crate::executor::NovaSource;
use crate::facts::{Facts, KnownMigration, KnownServer, Unanswered};

/// A server as nova knows it.
#[derive(Debug, Clone)]
pub enum ServerSeen {
    /// nova shows it.
    Row(Box<KnownServer>),
    /// nova does not have it.
    Gone {
        /// True if nova still has the row of the deleted server: then the consumer is not another service's.
        had: bool,
    },
    /// The list or the file does not name it, and that proves nothing.
    NotNamed,
}

/// What nova knows, by id.
#[derive(Debug, Default)]
pub struct NovaView {
    servers: HashMap<String, KnownServer>,
    migrations: HashMap<String, KnownMigration>,
    /// The ids of the migrations of each server.
    of_servers: HashMap<String, Vec<String>>,
    /// Migration records that this program does not understand.
    others: HashSet<String>,
    /// The UUIDs of all compute nodes.
    pub nodes: BTreeSet<String>,
    /// The UUID of each compute node by the host of its service and its name.
    by_place: HashMap<(String, String), Canonical>,
    /// Why a consumer that nova does not know may be in a cell that does not answer; `None` if all cells answer.
    pub cells_down: Option<String>,
    /// Whether a server is gone if it is not named.
    complete: bool,
}

impl NovaView {
    /// Reads nova's lists.
    ///
    /// # Errors
    /// nova does not show them.
    pub async fn read(nova: &NovaSource, progress: Progress<'_>) -> Result<Self, Unanswered> {
        match nova {
            NovaSource::Cloud { cloud, .. } => Self::of_cloud(cloud, progress).await,
            NovaSource::Facts(facts) => Ok(Self::of_file(facts)),
            NovaSource::None | NovaSource::Reported(_) | NovaSource::Caller(_) => Ok(Self::default()),
        }
    }

    async fn of_cloud(cloud: &Cloud, progress: Progress<'_>) -> Result<Self, Unanswered> {
        // The migrations first: one that begins while the servers are read makes its server look wrong, and then the
        // server's migrations are asked for again.
        let nodes = cloud.compute_nodes().await.map_err(unanswered("its compute nodes"))?;
        let (migrations, servers, down) = tokio::join!(
            cloud.all_migrations(|done| progress(Stage::Migrations, done, None)),
            cloud.servers(|done| progress(Stage::Servers, done, None)),
            cloud.unreachable_hosts(),
        );
        let Migrations { known, others } = migrations.map_err(unanswered("its migrations"))?;
        let servers = servers.map_err(unanswered("its servers"))?;
        let mut view = Self { others: others.into_iter().collect(), cells_down: cells_down(down), ..Self::default() };
        for ListedNode { uuid, place } in nodes {
            if let (Some(place), Ok(node)) = (place, uuid.parse()) {
                view.by_place.insert(place, node);
            }
            view.nodes.insert(uuid);
        }
        for server in servers {
            if let Some(known) = view.known(server) {
                view.servers.insert(known.uuid.to_string(), known);
            }
        }
        known.into_iter().for_each(|migration| view.add_migration(migration));
        Ok(view)
    }

    fn of_file(facts: &Facts) -> Self {
        let down = facts.down_cells.join(", ");
        let mut view = Self {
            servers: facts.servers.iter().map(|server| (server.uuid.to_string(), server.clone())).collect(),
            nodes: facts.compute_nodes.iter().map(ToString::to_string).collect(),
            cells_down: (!down.is_empty()).then(|| format!("the file of --nova says that cells are down: {down}")),
            complete: facts.complete,
            ..Self::default()
        };
        facts.migrations.iter().for_each(|migration| view.add_migration(migration.clone()));
        view
    }

    fn add_migration(&mut self, migration: KnownMigration) {
        let migration = self.with_source(migration);
        let uuid = migration.uuid.to_string();
        self.of_servers.entry(migration.server.to_string()).or_default().push(uuid.clone());
        self.migrations.insert(uuid, migration);
    }

    fn with_source(&self, migration: KnownMigration) -> KnownMigration {
        let by_names = migration.source_names.as_ref().and_then(|names| self.by_place.get(names)).cloned();
        KnownMigration { source: migration.source.clone().or(by_names), ..migration }
    }

    fn known(&self, listed: ListedServer) -> Option<KnownServer> {
        let ListedServer { uuid, state, place, vm_state, task_state, flavor, volume_booted } = listed;
        Some(KnownServer {
            uuid: uuid.parse().ok()?,
            state,
            node: place.as_ref().and_then(|place| self.by_place.get(place)).cloned(),
            host: place.map(|(host, _)| host),
            vm_state,
            task_state,
            flavor,
            volume_booted,
        })
    }

    /// The migration record with this id.
    pub fn migration(&self, id: &str) -> Option<&KnownMigration> {
        self.migrations.get(id)
    }

    /// Whether it is a migration record that this program does not understand.
    pub fn is_another_migration(&self, id: &str) -> bool {
        self.others.contains(id)
    }

    /// The server in the lists, or in the file.
    pub fn server(&self, id: &str) -> ServerSeen {
        match self.servers.get(id) {
            Some(server) => ServerSeen::Row(Box::new(server.clone())),
            None if self.complete => ServerSeen::Gone { had: self.of_servers.contains_key(id) },
            None => ServerSeen::NotNamed,
        }
    }

    /// The migrations of a server in the lists.
    pub fn migrations_of(&self, server: &str) -> Vec<KnownMigration> {
        let ids = self.of_servers.get(server).into_iter().flatten();
        ids.filter_map(|id| self.migrations.get(id)).cloned().collect()
    }

    /// The server and its migrations as nova shows them now.
    ///
    /// # Errors
    /// nova gives no clear answer.
    pub async fn ask_again(
        &self,
        nova: &NovaSource,
        server: &str,
    ) -> Result<(ServerSeen, Vec<KnownMigration>), Unanswered> {
        let NovaSource::Cloud { cloud, .. } = nova else {
            return Ok((self.server(server), self.migrations_of(server)));
        };
        let what = || format!("server {server}");
        let migrations =
            cloud.migrations_of(server).await.map_err(unanswered(&format!("the migrations of {}", what())))?;
        // nova ignores filters that these credentials may not use.
        let of_it = migrations.known.into_iter().filter(|migration| migration.server.as_str() == server);
        let migrations: Vec<_> = of_it.map(|migration| self.with_source(migration)).collect();
        let seen = match cloud.listed_server(server).await.map_err(unanswered(&what()))? {
            Some(listed) => self.known(listed).map_or(ServerSeen::NotNamed, |known| ServerSeen::Row(Box::new(known))),
            None if !migrations.is_empty() => ServerSeen::Gone { had: true },
            None => ServerSeen::Gone { had: cloud.has_deleted(server).await.map_err(unanswered(&what()))? },
        };
        Ok((seen, migrations))
    }
}

impl ServerSeen {
    /// The server, if it exists.
    pub fn present(&self) -> Option<&KnownServer> {
        match self {
            Self::Row(server) if server.state == ServerState::Present => Some(server),
            _ => None,
        }
    }
}

fn unanswered(what: &str) -> impl Fn(Doubt) -> Unanswered {
    let what = what.to_owned();
    move |doubt| Unanswered {
        what: what.clone(),
        passes: !matches!(doubt, Doubt::Untrusted(_)),
        why: doubt.to_string(),
    }
}

/// nova's answer about its cells. Before Stein, nova cannot say it.
fn cells_down(hosts: Result<Vec<String>, Doubt>) -> Option<String> {
    match hosts {
        Ok(hosts) if hosts.is_empty() => None,
        Ok(hosts) => Some(format!(
            "a cell of nova does not answer, with {} such as {}",
            count(hosts.len(), "host"),
            hosts.first().map_or("", String::as_str)
        )),
        Err(Doubt::Refused { status: 404 | 406, .. }) => None,
        Err(doubt) => Some(format!("it is not known whether all cells of nova answer: {doubt}")),
    }
}
