//! A cloud on which the loop itself plays a task, with somebody who interferes.

use std::sync::{Mutex, PoisonError};

use super::{Cloud, Fate};
use crate::contract::{Effect, Reply};
use crate::world::Outside;

/// What happens before an effect is carried out, and how it fares.
pub type Interference = dyn Fn(&mut Cloud, &Effect) -> Fate + Send + Sync;

/// A cloud being played on.
pub struct Stage<'a> {
    cloud: Mutex<Cloud>,
    interference: &'a Interference,
}

impl<'a> Stage<'a> {
    /// The beginning.
    pub fn set(cloud: Cloud, interference: &'a Interference) -> Self {
        Self { cloud: Mutex::new(cloud), interference }
    }

    /// What the cloud has become.
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
