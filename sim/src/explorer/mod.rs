//! Explores all possible runs of a task within limits: every result of every effect, with changes by others in between.
//! Depth first; each node is one call of the policy.
//!
//! [`Search`] is the search itself, over any [`World`]. [`explore`] runs it from an [`InitialState`] and checks the
//! [`Property`]s of the task's kind at the end of each path.
//!
//! On each path at most [`RARE`] rare events occur, in every place and every pair. One fault shows that a rule handles
//! it; two show that it handles the second while it handles the first (a deletion during a rollback, an outage during a
//! rollback). A third would multiply the paths by a hundred and reach no rule that the pairs do not reach. A lasting
//! fault counts once: a dead conductor or an unavailable Placement stays so, unless it comes back during the first
//! pause. In a move, the plain failures of a request are not rare ([`move_events`]): the rules' own limits on attempts
//! end these paths.
//!
//! A runner that dies is one of these faults. Its recorded history stays; a write without a recorded answer becomes
//! `lost`, done or not; reads and questions are repeated. Of an interrupted step only the rest is requested, which is
//! checked at every step of a migration.

mod initial_state;
mod migration_properties;
mod migration_states;
mod move_events;
mod move_properties;
mod move_states;
mod path_world;
mod play;
mod policy;
mod property;
mod repair;
mod report;
mod search;
mod text;

pub use initial_state::InitialState;
pub(crate) use migration_properties::{Claim, claim};
pub use migration_states::migration_states;
pub use move_states::move_states;
pub use path_world::{PathWorld, RARE};
pub use play::{follow, play};
pub use policy::Policy;
pub use property::{EndedPath, Property};
pub(crate) use repair::repair;
pub use report::{Finding, Report};
pub use search::{Limits, Node, Observer, PathEnd, Search, World};

/// The most exchanges on a path. The rules' own limits end a task earlier; a policy without such limits is cut off.
const LONGEST: usize = 2_000;

/// Explores all runs of the task of `start` under `policy`.
pub fn explore<'a>(
    policy: &mut dyn Policy,
    start: &'a InitialState,
    observer: &mut dyn Observer<PathWorld<'a>>,
) -> Report {
    let limits = Limits { longest: LONGEST, interrupts: !start.is_move() };
    let mut search = Search::new(start.task.clone(), PathWorld::new(start), limits);
    let mut report = Report::default();
    while let Some((world, end)) = search.next_path(policy, observer) {
        let path = EndedPath::new(world, search.history(), &end);
        report.count(end.name());
        for property in start.properties() {
            for violation in property.violations(policy, &path) {
                report.find(property.name, violation, &path);
            }
        }
    }
    report.calls = search.calls();
    report
}
