//! Decides as the policy that it is composed with, except for this rule: a resize or a cold migration goes to the best host, or
//! it ends. nova's conductor submits it again with the remaining hosts, and only the first of them is tried.

// Generated code.
#[allow(clippy::all)]
mod contract {
    wit_bindgen::generate!({ world: "migration-overlay", path: "wit", default_bindings_module: "crate::contract" });
}

use contract::exports::swaparoo::policy::rules::Guest;
use contract::swaparoo::policy::log::Reason;
use contract::swaparoo::policy::migrations::{Description, Exchange, Step, Task};
use contract::swaparoo::policy::rules as base;

struct Overlay;

impl Guest for Overlay {
    fn describe() -> Description {
        let (name, version) = ("{{name}}".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Description { name, version, ..base::describe() }
    }

    fn next_step(task: Task, settings: Option<String>, history: Vec<Exchange>) -> Step {
        let (task, reason) = one_host(task);
        let mut step = base::next_step(&task, settings.as_deref(), &history);
        reasons(&mut step).extend(reason.filter(|_| history.is_empty()));
        step
    }
}

/// The task with one host at most, and the reason if there were more.
fn one_host(mut task: Task) -> (Task, Option<Reason>) {
    let Task::Migrate(migrate) = &mut task else { return (task, None) };
    let Some(hosts) = migrate.host_list.as_mut().filter(|hosts| hosts.len() > 1) else { return (task, None) };
    hosts.truncate(1);
    let data = r#"{"text": "only the best of the remaining hosts is tried"}"#.to_owned();
    (task, Some(Reason { code: "one-host".to_owned(), data: Some(data) }))
}

fn reasons(step: &mut Step) -> &mut Vec<Reason> {
    match step {
        Step::Perform(perform) => &mut perform.reasons,
        Step::Finished(finished) => &mut finished.reasons,
        Step::Failed(failed) => &mut failed.reasons,
    }
}

contract::export!(Overlay with_types_in contract);
