//! Who is killed.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::super::serve::Serve;

/// One life of the service. Its end may be arranged before it has begun, since what is open goes on at once then.
#[derive(Clone)]
pub struct Victim(Arc<Known>);

struct Known {
    serve: watch::Sender<Option<Arc<Serve>>>,
    killed: watch::Sender<bool>,
    promotion: Option<Value>,
}

impl Victim {
    /// The next life. In its last moment, it makes these the active rules.
    pub fn new(promotion: Option<&Value>) -> Self {
        let (serve, killed) = (watch::Sender::new(None), watch::Sender::new(false));
        Self(Arc::new(Known { serve, killed, promotion: promotion.cloned() }))
    }

    pub fn is(&self, serve: &Arc<Serve>) {
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

    /// Whether its moment has come.
    pub fn was_killed(&self) -> bool {
        *self.0.killed.borrow()
    }
}
