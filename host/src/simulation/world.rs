//! Runs the real loop of a task against a simulated cloud, with injected events.

use std::sync::{Mutex, PoisonError};

use super::{EffectFault, SimCloud};
use crate::contract::{Effect, Reply};
use crate::executor::Executor;

/// Changes the cloud before an effect, and returns the fate of the effect.
pub type FaultInjector = dyn Fn(&mut SimCloud, &Effect) -> EffectFault + Send + Sync;

/// A simulated cloud in use by a task.
pub struct SimWorld<'a> {
    cloud: Mutex<SimCloud>,
    injector: &'a FaultInjector,
}

impl<'a> SimWorld<'a> {
    /// Starts with this cloud.
    pub fn new(cloud: SimCloud, injector: &'a FaultInjector) -> Self {
        Self { cloud: Mutex::new(cloud), injector }
    }

    /// The cloud after the task.
    pub fn into_inner(self) -> SimCloud {
        self.cloud.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, effect: &Effect) -> Reply {
        let mut cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = (self.injector)(&mut cloud, effect);
        cloud.answer(effect, fault)
    }
}

impl Executor for SimWorld<'_> {
    fn execute(&self, effects: &[Effect]) -> impl Future<Output = Vec<Reply>> + Send {
        std::future::ready(effects.iter().map(|effect| self.answer(effect)).collect())
    }
}
