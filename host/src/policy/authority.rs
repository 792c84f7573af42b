//! Which consumers a task may touch: those that it names, and no other.

use crate::contract::{Effect, Task};

/// The consumers that a task names. Every effect of the task is checked against them before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority([String; 2]);

/// An effect on a consumer that the task does not name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy asked for {effect} on {consumer}, a consumer that its task does not name")]
pub struct OutOfBounds {
    /// The consumer, as the policy wrote it.
    pub consumer: String,
    /// The effect's name in the contract.
    pub effect: &'static str,
}

impl Authority {
    /// What `task` gives authority over.
    pub fn of(task: &Task) -> Self {
        Self(match task {
            Task::Move(task) => [task.source.clone(), task.target.clone()],
            Task::Replace(task) => [task.server.clone(), task.migration.clone()],
            Task::Revert(task) => [task.server.clone(), task.migration.clone()],
        })
    }

    /// The consumers, each once.
    pub fn consumers(&self) -> impl Iterator<Item = &str> {
        let [one, other] = &self.0;
        std::iter::once(one.as_str()).chain((one != other).then_some(other.as_str()))
    }

    /// May `effect` be carried out? A pause touches nobody; a question to nova is held to the named consumers too, so
    /// that a policy learns nothing of other servers.
    pub fn check(&self, effect: &Effect) -> Result<(), OutOfBounds> {
        match effect {
            Effect::GetAllocations(get) => self.names(&get.consumer, "get-allocations"),
            Effect::PostAllocations(post) => {
                post.consumers.iter().try_for_each(|entry| self.names(&entry.consumer, "post-allocations"))
            }
            Effect::DeleteAllocations(delete) => self.names(&delete.consumer, "delete-allocations"),
            Effect::FindServer(find) => self.names(&find.server, "find-server"),
            Effect::FindComputeNode(find) => self.names(&find.server, "find-compute-node"),
            Effect::Pause(_) => Ok(()),
        }
    }

    fn names(&self, consumer: &str, effect: &'static str) -> Result<(), OutOfBounds> {
        if self.0.iter().any(|named| named == consumer) {
            return Ok(());
        }
        Err(OutOfBounds { consumer: consumer.into(), effect })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{
        DeleteAllocations, FindComputeNode, FindServer, GetAllocations, MoveTask, NewHolding, Pause, PostAllocations,
        ReplaceTask, RevertTask,
    };

    const ONE: &str = "aaaaaaaa-1111-4111-8111-111111111111";
    const TWO: &str = "22222222-2222-4222-8222-222222222222";
    const OTHER: &str = "99999999-9999-4999-8999-999999999999";

    fn tasks() -> [Task; 3] {
        let (one, two) = (ONE.to_owned(), TWO.to_owned());
        [
            Task::Move(MoveTask { source: one.clone(), target: two.clone(), target_is_new: true }),
            Task::Replace(ReplaceTask { server: one.clone(), migration: two.clone(), source_node: Some(OTHER.into()) }),
            Task::Revert(RevertTask { server: one, migration: two }),
        ]
    }

    fn effects(consumer: &str) -> [(Effect, &'static str); 5] {
        let entry = |consumer: &str| NewHolding {
            consumer: consumer.into(),
            project: "p".into(),
            user: "u".into(),
            generation: None,
            allocations: Vec::new(),
        };
        let delete =
            DeleteAllocations { consumer: consumer.into(), project: "p".into(), user: "u".into(), generation: 1 };
        [
            (Effect::GetAllocations(GetAllocations { consumer: consumer.into() }), "get-allocations"),
            (
                Effect::PostAllocations(PostAllocations { consumers: vec![entry(ONE), entry(consumer)] }),
                "post-allocations",
            ),
            (Effect::DeleteAllocations(delete), "delete-allocations"),
            (Effect::FindServer(FindServer { server: consumer.into() }), "find-server"),
            (Effect::FindComputeNode(FindComputeNode { server: consumer.into() }), "find-compute-node"),
        ]
    }

    #[test]
    fn a_task_gives_authority_over_the_consumers_it_names() {
        for task in tasks() {
            let authority = Authority::of(&task);
            for (effect, _) in effects(ONE).into_iter().chain(effects(TWO)) {
                assert_eq!(authority.check(&effect), Ok(()), "{task:?} {effect:?}");
            }
            assert_eq!(authority.check(&Effect::Pause(Pause { up_to_ms: 1 })), Ok(()));
        }
    }

    #[test]
    fn any_other_consumer_is_out_of_bounds() {
        for task in tasks() {
            // A compute node that the task names is a resource provider, not one of its consumers.
            for consumer in [OTHER, "", &ONE.to_uppercase(), &format!("{ONE} ")] {
                for (effect, name) in effects(consumer) {
                    let expected = OutOfBounds { consumer: consumer.into(), effect: name };
                    assert_eq!(Authority::of(&task).check(&effect), Err(expected), "{task:?}");
                }
            }
        }
    }
}
