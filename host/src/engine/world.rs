//! The two worlds of a policy, and the versions of the contract. An instance of any is called with the contract's full types.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::{MigrationPolicy, MigrationPolicyIndices, MovePolicy, MovePolicyIndices};
use super::check_world::ExportedRules;
use super::move_values;
use super::older::{OlderIndices, OlderRules};
use crate::contract::{Description, Exchange, Step, Task, Version};

/// The world that a policy was built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// The tasks `move`, `replace` and `revert`, without the effects of a migration.
    MovePolicy,
    /// All tasks.
    MigrationPolicy,
}

/// The indexes of a component's functions.
#[derive(Clone)]
pub enum Indices {
    MovePolicy(MovePolicyIndices),
    MigrationPolicy(MigrationPolicyIndices),
    /// Of an older minor version of the contract.
    Older(OlderIndices),
}

/// The functions of an instance.
pub enum Rules {
    MovePolicy(MovePolicy),
    MigrationPolicy(MigrationPolicy),
    Older(OlderRules),
}

impl World {
    /// Its name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MovePolicy => "move-policy",
            Self::MigrationPolicy => "migration-policy",
        }
    }
}

impl Indices {
    /// Those of a component whose rules have the types of `host`, or of an older minor version.
    pub fn new<T>(rules: &ExportedRules, host: Version, pre: &InstancePre<T>) -> wasmtime::Result<Self> {
        if !rules.version.has_types_of(host) {
            return OlderIndices::new(rules, pre.component()).map(Self::Older);
        }
        Ok(match rules.world {
            World::MovePolicy => Self::MovePolicy(MovePolicyIndices::new(pre)?),
            World::MigrationPolicy => Self::MigrationPolicy(MigrationPolicyIndices::new(pre)?),
        })
    }

    pub fn world(&self) -> World {
        match self {
            Self::MovePolicy(_) => World::MovePolicy,
            Self::MigrationPolicy(_) => World::MigrationPolicy,
            Self::Older(indices) => indices.world(),
        }
    }

    /// Fails if a function does not have the contract's type.
    pub fn load<T>(&self, store: &mut Store<T>, instance: &Instance) -> wasmtime::Result<Rules> {
        Ok(match self {
            Self::MovePolicy(indices) => Rules::MovePolicy(indices.load(store, instance)?),
            Self::MigrationPolicy(indices) => Rules::MigrationPolicy(indices.load(store, instance)?),
            Self::Older(indices) => Rules::Older(indices.load(store, instance)?),
        })
    }
}

impl Rules {
    pub fn describe<T>(&self, store: &mut Store<T>) -> wasmtime::Result<Description> {
        match self {
            Self::MovePolicy(policy) => policy.swaparoo_policy_move_rules().call_describe(store).map(Into::into),
            Self::MigrationPolicy(policy) => policy.swaparoo_policy_rules().call_describe(store),
            Self::Older(rules) => rules.describe(store),
        }
    }

    /// A policy of moves is not called with a task or a history that its world does not have; the step says so.
    pub fn next_step<T>(
        &self,
        store: &mut Store<T>,
        task: &Task,
        settings: Option<&str>,
        history: &[Exchange],
    ) -> wasmtime::Result<Step> {
        match self {
            Self::MovePolicy(policy) => match move_values::convert(task, history) {
                Ok((task, history)) => {
                    let rules = policy.swaparoo_policy_move_rules();
                    rules.call_next_step(store, &task, settings, &history).map(Into::into)
                }
                Err(failure) => Ok(move_values::failed(failure, Vec::new())),
            },
            Self::MigrationPolicy(policy) => {
                policy.swaparoo_policy_rules().call_next_step(store, task, settings, history)
            }
            Self::Older(rules) => rules.next_step(store, task, settings, history),
        }
    }
}
