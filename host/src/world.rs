//! The outside, as far as a task needs it: carries out effects and says what became of them. It decides nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::Rng;

use crate::cloud::{Cloud, Doubt};
use crate::contract::{ComputeNodeAnswer, Effect, Paused, Reply, ServerAnswer, ServerState, Silence};
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
            _ => None,
        }
    }

    async fn find_server(&self, server: &str) -> Option<Reply> {
        let state = match self {
            Self::Nobody => return None,
            Self::Told(state) => *state,
            Self::Caller(ask) => ask(server),
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
        let Self::Cloud(cloud) = self else { return None };
        Some(match cloud.find_compute_node(server).await {
            Ok(node) => Reply::ComputeNode(ComputeNodeAnswer { node }),
            Err(error) => Reply::Unreachable(Silence { detail: error.to_string() }),
        })
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
