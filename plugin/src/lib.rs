//! The rules of a Placement allocation move as a pure function: from everything that has happened so far to the next
//! step.
//!
//! This crate does no I/O, reads no clock, draws no random numbers and keeps nothing between calls. The same code is
//! built natively (tests), as WebAssembly components (the host) and as a browser module (feature `browser`).

pub mod ask;
#[cfg(feature = "browser")]
pub mod browser;
pub mod contract;
pub mod history;
pub mod move_policy;
pub mod nova;
pub mod policies;
pub mod policy;
pub mod reason;
pub mod refusal;
pub mod rules;

pub use contract::CONTRACT;
use contract::{Exchange, Step, Task};
use history::History;
use policy::Policy;
use rules::migration;

/// The contract's `next-step`, under `policy`.
pub fn next_step(policy: &dyn Policy, task: &Task, recorded: &[Exchange]) -> Step {
    let mut history = History::of(recorded);
    let end = match task {
        Task::Move(task) => rules::move_allocations(policy, &mut history, task),
        Task::Replace(task) => rules::replace_allocation_with_migration(policy, &mut history, task),
        Task::Revert(task) => rules::revert_allocation_for_migration(policy, &mut history, task),
        Task::Migrate(task) => migration::migrate(policy, &mut history, task),
        Task::LiveMigrate(task) => migration::live_migrate(policy, &mut history, task),
        Task::Confirm(task) => migration::confirm(policy, &mut history, task),
        Task::RevertResize(task) => migration::revert_resize(policy, &mut history, task),
        Task::Abort(task) => migration::abort(policy, &mut history, task),
        Task::Release(task) => migration::release(policy, &mut history, task),
    };
    history.close(end)
}

/// The allocator of a component: see `Cargo.toml`.
#[cfg(target_family = "wasm")]
pub use dlmalloc::GlobalDlmalloc as Allocator;

/// Exports one policy as a component of the world `migration-policy` from a cdylib.
#[macro_export]
macro_rules! component {
    ($policy:expr) => {
        #[cfg(target_family = "wasm")]
        #[global_allocator]
        static ALLOCATOR: $crate::Allocator = $crate::Allocator;

        #[cfg(target_family = "wasm")]
        struct Component;

        #[cfg(target_family = "wasm")]
        impl $crate::contract::Guest for Component {
            fn describe() -> $crate::contract::Description {
                $crate::policy::Policy::describe(&$policy)
            }

            fn next_step(
                task: $crate::contract::Task,
                // These policies have none.
                _settings: ::core::option::Option<::std::string::String>,
                history: ::std::vec::Vec<$crate::contract::Exchange>,
            ) -> $crate::contract::Step {
                $crate::next_step(&$policy, &task, &history)
            }
        }

        #[cfg(target_family = "wasm")]
        $crate::contract::export!(Component with_types_in $crate::contract);
    };
}
