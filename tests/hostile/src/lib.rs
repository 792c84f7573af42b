//! Shared by the hostile policies: a valid description, and effects to ask for.

use swaparoo_plugin::CONTRACT;
use swaparoo_plugin::contract::{
    Allocation, Description, Effect, Exchange, Finished, GetAllocations, Holding, LiveMigrateTask, MigrateTask,
    MigrationTask, MoveTask, NewHolding, Outcome, Owner, Perform, PostAllocations, ReleaseTask, ReplaceTask, Reply,
    RevertTask, Step, Task, TaskKind,
};

/// A valid description.
pub fn description() -> Description {
    Description {
        name: "hostile".into(),
        version: "0.1.0".into(),
        contract: CONTRACT.into(),
        tasks: vec![TaskKind::Move, TaskKind::Replace, TaskKind::Revert],
        settings_schema: None,
        ended_statuses: Vec::new(),
    }
}

/// A step that performs `effects`.
pub fn perform(effects: Vec<Effect>) -> Step {
    Step::Perform(Perform { effects, reasons: Vec::new() })
}

/// A step that ends with `outcome`.
pub fn finished(outcome: Outcome) -> Step {
    Step::Finished(Finished { outcome, reasons: Vec::new() })
}

/// The source and the target; the same consumer if a task names only one.
pub fn both(task: &Task) -> [&str; 2] {
    let parties = task.parties();
    let at = |place: usize| parties.get(place).map_or_else(|| subject(task), |(_, consumer)| consumer);
    [at(0), at(1)]
}

/// Reads of the source and the target.
pub fn read_both(task: &Task) -> Vec<Effect> {
    both(task).map(get).to_vec()
}

/// The consumer's allocations in its last read.
pub fn held(history: &[Exchange], consumer: &str) -> Vec<Allocation> {
    last(history, consumer).map(|holding| holding.allocations.clone()).unwrap_or_default()
}

/// The correct write that moves the allocations that were read.
pub fn swap(task: &Task, history: &[Exchange]) -> Effect {
    let owner = |consumer| last(history, consumer).and_then(|holding| holding.owner.clone());
    let [source, target] = both(task);
    let read = owner(source).unwrap_or(Owner { project: "p".into(), user: "u".into(), generation: 0 });
    let entry = |consumer: &str, generation, allocations| NewHolding {
        consumer: consumer.into(),
        project: read.project.clone(),
        user: read.user.clone(),
        generation,
        allocations,
    };
    let gives = entry(source, Some(read.generation), Vec::new());
    let gets = entry(target, owner(target).map(|of| of.generation), held(history, source));
    Effect::PostAllocations(PostAllocations { consumers: vec![gives, gets] })
}

fn last<'a>(history: &'a [Exchange], consumer: &str) -> Option<&'a Holding> {
    history.iter().rev().find_map(|exchange| match &exchange.reply {
        Reply::Holding(holding) if holding.consumer == consumer => Some(holding),
        _ => None,
    })
}

/// A read of the allocations of `consumer`.
pub fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
}

/// The subject of the task: a move's source, otherwise the server.
pub fn subject(task: &Task) -> &str {
    match task {
        Task::Move(MoveTask { source: subject, .. })
        | Task::Replace(ReplaceTask { server: subject, .. })
        | Task::Revert(RevertTask { server: subject, .. })
        | Task::Migrate(MigrateTask { server: subject, .. })
        | Task::LiveMigrate(LiveMigrateTask { server: subject, .. })
        | Task::Confirm(MigrationTask { server: subject, .. })
        | Task::RevertResize(MigrationTask { server: subject, .. })
        | Task::Abort(MigrationTask { server: subject, .. })
        | Task::Release(ReleaseTask { server: subject, .. }) => subject,
    }
}

/// A valid step.
pub fn harmless(task: &Task, _history: &[Exchange]) -> Step {
    perform(vec![get(subject(task))])
}

/// Makes a cdylib a component of these two functions.
#[macro_export]
macro_rules! policy {
    (describe: $describe:expr, next_step: $next_step:expr) => {
        $crate::policy!(@component $describe, task, _settings, history, $next_step(&task, &history));
    };
    (describe: $describe:expr, with_settings: $next_step:expr) => {
        $crate::policy!(@component $describe, task, settings, history, $next_step(&task, settings, &history));
    };
    (@component $describe:expr, $task:ident, $settings:ident, $history:ident, $step:expr) => {
        struct Component;

        impl ::swaparoo_plugin::contract::Guest for Component {
            fn describe() -> ::swaparoo_plugin::contract::Description {
                $describe
            }

            fn next_step(
                $task: ::swaparoo_plugin::contract::Task,
                $settings: ::core::option::Option<::std::string::String>,
                $history: ::std::vec::Vec<::swaparoo_plugin::contract::Exchange>,
            ) -> ::swaparoo_plugin::contract::Step {
                $step
            }
        }

        ::swaparoo_plugin::contract::export!(Component with_types_in ::swaparoo_plugin::contract);
    };
    ($next_step:expr) => {
        $crate::policy!(describe: $crate::description(), next_step: $next_step);
    };
}
