//! `swaparoo demo migrate`.

use swaparoo::demo::DemoVerdict;
use swaparoo::demo::migrate::{HeldVcpu, ResizeResult, ResizeScenario, play};
use swaparoo::engine::Policy;

use super::super::stdout::say;
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
    for (number, scenario) in (1..).zip(ResizeScenario::ALL) {
        let mut results = Vec::new();
        for policy in &policies {
            results.push(play(scenario, policy).await?);
        }
        say!("\n{number}. {}", title(scenario));
        row("", results.iter().map(|result| result.policy.clone()));
        row("task", results.iter().map(|result| word(&result.end)));
        row("server holds", results.iter().map(|result| describe_held(&result.server)));
        row("migration holds", results.iter().map(|result| describe_held(&result.migration)));
        row("result", results.iter().map(verdict));
    }
    say!(
        "\nnova 34 tries once to restore the allocations, even if the server was deleted,\n\
         and never if its conductor has died. standard asks nova's API whether the server\n\
         still exists, continues without the conductor, and waits for Placement."
    );
    Ok(Exit::Finished)
}

fn title(scenario: ResizeScenario) -> &'static str {
    match scenario {
        ResizeScenario::Confirmed => {
            "A host is found, and the user confirms:\n   the server should hold 4 VCPU of its new host"
        }
        ResizeScenario::NoValidHost => "No valid host for a running server:\n   it should hold its 2 VCPU again",
        ResizeScenario::ServerDeleted => {
            "The server is deleted during scheduling, and no host is found\n   (bug 1848343): no consumer should hold anything"
        }
        ResizeScenario::ConductorKilled => {
            "The conductor is killed after the migration record got the allocations:\n   the server should hold its 2 VCPU again"
        }
        ResizeScenario::PlacementAway => {
            "No valid host, and Placement does not answer for a while during the rollback:\n   the server should hold its 2 VCPU again"
        }
    }
}

fn describe_held(of: &[HeldVcpu]) -> String {
    let each = of.iter().map(|HeldVcpu { host, vcpu }| format!("{vcpu} VCPU of {host}"));
    let all = each.collect::<Vec<_>>().join(", ");
    if all.is_empty() { "nothing".to_owned() } else { all }
}

fn verdict(result: &ResizeResult) -> String {
    match result.verdict {
        DemoVerdict::Right => "right".to_owned(),
        DemoVerdict::Leak => "LEAK".to_owned(),
        DemoVerdict::Loss => "LOST".to_owned(),
    }
}

fn row(label: &str, cells: impl Iterator<Item = String>) {
    let cells: String = cells.map(|cell| format!("{cell:<WORD$}  ")).collect();
    say!("{}", format!("   {label:<LABEL$}{cells}").trim_end());
}
