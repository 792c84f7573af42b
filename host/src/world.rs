//! The outside, as far as a task needs it: carries out effects and says what became of them. It decides nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::Rng;

use crate::canonical::Canonical;
use crate::cloud::{Cloud, Doubt, Migrations};
use crate::contract::{ComputeNodeAnswer, Effect, MigrationAnswer, Paused, Reply, ServerAnswer, ServerState, Silence};
use crate::facts::{Facts, KnownMigration, Unanswered};
use crate::placement::Placement;

/// Who carries out effects: [`World`], or a stage on which a task is only played.
pub trait Outside: Sync {
    /// Carries out effects that do not wait for each other; the replies are in their order.
    fn carry_out(&self, effects: &[Effect]) -> impl Future<Output = Vec<Reply>> + Send;
}

impl Outside for World {
    async fn carry_out(&self, effects: &[Effect]) -> Vec<Reply> {
        self.perform_all(effects).await
    }
}

/// Who answers what.
pub struct World {
    /// Placement's effects.
    pub placement: Placement,
    /// nova's that it can be asked for directly: does a server exist, and where is it?
    pub nova: Nova,
    /// The others, and those of nova's too where nobody else is to be asked: whoever asked for the task.
    pub desk: Option<Arc<dyn Desk>>,
}

/// Who knows what only nova knows.
#[derive(Clone)]
pub enum Nova {
    /// Nobody but the desk, if there is one.
    Nobody,
    /// The caller said whether the server exists.
    Told(ServerState),
    /// The caller is asked, each time, whether this server exists.
    Caller(Arc<dyn Fn(&str) -> ServerState + Send + Sync>),
    /// nova itself is asked.
    Cloud(Arc<Cloud>),
    /// Somebody has written down what it knows.
    Facts(Arc<Facts>),
}

/// What nova has in its lists.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Servers, deleted ones among them.
    pub servers: Vec<String>,
    /// Migration records.
    pub migrations: Vec<KnownMigration>,
    /// Of migration records that nothing more can be said of.
    pub other_migrations: Vec<String>,
    /// Compute nodes, by their root providers.
    pub compute_nodes: Vec<String>,
}

/// Where questions wait that only the caller can answer.
pub trait Desk: Send + Sync {
    /// The answer, whenever it comes.
    fn ask(&self, effect: &Effect) -> BoxFuture<'_, Reply>;
}

impl World {
    /// Carries out effects that do not wait for each other, side by side; the replies are in their order.
    pub async fn perform_all(&self, effects: &[Effect]) -> Vec<Reply> {
        futures_util::future::join_all(effects.iter().map(|effect| self.perform(effect))).await
    }

    /// Carries out one effect.
    pub async fn perform(&self, effect: &Effect) -> Reply {
        if let Some(reply) = self.placement.perform(effect).await {
            return reply;
        }
        if let Effect::Pause(pause) = effect {
            return sleep(pause.up_to_ms).await;
        }
        match (self.nova.perform(effect).await, &self.desk) {
            (Some(reply), _) => reply,
            (None, Some(desk)) => desk.ask(effect).await,
            (None, None) => nobody(effect),
        }
    }
}

impl Nova {
    /// None: it is not for nova itself to answer.
    async fn perform(&self, effect: &Effect) -> Option<Reply> {
        match effect {
            Effect::FindServer(find) => self.find_server(&find.server).await,
            Effect::FindComputeNode(find) => self.find_compute_node(&find.server).await,
            Effect::GetMigration(of) => self.get_migration(&of.migration).await,
            _ => None,
        }
    }

    async fn find_server(&self, server: &str) -> Option<Reply> {
        let state = match self {
            Self::Nobody => return None,
            Self::Told(state) => *state,
            Self::Caller(ask) => ask(server),
            Self::Facts(facts) => facts.state_of(server),
            Self::Cloud(cloud) => match cloud.find_server(server).await {
                Ok(state) => state,
                Err(doubt @ Doubt::NoAnswer { .. }) => {
                    return Some(Reply::Unreachable(Silence { detail: doubt.to_string() }));
                }
                Err(doubt) => {
                    tracing::warn!("whether server {server} exists is not known: {doubt}");
                    ServerState::Unknown
                }
            },
        };
        Some(Reply::Server(ServerAnswer { state }))
    }

    async fn find_compute_node(&self, server: &str) -> Option<Reply> {
        let cloud = match self {
            Self::Cloud(cloud) => cloud,
            Self::Facts(facts) => {
                let node = facts.server(server)?.node.as_ref().map(ToString::to_string);
                return Some(Reply::ComputeNode(ComputeNodeAnswer { node }));
            }
            Self::Nobody | Self::Told(_) | Self::Caller(_) => return None,
        };
        Some(match cloud.find_compute_node(server).await {
            Ok(node) => Reply::ComputeNode(ComputeNodeAnswer { node }),
            Err(error) => Reply::Unreachable(Silence { detail: error.to_string() }),
        })
    }
}

/// For who looks at the whole of a cloud.
impl Nova {
    /// What its lists have.
    ///
    /// # Errors
    /// It does not show them.
    pub async fn known(&self) -> Result<Known, Unanswered> {
        let ids = |ids: &[Canonical]| ids.iter().map(ToString::to_string).collect();
        match self {
            Self::Cloud(cloud) => {
                let unanswered = |what: &str| {
                    let what = what.to_owned();
                    move |doubt: Doubt| Unanswered { what, why: doubt.to_string() }
                };
                let Migrations { known: migrations, others: other_migrations } =
                    cloud.migrations().await.map_err(unanswered("its migrations"))?;
                let servers = cloud.servers().await.map_err(unanswered("its servers"))?;
                let compute_nodes = cloud.compute_nodes().await.map_err(unanswered("its compute nodes"))?;
                Ok(Known { servers, migrations, other_migrations, compute_nodes })
            }
            Self::Facts(facts) => {
                let servers = facts.servers.iter().map(|known| known.uuid.to_string()).collect();
                let (migrations, compute_nodes) = (facts.migrations.clone(), ids(&facts.compute_nodes));
                Ok(Known { servers, migrations, other_migrations: Vec::new(), compute_nodes })
            }
            Self::Nobody | Self::Told(_) | Self::Caller(_) => Ok(Known::default()),
        }
    }

    /// What has become of a server; no answer is `unknown`.
    pub async fn state_of(&self, server: &str) -> ServerState {
        match self.find_server(server).await {
            Some(Reply::Server(answer)) => answer.state,
            _ => ServerState::Unknown,
        }
    }

    /// The compute node that a server is on.
    ///
    /// # Errors
    /// It does not say.
    pub async fn node_of(&self, server: &str) -> Result<Option<String>, Unanswered> {
        match self.find_compute_node(server).await {
            Some(Reply::ComputeNode(answer)) => Ok(answer.node),
            Some(Reply::Unreachable(silence)) => {
                Err(Unanswered { what: format!("the compute node of server {server}"), why: silence.detail })
            }
            _ => Ok(None),
        }
    }

    /// None: it does not say, so whoever asked for the task is asked.
    async fn get_migration(&self, migration: &str) -> Option<Reply> {
        let record = match self {
            Self::Cloud(cloud) => {
                let all = cloud.migrations().await.ok()?;
                all.known.iter().find(|known| known.uuid.as_str() == migration).map(KnownMigration::record)
            }
            Self::Facts(facts) => facts.migration(migration).map(KnownMigration::record),
            Self::Nobody | Self::Told(_) | Self::Caller(_) => return None,
        };
        Some(Reply::Migration(MigrationAnswer { migration: record }))
    }
}

/// There is no desk either.
fn nobody(effect: &Effect) -> Reply {
    match effect {
        Effect::FindServer(_) => Reply::Server(ServerAnswer { state: ServerState::Unknown }),
        Effect::FindComputeNode(_) => {
            let detail = "nova was not asked on which compute node the server is; name it by --source-node";
            Reply::Unreachable(Silence { detail: detail.into() })
        }
        _ => Reply::Abandoned(Silence { detail: format!("there is nobody here to answer {}", effect.name()) }),
    }
}

/// Waits a time drawn evenly, as nova's retries do.
async fn sleep(up_to_ms: u32) -> Reply {
    let ms = rand::rng().random_range(0..=up_to_ms);
    tokio::time::sleep(Duration::from_millis(ms.into())).await;
    Reply::Paused(Paused { ms })
}
