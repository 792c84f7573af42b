//! Runs the real loop of a task against a simulated cloud, with injected events.

use std::sync::{Mutex, PoisonError};

use super::{Cloud, Fate};
use crate::contract::{Effect, Reply};
use crate::world::Outside;

/// Changes the cloud before an effect, and returns the fate of the effect.
pub type Interference = dyn Fn(&mut Cloud, &Effect) -> Fate + Send + Sync;

/// A simulated cloud in use by a task.
pub struct Stage<'a> {
    cloud: Mutex<Cloud>,
    interference: &'a Interference,
}

impl<'a> Stage<'a> {
    /// Starts with this cloud.
    pub fn set(cloud: Cloud, interference: &'a Interference) -> Self {
        Self { cloud: Mutex::new(cloud), interference }
    }

    /// The cloud after the task.
    pub fn strike(self) -> Cloud {
        self.cloud.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, effect: &Effect) -> Reply {
        let mut cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        let fate = (self.interference)(&mut cloud, effect);
        cloud.answer(effect, fate)
    }
}

impl Outside for Stage<'_> {
    fn carry_out(&self, effects: &[Effect]) -> impl Future<Output = Vec<Reply>> + Send {
        std::future::ready(effects.iter().map(|effect| self.answer(effect)).collect())
    }
}
