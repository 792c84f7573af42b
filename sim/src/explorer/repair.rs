//! What a person does after a task that did not settle everything.

use swaparoo_core::task::TaskEnd;

use super::{PathEnd, Policy, play};
use crate::contract::{MigrationTask, ReleaseTask, Task};
use crate::fixture::SERVER;
use crate::{EffectFault, Reach, SimCloud, Violation};

/// All services are available again, and a person repairs the rest: starts a task `again` that was not done, aborts
/// migrations that did not begin, and releases allocations that should not exist. Returns what a policy does wrong in
/// these tasks themselves; `cloud` shows the rest.
pub fn repair<'a>(
    policy: &mut dyn Policy,
    again: impl IntoIterator<Item = &'a Task>,
    cloud: &mut SimCloud,
) -> Vec<Violation> {
    (cloud.conductor, cloud.reach) = (true, Reach::Here);
    // These tasks do not create migrations: they are not of the two kinds that do.
    let mut tasks: Vec<Task> = again.into_iter().cloned().collect();
    for migration in cloud.migrations.keys().cloned() {
        tasks.push(Task::Abort(MigrationTask { server: SERVER.into(), migration: migration.clone() }));
        tasks.push(Task::Release(ReleaseTask { consumer: migration, server: SERVER.into() }));
    }
    tasks.push(Task::Release(ReleaseTask { consumer: SERVER.into(), server: SERVER.into() }));
    tasks.into_iter().filter_map(|task| run(policy, &task, cloud)).collect()
}

/// Runs a task in which every effect is answered.
fn run(policy: &mut dyn Policy, task: &Task, cloud: &mut SimCloud) -> Option<Violation> {
    match play(policy, task, &mut |effect| cloud.answer(effect, EffectFault::Answered)).1 {
        PathEnd::Ended(TaskEnd::Finished(_) | TaskEnd::Failed(_)) => None,
        PathEnd::Ended(TaskEnd::OutOfBounds(_) | TaskEnd::Unfounded(_)) => Some(Violation::StepRefused),
        PathEnd::Broken(_) => Some(Violation::Broken),
    }
}
