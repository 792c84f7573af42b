//! The functions of the world `move-policy`, from the same rules: they take and return the types of `moves`.

use crate::contract::{CONTRACT, Exchange, NotInMoves, PolicyFailure, moves};
use crate::history::History;
use crate::policy::Policy;
use crate::rules;

/// The contract's `describe`, with the tasks that this world has.
pub fn describe(policy: &dyn Policy) -> moves::Description {
    let described = policy.describe();
    moves::Description {
        name: described.name,
        version: described.version,
        contract: CONTRACT.into(),
        tasks: described.tasks.into_iter().filter_map(|kind| kind.try_into().ok()).collect(),
        settings_schema: described.settings_schema,
        ended_statuses: described.ended_statuses,
    }
}

/// The contract's `next-step`, under `policy`.
pub fn next_step(policy: &dyn Policy, task: &moves::Task, recorded: Vec<moves::Exchange>) -> moves::Step {
    let recorded: Vec<Exchange> = recorded.into_iter().map(Into::into).collect();
    let mut history = History::of(&recorded);
    let end = match task {
        moves::Task::Move(task) => rules::move_allocations(policy, &mut history, task),
        moves::Task::Replace(task) => rules::replace_allocation_with_migration(policy, &mut history, task),
        moves::Task::Revert(task) => rules::revert_allocation_for_migration(policy, &mut history, task),
    };
    history.close(end).try_into().unwrap_or_else(|what| not_in_moves(&what))
}

/// A rule of a move has asked for something that only a migration has.
fn not_in_moves(what: &NotInMoves) -> moves::Step {
    let text = ["the world move-policy does not have the ", what.of, " ", what.case].concat();
    let failure = PolicyFailure { code: "not-in-moves".into(), text, needs_operator: true };
    moves::Step::Failed(moves::Failed { failure: moves::Failure::Other(failure), reasons: Vec::new() })
}

/// Exports the moves of one policy as a component of the world `move-policy` from a cdylib.
#[macro_export]
macro_rules! move_component {
    ($policy:expr) => {
        #[cfg(target_family = "wasm")]
        #[global_allocator]
        static ALLOCATOR: $crate::Allocator = $crate::Allocator;

        #[cfg(target_family = "wasm")]
        struct Component;

        #[cfg(target_family = "wasm")]
        impl $crate::contract::move_world::Guest for Component {
            fn describe() -> $crate::contract::moves::Description {
                $crate::move_policy::describe(&$policy)
            }

            fn next_step(
                task: $crate::contract::moves::Task,
                // These policies have none.
                _settings: ::core::option::Option<::std::string::String>,
                history: ::std::vec::Vec<$crate::contract::moves::Exchange>,
            ) -> $crate::contract::moves::Step {
                $crate::move_policy::next_step(&$policy, &task, history)
            }
        }

        #[cfg(target_family = "wasm")]
        $crate::contract::move_world::export!(Component with_types_in $crate::contract::move_world);
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{MoveTask, Task};
    use crate::policies::{Standard, StandardMoves};

    #[test]
    fn it_describes_only_the_tasks_of_a_move() {
        let described = describe(&StandardMoves);
        assert_eq!(described.name, "standard-moves");
        assert_eq!(described.tasks, moves::TaskKind::ALL);
    }

    #[test]
    fn it_decides_as_standard() {
        let task = MoveTask { source: "s".into(), target: "t".into(), target_is_new: true };
        let expected = crate::next_step(&Standard, &Task::Move(task.clone()), &[]);
        assert_eq!(expected, next_step(&StandardMoves, &moves::Task::Move(task), Vec::new()).into());
    }
}
