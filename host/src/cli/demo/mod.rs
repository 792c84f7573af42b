//! `swaparoo demo`.

mod migrate;

use clap::{Args, Subcommand};
use swaparoo::clients::placement::{Embedded, Placement};
use swaparoo::contract::Outcome;
use swaparoo::demo::{DemoResult, DemoScenario, DemoVerdict, FixtureError, play};
use swaparoo::engine::Policy;
use swaparoo::failure::Failure;

use super::connect::Connect;
use super::stdout::say;
use super::{Exit, complain, task};

const POLICIES: [&str; 3] = ["nova-34", "seed", "standard"];
const LABEL: usize = 22;
const WORD: usize = 20;

/// Options of `swaparoo demo`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Demo {
    #[command(flatten)]
    connect: Connect,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Play five resizes on a simulated nova and Placement: one succeeds, four fail, under nova 34's rules and
    /// `standard`
    Migrate,
}

/// Plays both stories on the simulated Placement, and on a real one if an option names it.
pub async fn run(options: Demo) -> anyhow::Result<Exit> {
    if let Some(What::Migrate) = options.what {
        return migrate::run().await;
    }
    let engine = task::engine()?;
    let policies = POLICIES.map(|name| engine.resolve(name)).into_iter().collect::<Result<Vec<Policy>, _>>()?;
    let named = options.connect.placement().await?;
    if let Err(error) = play_everywhere(&policies, named).await {
        complain(&error.into());
        return Ok(Exit::Failed);
    }
    say!(
        "\nnova-34 leaks, seed loses a live server's allocations, standard does neither: it asks nova whether the server\n\
         still exists before it restores or deletes anything. Try it yourself: swaparoo revert --help"
    );
    Ok(Exit::Finished)
}

async fn play_everywhere(policies: &[Policy], named: Option<Placement>) -> Result<(), FixtureError> {
    say!("On a Placement in memory");
    play_all(policies, Placement::Embedded(Embedded::new(swaparoo_placement::Placement::default()))).await?;
    let Some(named) = named else { return Ok(()) };
    say!("\nOn the Placement that you named");
    play_all(policies, named).await
}

async fn play_all(policies: &[Policy], mut placement: Placement) -> Result<(), FixtureError> {
    for (number, scenario) in (1..).zip(DemoScenario::ALL) {
        let mut results = Vec::new();
        for policy in policies {
            let (one, back) = play(scenario, policy, placement).await?;
            placement = back;
            results.push(one);
        }
        say!("\n  {number}. {}", title(scenario));
        row("", results.iter().map(|result| result.policy.clone()));
        row("swap", results.iter().map(|result| word(&result.swap)));
        row(between(scenario), results.iter().map(|_| "...".to_owned()));
        row("revert", results.iter().map(|result| word(&result.back)));
        row("server holds", results.iter().map(|result| vcpu(result.server)));
        row("migration holds", results.iter().map(|result| vcpu(result.migration)));
        row("result", results.iter().map(|result| verdict(scenario, result)));
    }
    Ok(())
}

fn title(scenario: DemoScenario) -> &'static str {
    match scenario {
        DemoScenario::ServerDeleted => {
            "The server is deleted while it migrates (bug 1848343): no consumer should hold anything"
        }
        DemoScenario::ServerAlive => "No valid host for a running server: it should hold its 2 VCPU again",
    }
}

fn between(scenario: DemoScenario) -> &'static str {
    match scenario {
        DemoScenario::ServerDeleted => "server is deleted",
        DemoScenario::ServerAlive => "no valid host",
    }
}

fn word(end: &Result<Outcome, Failure>) -> String {
    match end {
        Ok(outcome) => outcome.name().replace('-', " "),
        Err(failure) => failure.code(),
    }
}

fn vcpu(amount: u32) -> String {
    if amount == 0 { "nothing".to_owned() } else { format!("{amount} VCPU ...") }
}

fn verdict(scenario: DemoScenario, result: &DemoResult) -> String {
    match scenario.verdict(result) {
        DemoVerdict::Right => "right".to_owned(),
        DemoVerdict::Leak => "LEAK".to_owned(),
        DemoVerdict::Loss => "LOST".to_owned(),
    }
}

fn row(label: &str, cells: impl Iterator<Item = String>) {
    let cells: String = cells.map(|cell| format!("{cell:<WORD$}  ")).collect();
    say!("{}", format!("     {label:<LABEL$}{cells}").trim_end());
}
