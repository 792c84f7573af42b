//! What the misbehaving policies share: a description that is in order, and effects to ask for.

use swaparoo_plugin::CONTRACT;
use swaparoo_plugin::contract::{
    Description, Effect, Exchange, GetAllocations, LiveMigrateTask, MigrateTask, MigrationTask, MoveTask, Perform,
    ReleaseTask, ReplaceTask, RevertTask, Step, Task, TaskKind,
};

/// Nothing to object to.
pub fn description() -> Description {
    Description {
        name: "hostile".into(),
        version: "0.1.0".into(),
        contract: CONTRACT.into(),
        tasks: vec![TaskKind::Move, TaskKind::Replace, TaskKind::Revert],
    }
}

/// A step that performs `effects`.
pub fn perform(effects: Vec<Effect>) -> Step {
    Step::Perform(Perform { effects, reasons: Vec::new() })
}

/// A read of what `consumer` holds.
pub fn get(consumer: &str) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
}

/// The consumer that the task is about: a move's source, otherwise the server.
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

/// A step that there is nothing to object to.
pub fn harmless(task: &Task, _history: &[Exchange]) -> Step {
    perform(vec![get(subject(task))])
}

/// Makes a cdylib a component of these two functions.
#[macro_export]
macro_rules! policy {
    (describe: $describe:expr, next_step: $next_step:expr) => {
        struct Component;

        impl ::swaparoo_plugin::contract::Guest for Component {
            fn describe() -> ::swaparoo_plugin::contract::Description {
                $describe
            }

            fn next_step(
                task: ::swaparoo_plugin::contract::Task,
                history: ::std::vec::Vec<::swaparoo_plugin::contract::Exchange>,
            ) -> ::swaparoo_plugin::contract::Step {
                $next_step(&task, &history)
            }
        }

        ::swaparoo_plugin::contract::export!(Component with_types_in ::swaparoo_plugin::contract);
    };
    ($next_step:expr) => {
        $crate::policy!(describe: $crate::description(), next_step: $next_step);
    };
}
