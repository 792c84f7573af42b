//! A transcript as text for people.

use std::fmt::Write as _;

use swaparoo_core::describe;

use super::{Line, Transcript};
use crate::SimCloud;
use crate::scheduler::allocations;

impl Transcript {
    /// The lines, and what everybody holds at the end. `!` marks a fault, `*` what others did.
    #[must_use]
    pub fn text(&self) -> String {
        let several = self.lines.iter().any(|line| matches!(line, Line::Begins { number, .. } if *number > self.first()));
        let mut text = hosts(&self.cloud);
        for line in &self.lines {
            push(&mut text, line, several);
        }
        text.push_str("\n  at rest\n");
        for (consumer, what) in consumers(&self.cloud) {
            let held = describe::allocations(&allocations(self.cloud.held(&consumer)));
            let _ = writeln!(text, "    {what} holds {held}");
        }
        text
    }

    /// The number of the first task.
    fn first(&self) -> usize {
        let numbers = self.lines.iter().filter_map(|line| match line {
            Line::Begins { number, .. } => Some(*number),
            _ => None,
        });
        numbers.min().unwrap_or_default()
    }
}

fn push(text: &mut String, line: &Line, several: bool) {
    let of = |number: &usize| if several { format!("task {number}: ") } else { String::new() };
    let _ = match line {
        Line::Begins { number, task } => {
            let parties = task.parties().into_iter().map(|(part, consumer)| format!("{part} {consumer}"));
            let parties = parties.collect::<Vec<_>>().join(", ");
            writeln!(text, "\n  {}{} ({parties})", of(number), task.kind().name())
        }
        Line::Exchange { number, effect, event, reply } => {
            let event = event.as_ref().map_or_else(String::new, |event| format!("    ! {event}\n"));
            let (effect, reply) = (describe::effect(effect), describe::reply(reply));
            writeln!(text, "{event}      {}{effect}\n        -> {reply}", of(number))
        }
        Line::Beside { who, what } => writeln!(text, "    * {who}: {what}"),
        Line::Ends { number, how } => writeln!(text, "  {}{how}", of(number)),
    };
}

/// The hosts with their providers, which the allocations name.
fn hosts(cloud: &SimCloud) -> String {
    cloud.nodes.iter().map(|node| format!("  host {:<12} has provider {}\n", node.host, node.provider)).collect()
}

/// The server and the migration records, in words.
fn consumers(cloud: &SimCloud) -> Vec<(String, String)> {
    let servers = cloud.servers.iter().map(|(id, server)| {
        let state = if server.alive { format!("is on {}", server.host) } else { "does not exist".to_owned() };
        (id.clone(), format!("server {id} {state} and"))
    });
    let migrations = cloud.migrations.iter().map(|(id, migration)| {
        (id.clone(), format!("migration {id} ({})", migration.record.status))
    });
    servers.chain(migrations).collect()
}
