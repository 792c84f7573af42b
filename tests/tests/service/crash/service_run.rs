//! One run of the service, which ends with its kill.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::super::serve::Serve;

/// One run of the service. Its kill can be arranged before its start, since open tasks continue at once.
#[derive(Clone)]
pub struct ServiceRun(Arc<State>);

struct State {
    serve: watch::Sender<Option<Arc<Serve>>>,
    killed: watch::Sender<bool>,
    promotion: Option<Value>,
}

impl ServiceRun {
    /// The next run, which has not started yet. Just before the kill, these rules become active.
    pub fn new(promotion: Option<&Value>) -> Self {
        let (serve, killed) = (watch::Sender::new(None), watch::Sender::new(false));
        Self(Arc::new(State { serve, killed, promotion: promotion.cloned() }))
    }

    pub fn set_started(&self, serve: &Arc<Serve>) {
        self.0.serve.send_replace(Some(serve.clone()));
    }

    /// kill -9, and waits until it is dead.
    pub async fn kill(self) {
        let serve = self.0.serve.subscribe().wait_for(Option::is_some).await.unwrap().clone().unwrap();
        if let Some(promotion) = &self.0.promotion {
            serve.activate(promotion).await;
        }
        self.0.killed.send_replace(true);
        serve.process().kill();
    }

    /// Whether the moment of the kill has been reached.
    pub fn was_killed(&self) -> bool {
        *self.0.killed.borrow()
    }
}
