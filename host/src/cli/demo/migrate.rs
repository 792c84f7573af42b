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

/// Plays all five resizes on the simulated nova and Placement.
pub async fn run() -> anyhow::Result<Exit> {
    let engine = task::engine()?;
    let policies = POLICIES.map(|name| engine.resolve(name)).into_iter().collect::<Result<Vec<Policy>, _>>()?;
    say!(
        "A server with 2 VCPU on the host `source` is resized to 4 VCPU. nova and\nPlacement are simulated in memory."
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
        row("result", told.iter().map(verdict));
    }
    say!(
        "\nnova 34 tries once to restore the allocations, even if the server was deleted,\n\
         and never if its conductor has died. standard asks nova's API whether the server\n\
         still exists, continues without the conductor, and waits for Placement."
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
            "The server is deleted during scheduling, and no host is found\n   (bug 1848343): no consumer should hold anything"
        }
        Resize::ConductorKilled => {
            "The conductor is killed after the migration record got the allocations:\n   the server should hold its 2 VCPU again"
        }
        Resize::PlacementAway => {
            "No valid host, and Placement does not answer for a while during the rollback:\n   the server should hold its 2 VCPU again"
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
