//! A database for several runners, whose nodes may fail: PostgreSQL, or three MariaDB nodes with Galera.

use std::sync::Arc;
use std::time::Duration;

use swaparoo_databases::{Cut, Galera};
use swaparoo_tests::random::Random;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::POSTGRES;

const NODES: usize = 3;

/// A new database in one of them.
pub enum Cluster {
    Postgres { database: String },
    Galera { galera: Arc<Mutex<Galera>>, ports: Vec<u16>, database: String },
}

impl Cluster {
    pub async fn postgres() -> Self {
        Self::Postgres { database: spawn_blocking(|| POSTGRES.create_database()).await.unwrap() }
    }

    pub async fn galera() -> Self {
        let start = || {
            let galera = Galera::start(NODES).unwrap();
            let ports = galera.nodes.iter().map(swaparoo_databases::Node::port).collect();
            let database = galera.create_database();
            (Arc::new(Mutex::new(galera)), ports, database)
        };
        let (galera, ports, database) = spawn_blocking(start).await.unwrap();
        Self::Galera { galera, ports, database }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "PostgreSQL",
            Self::Galera { .. } => "three MariaDB nodes with Galera",
        }
    }

    /// Whether single nodes can fail.
    pub fn has_nodes(&self) -> bool {
        matches!(self, Self::Galera { .. })
    }

    /// The port of the node for this runner.
    pub fn port(&self, runner: usize) -> u16 {
        match self {
            Self::Postgres { .. } => POSTGRES.port(),
            Self::Galera { ports, .. } => ports[runner % ports.len()],
        }
    }

    pub fn url(&self, port: u16) -> String {
        match self {
            Self::Postgres { database } => POSTGRES.url(database, port),
            Self::Galera { database, .. } => format!("mysql://swaparoo@127.0.0.1:{port}/{database}"),
        }
    }

    /// What a statement prints, at the first node, which never fails.
    pub async fn sql(&self, statement: &str) -> String {
        match self {
            Self::Postgres { database } => POSTGRES.sql(database, statement),
            Self::Galera { galera, database, .. } => {
                let statement = format!("USE {database}; SET SESSION wsrep_sync_wait = 1; {statement}");
                galera.lock().await.nodes[0].sql(&statement)
            }
        }
    }

    /// A node is killed or stopped for a while, and comes back. Meanwhile its runner is led to the first node.
    pub async fn fail(&self, number: usize, runner: &Cut, random: &mut Random) {
        let Self::Galera { galera, ports, .. } = self else { return };
        let moment = Duration::from_millis(random.below(3_000) as u64);
        let killed = random.below(2) == 0;
        if killed {
            galera.lock().await.nodes[number].kill();
        } else {
            galera.lock().await.nodes[number].stop();
        }
        sleep(moment).await;
        runner.aim(ports[0]);
        if killed {
            let galera = galera.clone();
            spawn_blocking(move || galera.blocking_lock().rejoin(number).unwrap()).await.unwrap();
        } else {
            galera.lock().await.nodes[number].go_on();
            sleep(moment).await;
        }
        runner.aim(ports[number]);
    }
}
