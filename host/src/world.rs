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
    /// nova's.
    pub nova: Nova,
}

/// Who knows what only nova knows.
#[derive(Clone)]
pub enum Nova {
    /// The caller said whether the server exists.
    Told(ServerState),
    /// The caller is asked, each time, whether this server exists.
    Caller(Arc<dyn Fn(&str) -> ServerState + Send + Sync>),
    /// nova itself is asked.
    Cloud(Arc<Cloud>),
    /// The question is put where the caller finds it, and waits until it is answered.
    Desk(Arc<dyn Desk>),
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
        match effect {
            Effect::FindServer(find) => match &self.nova {
                Nova::Desk(desk) => desk.ask(effect).await,
                nova => nova.find_server(&find.server).await,
            },
            Effect::FindComputeNode(find) => match &self.nova {
                Nova::Desk(desk) => desk.ask(effect).await,
                nova => nova.find_compute_node(&find.server).await,
            },
            Effect::Pause(pause) => sleep(pause.up_to_ms).await,
            // Placement has answered these.
            Effect::GetAllocations(_) | Effect::PostAllocations(_) | Effect::DeleteAllocations(_) => {
                Reply::Unreachable(Silence { detail: "nobody answers this effect".into() })
            }
        }
    }
}

impl Nova {
    async fn find_server(&self, server: &str) -> Reply {
        let state = match self {
            Self::Desk(_) => ServerState::Unknown,
            Self::Told(state) => *state,
            Self::Caller(ask) => ask(server),
            Self::Cloud(cloud) => match cloud.find_server(server).await {
                Ok(state) => state,
                Err(doubt @ Doubt::NoAnswer { .. }) => {
                    return Reply::Unreachable(Silence { detail: doubt.to_string() });
                }
                Err(doubt) => {
                    tracing::warn!("whether server {server} exists is not known: {doubt}");
                    ServerState::Unknown
                }
            },
        };
        Reply::Server(ServerAnswer { state })
    }

    async fn find_compute_node(&self, server: &str) -> Reply {
        let nobody = "nova was not asked on which compute node the server is; name it by --source-node";
        match self {
            Self::Told(_) | Self::Caller(_) | Self::Desk(_) => Reply::Unreachable(Silence { detail: nobody.into() }),
            Self::Cloud(cloud) => match cloud.find_compute_node(server).await {
                Ok(node) => Reply::ComputeNode(ComputeNodeAnswer { node }),
                Err(error) => Reply::Unreachable(Silence { detail: error.to_string() }),
            },
        }
    }
}

/// Waits a time drawn evenly, as nova's retries do.
async fn sleep(up_to_ms: u32) -> Reply {
    let ms = rand::rng().random_range(0..=up_to_ms);
    tokio::time::sleep(Duration::from_millis(ms.into())).await;
    Reply::Paused(Paused { ms })
}
