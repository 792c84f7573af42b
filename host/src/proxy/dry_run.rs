//! What a policy would have done with a move that passes unchanged: it gets the holdings as they were before, and its writes
//! are only noted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::contract::{Effect, Holding, NewHolding, Owner, Paused, Reply, Silence};
use crate::executor::{Executor, LiveExecutor};

/// Answers reads from holdings in memory, and questions to nova by asking it.
pub struct DryRun {
    nova: LiveExecutor,
    state: Mutex<State>,
}

struct State {
    held: BTreeMap<String, Holding>,
    writes: Vec<Effect>,
}

impl DryRun {
    /// These consumers hold something, and no other.
    pub fn new(nova: LiveExecutor, holdings: impl IntoIterator<Item = Holding>) -> Self {
        let held = holdings.into_iter().map(|holding| (holding.consumer.clone(), holding)).collect();
        Self { nova, state: Mutex::new(State { held, writes: Vec::new() }) }
    }

    /// The writes, in order.
    pub fn into_writes(self) -> Vec<Effect> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).writes
    }

    fn in_memory(&self, effect: &Effect) -> Option<Reply> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match effect {
            Effect::GetAllocations(get) => Reply::Holding(state.holding(&get.consumer)),
            Effect::PostAllocations(post) => state.write(effect, post.consumers.clone()),
            Effect::PutAllocations(put) => state.write(effect, vec![put.holding.clone()]),
            Effect::DeleteAllocations(delete) => {
                let (project, user) = (delete.project.clone(), delete.user.clone());
                let (consumer, generation) = (delete.consumer.clone(), Some(delete.generation));
                state.write(effect, vec![NewHolding { consumer, project, user, generation, allocations: Vec::new() }])
            }
            Effect::Pause(_) => Reply::Paused(Paused { ms: 0 }),
            Effect::FindServer(_) | Effect::FindComputeNode(_) | Effect::GetMigration(_) => return None,
            _ => Reply::Abandoned(Silence { detail: "an observed move carries out no request".into() }),
        })
    }
}

impl State {
    fn holding(&self, consumer: &str) -> Holding {
        let nothing = || Holding { consumer: consumer.to_owned(), owner: None, allocations: Vec::new() };
        self.held.get(consumer).cloned().unwrap_or_else(nothing)
    }

    fn write(&mut self, effect: &Effect, consumers: Vec<NewHolding>) -> Reply {
        self.writes.push(effect.clone());
        for NewHolding { consumer, project, user, generation, allocations } in consumers {
            let generation = generation.map_or(1, |generation| generation.saturating_add(1));
            let owner = (!allocations.is_empty()).then_some(Owner { project, user, generation });
            self.held.insert(consumer.clone(), Holding { consumer, owner, allocations });
        }
        Reply::Written
    }
}

impl Executor for DryRun {
    async fn execute(&self, effects: &[Effect]) -> Vec<Reply> {
        let answer = async |effect: &Effect| match self.in_memory(effect) {
            Some(reply) => reply,
            None => self.nova.perform(effect).await,
        };
        futures_util::future::join_all(effects.iter().map(answer)).await
    }
}
