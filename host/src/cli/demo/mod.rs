//! `swaparoo demo`.

mod migrate;

use clap::{Args, Subcommand};
use swaparoo::contract::Outcome;
use swaparoo::demo::{SceneError, Story, Told, Verdict, play};
use swaparoo::failure::Failure;
use swaparoo::placement::{Embedded, Placement};
use swaparoo::policy::Policy;

use super::connect::Connect;
use super::out::say;
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
    if let Err(error) = tell_everywhere(&policies, named).await {
        complain(&error.into());
        return Ok(Exit::Failed);
    }
    say!(
        "\nnova-34 leaks, seed loses a live server's allocations, standard does neither: it asks nova whether the server\n\
         still exists before it restores or deletes anything. Try it yourself: swaparoo revert --help"
    );
    Ok(Exit::Finished)
}

async fn tell_everywhere(policies: &[Policy], named: Option<Placement>) -> Result<(), SceneError> {
    say!("On a Placement in memory");
    tell(policies, Placement::Embedded(Embedded::new(swaparoo_placement::Placement::default()))).await?;
    let Some(named) = named else { return Ok(()) };
    say!("\nOn the Placement that you named");
    tell(policies, named).await
}

async fn tell(policies: &[Policy], mut placement: Placement) -> Result<(), SceneError> {
    for (number, story) in (1..).zip(Story::ALL) {
        let mut told = Vec::new();
        for policy in policies {
            let (one, back) = play(story, policy, placement).await?;
            placement = back;
            told.push(one);
        }
        say!("\n  {number}. {}", title(story));
        row("", told.iter().map(|told| told.policy.clone()));
        row("swap", told.iter().map(|told| word(&told.swap)));
        row(between(story), told.iter().map(|_| "...".to_owned()));
        row("revert", told.iter().map(|told| word(&told.back)));
        row("server holds", told.iter().map(|told| vcpu(told.server)));
        row("migration holds", told.iter().map(|told| vcpu(told.migration)));
        row("result", told.iter().map(|told| verdict(story, told)));
    }
    Ok(())
}

fn title(story: Story) -> &'static str {
    match story {
        Story::ServerDeleted => {
            "The server is deleted while it migrates (bug 1848343): no consumer should hold anything"
        }
        Story::ServerAlive => "No valid host for a running server: it should hold its 2 VCPU again",
    }
}

fn between(story: Story) -> &'static str {
    match story {
        Story::ServerDeleted => "server is deleted",
        Story::ServerAlive => "no valid host",
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

fn verdict(story: Story, told: &Told) -> String {
    match story.verdict(told) {
        Verdict::Right => "right".to_owned(),
        Verdict::Leak => "LEAK".to_owned(),
        Verdict::Loss => "LOST".to_owned(),
    }
}

fn row(label: &str, cells: impl Iterator<Item = String>) {
    let cells: String = cells.map(|cell| format!("{cell:<WORD$}  ")).collect();
    say!("{}", format!("     {label:<LABEL$}{cells}").trim_end());
}
