//! nova's answer about a server as text.

use crate::contract::{ServerAnswer, ServerDetails, ServerState};

/// The state, and what else is known.
pub fn answer(answer: &ServerAnswer) -> String {
    let state = match answer.state {
        ServerState::Present => "it exists",
        ServerState::Gone => "it does not exist",
        ServerState::Unknown => "unknown",
        ServerState::Deleting => "it is being deleted",
    };
    let known = answer.details.as_ref().map(details).unwrap_or_default();
    [vec![state.to_owned()], known].concat().join(", ")
}

fn details(details: &ServerDetails) -> Vec<String> {
    let text = |what: &str, value: &Option<String>| value.as_ref().map(|value| format!("{what} {value}"));
    let flavor = details.flavor.as_ref().map(|flavor| {
        let amounts: Vec<String> = flavor.iter().map(|due| format!("{} {}", due.amount, due.class)).collect();
        format!("its flavor requires {}", amounts.join(" + "))
    });
    let migrations = details.migrations.as_ref().map(|all| {
        let each: Vec<String> = all.iter().map(|one| format!("{} ({})", one.migration, one.status)).collect();
        if each.is_empty() { "no migrations".to_owned() } else { format!("migrations {}", each.join(", ")) }
    });
    let all = [
        text("on host", &details.host),
        text("vm_state", &details.vm_state),
        text("task_state", &details.task_state),
        flavor,
        migrations,
    ];
    all.into_iter().flatten().collect()
}
