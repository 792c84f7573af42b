//! Follows one path of a task to its end.

use swaparoo_core::task::TaskRun;

use super::search::{PathEnd, World};
use super::{InitialState, LONGEST, PathWorld, Policy};
use crate::TaskEvent;
use crate::contract::{Effect, Exchange, Reply, Task};

/// Plays a task to its end: `policy` decides, and `answer` replies.
pub fn play(
    policy: &mut dyn Policy,
    task: &Task,
    answer: &mut dyn FnMut(&Effect) -> Reply,
) -> (Vec<Exchange>, PathEnd) {
    let (mut run, mut kept) = (TaskRun::new(task.clone()), 0);
    loop {
        match policy.next_step(task, run.history(), kept) {
            Ok(step) => run.handle_step(step),
            Err(why) => return (run.into_history(), PathEnd::Broken(why)),
        }
        if let Some(end) = run.poll_end() {
            return (run.into_history(), PathEnd::Ended(end));
        }
        kept = run.history().len();
        if run.poll_effects().is_empty() || kept > LONGEST {
            return (run.into_history(), PathEnd::Broken(format!("the rules come to no end after {kept} exchanges")));
        }
        let replies: Vec<Reply> = run.poll_effects().iter().map(&mut *answer).collect();
        run.handle_replies(replies);
    }
}

/// Follows the path on which `choose` chooses among the possible events of each effect.
pub fn follow(
    policy: &mut dyn Policy,
    start: &InitialState,
    choose: &mut dyn FnMut(&[TaskEvent]) -> TaskEvent,
) -> (Vec<Exchange>, PathEnd) {
    let mut world = PathWorld::new(start);
    play(policy, &start.task, &mut |effect| {
        let event = choose(&world.events(effect));
        world.answer(effect, event)
    })
}
