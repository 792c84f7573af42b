//! A transcript as text for people.

use std::fmt::Write as _;

use swaparoo_core::describe;

use super::{Line, Transcript};
use crate::SimCloud;
use crate::scheduler::allocations;

impl Transcript {
    /// The names that stand for ids, the lines, and what everybody holds at the end. `!` marks a fault, `*` what others
    /// did.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_until("at rest")
    }

    /// The same up to a state that is named `at`.
    #[must_use]
    pub fn text_until(&self, at: &str) -> String {
        let first = self.first();
        let several = self.lines.iter().any(|line| matches!(line, Line::Begins { number, .. } if *number > first));
        let mut text = String::new();
        self.lines.iter().for_each(|line| push(&mut text, line, several));
        let _ = writeln!(text, "\n  {at}");
        for (consumer, what) in consumers(&self.cloud) {
            let held = describe::allocations(&allocations(self.cloud.held(&consumer)));
            let _ = writeln!(text, "    {what} holds {held}");
        }
        let names = names(&self.cloud);
        let legend: String = names.iter().map(|(id, name, what)| format!("  {name:<12} {what} {id}\n")).collect();
        legend + &self.named(text)
    }

    /// A text with the names that stand for ids.
    #[must_use]
    pub fn named(&self, text: String) -> String {
        names(&self.cloud).iter().fold(text, |text, (id, name, _)| text.replace(id.as_str(), name))
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
        Line::HalfDone { number, effect } => {
            let effect = describe::effect(effect);
            writeln!(
                text,
                "      {}{effect}\n        (Placement has checked the generations, and writes later)",
                of(number)
            )
        }
        Line::Forgets { number, effect, left } => {
            let (of, effect) = (of(number), describe::effect(effect));
            let crash = "    ! done, and then the machine crashes, and the last entries of the journal are lost";
            writeln!(text, "{crash}\n      {of}{effect}\n        (the task goes on after its first {left} exchanges)")
        }
        Line::Unavoidable => writeln!(text, "    ---- from here on every way without another fault ends wrong"),
        Line::Beside { who, what } => writeln!(text, "    * {who}: {what}"),
        Line::Ends { number, how } => writeln!(text, "  {}{how}", of(number)),
    };
}

/// The ids in the text, each with its short name and what it is the id of.
fn names(cloud: &SimCloud) -> Vec<(String, String, &'static str)> {
    let servers = cloud.servers.keys().map(|id| (id.clone(), "S".to_owned(), "is server"));
    let migrations = (1..).zip(cloud.migrations.keys());
    let migrations = migrations.map(|(number, id)| (id.clone(), format!("M{number}"), "is migration"));
    let hosts = cloud.nodes.iter().map(|node| (node.provider.clone(), node.host.clone(), "is the host of provider"));
    servers.chain(migrations).chain(hosts).collect()
}

/// The server and the migration records, in words.
fn consumers(cloud: &SimCloud) -> Vec<(String, String)> {
    let servers = cloud.servers.iter().map(|(id, server)| {
        let state = if server.alive { format!("is on {}", server.host) } else { "does not exist".to_owned() };
        (id.clone(), format!("server {id} {state} and"))
    });
    let migrations = cloud.migrations.iter();
    let migrations = migrations.map(|(id, of)| (id.clone(), format!("migration {id} ({})", of.record.status)));
    servers.chain(migrations).collect()
}
