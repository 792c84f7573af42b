//! Performs effects of tasks in Placement and nova, and returns the replies. It decides nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::Rng;

use crate::clients::cloud::{Cloud, Doubt, Migrations};
use crate::clients::placement::Placement;
use crate::contract::{
    ComputeNodeAnswer, Effect, MigrationAnswer, MigrationRecord, Paused, Reply, ServerAnswer, ServerState, Silence,
    Task,
};
use crate::facts::{Facts, KnownMigration};

/// Performs effects: [`LiveExecutor`], or a simulation.
pub trait Executor: Sync {
    /// Performs effects that do not depend on each other; the replies are in the same order.
    fn execute(&self, effects: &[Effect]) -> impl Future<Output = Vec<Reply>> + Send;
}

impl Executor for LiveExecutor {
    async fn execute(&self, effects: &[Effect]) -> Vec<Reply> {
        self.perform_all(effects).await
    }
}

/// The services that answer effects.
pub struct LiveExecutor {
    /// Answers Placement's effects.
    pub placement: Placement,
    /// Answers questions to nova that need no conductor: whether a server exists, and where it is.
    pub nova: NovaSource,
    /// The caller of the task: answers all other effects, and nova's if `nova` does not answer them.
    pub caller: Option<Arc<dyn Caller>>,
}

/// The source of nova's answers.
#[derive(Clone)]
pub enum NovaSource {
    /// The caller of the task must answer, if there is one.
    None,
    /// The caller has reported whether the server exists.
    Reported(ServerState),
    /// A function that is called each time to know whether a server exists.
    Caller(Arc<dyn Fn(&str) -> ServerState + Send + Sync>),
    /// nova's API.
    Cloud {
        /// The connection.
        cloud: Arc<Cloud>,
        /// The server of the task: its migrations are one page, those of the whole cloud are many.
        server: Option<String>,
        /// Whether the task repairs, or an audit does, and so an answer about a server names the server's migrations.
        repairs: bool,
        /// Whether the server exists, if the caller has reported it: nova is asked for the rest.
        reported: Option<ServerState>,
    },
    /// A file with nova's data.
    Facts(Arc<Facts>),
}

/// Asks the caller of a task.
pub trait Caller: Send + Sync {
    /// Waits for the caller's reply or the timeout.
    fn ask(&self, effect: &Effect) -> BoxFuture<'_, Reply>;
}

impl LiveExecutor {
    /// Performs effects that do not depend on each other concurrently; the replies are in the same order.
    pub async fn perform_all(&self, effects: &[Effect]) -> Vec<Reply> {
        futures_util::future::join_all(effects.iter().map(|effect| self.perform(effect))).await
    }

    /// Performs one effect.
    pub async fn perform(&self, effect: &Effect) -> Reply {
        if let Some(reply) = self.placement.perform(effect).await {
            return reply;
        }
        if let Effect::Pause(pause) = effect {
            return sleep(pause.up_to_ms).await;
        }
        match (self.nova.perform(effect).await, &self.caller) {
            (Some(reply), _) => reply,
            (None, Some(caller)) => caller.ask(effect).await,
            (None, None) => no_answer(effect),
        }
    }
}

impl NovaSource {
    /// nova's API, for a task or for an audit.
    #[must_use]
    pub fn cloud(cloud: Arc<Cloud>, task: Option<&Task>) -> Self {
        let server = task.and_then(|task| task.parties().into_iter().find(|(part, _)| *part == "server"));
        let repairs = matches!(task, None | Some(Task::Abort(_) | Task::Release(_)));
        Self::Cloud { cloud, server: server.map(|(_, server)| server.to_owned()), repairs, reported: None }
    }

    /// The same, with the caller's report whether the server exists.
    #[must_use]
    pub fn with_report(self, state: ServerState) -> Self {
        match self {
            Self::Cloud { cloud, server, repairs, .. } => Self::Cloud { cloud, server, repairs, reported: Some(state) },
            _ => Self::Reported(state),
        }
    }

    /// nova's reply; `None` if this source cannot answer the effect.
    pub(crate) async fn perform(&self, effect: &Effect) -> Option<Reply> {
        match effect {
            Effect::FindServer(find) => self.find_server(&find.server, true).await,
            Effect::FindComputeNode(find) => self.find_compute_node(&find.server).await,
            Effect::GetMigration(of) => self.get_migration(&of.migration).await,
            _ => None,
        }
    }

    /// `for_rules`: the answer is for a policy, and may cost nova another request.
    async fn find_server(&self, server: &str, for_rules: bool) -> Option<Reply> {
        let known = |state| ServerAnswer { state, details: None };
        let answer = match self {
            Self::None => return None,
            Self::Reported(state) => known(*state),
            Self::Caller(ask) => known(ask(server)),
            Self::Facts(facts) => ServerAnswer { state: facts.state_of(server), details: facts.details_of(server) },
            Self::Cloud { cloud, reported: Some(state), repairs, .. } => {
                let has_details = *repairs && *state == ServerState::Present;
                let shown = if has_details { cloud.find_server(server, true).await.ok() } else { None };
                ServerAnswer { state: *state, details: shown.and_then(|shown| shown.details) }
            }
            Self::Cloud { cloud, repairs, .. } => match cloud.find_server(server, *repairs && for_rules).await {
                Ok(answer) => answer,
                Err(doubt @ (Doubt::NoAnswer { .. } | Doubt::Untrusted(_))) => {
                    return Some(Reply::Unreachable(Silence { detail: doubt.to_string() }));
                }
                Err(doubt) => {
                    tracing::warn!("it is unknown whether server {server} exists: {doubt}");
                    known(ServerState::Unknown)
                }
            },
        };
        Some(Reply::Server(answer))
    }

    async fn find_compute_node(&self, server: &str) -> Option<Reply> {
        let cloud = match self {
            Self::Cloud { cloud, .. } => cloud,
            Self::Facts(facts) => {
                let node = facts.server(server)?.node.as_ref().map(ToString::to_string);
                return Some(Reply::ComputeNode(ComputeNodeAnswer { node }));
            }
            Self::None | Self::Reported(_) | Self::Caller(_) => return None,
        };
        Some(match cloud.find_compute_node(server).await {
            Ok(node) => Reply::ComputeNode(ComputeNodeAnswer { node }),
            Err(error) => Reply::Unreachable(Silence { detail: error.to_string() }),
        })
    }
}

impl NovaSource {
    /// nova's migration record; `None` if this source cannot answer, so that the caller is asked.
    async fn get_migration(&self, migration: &str) -> Option<Reply> {
        let record = match self {
            Self::Cloud { cloud, server, .. } => find_migration(cloud, server.as_deref(), migration).await.ok()?,
            Self::Facts(facts) => facts.migration(migration).map(KnownMigration::record),
            Self::None | Self::Reported(_) | Self::Caller(_) => return None,
        };
        Some(Reply::Migration(MigrationAnswer { migration: record }))
    }
}

/// The migration record with this UUID: among those of the server, and if it is not there, among all.
async fn find_migration(
    cloud: &Cloud,
    server: Option<&str>,
    migration: &str,
) -> Result<Option<MigrationRecord>, Doubt> {
    let among =
        |all: &Migrations| all.known.iter().find(|known| known.uuid.as_str() == migration).map(KnownMigration::record);
    if let Some(server) = server
        && let Some(record) = among(&cloud.migrations_of(server).await?)
    {
        return Ok(Some(record));
    }
    Ok(among(&cloud.migrations().await?))
}

/// The reply if neither nova nor a caller can answer.
fn no_answer(effect: &Effect) -> Reply {
    match effect {
        Effect::FindServer(_) => Reply::Server(ServerAnswer { state: ServerState::Unknown, details: None }),
        Effect::FindComputeNode(_) => {
            let detail = "nova was not asked for the server's compute node; name it with --source-node";
            Reply::Unreachable(Silence { detail: detail.into() })
        }
        Effect::GetMigration(_) => {
            let detail =
                "nova was not asked for the migration record; name its cloud with --cloud, or a file with --nova";
            Reply::Abandoned(Silence { detail: detail.into() })
        }
        _ => Reply::Abandoned(Silence { detail: format!("no caller can answer {} here", effect.name()) }),
    }
}

/// Waits for a uniformly distributed random time, as nova's retries do.
async fn sleep(up_to_ms: u32) -> Reply {
    let ms = rand::rng().random_range(0..=up_to_ms);
    tokio::time::sleep(Duration::from_millis(ms.into())).await;
    Reply::Paused(Paused { ms })
}
