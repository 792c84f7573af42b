//! `swaparoo demo migrate`.

use swaparoo::demo::Verdict;
use swaparoo::demo::migrate::{HeldOf, Resize, Resized, play};
use swaparoo::policy::Policy;

use super::super::out::say;
use super::super::{Exit, task};
use super::word;

const POLICIES: [&str; 2] = ["nova-34", "standard"];
const LABEL: usize = 19;
const WORD: usize = 27;

/// Plays all of them on a rehearsal of nova and Placement.
pub async fn run() -> anyhow::Result<Exit> {
    let engine = task::engine()?;
    let policies = POLICIES.map(|name| engine.resolve(name)).into_iter().collect::<Result<Vec<Policy>, _>>()?;
    say!(
        "A server with 2 VCPU on the host `source` is to be resized to 4 VCPU. nova and\nPlacement are played in memory."
    );
    for (number, story) in (1..).zip(Resize::ALL) {
        let mut told = Vec::new();
        for policy in &policies {
            told.push(play(story, policy).await?);
        }
        say!("\n{number}. {}", title(story));
        row("", told.iter().map(|told| told.policy.clone()));
        row("task", told.iter().map(|told| word(&told.end)));
        row("server holds", told.iter().map(|told| held(&told.server)));
        row("migration holds", told.iter().map(|told| held(&told.migration)));
        row("so", told.iter().map(verdict));
    }
    say!(
        "\nnova 34 gives back once, whatever has become of the server, and not at all when\n\
         its conductor has died. standard asks nova's API whether the server still\n\
         exists, goes on without the conductor, and waits for a Placement that is away."
    );
    Ok(Exit::Finished)
}

fn title(story: Resize) -> &'static str {
    match story {
        Resize::Confirmed => {
            "A host is found, and the user confirms:\n   the server should hold 4 VCPU of its new host"
        }
        Resize::NoValidHost => "No valid host for a running server:\n   it should hold its 2 VCPU again",
        Resize::ServerDeleted => {
            "The server is deleted while a host is looked for, and there is none\n   (bug 1848343): nobody should hold anything"
        }
        Resize::ConductorKilled => {
            "The conductor is killed after the migration record was given the allocations:\n   the server should hold its 2 VCPU again"
        }
        Resize::PlacementAway => {
            "No valid host, and Placement is away for a while when they are to be given\n   back: the server should hold its 2 VCPU again"
        }
    }
}

fn held(of: &[HeldOf]) -> String {
    let each = of.iter().map(|HeldOf { host, vcpu }| format!("{vcpu} VCPU of {host}"));
    let all = each.collect::<Vec<_>>().join(", ");
    if all.is_empty() { "nothing".to_owned() } else { all }
}

fn verdict(told: &Resized) -> String {
    match told.verdict {
        Verdict::Right => "right".to_owned(),
        Verdict::Leak => "LEAK".to_owned(),
        Verdict::Loss => "LOST".to_owned(),
    }
}

fn row(label: &str, cells: impl Iterator<Item = String>) {
    let cells: String = cells.map(|cell| format!("{cell:<WORD$}  ")).collect();
    say!("{}", format!("   {label:<LABEL$}{cells}").trim_end());
}
