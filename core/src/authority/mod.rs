//! Checks what a task may do: it may use only the consumers that it names, and write only what its history shows.

mod write;

pub use write::{WrittenHolding, entries, same_allocations};

use crate::contract::{Effect, Exchange, MigrationRecord, Reply, Task};

/// Checks that `effects`, which a policy asks for after `history`, may be carried out: each uses only consumers of the
/// task, and a write contains only what the history shows.
///
/// # Errors
/// The first effect that may not be carried out.
pub fn check(task: &Task, history: &[Exchange], effects: &[Effect]) -> Result<(), OutOfBounds> {
    let mut authority = Authority::of(task);
    authority.learn(history);
    effects.iter().try_for_each(|effect| {
        authority.check(effect)?;
        write::check(task, history, effect)
    })
}

/// The consumers that a task names, and the migration records of its server that nova has named since. Every effect of
/// the task is checked against them before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority(Vec<String>);

/// An effect that the task may not carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// It uses a consumer that the task does not name.
    #[error("the policy asked for {effect} on {consumer}, a consumer that its task does not name")]
    Consumer {
        /// The consumer, as the policy wrote it.
        consumer: String,
        /// The effect's name in the contract.
        effect: &'static str,
    },
    /// It writes what the history does not show.
    #[error(
        "the policy asked for {effect} with {field} for consumer {consumer} that its task does not have: it wrote \
         {written}, but the history shows {shown}"
    )]
    Value {
        /// The consumer that would be written.
        consumer: String,
        /// The effect's name in the contract.
        effect: &'static str,
        /// `a project`, `a user` or `allocations`.
        field: &'static str,
        /// The value that the policy wrote.
        written: String,
        /// The values that the history shows for the field.
        shown: String,
    },
}

impl Authority {
    /// The consumers that `task` names.
    pub fn of(task: &Task) -> Self {
        let mut authority = Self(Vec::new());
        task.parties().into_iter().for_each(|(_, consumer)| authority.add(consumer));
        authority
    }

    /// Adds the migration records in `exchanges` that nova has found or created for the task's server. A record of
    /// another server does not belong to the task.
    pub fn learn(&mut self, exchanges: &[Exchange]) {
        for record in exchanges.iter().filter_map(migration_in_answer) {
            if self.0.contains(&record.server) {
                self.add(&record.migration);
            }
        }
    }

    /// The consumers, without duplicates.
    pub fn consumers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Checks whether `effect` may be carried out. A pause or a question about a host uses no consumer. Any other
    /// question to nova must be about the task's consumers, so that a policy learns nothing about other servers.
    pub fn check(&self, effect: &Effect) -> Result<(), OutOfBounds> {
        named(effect).into_iter().try_for_each(|consumer| {
            if self.0.iter().any(|known| known == consumer) {
                return Ok(());
            }
            Err(OutOfBounds::Consumer { consumer: consumer.into(), effect: effect.name() })
        })
    }

    fn add(&mut self, consumer: &str) {
        if !self.0.iter().any(|known| known == consumer) {
            self.0.push(consumer.to_owned());
        }
    }
}

/// The migration record that nova has found or created.
pub fn migration_in_answer(exchange: &Exchange) -> Option<&MigrationRecord> {
    match (&exchange.effect, &exchange.reply) {
        (Effect::FindMigration(_) | Effect::CreateMigration(_), Reply::Migration(answer)) => answer.migration.as_ref(),
        _ => None,
    }
}

/// The consumers that an effect uses.
fn named(effect: &Effect) -> Vec<&str> {
    match effect {
        Effect::GetAllocations(get) => vec![&get.consumer],
        Effect::PostAllocations(_) | Effect::PutAllocations(_) | Effect::DeleteAllocations(_) => {
            entries(effect).into_iter().map(|entry| entry.consumer).collect()
        }
        Effect::FindServer(find) => vec![&find.server],
        Effect::FindComputeNode(find) => vec![&find.server],
        Effect::SetupInstanceGroup(of)
        | Effect::GetPortRequests(of)
        | Effect::FindCell(of)
        | Effect::EnsureProjectAndUser(of)
        | Effect::EnsureNetworkMetadata(of)
        | Effect::HealIsBfv(of)
        | Effect::CheckNuma(of) => vec![&of.server],
        Effect::FindMigration(find) => vec![&find.server],
        Effect::CreateMigration(create) => vec![&create.server],
        Effect::GetMigration(of) => vec![&of.migration],
        Effect::SaveMigration(save) => vec![&save.migration],
        Effect::SelectDestinations(select) => vec![&select.server],
        Effect::PrepResize(cast) => vec![&cast.server, &cast.migration],
        Effect::LiveMigration(cast) => vec![&cast.server, &cast.migration],
        Effect::CheckDestination(check) => vec![&check.server, &check.migration],
        Effect::GetProviderTraits(_)
        | Effect::FindService(_)
        | Effect::GetComputeRpcVersion
        | Effect::GetAvailabilityZone(_)
        | Effect::CheckServiceUp(_)
        | Effect::FindHostNode(_)
        | Effect::Pause(_) => Vec::new(),
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
                    let expected = OutOfBounds::Consumer { consumer: consumer.into(), effect: name };
                    assert_eq!(Authority::of(&task).check(&effect), Err(expected), "{task:?}");
                }
            }
        }
    }
}
