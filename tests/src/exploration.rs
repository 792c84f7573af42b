//! Runs the explorations of `sim` with the native rules: all of them, or a sample.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use swaparoo::contract::{Exchange, Step, Task};
use swaparoo::simulation::TaskEvent;
use swaparoo::simulation::explorer::{InitialState, Node, Observer, PathWorld, Report, explore};
use swaparoo_plugin::policy::Policy;

use crate::sample::Pairs;

/// The native rules as a policy of the explorer.
pub fn native(policy: &'static dyn Policy) -> impl FnMut(&Task, &[Exchange]) -> Step {
    move |task, history| swaparoo_plugin::next_step(policy, task, history)
}

/// Explores these starts, and shows each step to `visit`.
pub fn explore_all(
    policy: &'static dyn Policy,
    starts: &[InitialState],
    pairs: &Pairs,
    visit: &mut dyn FnMut(&InitialState, &Node<'_>),
) -> Report {
    let mut report = Report::default();
    for start in starts {
        let mut sample = Sample { start, pairs: pairs.clone(), visit };
        report.add(explore(&mut native(policy), start, &mut sample));
    }
    report
}

/// Explores these starts, with one thread for each processor.
pub fn explore_in_parallel(policy: &'static dyn Policy, starts: &[InitialState], pairs: &Pairs) -> Report {
    let next = AtomicUsize::new(0);
    let report = Mutex::new(Report::default());
    let at_a_time = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some(start) = starts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = explore_all(policy, std::slice::from_ref(start), pairs, &mut |_, _| {});
                    report.lock().unwrap_or_else(PoisonError::into_inner).add(one);
                }
            });
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Tries a sample of the pairs of rare events.
struct Sample<'a> {
    start: &'a InitialState,
    pairs: Pairs,
    visit: &'a mut dyn FnMut(&InitialState, &Node<'_>),
}

impl Observer<PathWorld<'_>> for Sample<'_> {
    fn tries(&mut self, world: &PathWorld<'_>, event: TaskEvent) -> bool {
        !world.is_rare(event) || self.pairs.tries(world.rare)
    }

    fn decided(&mut self, node: &Node<'_>) {
        (self.visit)(self.start, node);
    }
}
